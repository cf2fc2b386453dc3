"""Ladders, exceptions, attestations, dose runs, background treatment, time on treatment, verdicts."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from eligibility.course import Anchors
from eligibility.errors import ProtocolError
from eligibility.findings import Finding
from eligibility.judging import verdict_of
from eligibility.screening import applies, screen
from fhir_mappings.facts import (
    Answer,
    DayDose,
    DoseHistory,
    Event,
    Exposure,
    Retrieval,
    Therapies,
    Therapy,
    TherapyChange,
    Unusable,
)
from fhir_mappings.intervals import DateSpan, Interval, day, point
from tests.eligibility.charts import AS_OF, HandChart, category, evidence, judged, protocol, value
from tests.eligibility.test_found import diagnosis

JUNE_1 = date(2026, 6, 1)


# -- cases ----------------------------------------------------------------------------------------

LADDER = """
cases:
  of:
    - {when: {number: {input: alt, above: 100 U/L, fresh: lab}}, then: fail, because: Too high}
    - {when: {category: {input: hbsag, is: [positive], fresh: lab}}, then: review-pass, because: Ask}
  otherwise: pass
"""


@pytest.mark.parametrize(
    ("alt", "hbsag", "outcome", "leaning"),
    [
        (150, "positive", "fail", None),
        (150, None, "fail", None),
        (50, "positive", "review", "pass"),
        (50, "negative", "pass", None),
        (50, None, "review", "pass"),  # whether or not it is positive, it does not stand in the way
        (None, "positive", "missing", None),
        (None, None, "missing", None),
    ],
)
def test_the_first_condition_that_holds_decides_and_an_open_one_leaves_open_what_it_could_change(
    alt: float | None, hbsag: str | None, outcome: str, leaning: str | None
) -> None:
    facts = []
    if alt is not None:
        facts.append(value("alt", alt, JUNE_1))
    if hbsag is not None:
        facts.append(category("hbsag", hbsag, JUNE_1))
    finding = judged(LADDER, HandChart(facts), kind="E1")
    assert (finding.outcome, finding.leaning) == (outcome, leaning)


def test_a_review_that_an_open_condition_brings_about_says_so() -> None:
    finding = judged(LADDER, HandChart([value("alt", 50, JUNE_1)]), kind="E1")
    assert finding.reason.startswith("HBsAg: no result is on record")


def test_a_ladder_whose_conditions_are_only_presumed_not_to_hold_ends_in_presumed() -> None:
    ladder = "cases: {of: [{when: {found: {kind: [diagnosis], of: [cond_mi]}}, then: fail}], otherwise: pass}"
    assert judged(ladder, HandChart(), kind="E1").outcome == "presumed"


def test_a_rung_cites_also_what_ruled_out_the_rungs_above_it_that_name_another_outcome() -> None:
    ladder = """
cases:
  of:
    - {when: {number: {input: upcr, at_least: 3 g/g}}, then: review-pass, because: words}
    - {when: {number: {input: alt, above: 200 U/L}}, then: fail}
    - {when: {number: {input: score, at_least: 6}}, then: fail}
  otherwise: pass
"""
    chart = HandChart(
        [value(name, number, JUNE_1) for name, number in (("upcr", 1), ("alt", 20), ("score", 8))]
    )
    cited = {e.reference for e in judged(ladder, chart).evidence}
    assert cited == {"Observation/score-2026-06-01", "Observation/upcr-2026-06-01"}


def test_where_an_open_rung_and_what_follows_both_stand_in_the_way_the_answer_leans_against_the_patient() -> (
    None
):
    ladder = """
cases:
  of:
    - {when: {number: {input: upcr, at_least: 3 g/g}}, then: fail}
    - {when: {number: {input: score, at_least: 6}}, then: review-fail, because: words}
  otherwise: pass
"""
    finding = judged(ladder, HandChart([value("score", 8, JUNE_1)]))
    assert (finding.outcome, finding.leaning, [n.input for n in finding.needs]) == (
        "review",
        "fail",
        ["upcr"],
    )


def test_what_a_missing_rung_needs_may_be_something_to_ask_for() -> None:
    rung = """
cases:
  of:
    - when: {category: {input: hbsag, is: [positive]}}
      then: missing
      needs: [date_of_infection]
      because: Since when?
  otherwise: pass
