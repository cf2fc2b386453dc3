"""Answers to the questions of a ladder that newer evidence, another answer or time calls into question."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.app.answered_charts import A, Json, allergy, answer, finding, lab, screening
from tests.fhir_mappings.reading.written import ICD10CM, concept, resource
from tests.fhir_mappings.reading.written_research import consent

CONSTITUTION = "E1/allergic-constitution"
CURED = "E5/definitively-cured"


def told(question: str, yes: bool, on: str | None, name: str = "", **more: Any) -> Json:
    """An answer with an id of its own; ``on`` may be left out."""
    written = answer(question, yes, on or "", **more)
    if on is None:
        del written["authored"]
    return {**written, "id": f"{written['id']}-{name}"}


# -- newer evidence: NCT07517536 exclusion 1, "severe drug allergy or allergic constitution" ----------


def three_allergies(recorded: str) -> list[Json]:
    drugs = ("penicillin", "sulfamethoxazole", "ibuprofen")
    return [allergy(id=drug, code={"text": drug}, recordedDate=recorded) for drug in drugs]


@pytest.mark.parametrize(
    ("answered", "recorded", "outcome"),
    [
        ("2020-01-01", "2026-06-01", "review"),
        ("2026-06-10", "2026-06-12", "review"),
        ("2026-06-10", "2026-06-10", "pass"),
        ("2026-06-10", "2026-06-09", "pass"),
    ],
)
def test_that_there_is_no_allergic_constitution_is_not_said_of_allergies_recorded_since(
    answered: str, recorded: str, outcome: str
) -> None:
    found = finding("E1", *three_allergies(recorded), told(CONSTITUTION, False, answered))
    assert found.outcome == outcome
    if outcome == "review":
        assert f"Answered on {answered} by Practitioner/d1" in found.reason
        assert f"{A}/{CONSTITUTION}" in found.questions


def test_that_there_is_no_allergic_constitution_lapses_after_a_year_and_the_report_tells_the_day() -> None:
    """As a statement in the record that no allergy is known does."""
    no = told(CONSTITUTION, False, "2025-06-20")
    before, after = screening(no), screening(no, as_of=date(2026, 6, 21))
    assert before.stands_until == "2026-06-21"
    outcomes = [next(f.outcome for f in s.findings if f.criterion == "E1") for s in (before, after)]
    assert outcomes == ["pass", "presumed"]


def test_a_history_of_allergy_does_not_lapse() -> None:
    assert finding("E1", told(CONSTITUTION, True, "2015-06-01")).outcome == "fail"


# -- answers that contradict each other, or of which nothing tells who gave them, or when -------------


@pytest.mark.parametrize(
    ("no", "days"),
    [("2026-06-10", "2026-06-10"), ("2026-06", "2026-06; 2026-06-10"), (None, "an unknown day; 2026-06-10")],
)
def test_answers_that_contradict_each_other_are_for_a_person_and_are_told(no: str | None, days: str) -> None:
    yes = told(CONSTITUTION, True, "2026-06-10", "yes")
    found = finding("E1", yes, told(CONSTITUTION, False, no, "no"))
    assert found.outcome == "attest"
    assert f"Answers contradict each other: {days}" in found.reason
    assert found.questions == (f"{A}/{CONSTITUTION}",)
    assert {e.reference.partition("/")[0] for e in found.evidence} == {"QuestionnaireResponse"}


@pytest.mark.parametrize("criterion", ["E7", "E12"])
def test_a_contradiction_is_told_where_nothing_was_answered_would_be_attest_too(criterion: str) -> None:
    """NCT07517536 exclusions 7 and 12: signs of tuberculosis, a planned pregnancy."""
    question = {"E7": "E7/tuberculosis-signs", "E12": "E12/planning-pregnancy"}[criterion]
    image = resource(
        "DiagnosticReport",
        "ct",
        code=concept("24627-2", "http://loinc.org"),
        status="final",
        effectiveDateTime="2026-05-01",
        conclusion="No evidence of active tuberculosis.",
    )
    test = lab("2106-3", 0, "1", "2026-06-10") | {"valueString": "negative"}
    del test["valueQuantity"]
    answers = [told(question, yes, "2026-06-10", str(yes)) for yes in (True, False)]
    found = finding(criterion, image, test, *answers, gender="female", birthDate="1990-01-01")
    assert found.outcome == "attest"
    assert "Answers contradict each other: 2026-06-10" in found.reason


def test_a_yes_without_a_date_is_asked_again_and_told() -> None:
    found = finding("E1", told(CONSTITUTION, True, None))
    assert found.outcome == "attest"
    assert "Answered on an unknown day by Practitioner/d1" in found.reason


def test_an_answer_without_a_date_was_given_before_the_server_stored_it() -> None:
    stored = {"meta": {"lastUpdated": "2026-06-01T08:00:00Z"}}
    undated = told(CONSTITUTION, True, None, **stored)
    assert finding("E1", undated).outcome == "fail"
    assert finding("E1", undated, told(CONSTITUTION, False, "2026-06-10")).outcome == "pass"


@pytest.mark.parametrize(
    "author",
    [{"reference": "Patient/p1"}, {"reference": "Device/d1"}, None],
    ids=["patient", "device", "nobody"],
)
def test_a_yes_that_is_no_clinicians_is_asked_again_and_told(author: Json | None) -> None:
    found = finding("E1", told(CONSTITUTION, True, "2026-06-10", author=author))
    assert found.outcome == "attest"
    assert "it takes a clinician's answer" in found.reason


def test_a_patients_no_changes_nothing_and_is_told() -> None:
    found = finding("E1", told(CONSTITUTION, False, "2026-06-10", author={"reference": "Patient/p1"}))
    assert found.outcome == "presumed"
    assert "it takes a clinician's answer" in found.reason


def test_what_a_patient_says_against_a_clinicians_answer_since_is_told_beside_it() -> None:
    patients = told(CONSTITUTION, True, "2026-06-12", author={"reference": "Patient/p1"})
    found = finding("E1", told(CONSTITUTION, False, "2026-06-10"), patients)
    assert found.outcome == "pass"
    assert "on 2026-06-12 Patient/p1 answered otherwise, which does not count here" in found.reason


def test_a_newer_answer_settles_a_contradiction() -> None:
    one_day = [told(CONSTITUTION, yes, "2026-06-09", str(yes)) for yes in (True, False)]
    assert finding("E1", *one_day, told(CONSTITUTION, False, "2026-06-10")).outcome == "pass"


# -- NCT07517536 exclusion 5: excepted carcinomas "definitively cured for at least one year" ----------


def carcinoma(began: str, ended: str) -> Json:
    status = concept("resolved", "http://terminology.hl7.org/CodeSystem/condition-clinical")
    return resource(
        "Condition",
        "bcc",
        code=concept("C44.91", ICD10CM),
        clinicalStatus=status,
        onsetDateTime=began,
        abatementDateTime=ended,
    )


@pytest.mark.parametrize(
    ("disease", "yes", "answered", "outcome"),
    [
        (("2022-01-01", "2024-01-01"), True, "2021-01-01", "attest"),
        (("2022-01-01", "2024-01-01"), True, "2026-06-10", "pass"),
        (("2022-01-01", "2024-12-01"), False, "2025-01-01", "attest"),
        (("2022-01-01", "2025-06-12"), False, "2026-06-10", "attest"),
        (("2022-01-01", "2024-12-01"), False, "2026-06-10", "fail"),
        (None, False, "2021-01-01", "presumed"),
        (None, False, "2026-06-10", "presumed"),
        (None, True, "2026-06-10", "presumed"),
    ],
)
def test_that_a_carcinoma_is_cured_or_not_is_said_of_one_on_record_and_while_it_may_be_so(
    disease: tuple[str, str] | None, yes: bool, answered: str, outcome: str
) -> None:
    on_record = [carcinoma(*disease)] if disease else []
    found = finding("E5", *on_record, told(CURED, yes, answered))
    assert found.outcome == outcome
    assert answered in found.reason


def test_a_carcinoma_recorded_after_the_answer_was_not_asked_about() -> None:
    late = {**carcinoma("2022-01-01", "2024-01-01"), "recordedDate": "2026-06-12"}
    found = finding("E5", late, told(CURED, True, "2026-06-10"))
    assert found.outcome == "attest"
    assert "Condition/bcc of 2026-06-12 is newer" in found.reason


# -- what was not retrieved may be newer: NCT07517536 inclusion 8 --------------------------------------


@pytest.mark.parametrize("yes", [True, False])
def test_whether_disease_is_refractory_is_open_while_newer_results_were_not_retrieved(yes: bool) -> None:
    judged = told("I8/refractory", yes, "2026-06-09")
    assert finding("I8", judged).outcome == ("pass" if yes else "fail")
    found = finding("I8", judged, not_retrieved=("Observation",))
    assert found.outcome == "missing"
    assert {need.input: need.why for need in found.needs}["upcr"] == "not-retrieved"
    assert "not known whether something newer speaks against it" in found.reason


def test_a_relapse_since_the_answer_speaks_against_disease_that_is_not_refractory() -> None:
    relapse = concept("relapse", "http://terminology.hl7.org/CodeSystem/condition-clinical")
    nephritis = resource("Condition", "ln", code=concept("M32.14", ICD10CM), clinicalStatus=relapse)
    no = told("I8/refractory", False, "2026-06-09")
    assert finding("I8", no, {**nephritis, "recordedDate": "2026-06-08"}).outcome == "fail"
    assert finding("I8", no, {**nephritis, "recordedDate": "2026-06-10"}).outcome == "review"


# -- contraception and consent: NCT07517536 inclusions 9 and 10 ----------------------------------------


@pytest.mark.parametrize(
    ("on", "outcome"), [("2016-06-10", "attest"), ("2026-05-17", "attest"), ("2026-05-18", "pass")]
)
def test_contraception_is_agreed_for_28_days(on: str, outcome: str) -> None:
    agreed = told("I9/contraception", True, on)
    assert finding("I9", agreed, gender="male", birthDate="1990-01-01").outcome == outcome


@pytest.mark.parametrize("protocol", ["nct07517536/I10", "nct05247203/I1", "nct03036150/I1"])
@pytest.mark.parametrize(("since", "outcome"), [("2026-06-09", "pass"), ("2026-06-12", "attest")])
def test_a_signature_is_not_said_to_stand_after_the_consent_was_taken_back(
    protocol: str, since: str, outcome: str
) -> None:
    trial, _, criterion = protocol.partition("/")
    withdrawn = consent(
        status="inactive", dateTime=since, sourceReference={"display": f"Informed consent {trial.upper()}"}
    )
    signed = told(f"{criterion}/consent", True, "2026-06-10")
    signed["questionnaire"] = f"https://trialcards.org/fhir/Questionnaire/{trial}"
    signed["item"][0]["linkId"] = f"{trial}/{criterion}/consent"
    found = finding(criterion, signed, withdrawn, protocol=trial)
    assert found.outcome == outcome
