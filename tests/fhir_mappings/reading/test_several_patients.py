"""Several patients in one input, and the pieces of one: whose each resource is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_mappings.errors import NoPatientError
from fhir_mappings.facts import Diagnosis
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts
from tests.fhir_mappings.reading.written import (
    CREATININE,
    body,
    bundle,
    observation,
    patient,
    quantity,
    read,
    resource,
)
from tests.fhir_mappings.reading.written_patients import SLE, creatinine


def ndjson(*documents: Any) -> bytes:
    return b"\n".join(json.dumps(document).encode() for document in documents)


def by_reference(patients: list[PatientFacts]) -> dict[str, PatientFacts]:
    return {facts.reference: facts for facts in patients}


# Several patients


def test_each_patient_of_a_file_has_the_resources_of_that_patient() -> None:
    found = by_reference(
        read_patients(
            ndjson(
                patient("p1"), patient("p2", gender="male"), creatinine("p2", "o2"), creatinine("p1", "o1")
            )
        )
    )
    assert set(found) == {"Patient/p1", "Patient/p2"}
    for name, own in (("Patient/p1", "Observation/o1"), ("Patient/p2", "Observation/o2")):
        (result,) = found[name].measurements["serum_creatinine"]
        assert result.evidence[0].reference == own
    assert found["Patient/p2"].sex == "male"


def test_patients_of_one_bundle_are_told_apart_too() -> None:
    found = by_reference(
        read_patients(body(bundle(patient("p1"), patient("p2"), creatinine("p2"), creatinine("p1", "o2"))))
    )
    assert all(len(facts.measurements["serum_creatinine"]) == 1 for facts in found.values())


def test_bundles_on_lines_are_patients_of_their_own_even_where_ids_are_missing() -> None:
    def chart(urn: str, value: float) -> dict[str, Any]:
        who = patient()
        del who["id"]
        result = observation(CREATININE, valueQuantity=quantity(value, "mg/dL"), subject={"reference": urn})
        del result["id"]
        return {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"fullUrl": urn, "resource": who}, {"resource": result}],
        }

    found = read_patients(ndjson(chart("urn:uuid:a", 1.0), chart("urn:uuid:b", 2.0)))
    values = [facts.measurements["serum_creatinine"][0].reported for facts in found]
    assert [value.low for value in values if value is not None] == [1.0, 2.0]
    assert all(len(facts.measurements["serum_creatinine"]) == 1 for facts in found)


def test_resources_of_someone_whose_patient_is_not_there_are_told_and_given_to_no_one() -> None:
    (facts,) = read_patients(ndjson(patient("p1"), creatinine("p9")))
    assert not facts.measurements
    assert any(unread.reference == "Observation/o1" for unread in facts.unread)


def test_a_page_without_a_patient_belongs_to_the_patient_it_names() -> None:
    page = bundle(creatinine("p2"), kind="searchset")
    found = by_reference(read_patients(ndjson(page, patient("p1"), patient("p2"))))
    assert found["Patient/p2"].measurements["serum_creatinine"]


def test_lines_beside_a_bundle_belong_to_the_patient_in_it() -> None:
    chart = bundle(patient("p1"), creatinine("p1", "o1"))
    condition = resource("Condition", "c1", code=SLE, clinicalStatus="active")
    (facts,) = read_patients(ndjson(chart, condition))
    assert facts.measurements["serum_creatinine"]
    assert len(facts.events) == 1


def test_two_bundles_with_the_very_same_patient_are_one_record() -> None:
    pages = (bundle(patient("p1"), creatinine("p1", name)) for name in ("o1", "o2"))
    first, second = pages
    second["entry"][1]["resource"]["effectiveDateTime"] = "2026-06-02"
    (facts,) = read_patients(ndjson(first, second))
    assert len(facts.measurements["serum_creatinine"]) == 2


def test_two_patients_that_merely_share_an_id_are_two() -> None:
    first = bundle(patient("p1"), creatinine("p1", "o1"))
    second = bundle(patient("p1", birthDate="1950-01-01"), creatinine("p1", "o2"))
    found = read_patients(ndjson(first, second))
    assert len(found) == 2
    assert all(len(facts.measurements["serum_creatinine"]) == 1 for facts in found)


def test_two_bundles_of_one_person_are_one_record_though_the_patient_was_edited_between() -> None:
    # A feed of messages repeats the patient, a little different each time.
    first = bundle(patient("p1"), creatinine("p1", "o1"))
    second = bundle(patient("p1", telecom=[{"value": "1"}]), creatinine("p1", "o2"))
    second["entry"][1]["resource"]["effectiveDateTime"] = "2026-06-02"
    (facts,) = read_patients(ndjson(first, second))
    assert len(facts.measurements["serum_creatinine"]) == 2


def test_copies_of_a_patient_that_disagree_are_not_believed() -> None:
    (facts,) = read_patients(ndjson(patient("p1"), patient("p1", birthDate="1950-01-01", gender="male")))
    assert facts.birth_date is None
    assert facts.sex is None
    assert len(facts.unread) == 2


def test_lines_beside_a_bundle_find_a_patient_who_goes_by_several_names() -> None:
    chart = bundle()
    chart["entry"] = [{"fullUrl": "https://x/r4/Patient/p1", "resource": patient("p1")}]
    (facts,) = read_patients(ndjson(chart, creatinine("p1")))
    assert facts.measurements["serum_creatinine"]


def test_a_broken_line_leaves_open_only_what_it_may_have_held() -> None:
    broken = b'{"resourceType":"Condition","subject":{"reference":"Patient/p1"},"code":'
    found = by_reference(read_patients(ndjson(patient("p1"), patient("p2")) + b"\n" + broken))
    assert found["Patient/p1"].retrieval_of(["Condition"]) == "truncated"
    assert found["Patient/p1"].retrieval_of(["Procedure"]) == "complete"
    assert found["Patient/p2"].retrieval_of(["Condition"]) == "complete"


def test_a_following_page_that_is_there_truncates_nothing() -> None:
    url = "https://x/Observation?patient=p1"
    first = bundle(
        creatinine("p1", "o1"),
        kind="searchset",
        link=[{"relation": "self", "url": url}, {"relation": "next", "url": f"{url}&page=2"}],
    )
    second = bundle(
        creatinine("p1", "o2"), kind="searchset", link=[{"relation": "self", "url": f"{url}&page=2"}]
    )
    (facts,) = read_patients(ndjson(patient(), first, second))
    assert facts.retrieval_of(["Observation"]) == "complete"


def test_of_two_versions_of_a_resource_the_newer_one_counts() -> None:
    old = resource("Condition", "c1", code=SLE, meta={"versionId": "9"})
    new = resource("Condition", "c1", code=SLE, meta={"versionId": "10"}, verificationStatus="refuted")
    for order in ((old, new), (new, old)):
        assert not [event for event in read(*order).events if isinstance(event, Diagnosis)]


def test_of_a_history_only_the_newest_versions_count_and_nothing_that_was_deleted() -> None:
    newest = resource("Condition", "c1", code=SLE, verificationStatus="refuted")
    oldest = resource("Condition", "c1", code=SLE)
    deleted = resource("Condition", "c2", code=SLE)
    written = bundle(patient(), kind="history")
    written["entry"] += [
        {"resource": newest},
        {"request": {"method": "DELETE", "url": "Condition/c2"}},
        {"resource": oldest},
        {"resource": deleted},
    ]
    (facts,) = read_patients(body(written))
    assert not [event for event in facts.events if isinstance(event, Diagnosis)]


def test_a_file_without_a_patient_is_refused_in_one_line() -> None:
    with pytest.raises(NoPatientError) as caught:
        read_patients(ndjson(creatinine()))
    assert "\n" not in str(caught.value)


def test_what_names_its_patient_in_a_shape_that_nobody_can_read_is_nobodys() -> None:
    """It may be of somebody else, and that it is not read leaves open what rests on finding nothing."""
    strange = resource("Procedure", "x", status="completed", code={"text": "Kidney transplant"})
    strange["subject"] = [{"reference": "Patient/other"}, {"reference": "Patient/another"}]
    facts = read(strange)
    assert not facts.events
    assert [unread.reference for unread in facts.unread][-1] == "Procedure/x"
    assert facts.retrieval_of(["Procedure"]) == "truncated"
