"""``number``: thresholds, units, intervals, staleness, limits, grey zones."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from eligibility.errors import ProtocolError
from fhir_mappings.facts import Measurement, Need, Series, Unusable
from fhir_mappings.intervals import DateSpan, Interval, day, point
from tests.eligibility.charts import JUNE_1, HandChart, judged, protocol, value

UPCR = "requires: {number: {input: upcr, at_least: 1.0 g/g, fresh: lab}}"
ALT = "excludes: {number: {input: alt, above: 3 ULN, fresh: lab}}"


@pytest.mark.parametrize(
    ("number", "outcome"), [(1.0, "pass"), (0.9977, "fail"), (1.0103, "pass"), (0.0, "fail")]
)
def test_at_least_includes_the_threshold_and_nothing_is_rounded(number: float, outcome: str) -> None:
    assert judged(UPCR, HandChart([value("upcr", number, JUNE_1)])).outcome == outcome


def test_a_value_just_below_is_shown_with_enough_digits_not_to_contradict() -> None:
    finding = judged(UPCR, HandChart([value("upcr", 0.9977, JUNE_1)]))
    assert finding.reason == "UPCR 0.998 g/g on 2026-06-01 is below 1 g/g"


@pytest.mark.parametrize(
    ("interval", "outcome"),
    [
        (Interval(high=0.04, high_open=True), "fail"),
        (Interval(low=10, low_open=True), "pass"),
        (Interval(high=5, high_open=True), "missing"),
        (Interval(high=1.0, high_open=True), "fail"),
        (Interval(high=1.0), "missing"),
        (Interval(0.5, 1.5), "missing"),
    ],
)
def test_a_comparator_decides_only_if_every_number_of_it_does(interval: Interval, outcome: str) -> None:
    finding = judged(UPCR, HandChart([value("upcr", interval, JUNE_1)]))
    assert finding.outcome == outcome
    if outcome == "missing":
        assert finding.needs[0].why == "too-coarse"


def test_a_value_of_the_last_day_of_freshness_counts_and_one_a_day_older_is_stale() -> None:
    assert judged(UPCR, HandChart([value("upcr", 2, date(2026, 5, 18))])).outcome == "pass"
    stale = judged(UPCR, HandChart([value("upcr", 2, date(2026, 5, 17))]))
    assert (stale.outcome, stale.needs[0].why) == ("missing", "stale")


def test_a_stale_failing_value_is_missing_not_a_failure() -> None:
    assert judged(UPCR, HandChart([value("upcr", 0.1, date(2026, 1, 1))])).outcome == "missing"


def test_a_value_after_the_evaluation_date_does_not_count() -> None:
    assert judged(UPCR, HandChart([value("upcr", 2, date(2026, 6, 16))])).needs[0].why == "never-measured"


def test_nothing_measured_is_missing_and_names_the_order() -> None:
    finding = judged(UPCR, HandChart())
    assert finding.outcome == "missing"
    assert finding.needs[0].why == "never-measured"
    assert finding.needs[0].order is not None
    assert finding.needs[0].order.code == "0-0"


@pytest.mark.parametrize("state", ["failed", "not-asked", "truncated"])
def test_what_was_not_retrieved_is_missing_for_that_reason(state: str) -> None:
    finding = judged(UPCR, HandChart(retrieval=state))  # type: ignore[arg-type]
    assert finding.needs[0].why == "not-retrieved"


def test_a_value_without_a_readable_unit_is_missing_with_the_reason() -> None:
    unreadable = Unusable(why="unreadable", detail="unit 'foo' is not known", when=day(JUNE_1))
    finding = judged(UPCR, HandChart(unusable={"upcr": (unreadable,)}))
    assert finding.outcome == "missing"
    assert finding.needs[0].why == "unreadable"
    assert "foo" in finding.reason


def test_the_latest_value_counts_by_its_instant() -> None:
    morning = datetime(2026, 6, 1, 8, tzinfo=UTC)
    evening = datetime(2026, 6, 1, 20, tzinfo=UTC)
    chart = HandChart([value("upcr", 2, JUNE_1, at=morning), value("upcr", 0.2, JUNE_1, at=evening)])
    assert judged(UPCR, chart).outcome == "fail"


def test_two_values_of_one_time_on_both_sides_of_the_threshold_are_a_conflict() -> None:
    finding = judged(UPCR, HandChart([value("upcr", 2, JUNE_1), value("upcr", 0.2, JUNE_1)]))
    assert (finding.outcome, finding.needs[0].why) == ("missing", "conflicting")


def test_two_values_of_one_time_on_one_side_are_none() -> None:
    assert judged(UPCR, HandChart([value("upcr", 2, JUNE_1), value("upcr", 3, JUNE_1)])).outcome == "pass"


def test_a_partial_date_that_may_be_stale_is_too_coarse() -> None:
    may = DateSpan(date(2026, 5, 1), date(2026, 5, 31))
    finding = judged(UPCR, HandChart([value("upcr", 2, may)]))
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")


def test_which_of_two_is_the_latest_is_open_where_a_coarse_date_may_be_the_later() -> None:
    june = DateSpan(date(2026, 6, 1), date(2026, 6, 30))
    finding = judged(UPCR, HandChart([value("upcr", 2, date(2026, 6, 10)), value("upcr", 0.2, june)]))
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")
    same_side = HandChart([value("upcr", 2, date(2026, 6, 10)), value("upcr", 3, june)])
    assert judged(UPCR, same_side).outcome == "pass"
    earlier = HandChart(
        [value("upcr", 2, date(2026, 6, 10)), value("upcr", 0.2, DateSpan(JUNE_1, date(2026, 6, 9)))]
    )
    assert judged(UPCR, earlier).outcome == "pass"


@pytest.mark.parametrize(
    ("number", "limit", "outcome"), [(120, 40, "pass"), (120.1, 40, "fail"), (200, 80, "pass")]
)
def test_a_multiple_of_the_limit_is_relative_to_the_results_own_range(
    number: float, limit: float, outcome: str
) -> None:
    assert (
        judged(ALT, HandChart([value("alt", number, JUNE_1, upper_limit=limit)]), kind="E1").outcome
        == outcome
    )


def test_floating_point_does_not_decide_at_the_limit() -> None:
    statement = "excludes: {number: {input: alt, above: 1.5 ULN, fresh: lab}}"
    chart = HandChart([value("alt", 31.05, JUNE_1, upper_limit=20.7)])
    assert judged(statement, chart, kind="E1").outcome == "pass"


def test_a_result_without_a_range_is_missing_unless_any_plausible_limit_decides() -> None:
    bounded = "excludes: {number: {input: alt, above: 3 ULN, fresh: lab, plausible_limit: [30 U/L, 60 U/L]}}"
    assert judged(ALT, HandChart([value("alt", 20, JUNE_1)]), kind="E1").outcome == "missing"
    assert judged(bounded, HandChart([value("alt", 90, JUNE_1)]), kind="E1").outcome == "pass"
    assert judged(bounded, HandChart([value("alt", 181, JUNE_1)]), kind="E1").outcome == "fail"
    assert judged(bounded, HandChart([value("alt", 91, JUNE_1)]), kind="E1").outcome == "missing"


def test_the_laboratorys_flag_stands_in_for_a_missing_range_at_the_limit_itself() -> None:
    statement = "requires: {number: {input: alt, above: 1 ULN, fresh: lab}}"
    assert judged(statement, HandChart([value("alt", 50, JUNE_1, category="high")])).outcome == "pass"
    assert judged(statement, HandChart([value("alt", 50, JUNE_1, category="normal")])).outcome == "fail"


def test_each_threshold_of_a_list_is_compared_in_the_reported_unit() -> None:
    statement = "excludes: {number: {input: upcr, above: [1.0 g/g, 113 mg/mmol], fresh: lab}}"
    at_limit = value("upcr", 113 / 113.12, JUNE_1, reported=point(113), reported_unit="mg/mmol")
    beyond = value("upcr", 113.05 / 113.12, JUNE_1, reported=point(113.05), reported_unit="mg/mmol")
    assert judged(statement, HandChart([at_limit]), kind="E1").outcome == "pass"
    assert judged(statement, HandChart([beyond]), kind="E1").outcome == "fail"


GREY = """
requires:
  number: {input: upcr, at_least: 1.0 g/g, fresh: lab, grey: {to: 0.7 g/g, settle_with: protein_24h}}