"""
    need = judged(rung, HandChart([category("hbsag", "positive", JUNE_1)])).needs[0]
    assert (need.input, need.why, need.detail) == ("date_of_infection", "never-measured", "Since when?")
    with pytest.raises(ProtocolError, match="no criterion input 'date_of_infection'"):
        protocol(rung.replace("      because: Since when?\n", ""))


def test_outcomes_cannot_be_turned_round() -> None:
    with pytest.raises(ProtocolError, match="cannot stand below 'not'"):
        protocol(
            "requires: {not: {cases: {of: [{when: {attest: {question: q, ask: Q}}, then: fail}], "
            "otherwise: pass}}}"
        )


PROVEN = """
cases:
  of:
    - {when: {proven: {number: {input: alt, at_most: 100 U/L, fresh: lab}}}, then: pass}
    - {when: {number: {input: upcr, above: 1 g/g, fresh: lab}}, then: fail}
  otherwise: pass
"""


def test_proven_lets_an_open_condition_fall_through_to_the_rungs_below() -> None:
    assert judged(PROVEN, HandChart([value("alt", 50, JUNE_1)]), kind="E1").outcome == "pass"
    assert judged(PROVEN, HandChart([value("upcr", 2, JUNE_1)]), kind="E1").outcome == "fail"
    assert judged(PROVEN, HandChart(), kind="E1").outcome == "missing"


def test_seen_keeps_open_what_is_there_but_unreadable_or_was_not_retrieved() -> None:
    seen = PROVEN.replace("proven:", "seen:")
    upcr = value("upcr", 2, JUNE_1)
    assert judged(seen, HandChart([upcr]), kind="E1").outcome == "fail"
    unreadable = Unusable(why="unreadable", detail="no unit", when=day(JUNE_1))
    finding = judged(seen, HandChart([upcr], unusable={"alt": (unreadable,)}), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "unreadable")
    not_retrieved = judged(seen, HandChart([upcr], retrieval="failed"), kind="E1")
    assert (not_retrieved.outcome, not_retrieved.needs[0].why) == ("missing", "not-retrieved")


def test_proven_is_refused_where_it_would_turn_unknown_into_no() -> None:
    with pytest.raises(ProtocolError, match="unknown into no"):
        protocol("excludes: {proven: {number: {input: alt, above: 1 U/L}}}", kind="E1")


# -- attestations ---------------------------------------------------------------------------------


def answered(question: str, yes: bool, on: date = JUNE_1) -> Answer:
    return Answer(
        question=question,
        value=yes,
        when=day(on),
        evidence=evidence("QuestionnaireResponse/q"),
        author="Dr A",
        by="clinician",
    )


ATTEST = "requires: {attest: {question: consent, ask: Is consent given?, fresh: lab}}"


def test_what_only_a_person_can_say_is_attest_until_someone_has() -> None:
    assert judged(ATTEST, HandChart()).outcome == "attest"
    yes = HandChart(answers=[answered("nct00000000/I1/consent", True)])
    no = HandChart(answers=[answered("nct00000000/I1/consent", False)])
    assert judged(ATTEST, yes).outcome == "pass"
    assert judged(ATTEST, no).outcome == "fail"


def test_an_answer_that_is_too_old_no_longer_holds() -> None:
    old = HandChart(answers=[answered("nct00000000/I1/consent", True, date(2026, 5, 17))])
    assert judged(ATTEST, old).outcome == "attest"


CARVE = """
excludes:
  carve_out:
    of: {number: {input: alt, above: 100 U/L, fresh: lab}}
    question: attributable
    ask: Is it attributable to the disease?
