"""``found``: what is in the record, when, how certain – and what its absence means."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.facts import Admission, Allergy, Event, Participation, Planned, Retrieval
from fhir_mappings.intervals import DateSpan, day
from tests.eligibility.charts import HandChart, diagnosis, evidence, judged

MI = """
excludes:
  found: {kind: [diagnosis], of: [cond_mi], during: {anchor: screening, before: 6 mo}, timing: start}
"""


def test_an_event_in_the_window_fails_and_says_when_time_will_have_repaired_it() -> None:
    finding = judged(MI, HandChart(events=[diagnosis(start=date(2026, 3, 10))]), kind="E1")
    assert (finding.outcome, finding.clears_on) == ("fail", "2026-09-11")


@pytest.mark.parametrize(
    ("start", "outcome"),
    [(date(2025, 12, 15), "fail"), (date(2025, 12, 14), "presumed"), (date(2026, 6, 15), "fail")],
)
def test_the_window_is_closed_at_both_ends(start: date, outcome: str) -> None:
    assert judged(MI, HandChart(events=[diagnosis(start=start)]), kind="E1").outcome == outcome


def test_a_wholly_retrieved_record_without_it_is_presumed_free_of_it() -> None:
    assert judged(MI, HandChart(), kind="E1").outcome == "presumed"


@pytest.mark.parametrize("state", ["truncated", "failed", "not-asked"])
def test_a_record_that_was_not_wholly_retrieved_is_missing(state: Retrieval) -> None:
    finding = judged(MI, HandChart(retrieval=state), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "not-retrieved")


def test_an_event_found_in_a_partial_record_fails_all_the_same() -> None:
    chart = HandChart(events=[diagnosis(start=date(2026, 3, 10))], retrieval="failed")
    assert judged(MI, chart, kind="E1").outcome == "fail"


def test_a_date_too_coarse_to_tell_is_missing() -> None:
    year = DateSpan(date(2025, 1, 1), date(2025, 12, 31))
    finding = judged(MI, HandChart(events=[diagnosis(start=year)]), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")


def test_an_undated_event_is_missing_when_a_window_is_asked_and_counts_when_none_is() -> None:
    assert judged(MI, HandChart(events=[diagnosis()]), kind="E1").outcome == "missing"
    ever = "excludes: {found: {kind: [diagnosis], of: [cond_mi]}}"
    assert judged(ever, HandChart(events=[diagnosis()]), kind="E1").outcome == "fail"


def test_what_ended_before_the_window_did_not_begin_in_it_whenever_it_began() -> None:
    ended = HandChart(events=[diagnosis(end=date(2025, 12, 1))])
    assert judged(MI, ended, kind="E1").outcome == "presumed"


def test_an_end_in_the_window_proves_presence_however_coarse_the_beginning_is() -> None:
    this_year = DateSpan(date(2026, 1, 1), date(2026, 12, 31))
    statement = (
        "excludes: {found: {kind: [diagnosis], of: [cond_mi], during: {anchor: screening, before: 6 mo}}}"
    )
    chart = HandChart(events=[diagnosis(start=this_year, end=date(2026, 6, 1))])
    assert judged(statement, chart, kind="E1").outcome == "fail"


def test_an_unconfirmed_diagnosis_goes_to_review_leaning_against_the_patient() -> None:
    chart = HandChart(events=[diagnosis(start=date(2026, 3, 10), confirmed=False)])
    finding = judged(MI, chart, kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")
    counted = MI.replace("timing: start", "timing: start, unconfirmed: counts")
    assert judged(counted, chart, kind="E1").outcome == "fail"
    ignored = MI.replace("timing: start", "timing: start, unconfirmed: ignored")
    assert judged(ignored, chart, kind="E1").outcome == "presumed"


def test_an_unconfirmed_diagnosis_does_not_satisfy_an_inclusion() -> None:
    needed = "requires: {found: {kind: [diagnosis], of: [cond_mi]}}"
    finding = judged(needed, HandChart(events=[diagnosis(confirmed=False)]))
    assert (finding.outcome, finding.leaning) == ("review", "fail")


def test_something_going_on_never_clears_by_time() -> None:
    going_on = (
        "excludes: {found: {kind: [diagnosis], of: [cond_mi], during: {anchor: screening, before: 28 d}}}"
    )
    chart = HandChart(events=[diagnosis(start=date(2026, 3, 10), ongoing=True)])
    finding = judged(going_on, chart, kind="E1")
    assert (finding.outcome, finding.clears_on) == ("fail", None)


def test_an_attribute_that_is_not_recorded_is_missing_unless_the_protocol_says_otherwise() -> None:
    graded = "excludes: {found: {kind: [diagnosis], of: [cond_mi], where: {severity: [severe]}}}"
    chart = HandChart(events=[diagnosis(start=date(2026, 3, 10))])
    assert judged(graded, chart, kind="E1").outcome == "missing"
    no = graded.replace("where:", "unrecorded: 'no', where:")
    assert judged(no, chart, kind="E1").outcome == "presumed"
    mild = HandChart(events=[diagnosis(start=date(2026, 3, 10), severity="mild")])
    assert judged(graded, mild, kind="E1").outcome == "presumed"


@pytest.mark.parametrize("on", [date(2026, 5, 1), date(2026, 9, 1)])
def test_what_is_planned_counts_although_it_lies_ahead(on: date) -> None:
    surgery = Planned(
        reference="ServiceRequest/s",
        concepts=frozenset(["cond_mi"]),
        label="Bypass",
        evidence=evidence("ServiceRequest/s"),
        start=day(on),
    )
    planned = "excludes: {found: {kind: [planned], of: [cond_mi]}}"
    assert judged(planned, HandChart(events=[surgery]), kind="E1").outcome == "fail"


def test_an_empty_set_of_values_is_an_attribute_that_is_not_recorded() -> None:
    severe = "excludes: {found: {kind: [allergy], where: {category: [medication], severity: [severe]}}}"

    def allergy(*of: str) -> Allergy:
        return Allergy(
            reference="AllergyIntolerance/a",
            concepts=frozenset(),
            label="Allergy",
            evidence=evidence("AllergyIntolerance/a"),
            category=of,
            severity="severe",
        )

    assert judged(severe, HandChart(events=[allergy("medication")]), kind="E1").outcome == "fail"
    assert judged(severe, HandChart(events=[allergy("food")]), kind="E1").outcome == "presumed"
    assert judged(severe, HandChart(events=[allergy()]), kind="E1").outcome == "missing"


def test_exceptions_do_not_count() -> None:
    cancer = "excludes: {found: {kind: [diagnosis], of: [class_cancer], except: [cond_skin_cancer]}}"
    assert judged(cancer, HandChart(events=[diagnosis("cond_skin_cancer")]), kind="E1").outcome == "presumed"
    assert judged(cancer, HandChart(events=[diagnosis("cond_lymphoma")]), kind="E1").outcome == "fail"


def test_two_of_a_kind_are_needed_where_two_are_asked() -> None:
    recurrent = "excludes: {found: {kind: [diagnosis], of: [cond_mi], count: 2}}"
    once = [diagnosis(start=date(2026, 3, 10))]
    assert judged(recurrent, HandChart(events=once), kind="E1").outcome == "presumed"
    assert judged(recurrent, HandChart(events=once * 2), kind="E1").outcome == "fail"


def test_an_admission_counts_only_as_inpatient_where_that_is_asked() -> None:
    admitted = "excludes: {found: {kind: [admission], of: [cond_mi], where: {inpatient: true}}}"

    def stay(inpatient: bool) -> Event:
        return Admission(
            reference="Encounter/e",
            concepts=frozenset(["cond_mi"]),
            label="Stay",
            evidence=evidence("Encounter/e"),
            inpatient=inpatient,
        )

    assert judged(admitted, HandChart(events=[stay(True)]), kind="E1").outcome == "fail"
    assert judged(admitted, HandChart(events=[stay(False)]), kind="E1").outcome == "presumed"


def test_evidence_found_by_words_says_so() -> None:
    finding = judged(MI, HandChart(events=[diagnosis(start=date(2026, 3, 10), by_text=True)]), kind="E1")
    assert any("words" in note for note in finding.notes)


WASH_OUT = """
excludes:
  found:
    kind: [participation]
    during: {anchor: day0, before: 28 d}
    or_half_lives: {count: 5, unknown_until: 12 mo}