"""


@pytest.mark.parametrize(
    ("number", "outcome"), [(0.69, "fail"), (0.7, "missing"), (0.99, "missing"), (1.0, "pass")]
)
def test_a_grey_zone_leaves_values_near_the_threshold_to_a_better_test(number: float, outcome: str) -> None:
    finding = judged(GREY, HandChart([value("upcr", number, JUNE_1)]))
    assert finding.outcome == outcome
    if outcome == "missing":
        assert [n.input for n in finding.needs] == ["protein_24h"]


def test_a_value_that_differs_between_accepted_methods_goes_to_a_person_leaning_against_the_patient() -> None:
    mixed = value("upcr", Interval(0.8, 1.4), JUNE_1, basis="policies")
    inclusion = judged(UPCR, HandChart([mixed]))
    assert (inclusion.outcome, inclusion.leaning) == ("review", "fail")
    exclusion = judged("excludes: {number: {input: upcr, above: 1 g/g}}", HandChart([mixed]), kind="E1")
    assert (exclusion.outcome, exclusion.leaning) == ("review", "fail")


SCORE = "requires: {number: {input: score, at_least: 6, fresh: lab}}"


def test_a_score_that_reaches_the_threshold_by_its_lower_bound_passes() -> None:
    assert (
        judged(SCORE, HandChart([value("score", Interval(6, 105), JUNE_1, basis="bounded")])).outcome
        == "pass"
    )


def test_a_score_that_reaches_it_only_with_unattributed_findings_goes_to_review_leaning_pass() -> None:
    bounded = value("score", Interval(4, 105), JUNE_1, basis="bounded", attributed=Interval(8, 105))
    finding = judged(SCORE, HandChart([bounded]))
    assert (finding.outcome, finding.leaning) == ("review", "pass")


def test_a_score_whose_upper_bound_stays_below_fails_and_one_between_names_its_items() -> None:
    assert judged(SCORE, HandChart([value("score", Interval(0, 5), JUNE_1)])).outcome == "fail"
    items = (Need(input="c3", why="never-measured", detail="C3"),)
    open_score = value("score", Interval(4, 90), JUNE_1, basis="bounded", needs=items)
    finding = judged(SCORE, HandChart([open_score]))
    assert [n.input for n in finding.needs] == ["c3"]


def test_any_asks_every_value_in_the_window_and_latest_only_one() -> None:
    chart = HandChart([value("upcr", 7, date(2026, 5, 20)), value("upcr", 1, JUNE_1)])
    any_of = "excludes: {number: {input: upcr, above: 6 g/g, fresh: lab, choose: any}}"
    latest = "excludes: {number: {input: upcr, above: 6 g/g, fresh: lab}}"
    assert judged(any_of, chart, kind="E1").outcome == "fail"
    assert judged(latest, chart, kind="E1").outcome == "pass"


SOME = "requires: {number: {input: upcr, at_least: 1.0 g/g, fresh: lab, choose: any}}"
EVERY = "requires: {number: {input: upcr, below: 1.0 g/g, fresh: lab, choose: every}}"
UNREADABLE = {"upcr": (Unusable(why="unreadable", detail="no unit", when=day(date(2026, 6, 10))),)}


@pytest.mark.parametrize(
    ("chart", "why"),
    [
        (HandChart([value("upcr", 0.2, JUNE_1)], unusable=UNREADABLE), "unreadable"),
        (HandChart([value("upcr", 0.2, JUNE_1)], retrieval="truncated"), "not-retrieved"),
        (
            HandChart([value("upcr", 0.2, JUNE_1), value("upcr", 2, DateSpan(date(2026, 5, 1), JUNE_1))]),
            "too-coarse",
        ),
    ],
)
@pytest.mark.parametrize("statement", [SOME, EVERY])
def test_what_nobody_could_read_leaves_open_whether_any_or_every_value_is_so(
    statement: str, chart: HandChart, why: str
) -> None:
    finding = judged(statement, chart)
    assert (finding.outcome, [need.why for need in finding.needs]) == ("missing", [why])


def test_one_value_that_is_certain_decides_for_any_and_against_every_whatever_could_not_be_read() -> None:
    chart = HandChart([value("upcr", 2, JUNE_1)], unusable=UNREADABLE, retrieval="truncated")
    assert judged(SOME, chart).outcome == "pass"
    assert judged(EVERY, chart).outcome == "fail"


@pytest.mark.parametrize(
    ("choose", "values", "outcome"),
    [
        ("highest", [Interval(0.1, 3), point(0.5)], "missing"),
        ("highest", [Interval(0.1, 3), point(1.0)], "pass"),
        ("highest", [Interval(0.1, 0.9), point(0.5)], "fail"),
        ("lowest", [Interval(0.1, 3), point(2)], "missing"),
        ("lowest", [Interval(0.1, 3), point(0.5)], "fail"),
        ("lowest", [Interval(1.1, 3), point(2)], "pass"),
    ],
)
def test_the_highest_or_lowest_of_intervals_decides_only_where_all_their_numbers_do(
    choose: str, values: list[Interval], outcome: str
) -> None:
    statement = f"requires: {{number: {{input: upcr, at_least: 1.0 g/g, fresh: lab, choose: {choose}}}}}"
    chart = HandChart([value("upcr", number, date(2026, 6, n)) for n, number in enumerate(values, 1)])
    assert judged(statement, chart).outcome == outcome


def test_a_finding_stands_until_its_value_goes_stale() -> None:
    from eligibility.screening import screen
    from tests.eligibility.charts import AS_OF, protocol

    screening = screen(protocol(UPCR), HandChart([value("upcr", 2, JUNE_1)]), AS_OF)
    assert screening.stands_until == "2026-06-30"


TWICE = """
requires:
  all:
    - number: {input: upcr, at_least: 1.0 g/g, fresh: lab}
    - number: {input: upcr, at_least: 1.0 g/g, fresh: {anchor: "latest:upcr", before: 1 a, gap: 90 d}}
