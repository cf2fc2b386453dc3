"""Diagnoses and drugs that the record says twice or in two ways: one where they are one, else told."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.facts import Diagnosis
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import PatientRecord
from tests.fhir_mappings.reading.contradicting import AS_OF, Json, both_ways, diagnosis, only
from tests.fhir_mappings.reading.written import (
    quantity,
    resource,
)


def test_a_diagnosis_from_two_feeds_is_one() -> None:
    facts = both_ways(diagnosis("a"), diagnosis("b"))
    assert [e.reference for e in facts.events] == ["Condition/a"]
    assert (only(facts).input, only(facts).kind) == ("cond_sle", "duplicate")


def test_diagnoses_that_differ_in_what_counts_are_two() -> None:
    facts = both_ways(diagnosis("a"), diagnosis("b", onsetDateTime="2021-01-01"))
    assert (len(facts.events), facts.conflicts) == (2, ())


def test_a_diagnosis_that_is_refuted_elsewhere_stands_and_is_told() -> None:
    facts = both_ways(diagnosis("a"), diagnosis("b", "refuted"))
    stands = [e.reference for e in facts.events if isinstance(e, Diagnosis)]
    assert stands == ["Condition/a"]
    conflict = only(facts)
    assert conflict.kind == "confirmed-and-refuted"
    assert [e.reference for e in conflict.evidence] == ["Condition/a", "Condition/b"]


@pytest.mark.parametrize("verification", ["entered-in-error", "unconfirmed"])
def test_a_mistaken_or_unconfirmed_entry_refutes_nothing(verification: str) -> None:
    assert both_ways(diagnosis("a"), diagnosis("b", verification)).conflicts == ()


def prednisone(own_id: str, **elements: Any) -> Json:
    written = {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Prednisone 60 MG Oral Tablet"},
        "authoredOn": "2026-05-01",
        "dosageInstruction": [
            {
                "route": {"text": "oral"},
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": quantity(60, "mg")}],
            }
        ],
    }
    return resource("MedicationRequest", own_id, **{**written, **elements})


def daily(facts: PatientFacts) -> tuple[float, float]:
    (today,) = PatientRecord(facts).dose_history("prednisone_equivalent", AS_OF, AS_OF).days
    return today.amount.low, today.amount.high


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"identifier": [{"system": "urn:rx", "value": "7"}]},) * 2,
        ({"meta": {"source": "urn:hospital"}}, {"meta": {"source": "urn:pharmacy"}}),
    ],
    ids=["one identifier", "two systems"],
)
def test_an_order_from_two_feeds_is_no_double_exposure(one: Json, other: Json) -> None:
    facts = both_ways(prednisone("a", **one), prednisone("b", **other))
    assert daily(facts) == (60, 60)
    assert only(facts).detail.endswith("it counts once")


def test_two_orders_alike_from_one_system_may_be_two_and_that_is_told() -> None:
    facts = both_ways(prednisone("a"), prednisone("b"))
    assert daily(facts) == (60, 120)
    assert "whether it was told or taken twice is not on record" in only(facts).detail


def test_two_orders_that_were_signed_together_may_be_two() -> None:
    signed = {"authoredOn": "2026-05-01T09:30:00Z"}
    assert daily(both_ways(prednisone("a", **signed), prednisone("b", **signed))) == (60, 120)


def test_orders_of_two_systems_that_were_written_at_two_times_are_two() -> None:
    one = {"meta": {"source": "urn:hospital"}, "authoredOn": "2026-05-01T09:30:00Z"}
    other = {"meta": {"source": "urn:pharmacy"}, "authoredOn": "2026-05-01T17:30:00Z"}
    facts = both_ways(prednisone("a", **one), prednisone("b", **other))
    assert (daily(facts), facts.conflicts) == ((60, 120), ())


def given(own_id: str, when: str, **elements: Any) -> Json:
    return resource(
        "MedicationAdministration",
        own_id,
        status="completed",
        medicationCodeableConcept={"text": "Methylprednisolone 500 MG Injection"},
        effectiveDateTime=when,
        dosage={"route": {"text": "intravenous"}, "dose": quantity(500, "mg")},
        **elements,
    )


def test_an_infusion_of_one_instant_from_two_feeds_was_given_once() -> None:
    at = "2026-06-15T09:00:00Z"
    feeds = ({"source": "urn:ward"}, {"source": "urn:pharmacy"})
    facts = both_ways(*(given(own, at, meta=meta) for own, meta in zip("ab", feeds, strict=True)))
    assert daily(facts) == (625, 625)


def test_two_infusions_of_one_instant_in_one_system_may_be_two_and_that_is_told() -> None:
    at = "2026-06-15T09:00:00Z"
    facts = both_ways(given("a", at), given("b", at))
    assert daily(facts) == (625, 1250)
    assert only(facts).kind == "duplicate"


def test_two_infusions_of_one_day_were_given_twice() -> None:
    facts = both_ways(given("a", "2026-06-15T09:00:00Z"), given("b", "2026-06-15T18:00:00Z"))
    assert daily(facts) == (1250, 1250)
