"""Drafts that name their drug by a reference to a Medication: NCT05247203 E10 on 15 June 2026.

FHIR R4, MedicationRequest.medication[x]: a Reference(Medication), which an EHR may have sent with the chart's
orders (``_include``), or not at all. Which drug it is then stands in the chart, or on the FHIR server.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.draft_orders import OPEN_TO_BOTH, draft, order_request
from tests.app.ehr import AUTHORIZATION, BASE, NETWORK, Ehr, hook_beside
from tests.app.medication_records import RXNORM
from tests.app.service import cards_of, fire

Json = dict[str, Any]
RITUXIMAB = {"coding": [{"system": RXNORM, "code": "121191"}]}
KIT: Json = {
    "resourceType": "Medication",
    "id": "kit",
    "code": {"text": "Kit 7"},
    "ingredient": [{"itemReference": {"reference": "Medication/77"}}],
}
VIAL: Json = {"resourceType": "Medication", "id": "77", "code": RITUXIMAB}
HARMLESS: Json = {"resourceType": "Medication", "id": "77", "code": {"text": "paracetamol"}}


def named(reference: str = "Medication/77", **more: Any) -> Json:
    made = {**draft("x"), "medicationReference": {"reference": reference, **more}}
    del made["medicationCodeableConcept"]
    return made


def request(*drafts: Json, included: tuple[Json, ...] = (), prefetch: bool = True) -> Json:
    """``order-sign``, with Medications included beside the chart's orders."""
    asked = order_request(list(drafts), OPEN_TO_BOTH)
    asked["prefetch"]["medicationRequests"]["entry"] += [
        {"resource": one, "search": {"mode": "include"}} for one in included
    ]
    server = {"fhirServer": BASE, "fhirAuthorization": AUTHORIZATION}
    return asked if prefetch else {**asked, **server, "prefetch": {}}


@pytest.mark.parametrize(
    ("reference", "included"),
    [
        ("Medication/77", (VIAL,)),
        ("Medication/77/_history/2", (VIAL,)),
        ("https://ehr.example/fhir/Medication/77", (VIAL,)),
        ("Medication/kit", (KIT, VIAL)),
    ],
)
def test_one_that_came_with_the_chart_closes_the_trial(reference: str, included: tuple[Json, ...]) -> None:
    (card,) = cards_of(request(named(reference), included=included))
    assert "NCT05247203" in card["summary"]
    assert "until 2027-06-16 at the earliest by" in card["summary"]


def test_a_contained_kit_of_one_that_came_with_the_chart_does() -> None:
    order = {**named("#kit"), "contained": [KIT]}
    (card,) = cards_of(request(order, included=(VIAL,)))
    assert "until 2027-06-16" in card["summary"]


def test_beside_a_draft_that_is_told_both_are_named() -> None:
    (card,) = cards_of(request(named(), draft("belimumab"), included=(VIAL,)))
    assert "rituximab" in card["summary"]
    assert "belimumab" in card["summary"]


@pytest.mark.parametrize("included", [(), (HARMLESS,), (KIT,)])
def test_one_that_nothing_tells_or_that_is_harmless_is_silent(included: tuple[Json, ...]) -> None:
    assert cards_of(request(named(), included=included)) == []


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_of_one_that_orders_nothing_no_chart_is_read(status: str) -> None:
    asked = request({**named(), "status": status}, included=(VIAL,))
    del asked["prefetch"]["patient"]
    assert cards_of(asked) == []


class TestOnTheServer:
    """What no prefetch brought is asked of the FHIR server, by its id."""

    def ehr(self, *medications: Json) -> Ehr:
        ehr = Ehr(OPEN_TO_BOTH)
        ehr.resources["Medication"] = list(medications)
        return ehr

    @pytest.mark.parametrize("prefetch", [True, False])
    def test_it_is_fetched(self, prefetch: bool) -> None:
        ehr = self.ehr(VIAL)
        asked = request(named(), prefetch=prefetch) | {
            "fhirServer": BASE,
            "fhirAuthorization": AUTHORIZATION,
        }
        with NETWORK:
            (card,) = cards_of(asked, hook_beside(ehr))
        assert "until 2027-06-16 at the earliest by" in card["summary"]
        if prefetch:
            assert ehr.asked_types == ["Medication"]

    def test_its_ingredient_is_fetched_in_its_turn(self) -> None:
        ehr = self.ehr(KIT, VIAL)
        with NETWORK:
            (card,) = cards_of(request(named("Medication/kit"), prefetch=False), hook_beside(ehr))
        assert "until 2027-06-16" in card["summary"]

    def test_of_one_whose_words_tell_another_drug_nothing_is_asked(self) -> None:
        ehr = self.ehr(VIAL)
        with NETWORK:
            asked = request(named(display="paracetamol 500 mg"), prefetch=False)
            assert cards_of(asked, hook_beside(ehr)) == []
        assert ehr.asked == []

    def test_without_a_chart_that_could_be_had_it_is_told_that_the_patient_is_needed(self) -> None:
        asked = request(named())
        asked["prefetch"] = {}
        assert fire(asked).status_code == 412