"""


@pytest.mark.parametrize(
    ("earlier", "outcome"),
    [
        (date(2026, 3, 3), "pass"),
        (date(2026, 3, 4), "missing"),
        (date(2025, 6, 1), "pass"),
        (None, "missing"),
    ],
)
def test_a_gap_asks_for_a_value_so_long_before_the_latest(earlier: date | None, outcome: str) -> None:
    values = [value("upcr", 2, JUNE_1)] + ([value("upcr", 2, earlier)] if earlier else [])
    assert judged(TWICE, HandChart(values)).outcome == outcome


def test_a_gap_as_long_as_its_window_is_refused() -> None:
    with pytest.raises(ProtocolError, match="leaves nothing"):
        protocol("requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 90 d, gap: 90 d}}}")


class Ageing(HandChart):
    """A chart whose patient turns a year older on each 2 March."""

    def series(self, name: str, on: date, since: date | None = None) -> Series:
        years = on.year - 2010 - ((on.month, on.day) < (3, 2))
        age = Measurement(
            input="age",
            when=day(on),
            value=point(years),
            unit="a",
            basis="demographic",
            changes_on=date(2010 + years + 1, 3, 2),
        )
        return Series(input="age", label="Age", unit="a", measurements=(age,))


@pytest.mark.parametrize(
    ("statement", "clears_on"),
    [
        ("requires: {number: {input: age, at_least: 18, on: screening}}", "2028-03-02"),
        ("requires: {number: {input: age, above: 16, on: screening}}", "2027-03-02"),
        ("requires: {number: {input: age, below: 16, on: screening}}", None),
    ],
)
def test_an_age_that_is_not_yet_reached_clears_on_the_birthday(statement: str, clears_on: str | None) -> None:
    finding = judged(statement, Ageing())
    assert (finding.outcome, finding.clears_on) == ("fail", clears_on)
