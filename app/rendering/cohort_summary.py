"""What came of a run over a population, for a terminal."""

from __future__ import annotations

from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from cohort.changes import Changes
from cohort.record import Result, RunRecord

_COUNTS = """
SELECT protocol, version, coalesce(verdict, status) AS outcome, count(*)
FROM read_parquet(?) GROUP BY ALL ORDER BY protocol, version, count(*) DESC, outcome
"""


def print_summary(out: Path, record: RunRecord, changes: Changes | None, console: Console) -> None:
    """Counts by protocol and verdict, and what the reader must know of what was not read."""
    result = record.result
    if result is None:
        return
    shown = Table(title=f"{result.patients:,} patients as of {record.plan.as_of.isoformat()}")
    for heading in ("protocol", "version", "verdict"):
        shown.add_column(heading)
    shown.add_column("patients", justify="right")
    with duckdb.connect() as base:
        for protocol, version, outcome, count in base.execute(
            _COUNTS, [str(out / "screenings" / "*.parquet")]
        ).fetchall():
            shown.add_row(protocol, version, outcome, f"{count:,}")
    console.print(shown)
    if changes is not None:
        _print_changes(changes, result.patients, result.carried, console)
    for line in _remarks(result):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"Results: {out}", highlight=False, soft_wrap=True)


def _print_changes(changes: Changes, patients: int, carried: int, console: Console) -> None:
    anew = patients - carried
    shown = Table(title=f"Since {changes.since}: {anew:,} of {patients:,} patients judged anew")
    for heading in ("protocol", "why", "before", "now"):
        shown.add_column(heading)
    shown.add_column("patients", justify="right")
    for one in changes.counts:
        shown.add_row(one.protocol, one.why, one.before or "", one.now or "", f"{one.patients:,}")
    console.print(shown)


def _remarks(result: Result) -> list[str]:
    said = []
    if result.lacking:
        lacking = ", ".join(result.lacking)
        said.append(
            f"The input holds no {lacking}: taken as none recorded. If they were not exported, name those "
            "that were by --retrieved."
        )
    if result.lines.rejected:
        said.append(f"{result.lines.rejected:,} lines were set aside: rejected.ndjson says why.")
    if result.doubted:
        doubted = ", ".join(result.doubted)
        said.append(f"Of anybody, something may lack of {doubted}: what rests on it is missing, never none.")
    said += [f"{file}: {why}" for file, why in sorted(result.broken_off.items())]
    return said
