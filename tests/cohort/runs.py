"""Runs as they are left behind, written down in a few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from cohort.plan import Chosen, Plan
from cohort.schema import SCREENED, TABLES, Row, Rows, table
from eligibility.findings import Leaning, Outcome, Verdict
from eligibility.judging import verdict_of

DAY = date(2026, 6, 15)
TRIAL = "nct07517536"


class Weight(NamedTuple):
    """A finding, as far as the verdict goes."""

    outcome: Outcome
    leaning: Leaning | None = None
    clears_on: date | None = None


PASS, PRESUMED, MISSING, FAIL = Weight("pass"), Weight("presumed"), Weight("missing"), Weight("fail")
ATTEST, LEANS = Weight("attest"), Weight("review", "fail")
FOR_NOW = Weight("fail", None, date(2026, 9, 1))


def patient(name: str, sex: str | None = "female", age: int | None = 35, race: str | None = None) -> Row:
    """A row of ``patients``."""
    return name, sex, age, race, None, False, 10, 0, 0, False, "f", None


def screened(
    name: str,
    weights: Mapping[str, Weight],
    version: str = "2",
    aside: bool = False,
    parts: Mapping[str, Mapping[str, Weight]] | None = None,
) -> Rows:
    """What is left of a patient who was screened, with the verdict of these findings.

    ``parts``: those of criteria, by criterion.
    """
    verdict: Verdict = verdict_of(list(weights.values()))
    blocking = [one for one, weight in weights.items() if weight in (FAIL, FOR_NOW, MISSING, LEANS)]
    screening = (
        name, TRIAL, version, SCREENED, "coded", verdict, None, None, blocking, [], [], [], [], DAY,
    )  # fmt: skip
    findings: list[Row] = [
        (name, TRIAL, criterion, None, at, "inclusion", *weight, "", [])
        for at, (criterion, weight) in enumerate(weights.items())
    ]
    findings += [
        (name, TRIAL, part, criterion, at, "inclusion", *weight, "", [])
        for criterion, own in (parts or {}).items()
        for at, (part, weight) in enumerate(own.items())
    ]
    prefix = "aside_" if aside else ""
    return {f"{prefix}screenings": [screening], f"{prefix}findings": findings}


def unscreened(name: str, status: str, version: str = "2", aside: bool = False) -> Rows:
    """What is left of a patient who was not screened."""
    row = (name, TRIAL, version, status, None, None, None, None, [], [], [], [], [], DAY)
    return {"aside_screenings" if aside else "screenings": [row]}


def written(out: Path, rows: Iterable[Rows]) -> Path:
    """A directory with the tables of a run."""
    all_rows: Rows = {}
    for some in rows:
        for name, own in some.items():
            all_rows.setdefault(name, []).extend(own)
    for name in TABLES.keys() - {"rejected"}:
        if name in all_rows or not name.startswith("aside_"):
            (out / name).mkdir(parents=True)
            pq.write_table(table(name, all_rows.get(name, [])), out / name / "part-00000.parquet")
    return out


def plan(*asides: Chosen) -> Plan:
    """A run of the present version, with others aside."""
    return Plan(as_of=DAY, protocols=(Chosen(id=TRIAL, version="2"), *asides))


EARLIER = Chosen(id=TRIAL, version="1", aside=True)
DRAFT = Chosen(id=TRIAL, version="3", text="id: …", aside=True)
