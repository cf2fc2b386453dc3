"""Tables of a run with patients of whom a test says what each criterion came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from cohort.plan import Chosen, Plan
from cohort.schema import SCREENED, Row, table
from eligibility.bound import BoundCriterion
from eligibility.findings import Finding, Leaning, Outcome
from eligibility.judging import blocks, verdict_of

TRIAL, OTHER = "nct07517536", "nct05247203"
AS_OF = date(2026, 6, 15)
PLAN = Plan(
    as_of=AS_OF,
    protocols=(Chosen(id=TRIAL, version="2"), Chosen(id=OTHER, version="2")),
    engine="trialcards 0.1.0",
)
BOUND = {chosen.id: bound for chosen, bound in PLAN.bound()}
LOINC = "http://loinc.org"


class Said(msgspec.Struct, frozen=True):
    """What a criterion came to. ``asks``: inputs that are missing, each with why."""

    outcome: Outcome
    leaning: Leaning | None = None
    clears: date | None = None
    asks: Mapping[str, str] = {}


FAIL = Said("fail")
REVIEW = Said("review", "fail")
PASS = Said("pass")


def until(day: date) -> Said:
    """It fails until a day."""
    return Said("fail", clears=day)


def missing(**asks: str) -> Said:
    """It lacks these inputs, each with why (``_`` for ``-``)."""
    return Said("missing", asks={name: why.replace("_", "-") for name, why in asks.items()})


class Made:
    """A population in the making; ``write`` leaves its tables behind."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {"patients": [], "screenings": [], "findings": [], "needs": []}

    def patient(
        self,
        name: str,
        *,
        sex: str | None = "female",
        age: int | None = 34,
        race: str | None = None,
        ethnicity: str | None = None,
        incomplete: bool = False,
        failed: str | None = None,
        deceased: bool = False,
        **trials: Mapping[str, Said] | str,
    ) -> Made:
        """Add a patient.

        Args:
            trials: by protocol, what criteria came to that did not pass; or the status of one who was not
                screened. Of a protocol that is not named, ``not-applicable``.
        """
        reference = f"Patient/{name}"
        self.rows["patients"].append(
            (reference, sex, age, race, ethnicity, deceased, 10, 0, 0, incomplete, "f" * 32, failed)
        )
        for protocol in BOUND:
            said = trials.get(protocol, "not-applicable")
            if isinstance(said, str):
                self.rows["screenings"].append(
                    (reference, protocol, "2", said, None, None, None, None, [], [], [], [], [], AS_OF)
                )
            else:
                self._screened(reference, protocol, said)
        return self

    def _screened(self, patient: str, protocol: str, said: Mapping[str, Said]) -> None:
        criteria = BOUND[protocol].criteria
        assert said.keys() <= {criterion.id for criterion in criteria}
        findings = [_finding(criterion, said.get(criterion.id, PASS)) for criterion in criteria]
        blocking = [finding for finding in findings if blocks(finding)]
        open_ones = [finding.criterion for finding in blocking if finding.outcome == "missing"]
        asked = {name for criterion in open_ones for name in said[criterion].asks}
        alone = sorted(asked) if len(asked) == 1 and all(f.outcome == "missing" for f in blocking) else []
        clearing = [finding.clears_on for finding in blocking if finding.outcome == "fail"]
        days = [day for day in clearing if day]
        only_time = len(days) == len(clearing) and not any(f.outcome == "review" for f in blocking)
        by = {
            outcome: [finding.criterion for finding in blocking if finding.outcome == outcome]
            for outcome in ("fail", "missing", "review")
        }
        self.rows["screenings"].append(
            (
                patient, protocol, "2", SCREENED, "biopsy", verdict_of(findings),
                date.fromisoformat(max(days)) if days and only_time else None, date(2026, 9, 1),
                [finding.criterion for finding in blocking], by["fail"], by["missing"], by["review"], alone,
                AS_OF,
            )
        )  # fmt: skip
        for position, finding in enumerate(findings):
            clears = date.fromisoformat(finding.clears_on) if finding.clears_on else None
            self.rows["findings"].append(
                (
                    patient, protocol, finding.criterion, None, position, finding.kind, finding.outcome,
                    finding.leaning, clears, finding.reason, [],
                )
            )  # fmt: skip
            for name, why in said.get(finding.criterion, PASS).asks.items():
                self.rows["needs"].append(
                    (
                        patient, protocol, finding.criterion, name, why, f"{name} {why}",
                        LOINC, "42595-9", name, name in alone,
                    )
                )  # fmt: skip

    def write(self, folder: Path, parts: int = 1) -> Path:
        """Write the tables into a folder, each in so many files."""
        for name, rows in self.rows.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            for part in range(parts):
                pq.write_table(table(name, rows[part::parts]), folder / name / f"part-{part}.parquet")
        return folder


def _finding(criterion: BoundCriterion, said: Said) -> Finding:
    return Finding(
        criterion=criterion.id,
        kind=criterion.kind,
        text=criterion.text,
        outcome=said.outcome,
        leaning=said.leaning,
        reason=f"{criterion.id} {said.outcome}",
        clears_on=said.clears.isoformat() if said.clears else None,
        evidence=(),
        needs=(),
        notes=(),
        parts=(),
    )


def numbered(prefix: str, count: int) -> Iterable[str]:
    """So many names of patients."""
    return (f"{prefix}-{number}" for number in range(count))
