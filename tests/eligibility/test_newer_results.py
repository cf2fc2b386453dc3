"""Where the latest result of a window counts: what a newer one that cannot be used leaves of it.

``docs/architecture.md``, "How a criterion is answered": unknown is never no.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from eligibility.findings import Finding
from fhir_mappings.facts import Measurement, Unusable
from fhir_mappings.intervals import DateSpan, day
from tests.eligibility.charts import JUNE_1, HandChart, category, diagnosis, judged, value

JUNE_10 = date(2026, 6, 10)
JUNE = DateSpan(JUNE_1, date(2026, 6, 30))
NUMBER = "requires: {number: {input: upcr, at_least: 1.0 g/g, fresh: lab}}"
CATEGORY = "requires: {category: {input: hbsag, is: [negative], fresh: lab}}"
TABLE = """
table:
  columns: {hbsag: {input: hbsag, fresh: lab}}
  rows: [{when: {hbsag: negative}, then: pass}, {when: {}, then: fail}]
"""
KINDS = [
    (NUMBER, value("upcr", 2, JUNE_1)),
    (CATEGORY, category("hbsag", "negative", JUNE_1)),
    (TABLE, category("hbsag", "negative", JUNE_1)),
]
of_each_kind = pytest.mark.parametrize(("statement", "used"), KINDS, ids=["number", "category", "table"])
PRELIMINARY = Unusable(why="unreadable", detail="only a preliminary result is there", when=day(JUNE_10))
CLOTTED = Unusable(why="unreadable", detail="clotted", when=day(JUNE_10), measured=False)


def beside(statement: str, used: Measurement, *entries: Unusable) -> Finding:
    return judged(statement, HandChart([used], unusable={used.input: entries}))


@of_each_kind
def test_a_newer_result_that_cannot_be_used_opens_the_question(statement: str, used: Measurement) -> None:
    found = beside(statement, used, PRELIMINARY)
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["unreadable"])
    # The value that stands, its date, and what of the newer one cannot be read.
    shown = "2 g/g" if statement == NUMBER else "negative"
    for words in (f"{shown} of 2026-06-01", "a newer one, of 2026-06-10", PRELIMINARY.detail):
        assert words in found.reason


@of_each_kind
@pytest.mark.parametrize("when", [None, JUNE, DateSpan(date(2026, 5, 1), date(2026, 6, 2))])
def test_so_does_one_that_may_be_newer(statement: str, used: Measurement, when: DateSpan | None) -> None:
    found = beside(statement, used, replace(PRELIMINARY, when=when))
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["unreadable"])
    assert "may be newer and cannot" in found.reason
    assert ("an unknown day" if when is None else str(when)) in found.reason


@of_each_kind
@pytest.mark.parametrize(
    "when",
    [
        day(date(2026, 5, 31)),
        DateSpan(date(2026, 5, 1), JUNE_1),
        day(JUNE_1),
        day(date(2026, 6, 16)),  # after the day for which the chart is judged
    ],
)
def test_one_that_is_older_or_of_the_same_day_or_outside_the_window_does_not(
    statement: str, used: Measurement, when: DateSpan
) -> None:
    found = beside(statement, used, replace(PRELIMINARY, when=when))
    assert (found.outcome, found.notes) == ("pass", ())


@of_each_kind
@pytest.mark.parametrize(
    ("hour", "other", "outcome"),
    [(8, 9, "missing"), (8, 8, "pass"), (9, 8, "pass"), (None, 9, "pass"), (8, None, "pass")],
)
def test_of_one_day_the_instants_tell_which_is_newer_where_both_are_known(
    statement: str, used: Measurement, hour: int | None, other: int | None, outcome: str
) -> None:
    one, two = (None if h is None else datetime(2026, 6, 1, h, tzinfo=UTC) for h in (hour, other))
    unread = replace(PRELIMINARY, when=day(JUNE_1), at=two)
    assert beside(statement, replace(used, at=one), unread).outcome == outcome


def test_two_results_of_one_collection_over_two_days_are_of_one_time() -> None:
    """Urine of 24 hours is dated to both of its days."""
    collection = DateSpan(JUNE_1, date(2026, 6, 2))
    used = replace(value("upcr", 2, JUNE_1), when=collection)
    assert beside(NUMBER, used, replace(PRELIMINARY, when=collection)).outcome == "pass"
    assert beside(NUMBER, used, replace(PRELIMINARY, when=day(date(2026, 6, 3)))).outcome == "missing"


@of_each_kind
def test_where_nothing_was_measured_the_last_result_stands_and_a_note_tells(
    statement: str, used: Measurement
) -> None:
    found = beside(statement, used, CLOTTED)
    assert found.outcome == "pass"
    assert found.notes == ("A newer result of 2026-06-10 was not used: clotted",)
    assert beside(statement, used, replace(CLOTTED, when=None)).outcome == "pass"


@of_each_kind
def test_alone_it_leaves_the_answer_missing_with_its_reason(statement: str, used: Measurement) -> None:
    chart = HandChart(unusable={used.input: (CLOTTED,)})
    found = judged(statement, chart)
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["unreadable"])
    assert "clotted" in found.reason


@pytest.mark.parametrize("choose", ["any", "every", "highest", "lowest"])
def test_where_all_of_a_window_are_asked_it_opens_nothing_either(choose: str) -> None:
    comparison = "at_least: 3 g/g" if choose in ("any", "highest") else "at_most: 3 g/g"
    statement = f"requires: {{number: {{input: upcr, {comparison}, fresh: lab, choose: {choose}}}}}"
    used = value("upcr", 2, JUNE_1)
    decided = "fail" if choose in ("any", "highest") else "pass"
    found = beside(statement, used, CLOTTED)
    assert found.outcome == decided
    assert found.notes == ("A result of 2026-06-10 was not used: clotted",)
    if choose != "lowest":
        assert beside(statement, used, PRELIMINARY).outcome == "missing"


def test_nor_does_it_open_whether_any_result_is_of_a_category() -> None:
    statement = "requires: {category: {input: hbsag, is: [positive], fresh: lab, choose: any}}"
    used = category("hbsag", "negative", JUNE_1)
    assert beside(statement, used, CLOTTED).outcome == "fail"
    assert beside(statement, used, PRELIMINARY).outcome == "missing"


def test_what_counts_for_good_is_not_displaced() -> None:
    statement = "excludes: {category: {input: hbsag, is: [positive], fresh: lab, lasting: [positive]}}"
    chart = HandChart([category("hbsag", "positive", JUNE_1)], unusable={"hbsag": (PRELIMINARY,)})
    assert judged(statement, chart, kind="E1").outcome == "fail"


def test_nor_is_what_is_told_anew_for_the_day_of_the_question() -> None:
    """A sex, or a pregnancy on record that goes on, holds for that day, whenever something was tested."""
    undated = replace(PRELIMINARY, when=None)
    for told in ({"basis": "demographic"}, {"changes_on": date(2026, 10, 1)}):
        used = replace(category("hbsag", "negative", date(2026, 6, 15)), **told)
        assert beside(CATEGORY, used, undated).outcome == "pass"


HUNG = {
    "number": """