"""


def trial(last_dose: date, drugs: list[str]) -> Event:
    return Participation(
        reference="ResearchSubject/r",
        concepts=frozenset(),
        label="Another trial",
        evidence=evidence("ResearchSubject/r"),
        start=day(date(2025, 1, 1)),
        end=day(last_dose),
        drugs=frozenset(drugs),
        last_dose=day(last_dose),
    )


@pytest.mark.parametrize(
    ("last_dose", "drugs", "outcome", "clears_on"),
    [
        (date(2026, 6, 1), ["drug_b"], "fail", "2026-06-30"),
        (date(2026, 5, 1), ["drug_a"], "fail", "2026-08-10"),  # 5 × 20 days is longer than 28
        (date(2026, 3, 7), ["drug_a"], "fail", "2026-06-16"),  # exactly 100 days before
        (date(2026, 3, 6), ["drug_a"], "presumed", None),
        (date(2026, 5, 1), ["drug_b"], "missing", None),  # half-life unknown: never taken as 28 days
        (date(2025, 5, 1), ["drug_b"], "presumed", None),
    ],
)
def test_the_longer_of_window_and_half_lives_counts_and_an_unknown_drug_stays_open(
    last_dose: date, drugs: list[str], outcome: str, clears_on: str | None
) -> None:
    finding = judged(WASH_OUT, HandChart(events=[trial(last_dose, drugs)]), kind="E1")
    assert (finding.outcome, finding.clears_on) == (outcome, clears_on)
