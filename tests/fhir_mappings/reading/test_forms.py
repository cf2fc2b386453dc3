"""Recorded scores, answers to attestation questions, trials and consents."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

import pytest

from fhir_mappings.facts import Answer, Assessment, ConsentGiven, Event, Participation
from fhir_mappings.intervals import day, point
from fhir_mappings.patient import read_patients
from tests.fhir_mappings.reading.written import (
    LOINC,
    body,
    bundle,
    concept,
    loinc,
    observation,
    patient,
    quantity,
    read,
    resource,
    snomed,
)

T = TypeVar("T", bound=Event)
JUNE = day(date(2026, 6, 1))
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
QUESTION = "nct07517536/E9a.i/attributable-to-sle"


def event(kind: type[T], *resources: dict[str, Any]) -> T:
    (found,) = (one for one in read(*resources).events if isinstance(one, kind))
    return found


# Attestations


def response(*items: dict[str, Any], **elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "questionnaire": "https://trialcards.example.org/Questionnaire/nct07517536",
        "authored": "2026-06-01T10:00:00+08:00",
        "author": {"reference": "Practitioner/d1"},
        "item": list(items),
    }
    return resource("QuestionnaireResponse", "q1", **{**written, **elements})


def item(link: str, **answer: Any) -> dict[str, Any]:
    return {"linkId": link, "answer": [answer]}


def answers(*resources: dict[str, Any]) -> list[Answer]:
    return [answer for answer in read(*resources).answers if answer.value is not None]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"valueBoolean": True}, True),
        ({"valueBoolean": False}, False),
        ({"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "Y"}}, True),
        ({"valueCoding": {"system": "http://terminology.hl7.org/CodeSystem/v2-0136", "code": "N"}}, False),
    ],
)
def test_a_persons_answer_is_kept_with_date_and_author(written: dict[str, Any], value: bool) -> None:
    (found,) = answers(response(item(QUESTION, **written)))
    assert found.question == QUESTION
    assert found.value is value
    assert found.when == JUNE
    assert found.author == "Practitioner/d1"
    assert found.evidence.reference == "QuestionnaireResponse/q1"


def test_a_question_within_a_group_is_found() -> None:
    (found,) = answers(response({"linkId": "g", "item": [item(QUESTION, valueBoolean=True)]}))
    assert found.question == QUESTION


def test_within_the_protocols_own_form_the_question_may_be_named_without_the_protocol() -> None:
    (found,) = answers(response(item("E9a.i/attributable-to-sle", valueBoolean=True)))
    assert found.question == QUESTION


@pytest.mark.parametrize("status", ["in-progress", "entered-in-error", "stopped", None])
def test_an_unfinished_or_withdrawn_form_answers_nothing(status: str | None) -> None:
    assert answers(response(item(QUESTION, valueBoolean=True), status=status)) == []


def test_an_amended_form_answers() -> None:
    assert answers(response(item(QUESTION, valueBoolean=True), status="amended"))


@pytest.mark.parametrize(
    "written",
    [
        {"linkId": QUESTION},
        {"linkId": QUESTION, "answer": []},
        item(QUESTION, valueCoding={"system": ABSENT, "code": "unknown"}),
        item(QUESTION, valueString="ask the nephrologist"),
    ],
)  # fmt: skip
def test_a_question_left_open_is_not_answered_no(written: dict[str, Any]) -> None:
    assert answers(response(written)) == []


def test_contradicting_answers_of_one_item_are_none() -> None:
    both = {"linkId": QUESTION, "answer": [{"valueBoolean": True}, {"valueBoolean": False}]}
    assert answers(response(both)) == []


def test_an_answer_without_a_date_is_told_and_not_used() -> None:
    facts = read(response(item(QUESTION, valueBoolean=True), authored=None))
    assert not facts.answers
    assert any(unread.reference == "QuestionnaireResponse/q1" for unread in facts.unread)


def test_an_answer_that_cannot_be_read_is_kept_as_one_that_may_be_either() -> None:
    facts = read(response(item(QUESTION, valueString="ask the nephrologist")))
    assert [answer.value for answer in facts.answers] == [None]
    assert [told.why for told in facts.unread] == [f"the answer to {QUESTION} is neither yes nor no"]


@pytest.mark.parametrize("link", ["i5/judged", "nct07517536/i5/judged", "NCT07517536/I5/judged"])
def test_an_item_of_a_protocols_form_that_is_no_question_is_told(link: str) -> None:
    facts = read(response(item(link, valueBoolean=True)))
    assert not facts.answers
    assert [told.why for told in facts.unread] == [f"item {link} is no question that could be told"]


MODIFIER = [{"url": "https://else.example/not", "valueBoolean": True}]


@pytest.mark.parametrize(
    "written",
    [
        {**item(QUESTION, valueBoolean=True), "modifierExtension": MODIFIER},
        item(QUESTION, valueBoolean=True, modifierExtension=MODIFIER),
        {"linkId": "g", "modifierExtension": MODIFIER, "item": [item(QUESTION, valueBoolean=True)]},
    ],
)
def test_an_item_whose_meaning_a_modifier_may_turn_answers_nothing(written: dict[str, Any]) -> None:
    """FHIR R4: an implementation that does not understand a modifierExtension must not use the element."""
    facts = read(response(written))
    assert not facts.answers
    assert any("modifierExtension" in told.why for told in facts.unread)


PATIENT = {"author": {"reference": "Patient/p1"}}
DOCTOR = {"resourceType": "Practitioner", "id": "d7"}


@pytest.mark.parametrize(
    ("author", "by"),
    [
        ({"reference": "Practitioner/d1"}, "clinician"),
        ({"type": "Practitioner", "display": "Dr Ada Okoye"}, "clinician"),
        ({"reference": "Patient/p1", "display": "Dr Ada Okoye"}, "patient"),
        ({"display": "Lin Mei (patient)"}, "unstated"),
        ({"display": "Dr Ada Okoye"}, "unstated"),
        ({"reference": "urn:uuid:0d6b2f5e-6f0e-4f5c-9d9e-000000000007"}, "unstated"),
    ],
)
def test_an_author_is_whoever_the_reference_names_and_a_name_alone_may_be_anybodys(
    author: dict[str, Any], by: str
) -> None:
    (found,) = answers(response(item(QUESTION, valueBoolean=True), author=author))
    assert found.by == by


def test_an_author_named_by_the_full_url_of_a_practitioner_of_the_bundle_is_a_clinician() -> None:
    url = "urn:uuid:0d6b2f5e-6f0e-4f5c-9d9e-000000000007"
    written = bundle(patient(), response(item(QUESTION, valueBoolean=True), author={"reference": url}))
    written["entry"].append({"fullUrl": url, "resource": DOCTOR})
    (facts,) = read_patients(body(written))
    assert [answer.by for answer in facts.answers] == ["clinician"]


# Results in forms


@pytest.mark.parametrize(
    "answer", [{"valueDecimal": 88.0}, {"valueInteger": 88}, {"valueQuantity": {"value": 88}}]
)
def test_a_result_in_a_form_needs_a_unit_like_any_other(answer: dict[str, Any]) -> None:
    """NCT05247203 E1b: 88 may be umol/L or mg/dL of serum creatinine."""
    facts = read(response(item("2160-0", **answer)))
    assert "serum_creatinine" not in facts.measurements
    (refusal,) = facts.unusable["serum_creatinine"]
    assert refusal.detail == "serum creatinine was reported without a unit"
    assert [told.why for told in facts.unread] == [refusal.detail]


def test_a_result_in_a_form_is_converted_and_has_to_be_possible() -> None:
    molar = read(response(item("2160-0", valueQuantity=quantity(88, "umol/L"))))
    (found,) = molar.measurements["serum_creatinine"]
    assert found.value is not None
    assert found.value.low == pytest.approx(0.9955, abs=1e-3)
    impossible = read(response(item("2160-0", valueQuantity=quantity(8800, "mg/dL"))))
    assert "serum_creatinine" not in impossible.measurements
    assert any("is not possible" in told.why for told in impossible.unread)


def test_what_a_patient_writes_of_laboratory_results_is_told_and_is_none() -> None:
    facts = read(response(item("2160-0", valueQuantity=quantity(0.9, "mg/dL")), **PATIENT))
    assert "serum_creatinine" not in facts.measurements
    assert any("told by the patient" in told.why for told in facts.unread)


def test_what_patients_are_asked_to_tell_counts_from_their_own_form() -> None:
    """PHQ-9 is filled in by the patient."""
    (found,) = read(response(item("44260-8", valueInteger=1), **PATIENT)).measurements["phq9_item9"]
    assert found.value == point(1)
    impossible = read(response(item("44260-8", valueInteger=7), **PATIENT))
    assert "phq9_item9" not in impossible.measurements


# Scores in forms


def score_form(*items: dict[str, Any], name: str = "sledai-2k", **elements: Any) -> dict[str, Any]:
    url = f"https://hospital.example.org/Questionnaire/{name}"
    return response(*items, questionnaire=url, **elements)


def test_an_activity_score_that_the_patient_filled_in_is_told_and_does_not_count() -> None:
    """SLEDAI-2K (Gladman 2002) is scored by a physician."""
    facts = read(score_form(item("seizure", valueBoolean=True), **PATIENT))
    assert not facts.assessments
    assert [told.why for told in facts.unread] == [
        "SLEDAI-2K is filled in by the patient; it takes a clinician"
    ]


@pytest.mark.parametrize("number", [-1, -9, -99])
def test_a_number_below_zero_on_a_score_form_is_not_absence(number: int) -> None:
    facts = read(score_form(item("seizure", valueInteger=number)))
    assert not facts.assessments
    assert [told.why for told in facts.unread] == ["the answer to item seizure cannot be read"]
    component = {"code": {"text": "seizure"}, "valueInteger": number}
    (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueInteger=8, component=[component]))
    assert not found.items


def test_one_form_of_a_visit_may_hold_several_instruments() -> None:
    visit = score_form(
        {"linkId": "1", "text": "SLEDAI-2K total", "answer": [{"valueInteger": 8}]},
        {"linkId": "2", "text": "BILAG-2004 renal", "answer": [{"valueString": "A"}]},
        name="visit",
    )
    sledai, bilag = assessments(visit)
    assert (sledai.instrument, sledai.total) == ("sledai_2k", point(8))
    assert (bilag.instrument, [one.grade for one in bilag.items]) == ("bilag_2004", ["A"])


# Scores


def assessments(*resources: dict[str, Any]) -> list[Assessment]:
    return list(read(*resources).assessments)


def test_a_recorded_total_is_an_assessment() -> None:
    (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueInteger=8))
    assert found.instrument == "sledai_2k"
    assert found.total == point(8)
    assert found.when == JUNE
    assert found.by_text
    assert found.evidence.reference == "Observation/o1"


@pytest.mark.parametrize("unit", ["{score}", "1", "points", "分"])
def test_a_score_is_in_points(unit: str) -> None:
    (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueQuantity=quantity(8, unit)))
    assert found.total == point(8)


def test_a_score_needs_no_unit_and_one_spelling_of_it_is_enough() -> None:
    for written in ({"value": 8}, {"value": 8, "unit": "SLEDAI points", "code": "{score}"}):
        (found,) = assessments(observation(concept(text="SLEDAI-2K"), valueQuantity=written))
        assert found.total == point(8)


@pytest.mark.parametrize("unit", ["mg/dL", "%", "furlong"])
def test_a_score_in_another_unit_is_told_and_not_used(unit: str) -> None:
    facts = read(observation(concept(text="SLEDAI-2K"), valueQuantity=quantity(8, unit)))
    assert not facts.assessments
    assert [told.why for told in facts.unread] == [f"a recorded score in the unit '{unit}'"]


def test_an_item_in_another_unit_counts_neither_as_present_nor_as_absent() -> None:
    (found,) = assessments(
        observation(
            concept(text="SLEDAI-2K total score"),
            valueInteger=8,
            component=[{"code": {"text": "proteinuria"}, "valueQuantity": quantity(4, "g/L")}],
        )
    )
    assert not found.items


def test_a_total_in_another_unit_within_a_form_is_none() -> None:
    found = assessments(
        resource(
            "QuestionnaireResponse",
            "q1",
            status="completed",
            questionnaire="https://hospital.example.org/Questionnaire/sledai-2k",
            authored="2026-06-01",
            item=[{"linkId": "2", "text": "Total score", "answer": [{"valueQuantity": quantity(16, "%")}]}],
        )
    )
    assert all(one.total is None for one in found)


@pytest.mark.parametrize("status", ["preliminary", "registered", "unknown"])
def test_a_score_that_is_not_final_is_told_and_not_used(status: str) -> None:
    facts = read(observation(concept(text="SLEDAI-2K"), valueInteger=8, status=status))
    assert not facts.assessments
    assert facts.unread


def test_a_score_entered_in_error_is_none() -> None:
    assert (
        assessments(observation(concept(text="SLEDAI-2K"), valueInteger=8, status="entered-in-error")) == []
    )


def test_items_of_a_score_are_its_components() -> None:
    (found,) = assessments(
        observation(
            concept(text="SLEDAI-2K total score"),
            valueQuantity=quantity(8, "{score}"),
            component=[
                {"code": {"text": "arthritis"}, "valueBoolean": True},
                {"code": {"text": "proteinuria"}, "valueInteger": 4},
                {"code": {"text": "seizure"}, "valueCodeableConcept": snomed("260385009")},
            ],
        )
    )
    ticked = {one.item: one for one in found.items}
    assert ticked["arthritis"].present is True
    assert ticked["proteinuria"].number == 4
    assert ticked["seizure"].present is False
    assert found.total == point(8)


def test_a_form_has_its_items_and_total() -> None:
    (found,) = assessments(
        resource(
            "QuestionnaireResponse",
            "q1",
            status="completed",
            questionnaire="https://hospital.example.org/Questionnaire/sledai-2k",
            authored="2026-06-01",
            item=[
                {"linkId": "1", "text": "Arthritis", "answer": [{"valueBoolean": True}]},
                {"linkId": "2", "text": "Total score", "answer": [{"valueInteger": 4}]},
            ],
        )
    )
    assert found.instrument == "sledai_2k"
    assert found.total == point(4)
    assert [(one.item, one.present) for one in found.items] == [("arthritis", True)]


def test_the_ninth_item_of_the_phq_9_is_a_result_of_its_own() -> None:
    (found,) = read(observation("44260-8", valueInteger=1)).measurements["phq9_item9"]
    assert found.value == point(1)


@pytest.mark.parametrize(
    ("code", "points"), [("LA6568-5", 0), ("LA6569-3", 1), ("LA6570-1", 2), ("LA6571-9", 3)]
)
def test_a_coded_answer_has_the_points_of_the_phq_9(code: str, points: int) -> None:
    (found,) = read(observation("44260-8", valueCodeableConcept=loinc(code))).measurements["phq9_item9"]
    assert found.value == point(points)


@pytest.mark.parametrize(
    "answer",
    [
        {"valueCoding": {"system": LOINC, "code": "LA6569-3"}},
        {"valueInteger": 1},
        {
            "valueCoding": {
                "code": "at1",
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 1}
                ],
            }
        },
    ],
)
def test_a_form_named_by_loinc_gives_results_of_its_items(answer: dict[str, Any]) -> None:
    written = resource(
        "QuestionnaireResponse",
        "q1",
        status="completed",
        authored="2026-06-01",
        item=[{"linkId": "/44260-8", "text": "Thoughts of death", "answer": [answer]}],
    )
    (found,) = read(written).measurements["phq9_item9"]
    assert found.value == point(1)


def test_an_answer_that_has_no_points_is_told() -> None:
    facts = read(observation("44260-8", valueCodeableConcept={"text": "prefers not to say"}))
    assert not facts.measurements
    assert facts.unusable["phq9_item9"]


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "NYHA class III"},
        {"valueString": "III"},
        {"valueInteger": 3},
        {"valueCodeableConcept": {"text": "Class III"}},
        {"valueCodeableConcept": snomed("420913000")},
    ],
)
@pytest.mark.parametrize("code", [concept(text="NYHA classification"), loinc("88020-3"), snomed("420816009")])
def test_a_class_of_heart_failure_is_a_category(code: dict[str, Any], value: dict[str, Any]) -> None:
    """NCT07517536 E3: heart failure of NYHA class III or IV."""
    (found,) = read(observation(code, **value)).measurements["nyha_class"]
    assert found.category == "III"


# Trials


def subject(status: str = "on-study", **elements: Any) -> dict[str, Any]:
    written = {
        "status": status,
        "study": {"reference": "ResearchStudy/s"},
        "period": {"start": "2026-01", "end": "2026-06-01"},
    }
    return resource("ResearchSubject", "r1", **{**written, **elements})


def study(**elements: Any) -> dict[str, Any]:
    written = {
        "title": "A study of anifrolumab",
        "identifier": [{"system": "https://clinicaltrials.gov", "value": "nct01234567"}],
        "phase": concept("phase-3", "http://terminology.hl7.org/CodeSystem/research-study-phase"),
    }
    return {"resourceType": "ResearchStudy", "id": "s", "status": "active", **written, **elements}


@pytest.mark.parametrize(
    "status", ["candidate", "eligible", "ineligible", "screening", "on-study", "off-study", "withdrawn"]
)
def test_a_participation_keeps_its_status_for_the_protocol_to_judge(status: str) -> None:
    found = event(Participation, subject(status), study())
    assert found.status == status
    assert found.study_ids == {"NCT01234567"}
    assert found.phase
    assert found.end == JUNE
    assert found.label


def test_a_participation_whose_study_is_not_at_hand_is_still_one() -> None:
    found = event(
        Participation, subject(study={"reference": "ResearchStudy/x", "display": "NCT09999999 trial"})
    )
    assert found.study_ids == {"NCT09999999"}


def test_a_participation_without_an_end_in_a_running_trial_goes_on() -> None:
    assert event(Participation, subject(period={"start": "2026-01"}), study()).ongoing
    assert not event(Participation, subject("off-study", period={"start": "2026-01"}), study()).ongoing


def test_the_drugs_of_a_study_are_told() -> None:
    found = event(Participation, subject(), study(focus=[concept(text="anifrolumab")]))
    assert found.drugs == {"drug_anifrolumab"}


def test_the_last_dose_of_a_trial_that_is_over_is_the_last_that_was_given() -> None:
    def dose(own_id: str, day_given: str) -> dict[str, Any]:
        return resource(
            "MedicationAdministration",
            own_id,
            status="completed",
            medicationCodeableConcept=concept(text="anifrolumab"),
            effectiveDateTime=day_given,
        )

    doses = (dose("m1", "2026-02-01"), dose("m2", "2026-04-01"), dose("m3", "2025-01-01"))
    written = study(focus=[concept(text="anifrolumab")])
    over = event(Participation, subject("off-study"), written, *doses)
    assert over.last_dose == day(date(2026, 4, 1))
    running = event(Participation, subject("on-study", period={"start": "2026-01"}), written, *doses)
    assert running.last_dose is None


def test_an_observational_study_is_told_by_its_words_or_type() -> None:
    found = event(Participation, subject(), study(category=[concept(text="observational")]))
    assert found.study_kind == "observational"


# Consents


def consent(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "active",
        "scope": concept("research", "http://terminology.hl7.org/CodeSystem/consentscope"),
        "category": [loinc("59284-0")],
        "dateTime": "2026-06-01",
        "sourceReference": {"display": "Informed consent NCT07517536"},
    }
    return resource("Consent", "k1", **{**written, **elements})


def test_a_consent_to_research_is_a_decision() -> None:
    found = event(ConsentGiven, consent())
    assert found.decision == "permit"
    assert found.start == JUNE


def test_a_consent_ends_with_the_period_of_its_provision() -> None:
    period = {"start": "2026-05-01", "end": "2026-06-01"}
    found = event(ConsentGiven, consent(provision={"type": "permit", "period": period}, dateTime=None))
    assert (found.start, found.end, found.ongoing) == (day(date(2026, 5, 1)), JUNE, False)


def test_a_consent_without_an_end_goes_on_while_it_is_active() -> None:
    assert event(ConsentGiven, consent(provision={"type": "permit"})).ongoing
    assert not event(ConsentGiven, consent(status="inactive")).ongoing


@pytest.mark.parametrize("elements", [{"status": "rejected"}, {"provision": {"type": "deny"}}])
def test_a_refusal_is_a_decision_too(elements: dict[str, Any]) -> None:
    assert event(ConsentGiven, consent(**elements)).decision == "deny"


@pytest.mark.parametrize("status", ["draft", "proposed", "entered-in-error"])
def test_a_consent_that_was_not_given_is_none(status: str) -> None:
    assert not read(consent(status=status)).events


def test_a_consent_to_treatment_is_none_to_research() -> None:
    treatment = concept("treatment", "http://terminology.hl7.org/CodeSystem/consentscope")
    assert not read(consent(scope=treatment, category=[concept(text="surgery")])).events