requires: {number: {input: score, at_least: 6, fresh: {anchor: "latest:upcr", before: 90 d}}}""",
    "category": """
requires: {category: {input: hbsag, is: [negative], fresh: {anchor: "latest:upcr", before: 90 d}}}""",
    "found": """
requires: {found: {kind: [diagnosis], of: [cond_mi], absent: no,
  during: {anchor: "latest:upcr", before: 90 d}, timing: start}}""",
    "found in a not": """
requires: {not: {found: {kind: [diagnosis], of: [cond_mi], absent: no,
  during: {anchor: "latest:upcr", before: 90 d}, timing: start}}}""",
    "exposed_for": """
requires: {exposed_for: {of: [drug_a], at_least: 4 wk, during: {anchor: "latest:upcr", before: 90 d}}}""",
}
of_each_hung_window = pytest.mark.parametrize("statement", HUNG.values(), ids=HUNG)


def hung(statement: str, *anchors: Measurement, unusable: tuple[Unusable, ...] = ()) -> Finding:
    facts = [value("score", 8, JUNE_1), category("hbsag", "negative", JUNE_1)]
    events = [diagnosis("cond_mi", JUNE_1)]
    return judged(statement, HandChart([*facts, *anchors], events=events, unusable={"upcr": unusable}))


@of_each_hung_window
def test_a_window_that_hangs_on_the_latest_value_is_open_where_a_newer_one_cannot_be_used(
    statement: str,
) -> None:
    anchor = value("upcr", 2, JUNE_1)
    outcome = {HUNG["found in a not"]: "fail", HUNG["exposed_for"]: "missing"}.get(statement, "pass")
    assert hung(statement, anchor).outcome == outcome
    for when in (day(JUNE_10), JUNE, None):
        found = hung(statement, anchor, unusable=(replace(PRELIMINARY, when=when),))
        assert (found.outcome, [need.input for need in found.needs]) == ("missing", ["upcr"])
        assert PRELIMINARY.detail in found.reason
    # What is older, or says that nothing was measured, moves no anchor.
    for entry in (CLOTTED, replace(PRELIMINARY, when=day(date(2026, 5, 1)))):
        assert hung(statement, anchor, unusable=(entry,)).reason == hung(statement, anchor).reason


@of_each_hung_window
def test_a_window_that_hangs_on_a_value_that_nobody_measured_is_open(statement: str) -> None:
    assert hung(statement).outcome == "missing"
    assert hung(statement, unusable=(PRELIMINARY,)).outcome == "missing"


def test_a_result_without_a_date_may_be_the_one_that_a_window_hangs_on() -> None:
    from fhir_mappings.intervals import UNDATED

    anchors = [value("upcr", 2, JUNE_1), replace(value("upcr", 2, JUNE_1), when=UNDATED)]
    assert hung(HUNG["number"], anchors[0]).outcome == "pass"
    found = hung(HUNG["number"], *anchors)
    assert (found.outcome, [need.input for need in found.needs]) == ("missing", ["upcr"])
