"""Who would enter and who would leave, by group, so that the report of the run tells nothing more of it.

The report of a run shows the verdicts of the same people by the same groups. Two tables that each withhold
small numbers can give one away together, so that what is shown here keeps to what the report withholds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from cohort.dropping import VERDICTS
from cohort.entering import MOVES, Move, move
from cohort.groups import SMALLEST, By, Group, Grouped, columns_of, counted, grouped, largest
from cohort.suppression import suppressed

SUMMARY: Final = "summary.json"

NEAREST: Final = "potentially-eligible"

Base = Literal["before", "after"]
"""Which of the two verdicts is that of the run, and stands in its report."""


def reported_limit(out: Path) -> int:
    """The number below which the report of the run in ``out`` withholds; the usual one without a report."""
    try:
        return int(json.loads((out / SUMMARY).read_bytes())["smallest"])
    except (OSError, ValueError, KeyError, TypeError):
        return SMALLEST


def moved_by_group(
    by: By, rows: Sequence[tuple[Any, ...]], smallest: int, reported: int, base: Base = "before"
) -> Grouped:
    """Moves by group, next to a report of the same people.

    Of a group of which the report withholds any number, no move is told; of the others, whose verdicts can be
    read there, those who are potentially eligible by the run and all others are tables of their own, each of
    known totals. Where it takes the total of a group or of a column to protect a number, nothing is shown:
    totals are told elsewhere.

    Args:
        by: what the groups are of.
        rows: (sex, age, race, ethnicity, verdict before, verdict after, patients); all whom the run screened.
        smallest: numbers from 1 to below it are withheld; as is what the report withholds.
        reported: the report's own ``smallest``.
        base: which of the verdicts is in the report.
    """
    smallest = max(smallest, reported)
    verdicts = [(*row[:4], row[4 if base == "before" else 5], row[6]) for row in rows]
    reports = [grouped(by, VERDICTS, least, counted(verdicts, by)) for least in {smallest, reported}]
    moves = largest(counted([(*row[:4], move(row[4], row[5]), row[6]) for row in rows], by))
    totals = Counter[str]()
    for counts in moves.values():
        totals.update(counts)
    known = any((NEAREST,) in report.columns for report in reports)
    blocks = [tuple(columns_of(block, totals, smallest)) for block in _blocks(base, known)]
    columns = tuple(column for block in blocks for column in block)
    told = tuple(sum(totals[one] for one in column) for column in columns)
    nothing = Grouped(
        by=by, columns=columns, groups=(), totals=told, withheld=len(moves) * (len(columns) + 1)
    )
    if any(not report.groups for report in reports):
        return nothing
    names = [group.name for group in reports[0].groups]
    closed = {
        group.name for report in reports for group in report.groups if None in (*group.counts, group.total)
    }
    together = [[name] for name in names if name not in closed]
    if closed:
        together.append(sorted(closed))
    shown: dict[str, tuple[int | None, ...]] = {name: () for name in names if name not in closed}
    for block in blocks:
        cells = _cells(moves, together, block)
        table = suppressed(cells, smallest)
        if any(total is None for total in (*table.rows, *table.columns, table.total)):
            return nothing
        for name, told_of in zip(shown, table.cells, strict=False):
            shown[name] += told_of
    if not shown:
        return nothing
    withheld: tuple[int | None, ...] = (None,) * len(columns)
    groups = tuple(
        Group(name=group.name, counts=shown.get(group.name, withheld), total=_total(group.name, reports))
        for group in reports[0].groups
    )
    hidden = sum(count is None for group in groups for count in (*group.counts, group.total))
    return Grouped(by=by, columns=columns, groups=groups, totals=told, withheld=hidden)


def _blocks(base: Base, known: bool) -> Iterator[tuple[Move, ...]]:
    """The moves of the potentially eligible of the report, and all others, where it tells those alone."""
    nearest = {"already", "leave" if base == "before" else "enter"}
    if not known:
        yield MOVES
        return
    yield tuple(one for one in MOVES if one in nearest)
    yield tuple(one for one in MOVES if one not in nearest)


def _cells(
    moves: Mapping[str, Counter[str]], together: Sequence[Sequence[str]], block: Sequence[tuple[str, ...]]
) -> list[list[int]]:
    return [
        [sum(moves[name][one] for name in names for one in column) for column in block] for names in together
    ]


def _total(name: str, reports: Sequence[Grouped]) -> int | None:
    """The total of a group, where all of the reports show it."""
    totals = [group.total for report in reports for group in report.groups if group.name == name]
    return None if None in totals else totals[0]
