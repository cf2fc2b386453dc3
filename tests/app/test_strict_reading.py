"""``--strict`` reports what full R4 validation refuses: each fault once, with its resource and element."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from app.demo.patients import demo_patients
from app.strict_reading import refusals


def observation(**given: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "x"}, **given}


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


@pytest.mark.parametrize("patient", demo_patients())
def test_the_demonstration_charts_are_valid_r4(patient: str) -> None:
    chart = demo_patients()[patient].bundle(date(2026, 6, 15))
    assert list(refusals(json.dumps(chart).encode())) == []


def test_a_fault_names_the_resource_and_the_element() -> None:
    faults = list(refusals(bundle(observation(valueQuantity={"value": "twelve"}), observation(id="o2"))))
    assert len(faults) == 1
    assert faults[0].startswith("Observation/o1: valueQuantity.value: ")


def test_every_faulty_resource_is_named_and_not_the_first_only() -> None:
    without_status = {"resourceType": "Observation", "id": "o3", "code": {"text": "x"}}
    faults = list(refusals(bundle(observation(effectiveDateTime="yesterday"), without_status)))
    assert any("Observation/o1: effectiveDateTime" in fault for fault in faults)
    assert any("Observation/o3" in fault and "status" in fault for fault in faults)


def test_ndjson_faults_name_the_line() -> None:
    lines = [json.dumps(observation()), "", "{not json", json.dumps({"resourceType": "Wish", "id": "w"})]
    faults = list(refusals("\n".join(lines).encode()))
    assert faults[0].startswith("line 3: not JSON")
    assert faults[1] == "line 4: Wish/w: there is no resource type 'Wish' in FHIR R4"
    assert len(faults) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"", "not JSON"), (b"<html>", "not JSON"), (b"[1]", "JSON object"), (b"{}", "no resourceType")],
)
def test_what_is_no_resource_at_all_is_refused(body: bytes, expected: str) -> None:
    faults = list(refusals(body))
    assert len(faults) == 1
    assert expected in faults[0]


def test_a_bundle_with_an_invalid_frame_is_refused() -> None:
    frame = {"resourceType": "Bundle", "type": "collection", "total": "many", "entry": []}
    assert any("Bundle" in fault and "total" in fault for fault in refusals(json.dumps(frame).encode()))
