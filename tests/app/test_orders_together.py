"""Several drafts under one exclusion: each that closes the trial by itself is told, with its own day.

NCT05247203, E8, E10 and E11; an order without an end is told *at the earliest* (docs/cards.md).
"""

from __future__ import annotations

from typing import Any

from app.cards.closing import closing_keys
from app.screening import ONE_BY_ONE
from eligibility.closing import Closing
from fhir_mappings.draft_orders import read_drafts, told_apart
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.draft_orders import OPEN_TO_BOTH, draft, order_request, prednisone, summaries
from tests.app.medication_records import RXNORM
from tests.app.service import AS_OF, as_body, bundle_of, cards_of, screening_service

Json = dict[str, Any]
SUPPLIED = {"dispenseRequest": {"expectedSupplyDuration": {"value": 360, "unit": "d", "code": "d"}}}


def keys_of(*drafts: Json) -> frozenset[str]:
    """What the cards on these drafts are about."""
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in drafts]}
    events = read_drafts(as_body(bundle), AS_OF, patient=f"Patient/{OPEN_TO_BOTH}").events
    (patient,) = read_patients(as_body(bundle_of(OPEN_TO_BOTH)))
    service = screening_service()
    record = PatientRecord(patient)
    trials = service.applicable(record, AS_OF)
    found: list[tuple[Any, tuple[Closing, ...]]] = [
        (protocol, closed.closings) for protocol, closed in service.closed_by(trials, record, events, AS_OF)
    ]
    return frozenset(key for protocol, closings in found for key in closing_keys(closings, protocol, events))


def until(summary: str) -> str:
    return summary.partition("until ")[2][:10]


def test_a_draft_with_a_supply_keeps_its_own_day_beside_one_without_an_end() -> None:
    alone = summaries([draft("tocilizumab", **SUPPLIED)])
    both = summaries([draft("adalimumab"), draft("tocilizumab", **SUPPLIED)])
    assert [until(one) for one in both] == [until(one) for one in alone]
    assert all(one.index("tocilizumab") < one.index("adalimumab") for one in both)


def test_the_order_of_the_drafts_changes_nothing_of_what_is_told() -> None:
    rituximab, belimumab = draft("rituximab", id="a"), draft("belimumab", id="b")
    for drafts in ([rituximab, belimumab], [belimumab, rituximab]):
        (said,) = summaries(drafts)
        assert "rituximab" in said
        assert "belimumab" in said


def test_a_draft_of_a_later_day_is_told_with_that_day() -> None:
    later = {"timing": {"repeat": {"boundsPeriod": {"start": "2026-07-20"}}}}
    alone = summaries([draft("rituximab", later)])
    both = summaries([draft("belimumab"), draft("rituximab", later)])
    assert [until(one) for one in both] == [until(one) for one in alone]
    assert all(one.index("rituximab") < one.index("belimumab") for one in both)


def test_what_a_card_is_about_holds_every_draft_that_closes_the_trial_by_itself() -> None:
    rituximab, belimumab = draft("rituximab"), draft("belimumab")
    assert keys_of(rituximab, belimumab) == keys_of(rituximab) | keys_of(belimumab)
    assert keys_of(rituximab) != keys_of(belimumab)


def test_live_vaccines_and_study_drugs_are_told_apart() -> None:
    for one, other in (
        ("measles, mumps and rubella virus vaccine, live", "yellow fever vaccine, live"),
        ("Study drug A (investigational)", "Study drug B (investigational)"),
    ):
        assert keys_of(draft(one))
        assert keys_of(draft(one)).isdisjoint(keys_of(draft(other)))


def test_the_same_drug_of_another_dose_is_the_same() -> None:
    assert keys_of(draft("rituximab 500 mg injection")) == keys_of(draft("rituximab"))


def test_an_order_given_several_times_is_one() -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": prednisone(5)} for _ in range(3)]}
    events = read_drafts(as_body(bundle), AS_OF, patient=f"Patient/{OPEN_TO_BOTH}").events
    ((first, second, third),) = told_apart(events)
    assert (first, second, third) == ([0], [1], [2])


def test_of_very_many_drafts_the_card_says_that_they_were_not_judged_one_by_one() -> None:
    many = [prednisone(1 + number / 100) for number in range(ONE_BY_ONE + 1)]
    (card,) = cards_of(order_request([*many, draft("rituximab", id="zz")]))
    assert "rituximab" in card["summary"]
    assert "not all judged one by one" in card["detail"]


def test_a_drug_that_only_the_code_of_an_ingredient_tells_is_called_by_the_code_sets_words() -> None:
    item = {"coding": [{"system": RXNORM, "code": "121191"}]}
    product = {"resourceType": "Medication", "id": "m", "ingredient": [{"itemCodeableConcept": item}]}
    order = {**draft("x"), "contained": [product], "medicationReference": {"reference": "#m"}}
    del order["medicationCodeableConcept"]
    (said,) = summaries([order])
    assert "rituximab" in said.lower()
    assert "121191" not in said
