"""Counts of people in small groups, so published that nobody can be told from them.

A count from 1 to 10 is withheld, as the Centers for Medicare & Medicaid Services ask of tables made of their
data ("cell size suppression policy"). Where such a count could be worked out from its row, its column and
their totals, further ones are withheld with it (complementary suppression; Cox, J Am Stat Assoc
1980;75:377-85).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

LEAST: Final = 11
"""The smallest count of people, other than none, that is shown."""

WITHHELD: Final = "–"
"""What stands in the place of a count that is withheld, whether it is small or protects one that is."""

_TOTAL = 1_000_000_000


class Shown(msgspec.Struct, frozen=True):
    """A two-way table of counts; what is withheld is ``None``.

    Attributes:
        cells: by row and column.
        rows: the total of each row.
        columns: the total of each column.
        total: of all.
    """

    cells: tuple[tuple[int | None, ...], ...]
    rows: tuple[int | None, ...]
    columns: tuple[int | None, ...]
    total: int | None

    @property
    def withheld(self) -> int:
        """How many of its figures are withheld."""
        figures = [*(cell for row in self.cells for cell in row), *self.rows, *self.columns, self.total]
        return sum(figure is None for figure in figures)


def suppressed(counts: Sequence[Sequence[int]], least: int = LEAST) -> Shown:
    """A two-way table with its totals, small counts and those that would give them away withheld.

    Of each withheld small count the figures that are shown leave open that it is ``least`` or more, also to
    somebody who knows this rule. None (0) is always shown. Totals are withheld only where they are small
    themselves or nothing else protects a small count; a total that is told elsewhere must be left out there,
    too. Columns (and rows) are to be a partition: each person counts in one of them.

    Args:
        counts: rows of equal length, of counts from 0.
        least: the smallest count that is shown.

    Raises:
        ValueError: the rows differ in length, or a count is negative.
    """
    if len({len(row) for row in counts}) > 1 or any(cell < 0 for row in counts for cell in row):
        raise ValueError("rows of equal length are needed, with counts from 0")
    table = [[*row, sum(row)] for row in counts]
    table.append([sum(column) for column in zip(*table, strict=True)] or [0])
    small = {
        (row, column)
        for row, line in enumerate(table)
        for column, count in enumerate(line)
        if 0 < count < least
    }
    hidden = set(small)
    # The smallest first: they need the most, and what protects them often protects the others.
    for cell in sorted(small, key=lambda at: (table[at[0]][at[1]], at)):
        _protect(table, hidden, cell, least)
    shown = [
        tuple(None if (row, column) in hidden else count for column, count in enumerate(line))
        for row, line in enumerate(table)
    ]
    return Shown(
        cells=tuple(line[:-1] for line in shown[:-1]),
        rows=tuple(line[-1] for line in shown[:-1]),
        columns=shown[-1][:-1],
        total=shown[-1][-1],
    )


_Cell = tuple[int, int]


def _protect(table: Sequence[Sequence[int]], hidden: set[_Cell], cell: _Cell, least: int) -> None:
    """Withhold what is needed for the cell to be ``least`` or more, as far as the figures shown tell.

    With totals taken as negative, each row and each column of the table sums to nothing. A cell can then be
    larger by as much as can flow around it, in turn lowering one cell of a row and raising one of a column:
    from its row to its column. Each step takes the way on which the least has to be withheld.
    """
    flow = _Flow(table, cell)
    needed: float = least - table[cell[0]][cell[1]]
    while needed > 0:
        way = flow.cheapest(hidden)
        needed -= flow.send(way)
        hidden.update(at for at, _ in way)


_Step = tuple[_Cell, int]
"""A cell and whether it is raised (1) or lowered (-1), totals counting as negative."""


class _Flow:
    def __init__(self, table: Sequence[Sequence[int]], cell: _Cell) -> None:
        self._table = table
        self._cell = cell
        height, width = len(table), len(table[0])
        self._sign = -1 if (cell[0] == height - 1) != (cell[1] == width - 1) else 1
        self._room: dict[_Step, float] = {}
        for row in range(height):
            for column in range(width):
                at, count = (row, column), table[row][column]
                if at == cell or count == 0:
                    continue
                negative = (row == height - 1) != (column == width - 1)
                # Whoever knows the rule knows that what is withheld is not none.
                self._room[at, 1] = count - 1 if negative else math.inf
                self._room[at, -1] = math.inf if negative else count - 1

    def _cost(self, at: _Cell, hidden: set[_Cell]) -> int:
        if at in hidden:
            return 0
        total = at[0] == len(self._table) - 1 or at[1] == len(self._table[0]) - 1
        return self._table[at[0]][at[1]] + (_TOTAL if total else 0)

    def cheapest(self, hidden: set[_Cell]) -> list[_Step]:
        """The way with room on it for which the least has to be withheld; there is one over the totals."""
        rows, columns = len(self._table), len(self._table[0])
        start, end = self._cell[0], rows + self._cell[1]
        known: dict[int, tuple[int, list[_Step]]] = {start: (0, [])}
        for _ in range(rows + columns):
            changed = False
            for (at, way), room in self._room.items():
                if room <= 0:
                    continue
                nodes = (at[0], rows + at[1])
                # From a row to a column it goes against the sense of the cell, and back with it.
                from_, to = nodes if way != self._sign else nodes[::-1]
                if from_ not in known:
                    continue
                cost, steps = known[from_]
                if any(step[0] == at for step in steps):
                    continue
                cost += self._cost(at, hidden)
                if to not in known or cost < known[to][0]:
                    known[to] = (cost, [*steps, (at, way)])
                    changed = True
            if not changed:
                break
        return known[end][1]

    def send(self, way: Sequence[_Step]) -> float:
        """Use up the room on a way; how much there was."""
        amount = min(self._room[step] for step in way)
        if amount == math.inf:
            return amount
        for at, sense in way:
            self._room[at, sense] -= amount
            self._room[at, -sense] += amount
        return amount
