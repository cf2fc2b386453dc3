"""Who would enter by group, next to the report of the run: no number that one withholds follows from both.

Complementary suppression after Cox, J Am Stat Assoc 1980;75:377-85.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from cohort.dropping import VERDICTS
from cohort.groups import SMALLEST, Grouped, counted, grouped
from cohort.moved_groups import Base, moved_by_group, reported_limit

_IN, _OUT = "potentially-eligible", "ineligible"


def _rows(**groups: dict[tuple[str, str], int]) -> list[tuple[Any, ...]]:
    return [
        (None, None, None, name, before, after, patients)
        for name, moved in groups.items()
        for (before, after), patients in moved.items()
    ]


def _report(rows: list[tuple[Any, ...]]) -> Grouped:
    verdicts = [(*row[:5], row[6]) for row in rows]
    return grouped("ethnicity", VERDICTS, SMALLEST, counted(verdicts, "ethnicity"))


def _shown(grouped_: Grouped) -> dict[str, tuple[int | None, ...]]:
    return {group.name: group.counts for group in grouped_.groups}


def test_a_small_number_does_not_follow_from_the_report_and_an_answer_together() -> None:
    """10, 51 and 45 of 106: the report tells 51 of them, an answer by itself would tell 45."""
    rows = _rows(
        hispanic={(_IN, _IN): 10, (_OUT, _IN): 14, (_OUT, _OUT): 60},
        other={(_IN, _IN): 51, (_OUT, _IN): 7, (_OUT, _OUT): 160},
        unrecorded={(_IN, _IN): 45, (_OUT, _IN): 30, (_OUT, _OUT): 120},
    )
    assert _shown(_report(rows))["other"][0] == 51
    answer = moved_by_group("ethnicity", rows, SMALLEST, SMALLEST)
    assert answer.totals[0] == 106
    told = _shown(answer)
    assert told["hispanic"] == told["unrecorded"] == (None, None, None)
    assert told["other"] == (51, None, None)


def test_who_leaves_is_not_told_by_the_difference_to_the_report() -> None:
    """61 were in by the report: where 5 of them leave, the 56 who stay are withheld, too."""
    rows = _rows(
        one={(_IN, _IN): 56, (_IN, _OUT): 5, (_OUT, _OUT): 80},
        other={(_IN, _IN): 50, (_IN, _OUT): 21, (_OUT, _OUT): 80},
    )
    answer = moved_by_group("ethnicity", rows, SMALLEST, SMALLEST)
    assert answer.columns == (("already",), ("leave",), ("stay",))
    assert _shown(answer)["one"] == (None, None, 80)


def test_without_a_report_on_small_numbers_all_is_told() -> None:
    rows = _rows(
        one={(_IN, _IN): 56, (_OUT, _IN): 15, (_OUT, _OUT): 80},
        other={(_IN, _IN): 50, (_OUT, _IN): 21, (_OUT, _OUT): 80},
    )
    answer = moved_by_group("ethnicity", rows, SMALLEST, SMALLEST)
    assert _shown(answer) == {"one": (56, 15, 80), "other": (50, 21, 80)}
    assert answer.withheld == 0


@pytest.mark.parametrize("base", ["before", "after"])
@pytest.mark.parametrize("seed", range(40))
def test_no_more_is_told_of_who_is_in_than_the_report_tells(seed: int, base: Base) -> None:
    random = Random(seed)  # noqa: S311
    rows = [
        (None, None, None, name, before, after, random.choice((0, 3, 8, 12, 40)))
        for name in ("a", "b", "c", "d")
        for before in VERDICTS
        for after in VERDICTS
    ]
    rows = [row for row in rows if row[-1]]
    place = 4 if base == "before" else 5
    verdicts = [(*row[:4], row[place], row[6]) for row in rows]
    report = grouped("ethnicity", VERDICTS, SMALLEST, counted(verdicts, "ethnicity"))
    withheld = {group.name for group in report.groups if None in (*group.counts, group.total)}
    answer = moved_by_group("ethnicity", rows, SMALLEST, SMALLEST, base)
    for group in answer.groups:
        numbers = [count for count in group.counts if count is not None]
        assert not (group.name in withheld and numbers)
        assert not any(0 < count < SMALLEST for count in numbers)


def test_what_the_report_withholds_below_a_higher_limit_stays_withheld() -> None:
    rows = _rows(
        one={(_IN, _IN): 15, (_OUT, _IN): 25, (_OUT, _OUT): 80},
        other={(_IN, _IN): 16, (_OUT, _IN): 25, (_OUT, _OUT): 80},
        third={(_IN, _IN): 60, (_OUT, _IN): 25, (_OUT, _OUT): 80},
    )
    assert _shown(moved_by_group("ethnicity", rows, SMALLEST, 20))["one"] == (None, None, None)


def test_the_limit_of_a_report_is_read_from_its_figures(tmp_path: Path) -> None:
    assert reported_limit(tmp_path) == SMALLEST
    (tmp_path / "summary.json").write_text('{"smallest": 20}')
    assert reported_limit(tmp_path) == 20
