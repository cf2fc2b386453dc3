"""The hook: resources of several prefetch values make the record of the one patient in context."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fhir_mappings.errors import InputError, PatientMismatchError, SeveralPatientsError
from fhir_mappings.patient import read_patient
from tests.fhir_mappings.reading.written import (
    CREATININE,
    bundle,
    observation,
    patient,
    quantity,
    read,
    resource,
)
from tests.fhir_mappings.reading.written_patients import SLE, creatinine, prefetched


def test_the_prefetch_of_the_patient_in_context_is_one_record() -> None:
    facts = prefetched(
        patient(), bundle(creatinine(), kind="searchset"), Observation="complete", Condition="failed"
    )
    assert facts.measurements["serum_creatinine"]
    assert facts.retrieval_of(["Observation"]) == "complete"
    assert facts.retrieval_of(["Condition"]) == "failed"
    assert facts.retrieval_of(["Procedure"]) == "not-asked"


def test_a_page_not_followed_makes_a_complete_prefetch_truncated() -> None:
    page = bundle(
        creatinine(), kind="searchset", link=[{"relation": "next", "url": "https://x/Observation?p=2"}]
    )
    facts = prefetched(patient(), page, Observation="complete")
    assert facts.retrieval_of(["Observation"]) == "truncated"


def test_another_patient_than_the_one_in_context_is_refused() -> None:
    with pytest.raises(PatientMismatchError) as caught:
        prefetched(patient("p2"))
    assert "1990" not in str(caught.value)


def test_a_resource_of_another_patient_is_refused_with_its_reference() -> None:
    with pytest.raises(InputError) as caught:
        prefetched(patient(), creatinine("p2", "o7"))
    assert isinstance(caught.value, SeveralPatientsError | PatientMismatchError)
    assert "Observation/o7" in str(caught.value)


def test_two_patients_in_one_prefetch_are_refused() -> None:
    with pytest.raises(InputError):
        prefetched(patient(), patient("p2"))


def test_resources_without_ids_in_two_prefetch_bundles_are_different_resources() -> None:
    def nameless(value: float) -> dict[str, Any]:
        written = observation(CREATININE, valueQuantity=quantity(value, "mg/dL"))
        del written["id"]
        return bundle(written, kind="searchset")

    facts = prefetched(patient(), nameless(1.0), nameless(2.0))
    found = facts.measurements["serum_creatinine"]
    assert {m.reported.low for m in found if m.reported is not None} == {1.0, 2.0}
    assert len({m.evidence[0].reference for m in found}) == 2


def test_garbage_among_the_prefetch_costs_only_itself() -> None:
    facts = read_patient(
        [msgspec.Raw(b"null"), msgspec.Raw(b'"<html>"'), msgspec.Raw(msgspec.json.encode(patient()))],
        patient_id="p1",
        retrieval={},
        default_retrieval="complete",
    )
    assert facts.reference == "Patient/p1"
    assert facts.unread
    assert facts.retrieval_of(["Condition"]) == "truncated"


def test_null_in_the_prefetch_is_nothing() -> None:
    facts = read_patient(
        [msgspec.Raw(b"null"), msgspec.Raw(msgspec.json.encode(patient()))],
        patient_id="p1",
        retrieval={"Condition": "complete"},
        default_retrieval="not-asked",
    )
    assert not facts.unread
    assert facts.retrieval_of(["Condition"]) == "complete"


def test_medications_of_a_medication_search_are_no_ones() -> None:
    # Medication, ResearchStudy, Practitioner have no subject; they belong to whoever refers to them.
    facts = prefetched(patient(), {"resourceType": "Medication", "id": "m", "code": {"text": "x"}})
    assert not facts.unread


@pytest.mark.parametrize("reference", ["p1", "patient/p1", "Patient?identifier=x", 5])
def test_a_subject_that_cannot_be_understood_leaves_the_history_open(reference: object) -> None:
    written = resource("Condition", "c1", code=SLE, subject={"reference": reference})
    facts = read(written)
    assert facts.events or facts.retrieval_of(["Condition"]) != "complete"
    assert facts.events or any(unread.reference == "Condition/c1" for unread in facts.unread)


def test_a_subject_that_is_surely_no_patient_says_nothing_of_the_patient() -> None:
    facts = read(resource("Condition", "c1", code=SLE, subject={"reference": "Group/g"}))
    assert not facts.events
    assert facts.retrieval_of(["Condition"]) == "complete"
