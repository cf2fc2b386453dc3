"""References: relative, absolute, versioned, by URN, and what none of them finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_mappings.bundles import split_documents
from fhir_mappings.references import References, bare

PATIENT = {"resourceType": "Patient", "id": "p1"}


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def bundle(*resources: Any, kind: str = "collection", **elements: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries, **elements}


@pytest.mark.parametrize(
    ("reference", "plain"),
    [
        ("Patient/45", "Patient/45"),
        ("Patient/45/_history/2", "Patient/45"),
        ("https://fhir.example.org/r4/Patient/45", "Patient/45"),
        ("https://fhir.example.org/r4/Patient/45/_history/3", "Patient/45"),
        ("urn:uuid:b50ae644-e0b7-4007-809f-26f493cbe36b", "urn:uuid:b50ae644-e0b7-4007-809f-26f493cbe36b"),
        ("#med1", "#med1"),
    ],
)
def test_the_bare_form_of_a_reference_is_type_and_id(reference: str, plain: str) -> None:
    assert bare(reference) == plain


@pytest.mark.parametrize(
    "reference",
    [
        "Medication/m1",
        "Medication/m1/_history/4",
        "https://fhir.example.org/r4/Medication/m1",
        "http://fhir.example.org/r4/Medication/m1",
    ],
)
def test_a_resource_is_found_by_every_name_it_goes_by(reference: str) -> None:
    found = bundle(PATIENT)
    found["entry"].append(
        {
            "fullUrl": "https://fhir.example.org/r4/Medication/m1",
            "resource": {"resourceType": "Medication", "id": "m1"},
        }
    )
    (document,) = split_documents(text(found))
    source = References(document.sources).find(reference)
    assert source is not None
    assert source.reference == "Medication/m1"


def test_a_urn_is_found_by_the_full_url_of_its_entry() -> None:
    found = bundle()
    found["entry"] = [{"fullUrl": "urn:uuid:a1", "resource": {"resourceType": "Medication", "id": "m1"}}]
    (document,) = split_documents(text(found))
    source = References(document.sources).find("urn:uuid:a1")
    assert source is not None
    assert source.kind == "Medication"


@pytest.mark.parametrize("reference", [None, "", "Medication/other", "urn:uuid:none", "#m1", "m1"])
def test_what_is_not_at_hand_is_not_found(reference: str | None) -> None:
    (document,) = split_documents(text(bundle({"resourceType": "Medication", "id": "m1"})))
    assert References(document.sources).find(reference) is None
