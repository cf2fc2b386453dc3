"""The tables that a run leaves behind, as Parquet: their columns, in the order in which rows give them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

_WORDS = pa.list_(pa.string())

PATIENTS: Final = pa.schema(
    [
        ("patient", pa.string()),
        ("sex", pa.string()),
        ("age", pa.int32()),
        ("race", pa.string()),
        ("ethnicity", pa.string()),
        ("deceased", pa.bool_()),
        ("resources", pa.int32()),
        ("unread", pa.int32()),
        ("rejected", pa.int32()),
        ("incomplete", pa.bool_()),
        ("fingerprint", pa.string()),
        ("failed", pa.string()),
    ]
)
"""One row for each patient.

``age``: completed years on the evaluation date, null where it is not surely known; ``resources``: lines read;
``unread``: remarks on what of them could not be; ``rejected``: lines set aside; ``incomplete``: something of
the record may be lacking; ``fingerprint``: of all lines, equal where nothing has changed; ``failed``: why the
patient could not be screened.
"""

SCREENINGS: Final = pa.schema(
    [
        ("patient", pa.string()),
        ("protocol", pa.string()),
        ("version", pa.string()),
        ("status", pa.string()),
        ("gate", pa.string()),
        ("verdict", pa.string()),
        ("earliest", pa.date32()),
        ("stands_until", pa.date32()),
        ("blocking", _WORDS),
        ("failing", _WORDS),
        ("missing", _WORDS),
        ("review", _WORDS),
        ("decided_by", _WORDS),
        ("judged_on", pa.date32()),
    ]
)
"""One row for each patient and protocol; ``status`` is one of ``STATUSES``.

``blocking``: the criteria that keep the verdict from potentially-eligible; ``failing``, ``missing`` and
``review``: those of them that fail, lack data, or lean to failing; ``decided_by``: criterion inputs of which
each alone is all that stands in the way. ``stands_until``: the first day on which time alone changes a
finding, or on what evidence of the disease it stands; null where none within a year does. ``judged_on``: the
evaluation date, which is an earlier one where nothing has changed since an earlier run.
"""

FINDINGS: Final = pa.schema(
    [
        ("patient", pa.string()),
        ("protocol", pa.string()),
        ("criterion", pa.string()),
        ("parent", pa.string()),
        ("position", pa.int16()),
        ("kind", pa.string()),
        ("outcome", pa.string()),
        ("leaning", pa.string()),
        ("clears_on", pa.date32()),
        ("reason", pa.string()),
        ("evidence", _WORDS),
    ]
)
"""One row for each criterion and part of it, of patients who were screened; ``evidence``: references."""

NEEDS: Final = pa.schema(
    [
        ("patient", pa.string()),
        ("protocol", pa.string()),
        ("criterion", pa.string()),
        ("input", pa.string()),
        ("why", pa.string()),
        ("detail", pa.string()),
        ("order_system", pa.string()),
        ("order_code", pa.string()),
        ("order_display", pa.string()),
        ("alone", pa.bool_()),
    ]
)
"""One row for each missing criterion input and the criterion that asks for it.

``alone``: as in ``decided_by`` of screenings.
"""

REJECTED: Final = pa.schema(
    [
        ("file", pa.string()),
        ("line", pa.int64()),
        ("patient", pa.string()),
        ("reason", pa.string()),
        ("content", pa.string()),
    ]
)
"""One row for each line that was set aside."""

SCREENED, NOT_APPLICABLE, NOT_KNOWN, DECEASED, FAILED = STATUSES = (
    "screened",
    "not-applicable",
    "not-known",
    "deceased",
    "failed",
)
"""``not-applicable``: nothing of the trial's disease on record; ``not-known``: likewise, but what would tell
it was not wholly retrieved, or could not be read."""

TABLES: Final[dict[str, pa.Schema]] = {
    "patients": PATIENTS,
    "screenings": SCREENINGS,
    "findings": FINDINGS,
    "needs": NEEDS,
    "rejected": REJECTED,
    "aside_screenings": SCREENINGS,
    "aside_findings": FINDINGS,
}
"""By name. Those ``aside`` hold what other versions of a protocol say, for comparing."""

Row = tuple[object, ...]
Rows = dict[str, list[Row]]
"""Rows by name of their table."""


def table(name: str, rows: list[Row]) -> pa.Table:
    """Rows as an Arrow table of the schema of that name."""
    schema = TABLES[name]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)