"""


@pytest.mark.parametrize(
    ("alt", "answer", "outcome", "leaning"),
    [
        (50, None, "pass", None),
        (150, None, "review", "fail"),
        (150, True, "pass", None),
        (150, False, "fail", None),
        (None, True, "missing", None),
    ],
)
def test_a_breach_that_an_exception_may_lift_waits_for_a_person(
    alt: float | None, answer: bool | None, outcome: str, leaning: str | None
) -> None:
    facts = [value("alt", alt, JUNE_1)] if alt is not None else []
    answers = [answered("nct00000000/E1/attributable", answer)] if answer is not None else []
    finding = judged(CARVE, HandChart(facts, answers=answers), kind="E1")
    assert (finding.outcome, finding.leaning) == (outcome, leaning)


def test_review_leans_against_the_patient_unless_told_otherwise() -> None:
    against = "excludes: {review: {of: {number: {input: alt, above: 1 U/L}}, because: Look}}"
    finding = judged(against, HandChart([value("alt", 2, JUNE_1)]), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")
    lenient = against.replace("because:", "leaning: fails, because:")
    finding = judged(lenient, HandChart([value("alt", 2, JUNE_1)]), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "pass")


# -- dose runs ------------------------------------------------------------------------------------

RUN = """
excludes:
  dose_run:
    {history: prednisone_equivalent, at_least: 100 mg, length: 14 d, during: {anchor: day0, before: 28 d}}
