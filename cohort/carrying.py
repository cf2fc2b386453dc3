"""What an earlier run found, for patients of whom nothing has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from cohort.plan import Plan
from cohort.schema import FAILED, PATIENTS, SCREENINGS, TABLES, Row, Rows

_PATIENT = 0
_FINGERPRINT = PATIENTS.get_field_index("fingerprint")
_STATUS = SCREENINGS.get_field_index("status")
_STANDS_UNTIL = SCREENINGS.get_field_index("stands_until")
_JUDGED_ON = SCREENINGS.get_field_index("judged_on")
_YEAR = timedelta(days=365)
"""How far ahead an earlier run has looked."""


class Earlier(msgspec.Struct, frozen=True):
    """The rows of an earlier run, by patient."""

    rows: Mapping[str, Rows]

    def counts(self, patient: str, fingerprint: str, as_of: date) -> bool:
        """Whether what was found still holds: the same lines, and no day has come that may change it."""
        found = self.rows.get(patient)
        if found is None or [row[_FINGERPRINT] for row in found["patients"]] != [fingerprint]:
            return False
        return all(
            _holds(row, as_of) for name in ("screenings", "aside_screenings") for row in found.get(name, ())
        )


def _holds(screening: Row, as_of: date) -> bool:
    judged_on, until = screening[_JUDGED_ON], screening[_STANDS_UNTIL]
    if screening[_STATUS] == FAILED or not isinstance(judged_on, date):
        return False
    if not judged_on <= as_of <= judged_on + _YEAR:
        return False
    return not isinstance(until, date) or as_of < until


def can_carry_over(before: Plan, now: Plan) -> bool:
    """Whether findings of one plan may stand for those of another: they differ in the day alone.

    A run over what was changed adds directories, and takes nothing away from what those before hold.
    """
    return msgspec.structs.replace(before, as_of=now.as_of, changes_from=now.changes_from) == now


def read_earlier(out: Path, partition: int) -> Earlier:
    """What a finished run says of the patients of one partition."""
    by_patient: dict[str, Rows] = {}
    for name in TABLES.keys() - {"rejected"}:
        part = out / name / f"part-{partition:05}.parquet"
        if not part.exists():
            continue
        columns = [column.to_pylist() for column in pq.read_table(part).columns]
        for row in zip(*columns, strict=True):
            by_patient.setdefault(row[_PATIENT], {}).setdefault(name, []).append(row)
    return Earlier({patient: rows for patient, rows in by_patient.items() if "patients" in rows})
