"""Conditions: which are diagnoses, how sure they are, and when they began and ended."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Diagnosis
from fhir_mappings.intervals import DateSpan, day
from tests.fhir_mappings.reading.written import ICD10CM, SNOMED, concept, patient, quantity, read, resource

SLE = "55464009"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
WEEK = DateSpan(date(2020, 6, 1), date(2020, 6, 9))


def condition(own_id: str = "c1", /, **elements: Any) -> dict[str, Any]:
    written = {
        "code": concept(SLE, SNOMED, "Systemic lupus erythematosus"),
        "clinicalStatus": concept("active", CLINICAL),
        "verificationStatus": concept("confirmed", VERIFICATION),
        "onsetDateTime": "2019-05",
    }
    return resource("Condition", own_id, **{**written, **elements})


def resolved(**elements: Any) -> dict[str, Any]:
    return condition(**{"clinicalStatus": concept("resolved", CLINICAL), **elements})


def diagnoses(*resources: dict[str, Any], who: dict[str, Any] | None = None) -> list[Diagnosis]:
    return [event for event in read(*resources, who=who).events if isinstance(event, Diagnosis)]


def diagnosis(*resources: dict[str, Any], who: dict[str, Any] | None = None) -> Diagnosis:
    (found,) = diagnoses(*resources, who=who)
    return found


def test_a_diagnosis_keeps_code_dates_status_and_provenance() -> None:
    found = diagnosis(condition())
    assert "cond_sle" in found.concepts
    assert found.label == "Systemic lupus erythematosus"
    assert found.start == DateSpan(date(2019, 5, 1), date(2019, 5, 31))
    assert found.end is None
    assert found.ongoing
    assert found.confirmed
    assert found.clinical == "active"
    assert found.reference == "Condition/c1"
    assert not found.by_text


@pytest.mark.parametrize("status", ["entered-in-error", "refuted"])
def test_a_refuted_condition_is_none(status: str) -> None:
    assert diagnoses(condition(verificationStatus=concept(status, VERIFICATION))) == []
    assert diagnoses(condition(verificationStatus=status)) == []  # the shape of STU3


def test_an_end_before_the_beginning_makes_both_unknown() -> None:
    found = diagnosis(condition(onsetDateTime="2024-03", abatementDateTime="2010"))
    assert (found.start, found.end, found.ongoing) == (None, None, False)
    assert any("2010" in note and "2024-03" in note for note in found.notes)


def test_a_beginning_and_an_end_within_one_month_are_no_contradiction() -> None:
    found = diagnosis(resolved(onsetDateTime="2024-03-20", abatementDateTime="2024-03"))
    assert found.end == DateSpan(date(2024, 3, 1), date(2024, 3, 31))


def test_a_refutation_counts_in_whichever_coding_it_stands() -> None:
    refuted = [{"system": SNOMED, "code": "723511001"}, {"system": VERIFICATION, "code": "refuted"}]
    assert diagnoses(condition(verificationStatus={"coding": refuted})) == []


@pytest.mark.parametrize("status", ["unconfirmed", "provisional", "differential"])
def test_a_suspicion_is_kept_and_marked(status: str) -> None:
    assert not diagnosis(condition(verificationStatus=concept(status, VERIFICATION))).confirmed


def test_without_a_verification_status_a_condition_is_taken_at_its_word() -> None:
    assert diagnosis(condition(verificationStatus=None)).confirmed


@pytest.mark.parametrize("status", ["inactive", "remission", "resolved"])
def test_a_condition_that_is_over_is_not_absent(status: str) -> None:
    found = diagnosis(condition(clinicalStatus=concept(status, CLINICAL)))
    assert found.clinical == status
    assert not found.ongoing
    assert found.end is None


@pytest.mark.parametrize("status", ["recurrence", "relapse"])
def test_a_relapse_goes_on(status: str) -> None:
    assert diagnosis(condition(clinicalStatus=concept(status, CLINICAL))).ongoing


# Onset


@pytest.mark.parametrize(
    ("elements", "start"),
    [
        ({"onsetDateTime": "2019-05-03T23:00:00-08:00"}, day(date(2019, 5, 3))),
        (
            {"onsetDateTime": None, "onsetPeriod": {"start": "2021-05-14", "end": "2021-07"}},
            DateSpan(date(2021, 5, 14), date(2021, 7, 31)),
        ),
        # Of what goes on, a Period that goes on is written for "since".
        (
            {"onsetDateTime": None, "onsetPeriod": {"start": "2021-05"}},
            DateSpan(date(2021, 5, 1), date(2021, 5, 31)),
        ),
        (
            {
                "onsetDateTime": None,
                "onsetPeriod": {"start": "2021-05"},
                "clinicalStatus": concept("resolved", CLINICAL),
            },
            DateSpan(date(2021, 5, 1), date.max),
        ),
        (
            {"onsetDateTime": None, "onsetPeriod": {"start": "2021-05"}, "recordedDate": "2022-01-03"},
            DateSpan(date(2021, 5, 1), date(2022, 1, 3)),
        ),
        (
            {"onsetDateTime": None, "onsetPeriod": {"end": "2021-05"}},
            DateSpan(date(1990, 4, 2), date(2021, 5, 31)),
        ),
        (
            {"onsetDateTime": None, "onsetAge": quantity(20, "a")},
            DateSpan(date(2010, 4, 2), date(2011, 4, 1)),
        ),
        (
            {"onsetDateTime": None, "onsetRange": {"low": quantity(20, "a"), "high": quantity(22, "a")}},
            DateSpan(date(2010, 4, 2), date(2013, 4, 1)),
        ),
    ],
)
def test_every_form_of_onset_gives_the_days_it_may_mean(elements: dict[str, Any], start: DateSpan) -> None:
    assert diagnosis(condition(**elements)).start == start


def test_an_onset_in_words_is_undated_and_shown() -> None:
    found = diagnosis(condition(onsetDateTime=None, onsetString="approximately November 2012"))
    assert found.start is None
    assert any("approximately November 2012" in note for note in found.notes)


def test_what_was_recorded_on_a_day_began_on_that_day_or_before() -> None:
    found = diagnosis(condition(onsetDateTime=None, recordedDate="2020-01-01"))
    assert found.start is None or found.start.last == date(2020, 1, 1)
    assert found.start is None or found.start.first <= date(1990, 4, 2)
    assert found.notes


def test_an_onset_that_cannot_be_read_is_told() -> None:
    facts = read(condition(onsetDateTime={"year": 2019}))
    assert any(u.reference == "Condition/c1" and "onsetDateTime" in u.why for u in facts.unread)
    (found,) = facts.events
    assert found.start is None


# Abatement


@pytest.mark.parametrize(
    ("elements", "end"),
    [
        ({"abatementDateTime": "2020-06"}, DateSpan(date(2020, 6, 1), date(2020, 6, 30))),
        ({"abatementPeriod": {"start": "2020-06-01", "end": "2020-06-09"}}, WEEK),
        ({"abatementPeriod": {"start": "2020-06-01"}}, DateSpan(date(2020, 6, 1), date.max)),
        ({"abatementPeriod": {"end": "2020-06-09"}}, DateSpan(date(1990, 4, 2), date(2020, 6, 9))),
        ({"abatementAge": quantity(30, "a")}, DateSpan(date(2020, 4, 2), date(2021, 4, 1))),
        ({"abatementString": "after the birth of her son"}, None),
        ({"abatementBoolean": True}, None),
    ],
)  # fmt: skip
def test_an_abatement_ends_the_condition_even_where_no_one_closed_it(
    elements: dict[str, Any], end: DateSpan | None
) -> None:
    found = diagnosis(condition(clinicalStatus=None, **elements))
    assert found.end == end
    assert not found.ongoing


def test_what_is_recorded_as_active_and_as_over_has_neither_state_and_is_told() -> None:
    facts = read(condition(onsetDateTime="2015-01-01", abatementDateTime="2016-06-14"))
    (found,) = facts.events
    assert isinstance(found, Diagnosis)
    assert (found.clinical, found.status, found.ongoing) == (None, "active", False)
    assert found.end == DateSpan(date(2016, 6, 14), date.max)
    (told,) = facts.conflicts
    assert (told.kind, told.concepts) == ("active-and-over", found.concepts)
    assert [e.path for e in told.evidence] == ["clinicalStatus", "abatement[x]"]


def test_an_end_without_a_date_beside_an_active_state_is_told_as_well() -> None:
    facts = read(condition(abatementBoolean=True))
    assert [conflict.kind for conflict in facts.conflicts] == ["active-and-over"]
    assert isinstance(facts.events[0], Diagnosis)
    assert facts.events[0].clinical is None


@pytest.mark.parametrize("status", ["inactive", "remission", "resolved", None])
def test_an_end_beside_any_other_state_is_no_contradiction(status: str | None) -> None:
    state = concept(status, CLINICAL) if status is not None else None
    facts = read(condition(clinicalStatus=state, abatementDateTime="2020-06-14"))
    assert not facts.conflicts
    assert facts.events[0].end == day(date(2020, 6, 14))


def test_without_a_clinical_status_nothing_says_that_it_goes_on() -> None:
    assert not diagnosis(condition(clinicalStatus=None)).ongoing


# What is no diagnosis


@pytest.mark.parametrize(
    "elements",
    [
        {
            "category": [
                concept("health-concern", "http://hl7.org/fhir/us/core/CodeSystem/condition-category")
            ]
        },
        {"code": concept("Z82.69", ICD10CM, "Family history of systemic lupus erythematosus")},
        {"code": concept("416471007", SNOMED, "Family history of clinical finding")},
        {"code": concept(text="Family history: systemic lupus erythematosus")},
        {"code": concept("160245001", SNOMED, "No current problems or disability")},
        {"code": concept("no-problem-info", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips")},
        {"code": concept(text="No known problems")},
        {"code": concept(text="no evidence of lupus nephritis")},
    ],
)
def test_family_history_concerns_and_statements_of_absence_are_no_diagnosis(elements: dict[str, Any]) -> None:
    assert diagnoses(condition(**elements)) == []


def test_a_condition_without_a_code_is_told() -> None:
    facts = read(condition(code=None))
    assert facts.events == [] or facts.events == ()
    assert [u.reference for u in facts.unread] == ["Condition/c1"]


def test_a_condition_with_a_modifier_that_no_one_understands_is_told_and_not_used() -> None:
    facts = read(condition(modifierExtension=[{"url": "http://example.org/negated", "valueBoolean": True}]))
    assert not facts.events
    assert [u.reference for u in facts.unread] == ["Condition/c1"]


def test_words_make_a_diagnosis_only_where_no_code_does_and_say_so() -> None:
    assert diagnosis(condition(code=concept(text="Lupus nephritis"))).by_text
    assert diagnoses(condition(code=concept("195967001", SNOMED, "Asthma with lupus-like rash"))) == []


def test_suspected_in_words_is_unconfirmed() -> None:
    assert not diagnosis(condition(code=concept(text="suspected systemic lupus erythematosus"))).confirmed


def test_the_class_of_a_nephritis_may_stand_in_its_stage() -> None:
    nephritis = concept("68815009", SNOMED, "SLE glomerulonephritis syndrome")
    found = diagnosis(condition(code=nephritis, stage=[{"summary": {"text": "ISN/RPS class IV (A)"}}]))
    assert found.stage == "ISN/RPS class IV (A)"


def test_severity_is_kept() -> None:
    assert diagnosis(condition(severity=concept("24484000", SNOMED, "Severe"))).severity == "severe"


def test_an_age_needs_a_birth_date() -> None:
    found = diagnosis(condition(onsetDateTime=None, onsetAge=quantity(20, "a")), who=patient(birthDate=None))
    assert found.start is None


def test_what_words_add_to_a_code_is_a_diagnosis_that_is_not_confirmed() -> None:
    code = {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M32.14"}],
        "text": "Lupus nephritis, ESRD on hemodialysis",
    }
    coded, added = diagnoses(condition(code=code))
    assert (coded.confirmed, coded.by_text) == (True, False)
    assert "cond_sle" in coded.concepts
    assert (added.confirmed, added.by_text) == (False, True)
    assert "cond_ckd_esrd" in added.concepts
    assert added.reference == coded.reference


def test_a_possibility_beside_a_certainty_is_a_diagnosis_that_is_not_confirmed() -> None:
    sure, possible = diagnoses(condition(code={"text": "SLE; possible pneumonia"}))
    assert (sure.concepts, sure.confirmed) == ({"cond_sle"}, True)
    assert (possible.concepts, possible.confirmed) == ({"cond_pneumonia"}, False)


def test_a_stage_that_is_only_suspected_is_none() -> None:
    found = diagnosis(condition(stage=[{"summary": {"text": "Suspected lupus nephritis class IV"}}]))
    assert found.concepts == {"cond_sle"}