"""


def course(label: str = "Prednisone") -> Exposure:
    return Exposure(
        reference="MedicationRequest/m",
        concepts=frozenset(["drug_prednisone"]),
        label=label,
        evidence=evidence("MedicationRequest/m"),
        dose_unreadable="only a text",
    )


def doses(
    amounts: dict[date, Interval], unknown: tuple[Exposure, ...] = (), retrieval: Retrieval = "complete"
) -> HandChart:
    days = tuple(DayDose(d, amount, (0,)) for d, amount in sorted(amounts.items()))
    return HandChart(
        doses=DoseHistory(days=days, exposures=(course(),), unknown=unknown, retrieval=retrieval)
    )


def stretch(first: date, count: int, amount: Interval) -> dict[date, Interval]:
    return {first + timedelta(days=i): amount for i in range(count)}


def test_fourteen_days_in_a_row_fail_and_clear_28_days_after_the_last() -> None:
    finding = judged(RUN, doses(stretch(date(2026, 5, 20), 14, point(100))), kind="E1")
    assert (finding.outcome, finding.clears_on) == ("fail", "2026-07-01")


def test_thirteen_days_or_a_gap_do_not() -> None:
    assert judged(RUN, doses(stretch(date(2026, 5, 20), 13, point(100))), kind="E1").outcome == "presumed"
    gap = stretch(date(2026, 5, 20), 15, point(100))
    del gap[date(2026, 5, 27)]
    finding = judged(RUN, doses(gap), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")  # 14 days, not in a row


def test_a_run_that_ended_before_the_window_does_not_count_and_one_that_reaches_into_it_does() -> None:
    # 28 days before 15 June is 18 May.
    assert judged(RUN, doses(stretch(date(2026, 5, 4), 14, point(100))), kind="E1").outcome == "presumed"
    assert judged(RUN, doses(stretch(date(2026, 5, 5), 14, point(100))), kind="E1").outcome == "fail"


def test_a_run_only_under_upper_bounds_goes_to_review() -> None:
    finding = judged(RUN, doses(stretch(date(2026, 5, 20), 14, Interval(0, 120))), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")


def test_an_unreadable_dose_or_an_unretrieved_record_leaves_the_run_open() -> None:
    unreadable = judged(RUN, doses({}, (course(),)), kind="E1")
    assert (unreadable.outcome, unreadable.needs[0].why) == ("missing", "unreadable")
    failed = judged(RUN, doses({}, retrieval="failed"), kind="E1")
    assert (failed.outcome, failed.needs[0].why) == ("missing", "not-retrieved")


def unreadable(first: date, last: date) -> Exposure:
    return msgspec.structs.replace(course(), start=day(first), end=day(last))


def test_an_unreadable_dose_of_too_few_days_leaves_no_run_open() -> None:
    thirteen = unreadable(date(2026, 5, 20), date(2026, 6, 1))
    assert judged(RUN, doses({}, (thirteen,)), kind="E1").outcome == "presumed"
    fourteen = unreadable(date(2026, 5, 20), date(2026, 6, 2))
    finding = judged(RUN, doses({}, (fourteen,)), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "unreadable")


def test_an_unreadable_dose_may_make_a_run_with_the_days_beside_it() -> None:
    three = unreadable(date(2026, 5, 20), date(2026, 5, 22))
    eleven = stretch(date(2026, 5, 23), 11, point(100))
    assert judged(RUN, doses(eleven, (three,)), kind="E1").outcome == "missing"
    del eleven[date(2026, 6, 2)]
    assert judged(RUN, doses(eleven, (three,)), kind="E1").outcome == "presumed"


def test_an_unreadable_dose_before_the_window_leaves_no_run_open() -> None:
    # 28 days before 15 June is 18 May.
    long_ago = unreadable(date(2026, 3, 20), date(2026, 5, 17))
    assert judged(RUN, doses({}, (long_ago,)), kind="E1").outcome == "presumed"
    into_it = unreadable(date(2026, 3, 20), date(2026, 5, 18))
    assert judged(RUN, doses({}, (into_it,)), kind="E1").outcome == "missing"


# -- background therapy -------------------------------------------------------------------------

STABLE = "requires: {stable_therapy: {of: [drug_a], open_list: [drug_b], unchanged_for: 30 d, anchor: day0}}"


def therapy(drug: str = "drug_a", **more: object) -> Therapy:
    fields: dict[str, object] = {
        "since": day(date(2025, 1, 1)),
        "until": None,
        "ongoing": True,
        "dose_known": True,
        "changes": (),
        "evidence": (evidence("MedicationRequest/t"),),
        **more,
    }
    return Therapy(drug=drug, label=drug, **fields)  # type: ignore[arg-type]


def on(*courses: Therapy, retrieval: Retrieval = "complete") -> HandChart:
    return HandChart(therapies=Therapies(therapies=courses, retrieval=retrieval))


def change(when: DateSpan, *, certain: bool = True) -> TherapyChange:
    return TherapyChange(
        certain=certain,
        drug="drug_a",
        label="A",
        change="dose",
        when=when,
        detail="A 10 mg to 5 mg",
        evidence=(evidence("M/1"),),
    )


def test_an_unchanged_treatment_passes() -> None:
    assert judged(STABLE, on(therapy())).outcome == "pass"


def test_no_treatment_fails_for_good() -> None:
    finding = judged(STABLE, on())
    assert (finding.outcome, finding.clears_on) == ("fail", None)


def test_a_change_in_the_window_fails_and_clears_when_it_has_left_it() -> None:
    finding = judged(STABLE, on(therapy(changes=(change(day(date(2026, 6, 1))),))))
    assert (finding.outcome, finding.clears_on) == ("fail", "2026-07-01")


def test_a_change_at_an_uncertain_time_is_missing() -> None:
    month = DateSpan(date(2026, 5, 1), date(2026, 5, 31))
    finding = judged(STABLE, on(therapy(changes=(change(month),))))
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")


def test_a_change_that_may_be_a_renewal_is_missing() -> None:
    finding = judged(STABLE, on(therapy(changes=(change(day(date(2026, 6, 1)), certain=False),))))
    assert (finding.outcome, finding.clears_on, finding.needs[0].why) == ("missing", None, "too-coarse")


def test_an_unknown_dose_or_a_drug_of_the_open_list_needs_a_person() -> None:
    no_dose = judged(STABLE, on(therapy(dose_known=False)))
    assert (no_dose.outcome, no_dose.leaning) == ("review", "pass")
    other = judged(STABLE, on(therapy("drug_b")))
    assert (other.outcome, other.leaning) == ("review", "pass")


def test_an_undated_treatment_or_an_unretrieved_record_is_missing() -> None:
    assert judged(STABLE, on(therapy(since=None))).outcome == "missing"
    assert judged(STABLE, on(therapy(), retrieval="not-asked")).needs[0].why == "not-retrieved"


EXPOSED = "requires: {exposed_for: {of: [drug_a], at_least: 6 mo}}"


def taken(start: date | None, end: date | None, ongoing: bool = False, route: str | None = None) -> Event:
    return Exposure(
        route=route,
        reference="MedicationStatement/s",
        concepts=frozenset(["drug_a"]),
        label="A",
        evidence=evidence("MedicationStatement/s"),
        start=day(start) if start else None,
        end=day(end) if end else None,
        ongoing=ongoing,
    )


@pytest.mark.parametrize(
    ("courses", "outcome"),
    [
        ([taken(date(2025, 1, 1), date(2025, 7, 15))], "pass"),
        ([taken(date(2025, 1, 1), date(2025, 3, 31)), taken(date(2025, 2, 1), date(2025, 4, 30))], "fail"),
        ([taken(date(2025, 1, 1), date(2025, 3, 31)), taken(date(2025, 9, 1), date(2025, 12, 31))], "pass"),
        ([taken(date(2026, 1, 1), None)], "missing"),  # when it ended is not known: it may be long enough
        ([taken(date(2026, 6, 1), None, True)], "fail"),
        ([taken(date(2025, 1, 1), None, True)], "pass"),
        ([], "missing"),
    ],
)
def test_time_on_treatment_is_the_union_of_the_courses(courses: list[Event], outcome: str) -> None:
    chart = HandChart(events=courses)
    assert judged(EXPOSED, chart, as_of=date(2026, 7, 15)).outcome == outcome


def test_time_on_a_cream_is_no_time_on_treatment_where_only_other_routes_count() -> None:
    systemic = EXPOSED.replace("at_least: 6 mo", "at_least: 6 mo, routes: [oral]")
    for route, outcome in (("topical", "missing"), ("oral", "pass"), (None, "pass")):
        course = taken(date(2025, 1, 1), date(2025, 12, 31), route=route)
        assert judged(systemic, HandChart(events=[course])).outcome == outcome


# -- verdict --------------------------------------------------------------------------------------


def finding(outcome: str, leaning: str | None = None, clears_on: str | None = None) -> Finding:
    return Finding(
        criterion="I1",
        kind="inclusion",
        text="",
        outcome=outcome,  # type: ignore[arg-type]
        leaning=leaning,  # type: ignore[arg-type]
        reason="",
        clears_on=clears_on,
        evidence=(),
        needs=(),
        notes=(),
        parts=(),
    )


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([finding("fail"), finding("fail", clears_on="2026-07-01")], "ineligible"),
        ([finding("fail", clears_on="2026-07-01"), finding("missing")], "ineligible-for-now"),
        ([finding("review", "fail"), finding("missing")], "probably-ineligible"),
        ([finding("review", "pass"), finding("missing")], "undetermined"),
        (
            [finding("pass"), finding("presumed"), finding("review", "pass"), finding("attest")],
            "potentially-eligible",
        ),
    ],
)
def test_the_verdict_is_the_first_line_that_applies(findings: list[Finding], verdict: str) -> None:
    assert verdict_of(findings) == verdict


def test_the_earliest_date_is_the_latest_of_those_that_clear() -> None:
    parts = """
