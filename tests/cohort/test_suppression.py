"""Small cells: counts from 1 to 10 are withheld, and so is what would give them away (CMS; Cox 1980)."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cohort.suppression import LEAST, Shown, suppressed


def _figures(shown: Shown) -> list[int | None]:
    return [*(cell for row in shown.cells for cell in row), *shown.rows, *shown.columns, shown.total]


def test_large_counts_and_none_are_shown_with_their_totals() -> None:
    shown = suppressed([[11, 0], [20, 30]])
    assert shown == Shown(cells=((11, 0), (20, 30)), rows=(11, 50), columns=(31, 30), total=61)
    assert shown.withheld == 0


@pytest.mark.parametrize(("count", "withheld"), [(0, False), (1, True), (10, True), (11, False)])
def test_a_count_from_one_to_ten_is_withheld(count: int, withheld: bool) -> None:
    shown = suppressed([[count, 40], [50, 60]])
    assert (shown.cells[0][0] is None) is withheld


def test_one_small_count_takes_a_rectangle_with_it_and_the_totals_stay() -> None:
    shown = suppressed([[3, 40, 500], [50, 60, 700], [800, 900, 999]])
    assert shown.cells == ((None, None, 500), (None, None, 700), (800, 900, 999))
    assert None not in (*shown.rows, *shown.columns, shown.total)


def test_two_small_counts_that_only_add_up_to_a_small_one_are_not_enough_for_each_other() -> None:
    # 1 + 1 = 2 is told by the row; both are at least 1, so both would be known.
    shown = suppressed([[1, 1, 200], [100, 100, 300], [400, 500, 600]])
    assert shown.cells[0] == (None, None, None)


def test_a_small_group_is_withheld_as_a_whole() -> None:
    shown = suppressed([[2, 3], [70, 80]])
    assert shown.rows[0] is None
    assert shown.cells[0] == (None, None)


def test_where_there_is_only_one_group_the_totals_are_withheld_too() -> None:
    shown = suppressed([[4, 0]])
    assert _figures(shown) == [None, 0, None, None, 0, None]


def test_a_table_without_rows_is_an_empty_one() -> None:
    assert suppressed([]) == Shown(cells=(), rows=(), columns=(), total=0)


@pytest.mark.parametrize("counts", [[[1, 2], [3]], [[-1]]])
def test_what_is_no_table_of_counts_is_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="rows of equal length"):
        suppressed(counts)


_TABLES = st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(_TABLES)
def test_no_small_count_can_be_told_to_be_small_by_solving_the_table(counts: list[list[int]]) -> None:
    """Against a solver that tries every table that agrees with the figures shown."""
    least = 3
    shown = suppressed(counts, least)
    solutions = _solutions(shown, most=10)
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            if 0 < count < least:
                assert shown.cells[row][column] is None
                assert max(solution[row][column] for solution in solutions) >= least


def _solutions(shown: Shown, most: int) -> list[list[list[int]]]:
    """All tables that agree with what is shown; whatever is withheld is at least 1."""
    width = len(shown.columns)
    lines = [_lines(row, total, most) for row, total in zip(shown.cells, shown.rows, strict=True)]
    found = []
    for table in product(*lines):
        columns = [sum(row[at] for row in table) for at in range(width)]
        agree = all(
            _agrees(value, told) for value, told in zip(columns, shown.columns, strict=True)
        ) and _agrees(sum(columns), shown.total)
        if agree:
            found.append([list(row) for row in table])
    return found


def _lines(row: tuple[int | None, ...], total: int | None, most: int) -> list[tuple[int, ...]]:
    choices = [range(1, most) if told is None else (told,) for told in row]
    return [line for line in product(*choices) if _agrees(sum(line), total)]


def _agrees(value: int, told: int | None) -> bool:
    return value > 0 if told is None else value == told


def test_eleven_is_the_least_that_is_shown() -> None:
    assert LEAST == 11
