"""Verdicts by group of patients (sex, age, race, ethnicity), with small numbers withheld.

The total of each verdict is told elsewhere in a summary. A verdict of fewer patients than may be shown is
therefore counted together with the next one, so that what is withheld cannot be told from its total.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from cohort.suppression import LEAST, suppressed

if TYPE_CHECKING:
    from cohort.tables import Tables

SMALLEST: Final = LEAST

By = Literal["sex", "age", "race", "ethnicity"]
BYS: Final[tuple[By, ...]] = ("sex", "age", "race", "ethnicity")

NOT_RECORDED: Final = ""
"""The group of those of whom it is not recorded, or not surely known."""

OTHERS: Final = "*"
"""The group of those in groups that are too many to show."""

MOST: Final = 20
"""So many groups are shown, the largest; where races are told in words of their own there may be hundreds."""

AGES: Final = ((0, 17), (18, 29), (30, 44), (45, 64), (65, None))
"""Age bands in completed years, both ends included."""


class Group(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A group.

    Attributes:
        name: as recorded; an age band as ``18-29`` or ``65-``; ``OTHERS``; empty: not recorded.
        counts: patients by column of ``Grouped``; ``None`` is withheld.
        total: patients; ``None`` is withheld.
    """

    name: str
    counts: tuple[int | None, ...]
    total: int | None


class Grouped(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Patients who were screened, by group and verdict.

    Attributes:
        by: what they are grouped by.
        columns: the verdicts of each column; of several, they are counted together.
        groups: empty where there are too few patients to show anything.
        totals: patients by column.
        withheld: how many numbers are.
    """

    by: By
    columns: tuple[tuple[str, ...], ...]
    groups: tuple[Group, ...]
    totals: tuple[int, ...]
    withheld: int


def groups_of(tables: Tables, protocol: str, verdicts: Sequence[str], smallest: int) -> tuple[Grouped, ...]:
    """The verdicts of a protocol by each of ``BYS``; numbers from 1 to ``smallest`` - 1 are withheld."""
    rows = tables.ask(
        """
        SELECT p.sex, p.age, p.race, p.ethnicity, s.verdict, count(*)
        FROM screenings s LEFT JOIN patients p USING (patient)
        WHERE s.protocol = ? AND s.status = 'screened' GROUP BY ALL
        """,
        [protocol],
    )
    return tuple(grouped(by, verdicts, smallest, counted(rows, by)) for by in BYS)


def counted(rows: Sequence[tuple[Any, ...]], by: By) -> dict[str, Counter[str]]:
    """Patients by group and column, of rows (sex, age, race, ethnicity, column, patients)."""
    position = BYS.index(by)
    name: Callable[[Any], str] = _band if by == "age" else lambda value: value or NOT_RECORDED
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(name(row[position]), Counter())[row[4]] += row[5]
    return found


def _band(age: int | None) -> str:
    if age is not None:
        for low, high in AGES:
            if age >= low and (high is None or age <= high):
                return f"{low}-{high or ''}"
    return NOT_RECORDED


def grouped(by: By, verdicts: Sequence[str], smallest: int, patients: Mapping[str, Counter[str]]) -> Grouped:
    """Counts by group, in columns of one verdict, or of several that are too few alone.

    Args:
        by: what the groups are of.
        verdicts: what is counted, in the order of the columns; each patient counts in one.
        smallest: numbers from 1 to below it are withheld.
        patients: as of ``counted``.
    """
    totals: Counter[str] = Counter()
    for counts in patients.values():
        totals.update(counts)
    columns = tuple(columns_of(verdicts, totals, smallest))
    patients = largest(patients)
    names = sorted(patients, key=lambda name: _place(name, by))
    cells = [[sum(patients[name][verdict] for verdict in column) for column in columns] for name in names]
    shown = suppressed(cells, smallest)
    told = tuple(sum(totals[verdict] for verdict in column) for column in columns)
    if any(total is None for total in (*shown.columns, shown.total)):
        # These are told elsewhere: withheld here they protect nobody.
        return Grouped(
            by=by, columns=columns, groups=(), totals=told, withheld=len(names) * (len(columns) + 1)
        )
    return Grouped(
        by=by,
        columns=columns,
        groups=tuple(
            Group(name=name, counts=counts, total=total)
            for name, counts, total in zip(names, shown.cells, shown.rows, strict=True)
        ),
        totals=told,
        withheld=shown.withheld,
    )


def largest(patients: Mapping[str, Counter[str]]) -> Mapping[str, Counter[str]]:
    """The ``MOST`` largest groups, and the others as one."""
    named = sorted((name for name in patients if name), key=lambda name: (-patients[name].total(), name))
    others = Counter[str]()
    for name in named[MOST:]:
        others.update(patients[name])
    shown = {name: counts for name, counts in patients.items() if name not in named[MOST:]}
    return {**shown, OTHERS: others} if others else shown


def _place(name: str, by: By) -> tuple[bool, bool, int, str]:
    age = int(name.split("-")[0]) if by == "age" and name else 0
    return name == NOT_RECORDED, name == OTHERS, age, name


def columns_of(
    verdicts: Sequence[str], totals: Mapping[str, int], smallest: int
) -> Iterator[tuple[str, ...]]:
    """The verdicts, those together that are too few alone; of none, none are shown."""
    found: list[tuple[str, ...]] = []
    few: tuple[str, ...] = ()
    for verdict in verdicts:
        if not totals[verdict]:
            continue
        few = (*few, verdict)
        if sum(totals[one] for one in few) >= smallest:
            found.append(few)
            few = ()
    if few:
        found[-1:] = [(*(found[-1] if found else ()), *few)]
    return iter(found)