parts:
  - {id: I1.1, text: a, excludes: {found: {kind: [diagnosis], of: [cond_mi], during: {before: 6 mo}}}}
  - {id: I1.2, text: b, excludes: {found: {kind: [diagnosis], of: [class_cancer], during: {before: 5 a}}}}
"""
    events = [
        diagnosis(start=date(2026, 3, 10), end=date(2026, 3, 10)),
        diagnosis("cond_lymphoma", start=date(2024, 1, 1), end=date(2024, 1, 1)),
    ]
    screening = screen(protocol(parts), HandChart(events=events), AS_OF)
    assert screening.verdict == "ineligible-for-now"
    assert screening.earliest == "2029-01-02"
    assert [part.clears_on for part in screening.findings[0].parts] == ["2026-09-11", "2029-01-02"]


def test_an_anchor_that_is_given_moves_the_window() -> None:
    statement = "excludes: {found: {kind: [diagnosis], of: [cond_mi], during: {anchor: day0, before: 28 d}}}"
    event = diagnosis(start=date(2026, 6, 1), end=date(2026, 6, 1))
    assert judged(statement, HandChart(events=[event]), kind="E1").outcome == "fail"
    later = judged(statement, HandChart(events=[event]), kind="E1", day0=date(2026, 6, 30))
    assert later.outcome == "presumed"


def test_the_gate_is_open_only_for_the_living_with_the_disease() -> None:
    bound = protocol(ATTEST)
    assert applies(bound, HandChart(events=[diagnosis()]), AS_OF)
    assert not applies(bound, HandChart(), AS_OF)
    assert not applies(bound, HandChart(events=[diagnosis()], deceased=True), AS_OF)
    assert not applies(bound, HandChart(retrieval="failed"), AS_OF, Anchors())
