"""``order-select``, ``order-sign`` and ``encounter-start`` beside real FHIR servers.

The trials are NCT05247203 and NCT07517536, both open to Daniel Okafor. Each case is held against the request
of an EHR that prefetches everything.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.app.draft_orders import OPEN_TO_BOTH, coded, draft, prednisone, service_draft
from tests.app.medication_records import dose, drug
from tests.app.service import NO_LUPUS, cards_of
from tests.servers.beside import (
    Beside,
    application,
    everything_prefetched,
    half_prefetched,
    judgements,
    judgements_of_full_prefetch,
)

SNOMED = "http://snomed.info/sct"
SERVERS = ("fhir", "paged", "another")
ORDER_HOOKS = ("order-select", "order-sign")
FIRED = [("fhir", "order-sign"), ("paged", "order-select"), ("another", "order-sign")]
CLOSING = {
    "rituximab": (draft(drug("121191", "rituximab")), "NCT05247203", "E10"),
    "belimumab": (draft("belimumab 200 mg"), "NCT05247203", "E10"),
    "immunoglobulin": (draft("immune globulin intravenous"), "NCT05247203", "E12"),
    "plasma exchange": (service_draft(coded(SNOMED, "20720000", "Plasma exchange")), "NCT05247203", "E12"),
    "prednisone 100 mg for 20 days": (prednisone(100, 20), "NCT05247203", "E1"),
    "prednisone 2 mg/kg": (draft(drug("8640", "prednisone"), dose(2, "mg/kg")), "NCT05247203", "E1"),
}
"""Drafts, each with the trial that it would close and an exclusion that does."""
HARMLESS = {
    "paracetamol": draft("paracetamol 500 mg"),
    "a refill": draft(drug("5521", "hydroxychloroquine"), dose(400)),
    "prednisone 95 mg in the place of 10 mg": prednisone(95),
}


def ordering(hook: str, *drafts: dict[str, Any], selected: int = 1) -> dict[str, Any]:
    """The context of an order hook, of whose drafts the first ones are selected."""
    entries = [{"resource": each} for each in drafts]
    context: dict[str, Any] = {"draftOrders": {"resourceType": "Bundle", "entry": entries}}
    if hook == "order-select":
        context["selections"] = [f"{each['resourceType']}/{each['id']}" for each in drafts[:selected]]
    return context


def of_full_prefetch(patient: str, hook: str, context: dict[str, Any]) -> list[tuple[str, str]]:
    request = everything_prefetched(patient)
    with application() as http:
        return told(cards_of({**request, "hook": hook, "context": {**request["context"], **context}}, http))


def told(cards: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(card["summary"], card["detail"]) for card in cards]


class TestDraftOrders:
    @pytest.mark.parametrize("what", CLOSING)
    @pytest.mark.parametrize(("server", "hook"), FIRED)
    def test_one_that_closes_an_open_trial_is_told_with_nothing_prefetched(
        self, server: str, hook: str, what: str, beside: Beside
    ) -> None:
        order, trial, criterion = CLOSING[what]
        context = ordering(hook, order)
        cards = beside.cards(server, OPEN_TO_BOTH, None, hook, **context)
        [(summary, detail)] = told(cards)
        assert trial in summary
        assert f"**{criterion}**" in detail
        assert told(cards) == of_full_prefetch(OPEN_TO_BOTH, hook, context)

    @pytest.mark.parametrize("half", [0, 1])
    @pytest.mark.parametrize("what", ["rituximab", "prednisone 2 mg/kg"])
    @pytest.mark.parametrize("server", ["fhir", "another"])
    def test_of_a_half_prefetched_chart_the_other_half_is_fetched(
        self, server: str, what: str, half: int, beside: Beside
    ) -> None:
        context = ordering("order-sign", CLOSING[what][0])
        kept = half_prefetched(OPEN_TO_BOTH, half)
        cards = beside.cards(server, OPEN_TO_BOTH, kept, "order-sign", **context)
        assert len(cards) == 1
        assert told(cards) == of_full_prefetch(OPEN_TO_BOTH, "order-sign", context)

    def test_the_dose_by_body_weight_needs_what_the_server_holds(self) -> None:
        """Without it 2 mg/kg are no known amount, and close nothing."""
        request = everything_prefetched(OPEN_TO_BOTH)
        context = ordering("order-sign", CLOSING["prednisone 2 mg/kg"][0])
        del request["prefetch"]["observations"]
        with application() as http:
            context = {**request["context"], **context}
            assert cards_of({**request, "hook": "order-sign", "context": context}, http) == []

    @pytest.mark.parametrize("what", HARMLESS)
    @pytest.mark.parametrize(("server", "hook"), FIRED)
    def test_any_other_is_passed_over_in_silence(
        self, server: str, hook: str, what: str, beside: Beside
    ) -> None:
        context = ordering(hook, HARMLESS[what])
        assert beside.cards(server, OPEN_TO_BOTH, None, hook, **context) == []
        assert beside.cards(server, OPEN_TO_BOTH, half_prefetched(OPEN_TO_BOTH, 1), hook, **context) == []

    @pytest.mark.parametrize("server", SERVERS)
    def test_what_is_not_selected_is_passed_over_until_it_is_signed(
        self, server: str, beside: Beside
    ) -> None:
        drafts = (HARMLESS["paracetamol"], CLOSING["rituximab"][0])
        selecting, signing = (ordering(hook, *drafts) for hook in ORDER_HOOKS)
        assert beside.cards(server, OPEN_TO_BOTH, None, "order-select", **selecting) == []
        assert len(beside.cards(server, OPEN_TO_BOTH, None, "order-sign", **signing)) == 1

    @pytest.mark.parametrize("server", ["fhir", "another"])
    def test_who_does_not_have_the_disease_gets_no_card(self, server: str, beside: Beside) -> None:
        context = ordering("order-sign", CLOSING["rituximab"][0])
        assert beside.cards(server, NO_LUPUS, None, "order-sign", **context) == []

    @pytest.mark.parametrize("door", ["statements", "another"])
    def test_what_is_on_record_as_statements_is_what_a_draft_is_held_against(
        self, door: str, beside: Beside
    ) -> None:
        patient = f"{OPEN_TO_BOTH}-statements"
        for order, closes in ((prednisone(100, 20), 1), (prednisone(95), 0)):
            context = ordering("order-sign", order)
            assert len(beside.cards(door, patient, None, "order-sign", **context)) == closes


class TestEncounterStart:
    @pytest.mark.parametrize(
        ("patient", "half"),
        [("lin-mei", None), ("lin-mei", 0), ("lin-mei", 1), ("amara-diallo-statements", None)],
    )
    @pytest.mark.parametrize("server", SERVERS)
    def test_it_is_answered_as_patient_view_is_once_in_an_encounter(
        self, server: str, half: int | None, patient: str, beside: Beside
    ) -> None:
        kept = None if half is None else half_prefetched(patient, half)

        def start(encounter: str) -> list[dict[str, Any]]:
            return beside.cards(server, patient, kept, "encounter-start", encounterId=encounter)

        first, second = str(uuid.uuid4()), str(uuid.uuid4())
        assert judgements(start(first)) == judgements_of_full_prefetch(patient)
        assert start(first) == []
        assert judgements(start(second)) == judgements_of_full_prefetch(patient)

    @pytest.mark.parametrize("server", ["fhir", "another"])
    def test_what_patient_view_has_shown_in_the_encounter_is_not_repeated(
        self, server: str, beside: Beside
    ) -> None:
        encounter = str(uuid.uuid4())
        for hook, repeated in (("patient-view", True), ("encounter-start", False)):
            cards = beside.cards(server, "lin-mei", None, hook, encounterId=encounter)
            assert bool(cards) is repeated
