"""Procedures, vaccines, admissions, allergies, reports, orders and devices: what was done, given, seen."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any, TypeVar

import pytest

from fhir_mappings.facts import Admission, Allergy, Event, Implant, Planned, Procedure, Report, Vaccination
from fhir_mappings.intervals import DateSpan, day
from tests.fhir_mappings.reading.written import (
    CREATININE,
    CVX,
    RXNORM,
    SNOMED,
    concept,
    loinc,
    quantity,
    read,
    resource,
    snomed,
    specimen,
)

T = TypeVar("T", bound=Event)
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
HAEMODIALYSIS = "302497006"
JUNE = day(date(2026, 6, 1))


def events(kind: type[T], *resources: dict[str, Any]) -> list[T]:
    return [event for event in read(*resources).events if isinstance(event, kind)]


def event(kind: type[T], *resources: dict[str, Any]) -> T:
    (found,) = events(kind, *resources)
    return found


# Procedures


def procedure(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "code": snomed(HAEMODIALYSIS),
        "performedDateTime": "2026-06-01T23:00:00-05:00",
    }
    return resource("Procedure", "x1", **{**written, **elements})


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped"])
def test_a_procedure_that_was_done_is_dated_locally(status: str) -> None:
    found = event(Procedure, procedure(status=status))
    assert found.start == JUNE
    assert found.concepts
    assert found.reference == "Procedure/x1"
    assert found.confirmed


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation"])
def test_a_procedure_that_was_not_done_is_none(status: str) -> None:
    assert events(Procedure, procedure(status=status)) == []


@pytest.mark.parametrize("status", ["preparation", "on-hold"])
def test_a_procedure_that_is_being_prepared_or_on_hold_lies_ahead(status: str) -> None:
    found = event(Planned, procedure(status=status))
    assert found.concepts == event(Procedure, procedure()).concepts
    assert (found.ongoing, found.status) == (True, status)


def test_a_procedure_on_hold_may_have_begun() -> None:
    assert not event(Procedure, procedure(status="on-hold")).confirmed
    assert events(Procedure, procedure(status="on-hold", performedDateTime=None)) == []


def test_a_procedure_of_unknown_status_is_unconfirmed() -> None:
    assert not event(Procedure, procedure(status="unknown")).confirmed


def test_a_procedure_over_a_period_has_both_ends() -> None:
    found = event(
        Procedure,
        procedure(performedDateTime=None, performedPeriod={"start": "2026-05", "end": "2026-06-01"}),
    )
    assert found.start == DateSpan(date(2026, 5, 1), date(2026, 5, 31))
    assert found.end == JUNE


def test_a_procedure_at_an_age_is_dated_by_the_birth_date() -> None:
    found = event(Procedure, procedure(performedDateTime=None, performedAge=quantity(20, "a")))
    assert found.start == DateSpan(date(2010, 4, 2), date(2011, 4, 1))


def test_a_procedure_dated_in_words_is_undated_and_says_so() -> None:
    found = event(Procedure, procedure(performedDateTime=None, performedString="last spring"))
    assert found.start is None
    assert any("last spring" in note for note in found.notes)


# Vaccines


def vaccine(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "completed",
        "vaccineCode": concept("03", CVX, "MMR"),
        "occurrenceDateTime": "2026-06-01",
    }
    return resource("Immunization", "i1", **{**written, **elements})


def test_a_vaccine_that_was_given_is_an_event() -> None:
    found = event(Vaccination, vaccine())
    assert found.start == JUNE
    assert found.confirmed
    assert found.label == "MMR"


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_a_vaccine_that_was_not_given_is_none(status: str) -> None:
    assert events(Vaccination, vaccine(status=status)) == []


def test_a_vaccine_dated_in_words_is_undated_and_says_so() -> None:
    found = event(Vaccination, vaccine(occurrenceDateTime=None, occurrenceString="childhood"))
    assert found.start is None
    assert any("childhood" in note for note in found.notes)


# Encounters


def encounter(code: str | None = "IMP", **elements: Any) -> dict[str, Any]:
    written = {
        "status": "finished",
        "class": None if code is None else {"system": ACT, "code": code},
        "period": {"start": "2026-06-01T10:00:00Z", "end": "2026-06-05T10:00:00Z"},
        "reasonCode": [concept("233604007", SNOMED, "Pneumonia")],
    }
    return resource("Encounter", "e1", **{**written, **elements})


@pytest.mark.parametrize(
    ("code", "inpatient"),
    [("IMP", True), ("ACUTE", True), ("NONAC", True), ("SS", True), ("AMB", False), ("VR", False)],
)
def test_the_class_of_an_encounter_tells_whether_the_patient_was_admitted(code: str, inpatient: bool) -> None:
    found = event(Admission, encounter(code))
    assert found.inpatient is inpatient
    assert found.start == JUNE
    assert found.end == day(date(2026, 6, 5))
    assert found.concepts


def test_an_emergency_is_an_admission_only_if_the_patient_was_admitted() -> None:
    admitted = {"admitSource": concept("emd", "http://terminology.hl7.org/CodeSystem/admit-source")}
    assert event(Admission, encounter("EMER", hospitalization=admitted)).inpatient
    assert not event(Admission, encounter("EMER")).inpatient


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_an_encounter_that_did_not_happen_is_none(status: str) -> None:
    assert events(Admission, encounter(status=status)) == []


def test_an_admission_in_progress_goes_on() -> None:
    found = event(Admission, encounter(status="in-progress", period={"start": "2026-06-01"}))
    assert found.ongoing
    assert found.end is None


def test_the_diagnosis_of_an_encounter_may_be_a_condition_elsewhere() -> None:
    pneumonia = resource(
        "Condition",
        "c9",
        code=concept("233604007", SNOMED, "Pneumonia"),
        verificationStatus="confirmed",
    )
    written = encounter(reasonCode=None, diagnosis=[{"condition": {"reference": "Condition/c9"}}])
    found = event(Admission, written, pneumonia)
    assert found.concepts == event(Admission, encounter()).concepts


def test_a_refuted_diagnosis_is_no_reason_of_an_encounter() -> None:
    refuted = resource(
        "Condition", "c9", code=concept("233604007", SNOMED, "Pneumonia"), verificationStatus="refuted"
    )
    written = encounter(reasonCode=None, diagnosis=[{"condition": {"reference": "Condition/c9"}}])
    assert not event(Admission, written, refuted).concepts


def pneumonia(status: str = "confirmed", **elements: Any) -> dict[str, Any]:
    code = concept("233604007", SNOMED, "Pneumonia")
    return resource("Condition", "c9", code=code, verificationStatus=status, **elements)


DIAGNOSED = [{"condition": {"reference": "Condition/c9"}}]


@pytest.mark.parametrize("status", ["differential", "provisional", "unconfirmed"])
def test_a_diagnosis_that_is_not_confirmed_is_no_certain_reason_of_an_encounter(status: str) -> None:
    written = encounter(reasonCode=None, diagnosis=DIAGNOSED)
    sure, doubted = events(Admission, written, pneumonia(status))
    assert (sure.concepts, sure.confirmed, sure.inpatient) == (frozenset(), True, True)
    assert (doubted.concepts, doubted.confirmed, doubted.inpatient) == (
        event(Admission, encounter()).concepts,
        False,
        True,
    )


def test_a_reason_that_is_only_suspected_is_not_certain() -> None:
    found = event(Admission, encounter("AMB", reasonCode=[concept(text="Suspected sepsis")]))
    assert found.concepts
    assert not found.confirmed


def test_a_suspicion_beside_a_certain_reason_stands_apart() -> None:
    written = encounter(reasonCode=[concept("233604007", SNOMED), concept(text="Suspected pneumonia")])
    assert event(Admission, written).confirmed


def test_a_diagnosis_made_during_an_admission_is_one_of_its_reasons() -> None:
    made = pneumonia(encounter={"reference": "Encounter/e1"})
    assert event(Admission, encounter(reasonCode=None), made).concepts == (
        event(Admission, encounter()).concepts
    )


@pytest.mark.parametrize("status", ["refuted", "differential"])
def test_a_diagnosis_made_during_an_admission_counts_as_far_as_it_is_confirmed(status: str) -> None:
    made = pneumonia(status, encounter={"reference": "Encounter/e1"})
    found = events(Admission, encounter(reasonCode=None), made)
    assert not any(one.concepts for one in found if one.confirmed)
    assert len(found) == (1 if status == "refuted" else 2)


def test_a_diagnosis_made_at_a_visit_makes_no_admission_of_it() -> None:
    made = pneumonia(encounter={"reference": "Encounter/e1"})
    assert events(Admission, encounter("AMB", reasonCode=None), made) == []


# Allergies


def allergy(**elements: Any) -> dict[str, Any]:
    written = {
        "code": concept("7980", RXNORM, "Penicillin G"),
        "type": "allergy",
        "category": ["medication"],
        "criticality": "high",
        "clinicalStatus": "active",
        "reaction": [
            {"manifestation": [snomed("39579001")], "severity": "moderate"},
            {"manifestation": [concept(text="rash")], "severity": "mild"},
        ],
    }
    return resource("AllergyIntolerance", "a1", **{**written, **elements})


def test_an_allergy_keeps_what_tells_how_bad_it_is() -> None:
    found = event(Allergy, allergy())
    assert found.statement == "allergy"
    assert found.category == ("medication",)
    assert found.criticality == "high"
    assert found.severity == "moderate"
    assert found.type == "allergy"
    assert found.label == "Penicillin G"
    assert found.ongoing


def test_anaphylaxis_is_told_by_its_code() -> None:
    assert event(Allergy, allergy()).manifestations


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_refuted_allergy_is_none(status: str) -> None:
    assert events(Allergy, allergy(verificationStatus=status)) == []


@pytest.mark.parametrize(
    "code",
    [
        concept("716186003", SNOMED, "No known allergy"),
        concept("409137002", SNOMED, "No known drug allergy"),
        concept("no-allergy-info", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"),
    ],
)
def test_no_known_allergy_and_no_information_are_no_allergies(code: dict[str, Any]) -> None:
    assert all(found.statement == "none-known" for found in events(Allergy, allergy(code=code)))


def test_no_known_allergy_is_a_statement_and_no_information_is_none() -> None:
    known = allergy(
        code=concept("no-known-allergies", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips")
    )
    silent = allergy(
        code=concept("no-allergy-info", "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips")
    )
    assert event(Allergy, known).statement == "none-known"
    assert events(Allergy, silent) == []


def test_the_statement_that_there_are_none_is_dated_by_its_record_and_an_allergy_is_not() -> None:
    none = allergy(code=concept("716186003", SNOMED, "No known allergy"), recordedDate="2026-02-01")
    assert str(event(Allergy, none).start) == "2026-02-01"
    assert event(Allergy, allergy(recordedDate="2026-02-01")).start is None


def test_a_refuted_statement_of_no_allergies_is_none() -> None:
    code = concept("716186003", SNOMED, "No known allergy")
    assert events(Allergy, allergy(code=code, verificationStatus="refuted")) == []


def test_an_allergy_to_something_unknown_is_still_an_allergy() -> None:
    found = event(Allergy, allergy(code=concept(text="glorbium"), category=None))
    assert found.label == "glorbium"
    assert found.category == ()


def test_the_substance_may_stand_in_the_reaction_alone() -> None:
    found = event(
        Allergy,
        allergy(code=None, reaction=[{"substance": concept(text="penicillin"), "severity": "severe"}]),
    )
    assert found.label == "penicillin"
    assert found.severity == "severe"


# Reports


def report(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "final",
        "code": loinc("24627-2"),
        "effectiveDateTime": "2026-06-01",
        "conclusion": "No active tuberculosis.",
    }
    return resource("DiagnosticReport", "d1", **{**written, **elements})


def test_a_report_carries_its_conclusion() -> None:
    found = event(Report, report())
    assert found.text is not None
    assert "No active tuberculosis." in found.text
    assert found.start == JUNE
    assert found.concepts


def test_a_plain_text_form_is_read_and_others_are_not() -> None:
    plain = {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode("胸部未见异常".encode()).decode(),
    }
    picture = {"contentType": "application/pdf", "data": base64.b64encode(b"%PDF secret").decode()}
    found = event(Report, report(conclusion=None, presentedForm=[plain, picture]))
    assert found.text == "胸部未见异常"


def test_a_form_that_cannot_be_decoded_costs_only_itself() -> None:
    found = event(Report, report(presentedForm=[{"contentType": "text/plain", "data": "%%%"}]))
    assert found.text is not None


@pytest.mark.parametrize("status", ["preliminary", "partial", "registered", "unknown"])
def test_a_report_that_is_not_final_is_told_and_not_used(status: str) -> None:
    """It is there as unconfirmed, so that a biopsy or an image of before does not answer in its place."""
    facts = read(report(status=status))
    assert [e.confirmed for e in facts.events] == [False]
    assert [u.reference for u in facts.unread] == ["DiagnosticReport/d1"]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_withdrawn_report_is_none(status: str) -> None:
    assert events(Report, report(status=status)) == []


def test_the_day_of_issue_is_not_the_day_of_the_examination() -> None:
    found = event(Report, report(effectiveDateTime=None, issued="2026-06-03T10:00:00Z"))
    assert found.start is None or found.start.first < date(2026, 6, 3)


def test_an_undated_report_is_of_the_day_on_which_its_specimen_was_taken() -> None:
    """NCT07517536 I3: the biopsy counts from its specimen, whenever the report was issued."""
    written = report(
        code=loinc("11529-5"),
        effectiveDateTime=None,
        specimen=[{"reference": "Specimen/s1"}],
        issued="2026-06-09T10:00:00Z",
    )
    taken = specimen("2026-06-01")
    assert event(Report, written, taken).start == JUNE
    # Of several specimens, which one the report is about cannot be told.
    two = {**written, "specimen": [{"reference": "Specimen/s1"}, {"reference": "Specimen/s2"}]}
    assert event(Report, two, taken).start is None


def test_a_coded_conclusion_is_part_of_the_report() -> None:
    found = event(Report, report(conclusionCode=[concept("154283005", SNOMED, "Pulmonary tuberculosis")]))
    assert found.text is not None
    assert "Pulmonary tuberculosis" in found.text
    assert len(found.concepts) > len(event(Report, report()).concepts)


def test_results_that_a_report_contains_are_results() -> None:
    inner = {
        "resourceType": "Observation",
        "id": "k",
        "status": "final",
        "code": loinc(CREATININE),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-06-01",
        "valueQuantity": quantity(1.2, "mg/dL"),
    }
    facts = read(report(code=loinc("24323-8"), contained=[inner], result=[{"reference": "#k"}]))
    (found,) = facts.measurements["serum_creatinine"]
    assert found.evidence[0].reference.startswith("DiagnosticReport/d1")


# Orders and devices


def test_an_active_order_is_planned() -> None:
    written = resource(
        "ServiceRequest",
        "s1",
        status="active",
        intent="order",
        code=concept("232717009", SNOMED, "Coronary artery bypass grafting"),
        occurrenceDateTime="2026-07-01",
    )
    found = event(Planned, written)
    assert found.start == day(date(2026, 7, 1))
    for status in ("draft", "revoked", "completed", "entered-in-error", "unknown"):
        assert events(Planned, {**written, "status": status}) == []
    assert events(Planned, {**written, "doNotPerform": True}) == []


BYPASS = concept("232717009", SNOMED, "Coronary artery bypass grafting")


def appointment(**elements: Any) -> dict[str, Any]:
    written = {
        "status": "booked",
        "subject": None,
        "serviceType": [BYPASS],
        "start": "2026-07-01T08:00:00+08:00",
        "participant": [
            {"actor": {"reference": "Practitioner/dr"}},
            {"actor": {"reference": "Patient/p1"}},
        ],
    }
    return resource("Appointment", "a1", **{**written, **elements})


def test_a_booked_appointment_plans_its_service_and_its_reason() -> None:
    """NCT07517536 E3: planned coronary artery bypass surgery."""
    found = event(Planned, appointment())
    assert found.start == day(date(2026, 7, 1))
    assert found.evidence.path == "serviceType[0]"
    assert event(Planned, appointment(serviceType=None, reasonCode=[BYPASS])).evidence.path == "reasonCode[0]"


@pytest.mark.parametrize("status", ["fulfilled", "cancelled", "noshow", "entered-in-error", None])
def test_an_appointment_that_is_over_or_off_plans_nothing(status: str | None) -> None:
    assert events(Planned, appointment(status=status)) == []


def test_an_appointment_of_another_patient_is_not_this_ones() -> None:
    stranger = [{"actor": {"reference": "Patient/someone-else"}}]
    facts = read(appointment(participant=stranger))
    assert not facts.events
    assert [unread.reference for unread in facts.unread] == ["Appointment/a1"]


def care_plan(status: str = "active", **detail: Any) -> dict[str, Any]:
    written = {"status": "scheduled", "code": BYPASS, "scheduledPeriod": {"start": "2026-07"}, **detail}
    return resource("CarePlan", "c1", status=status, intent="plan", activity=[{}, {"detail": written}])


def test_an_activity_of_a_plan_of_care_lies_ahead() -> None:
    """NCT07517536 E3: planned coronary artery bypass surgery."""
    found = event(Planned, care_plan())
    assert found.start == DateSpan(date(2026, 7, 1), date(2026, 7, 31))
    assert found.evidence.path == "activity[1].detail.code"


@pytest.mark.parametrize(
    "written",
    [
        care_plan("revoked"),
        care_plan("completed"),
        care_plan("draft"),
        care_plan("entered-in-error"),
        care_plan(status="active", doNotPerform=True),
    ],
)
def test_a_plan_of_care_that_does_not_stand_plans_nothing(written: dict[str, Any]) -> None:
    assert events(Planned, written) == []


@pytest.mark.parametrize("status", ["completed", "cancelled", "stopped", "entered-in-error"])
def test_an_activity_that_is_over_or_off_plans_nothing(status: str) -> None:
    plan = care_plan()
    plan["activity"][1]["detail"]["status"] = status
    assert events(Planned, plan) == []


def test_a_pacemaker_is_a_device_of_the_patient() -> None:
    written = resource("Device", "v1", status="active", type=concept("14106009", SNOMED, "Cardiac pacemaker"))
    assert event(Implant, written).concepts
    assert events(Implant, {**written, "status": "entered-in-error"}) == []


@pytest.mark.parametrize(
    "written",
    [
        procedure(code=None),
        vaccine(vaccineCode=None),
        report(code=None),
        resource("ServiceRequest", "s1", status="active", intent="order"),
    ],
)
def test_what_has_no_code_is_told_and_leaves_the_history_open(written: dict[str, Any]) -> None:
    facts = read(written)
    assert not facts.events
    assert [u.reference for u in facts.unread] == [f"{written['resourceType']}/{written['id']}"]
    assert facts.retrieval_of([written["resourceType"]]) == "truncated"


@pytest.mark.parametrize(
    "written", [procedure(), vaccine(), encounter(), allergy(), report()], ids=lambda one: one["resourceType"]
)
def test_what_a_modifier_may_turn_is_told_and_not_used(written: dict[str, Any]) -> None:
    assert read(written).events
    facts = read({**written, "modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]})
    assert not facts.events
    assert [u.reference for u in facts.unread] == [f"{written['resourceType']}/{written['id']}"]
