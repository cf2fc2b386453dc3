"""One patient: demographics, the record as a whole, what was retrieved and what was not."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from fhir_mappings.intervals import DateSpan, day
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts
from tests.fhir_mappings.reading.written import (
    SNOMED,
    body,
    bundle,
    concept,
    patient,
    read,
    resource,
)
from tests.fhir_mappings.reading.written_patients import SLE, creatinine, prefetched

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
CLINICAL_SEX = "http://hl7.org/fhir/StructureDefinition/patient-sexParameterForClinicalUse"


def ndjson(*documents: Any) -> bytes:
    return b"\n".join(json.dumps(document).encode() for document in documents)


def by_reference(patients: list[PatientFacts]) -> dict[str, PatientFacts]:
    return {facts.reference: facts for facts in patients}


@pytest.mark.parametrize(
    ("written", "born"),
    [
        ("1990-04-02", day(date(1990, 4, 2))),
        ("1990-04", DateSpan(date(1990, 4, 1), date(1990, 4, 30))),
        ("1990", DateSpan(date(1990, 1, 1), date(1990, 12, 31))),
        (None, None),
        ("unknown", None),
    ],
)
def test_the_birth_date_may_be_partial_or_absent(written: str | None, born: DateSpan | None) -> None:
    facts = read(who=patient(birthDate=written))
    assert facts.birth_date == born
    assert ("birth_date" in facts.demographics) is (born is not None)


def test_demographics_have_their_provenance() -> None:
    facts = read()
    assert facts.reference == "Patient/p1"
    assert facts.demographics["birth_date"].reference == "Patient/p1"
    assert facts.demographics["birth_date"].path == "birthDate"
    assert facts.demographics["sex"].path == "gender"


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("female", "female"), ("male", "male"), ("other", None), ("unknown", None), (None, None)],
)
def test_other_and_unknown_are_no_sex(gender: str | None, sex: str | None) -> None:
    assert read(who=patient(gender=gender)).sex == sex


def test_birth_sex_is_preferred_to_administrative_gender() -> None:
    facts = read(who=patient(gender="male", extension=[{"url": BIRTH_SEX, "valueCode": "F"}]))
    assert facts.sex == "female"


def test_the_sex_of_us_core_may_be_a_code_or_a_coding() -> None:
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex"
    for value in ({"valueCode": "248152002"}, {"valueCoding": {"system": SNOMED, "code": "248152002"}}):
        assert read(who=patient(gender="unknown", extension=[{"url": url, **value}])).sex == "female"


@pytest.mark.parametrize("code", ["UNK", "OTH", "ASKU"])
def test_an_unknown_birth_sex_says_nothing(code: str) -> None:
    facts = read(who=patient(gender="male", extension=[{"url": BIRTH_SEX, "valueCode": code}]))
    assert facts.sex == "male"


def test_sex_for_clinical_use_is_preferred_to_all() -> None:
    clinical = {
        "url": CLINICAL_SEX,
        "extension": [{"url": "value", "valueCodeableConcept": concept("male-typical", "urn:sex")}],
    }
    facts = read(who=patient(extension=[{"url": BIRTH_SEX, "valueCode": "F"}, clinical]))
    assert facts.sex == "male"


def test_sexes_for_clinical_use_that_differ_are_none() -> None:
    def clinical(code: str) -> dict[str, Any]:
        value = {"url": "value", "valueCodeableConcept": concept(code, "urn:sex")}
        return {"url": CLINICAL_SEX, "extension": [value]}

    facts = read(who=patient(extension=[clinical("male-typical"), clinical("female-typical")]))
    assert facts.sex is None


@pytest.mark.parametrize(
    ("elements", "deceased"),
    [
        ({}, False),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": True}, True),
        ({"deceasedDateTime": "2026-03"}, True),
        ({"deceasedDateTime": "unknown"}, True),
    ],
)
def test_whether_the_patient_lives(elements: dict[str, Any], deceased: bool) -> None:
    assert read(who=patient(**elements)).deceased is deceased


def test_a_record_that_was_merged_into_another_is_told() -> None:
    link = [{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]
    facts = read(who=patient(active=False, link=link))
    assert any(unread.reference == "Patient/p1" for unread in facts.unread)


def test_a_bundle_of_a_patient_is_the_whole_record() -> None:
    facts = read(creatinine())
    assert facts.retrieval_of(["Condition", "Observation"]) == "complete"


def test_types_that_were_not_retrieved_were_not_asked_for() -> None:
    (facts,) = read_patients(body(bundle(patient(), creatinine())), retrieved={"Observation", "Patient"})
    assert facts.retrieval_of(["Observation"]) == "complete"
    assert facts.retrieval_of(["Condition"]) == "not-asked"


def test_a_search_with_a_further_page_is_truncated() -> None:
    page = bundle(
        creatinine(), kind="searchset", link=[{"relation": "next", "url": "https://x/Observation?p=2"}]
    )
    (facts,) = read_patients(body(bundle(patient(), page)))
    assert facts.retrieval_of(["Observation"]) == "truncated"
    assert facts.retrieval_of(["Condition"]) == "complete"


def test_a_search_in_which_the_server_failed_is_failed() -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    page = bundle(failed, kind="searchset", link=[{"relation": "self", "url": "https://x/Observation?p=1"}])
    (facts,) = read_patients(body(bundle(patient(), page)))
    assert facts.retrieval_of(["Observation"]) == "failed"


def test_a_patient_alone_is_a_record() -> None:
    (facts,) = read_patients(body(patient()))
    assert facts.reference == "Patient/p1"
    assert not facts.measurements


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p1"},
        {"reference": "Patient/p1/_history/3"},
        {"reference": "https://fhir.example.org/r4/Patient/p1"},
    ],
)
def test_every_form_of_reference_to_the_patient_is_the_patient(subject: dict[str, Any]) -> None:
    (facts,) = read_patients(body(bundle(patient(), {**creatinine(), "subject": subject})))
    assert facts.measurements["serum_creatinine"]


def test_a_urn_to_the_patient_is_the_patient() -> None:
    written = bundle()
    written["entry"] = [
        {"fullUrl": "urn:uuid:a", "resource": {**patient(), "id": "x"}},
        {"fullUrl": "urn:uuid:b", "resource": {**creatinine(), "subject": {"reference": "urn:uuid:a"}}},
    ]
    (facts,) = read_patients(body(written))
    assert facts.measurements["serum_creatinine"]


def test_a_urn_that_was_never_rewritten_names_the_patient_with_that_id() -> None:
    # The CDS Hooks sandbox sends Patient 1818afec-… and Conditions of urn:uuid:1818afec-…
    own_id = "1818afec-ef81-4c14-9ecf-0541f2ee9b22"
    result = {**creatinine(), "subject": {"reference": f"urn:uuid:{own_id}"}}
    facts = prefetched(patient(own_id), result, patient_id=own_id)
    assert facts.measurements["serum_creatinine"]


def test_a_patient_without_an_id_is_known_by_the_url_of_the_entry() -> None:
    who = patient()
    del who["id"]
    written = bundle()
    written["entry"] = [
        {"fullUrl": "urn:uuid:a", "resource": who},
        {"fullUrl": "urn:uuid:b", "resource": {**creatinine(), "subject": {"reference": "urn:uuid:a"}}},
    ]
    (facts,) = read_patients(body(written))
    assert facts.measurements["serum_creatinine"]


def test_a_subject_by_identifier_is_the_patient_who_has_it() -> None:
    number = {"system": "urn:mrn", "value": "17"}
    result = {**creatinine(), "subject": {"identifier": number}}
    found = by_reference(read_patients(ndjson(patient("p1"), patient("p2", identifier=[number]), result)))
    assert found["Patient/p2"].measurements["serum_creatinine"]
    assert not found["Patient/p1"].measurements


MRN = {"system": "urn:mrn", "value": "123"}


@pytest.mark.parametrize("written", [MRN, {"value": "123"}, {"system": "urn:mrn", "value": " 123 "}])
def test_an_identifier_of_the_sole_patient_names_the_patient(written: dict[str, Any]) -> None:
    result = {**creatinine(), "subject": {"identifier": written}}
    assert read(result, who=patient(identifier=[MRN])).measurements["serum_creatinine"]


def test_an_identifier_of_the_patient_counts_beside_a_reference_that_leads_nowhere() -> None:
    elsewhere = {"reference": "https://other.example/Patient/77", "identifier": MRN}
    facts = prefetched(patient(identifier=[MRN]), {**creatinine(), "subject": elsewhere})
    assert facts.measurements["serum_creatinine"]


@pytest.mark.parametrize(
    "written", [{"system": "urn:mrn", "value": "999"}, {"system": "urn:ssn", "value": "123"}, {"value": "9"}]
)
def test_the_results_of_someone_else_are_never_the_sole_patients(written: dict[str, Any]) -> None:
    result = {**creatinine(), "subject": {"identifier": written}}
    for facts in (
        read(result, who=patient(identifier=[MRN])),
        prefetched(patient(identifier=[MRN]), result),
        read_patients(ndjson(patient(identifier=[MRN]), result))[0],
    ):
        assert not facts.measurements
        assert ("Observation/o1", "its subject is identified as someone else") in [
            (unread.reference, unread.why) for unread in facts.unread
        ]


def test_an_identifier_beside_a_patient_without_any_is_of_who_knows_whom() -> None:
    subject = {"identifier": MRN}
    condition = resource("Condition", "c1", code=SLE, clinicalStatus="active", subject=subject)
    for facts in (read(condition), prefetched(patient(), condition, Condition="complete")):
        assert not facts.events
        assert any("cannot be told" in unread.why for unread in facts.unread)
        # It may be the patient's: that no such diagnosis was found shows nothing.
        assert facts.retrieval_of(["Condition"]) == "truncated"


def test_a_value_that_two_patients_have_names_neither() -> None:
    both = [patient(one, identifier=[{"system": f"urn:{one}", "value": "5"}]) for one in ("p1", "p2")]
    result = {**creatinine(), "subject": {"identifier": {"value": "5"}}}
    found = read_patients(ndjson(*both, result))
    assert not any(facts.measurements for facts in found)
    assert any("cannot be told" in unread.why for unread in found[0].unread)


def test_a_loose_result_finds_the_patient_of_a_bundle_by_identifier() -> None:
    result = {**creatinine(), "subject": {"identifier": MRN}}
    homes = [bundle(patient("p1", identifier=[MRN])), bundle(patient("p2"))]
    found = by_reference(read_patients(ndjson(*homes, result)))
    assert found["Patient/p1"].measurements["serum_creatinine"]
    assert not found["Patient/p2"].measurements


def test_what_is_about_a_group_or_a_device_is_told_and_no_error() -> None:
    result = {**creatinine(), "subject": {"reference": "Group/g1"}}
    facts = prefetched(patient(), result)
    assert not facts.measurements
    assert any(unread.reference == "Observation/o1" for unread in facts.unread)


def test_a_resource_without_a_subject_is_not_guessed_to_be_the_patients() -> None:
    written = creatinine()
    del written["subject"]
    (facts,) = read_patients(body(bundle(patient(), written)))
    used = bool(facts.measurements.get("serum_creatinine"))
    told = any(unread.reference == "Observation/o1" for unread in facts.unread)
    assert used or told


def test_a_resource_known_twice_counts_once() -> None:
    again = bundle(resource("Condition", "c1", code=SLE, clinicalStatus="active"), kind="searchset")
    facts = read(resource("Condition", "c1", code=SLE, clinicalStatus="active"), again)
    assert len(facts.events) == 1


def test_nothing_but_unread_lines_is_lost() -> None:
    (facts,) = read_patients(
        ndjson(patient(), creatinine()) + b'\n{"resourceType": "Observation", "status": '
    )
    assert facts.measurements["serum_creatinine"]
    assert any(unread.reference == "line 3" for unread in facts.unread)


def test_a_condition_that_cannot_be_read_leaves_the_history_of_conditions_open() -> None:
    # What could not be read may be the very diagnosis that a trial excludes: absence is not shown.
    broken = resource("Condition", "c1", code=SLE, verificationStatus={"coding": {"code": {"deep": 1}}})
    facts = read(broken)
    assert facts.events == [] or facts.events == ()
    assert facts.unread
    assert facts.retrieval_of(["Condition"]) != "complete"


def test_types_of_no_use_are_no_errors() -> None:
    practitioner = {"resourceType": "Practitioner", "id": "x", "name": [{"family": "X"}]}
    assert not read(practitioner, {"resourceType": "Claim", "id": "y"}).unread
