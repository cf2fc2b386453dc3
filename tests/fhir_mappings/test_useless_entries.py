"""A body of many entries that are no resources is read in no time, and what is not read is told."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from fhir_mappings.bundle_frames import MOST_UNREADABLE
from fhir_mappings.facts import Unread
from fhir_mappings.patient import read_patient, read_patients
from fhir_mappings.patient_facts import PatientFacts

PATIENT: dict[str, Any] = {"resource": {"resourceType": "Patient", "id": "1"}}
CONDITION: dict[str, Any] = {
    "resource": {
        "resourceType": "Condition",
        "id": "sle",
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "55464009"}]},
    }
}
USELESS: dict[str, Any] = {
    "a number": 0,
    "a text": "",
    "an entry whose resource is a number": {"resource": 0},
    "an entry whose resource has no type": {"resource": {}},
    "a Bundle whose entry is no list": {"resource": {"resourceType": "Bundle", "entry": 7}},
}


def bundle(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": list(entries), **more}


def read(document: dict[str, Any]) -> PatientFacts:
    (found,) = read_patients(msgspec.json.encode(document))
    return found


def left_out(facts: PatientFacts) -> list[str]:
    return [unread.why for unread in facts.unread if "more entries were not read" in unread.why]


@pytest.mark.parametrize("useless", USELESS.values(), ids=USELESS)
def test_after_a_thousand_useless_entries_the_rest_is_one_line_with_their_number(useless: Any) -> None:
    facts = read(bundle(PATIENT, *[useless] * (MOST_UNREADABLE + 500)))
    assert left_out(facts) == ["500 more entries were not read: too many before them are no resources"]
    assert len(facts.unread) == MOST_UNREADABLE + 1


@pytest.mark.parametrize("useless", USELESS.values(), ids=USELESS)
def test_up_to_that_number_everything_is_read(useless: Any) -> None:
    facts = read(bundle(PATIENT, *[useless] * (MOST_UNREADABLE - 1), CONDITION))
    assert left_out(facts) == []
    assert len(facts.events) == 1


def test_what_was_not_read_may_have_been_anything_so_that_nothing_counts_as_whole() -> None:
    facts = read(bundle(PATIENT, *[0] * (MOST_UNREADABLE + 1), CONDITION))
    assert facts.events == ()
    assert {facts.retrieval[kind] for kind in ("Condition", "Observation", "MedicationRequest")} == {
        "truncated"
    }


def test_bundles_in_a_bundle_share_the_bound() -> None:
    nested = {"resource": bundle(*[0] * 600)}
    facts = read(bundle(PATIENT, nested, nested, nested))
    assert left_out(facts) == ["201 more entries were not read: too many before them are no resources"]


def test_so_do_the_values_of_a_prefetch() -> None:
    raw = [msgspec.json.encode(each) for each in (PATIENT["resource"], *[bundle(*[0] * 600)] * 3)]
    facts = read_patient(raw, patient_id="1", retrieval={}, default_retrieval="complete")
    assert left_out(facts) == ["800 more entries were not read: too many before them are no resources"]


def test_the_many_answers_without_a_resource_of_a_transaction_are_no_fault() -> None:
    facts = read(
        bundle(PATIENT, *[{"response": {"status": "204"}}] * 50_000, CONDITION, type="transaction-response")
    )
    assert facts.unread == []
    assert len(facts.events) == 1


def test_of_more_than_a_hundred_links_the_rest_may_lead_to_further_pages() -> None:
    facts = read(bundle(PATIENT, link=[0] * 150))
    assert facts.unread == [Unread("Bundle", "50 of its links were not read")]
    assert facts.retrieval["Condition"] == "truncated"


@pytest.mark.parametrize(
    "unit",
    [
        b"0",
        b"{}",
        b'{"resource":{}}',
        b'{"resource":{"resourceType":"Bundle","entry":7}}',
        b'{"resource":{"resourceType":"Bundle"}}',
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_four_megabytes_of_them_take_less_than_two_seconds(unit: bytes, nested: bool) -> None:
    """Each took 2 to 18 microseconds before: of the smallest, two million fit."""
    entries = b",".join([unit] * (4_000_000 // (len(unit) + 1)))
    head = b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1"}},'
    inner = b'{"resource":{"resourceType":"Bundle","entry":[' + entries + b"]}}" if nested else entries
    began = time.process_time()
    (facts,) = read_patients(head + inner + b"]}")
    assert time.process_time() - began < 2
    assert len(left_out(facts)) == 1
