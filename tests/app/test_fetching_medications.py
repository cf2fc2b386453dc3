"""Medications: those that are only referred to are fetched, and one course told in several ways is one."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from tests.app.ehr import BASE, EVERY, NETWORK, Ehr, hook_beside, request_without
from tests.app.service import POTENTIAL, cards_of, findings_of

pytestmark = pytest.mark.usefixtures("network")


class TestMedications:
    """A drug is often told by a reference to a Medication that was not sent along."""

    def request(self, *references: str, **more: Any) -> dict[str, Any]:
        request = request_without(patient=POTENTIAL, **more)
        orders = [
            {
                "resourceType": "MedicationRequest",
                "id": f"order-{number}",
                "status": "active",
                "intent": "order",
                "subject": {"reference": f"Patient/{POTENTIAL}"},
                "authoredOn": "2026-06-01",
                "medicationReference": {"reference": reference},
            }
            for number, reference in enumerate(references)
        ]
        bundle = request["prefetch"]["medicationRequests"]
        bundle["entry"] += [{"resource": order} for order in orders]
        bundle["total"] = len(bundle["entry"])
        return request

    def hook(self, ehr: Ehr) -> TestClient:
        return hook_beside(ehr, settings={"show_ineligible": True})

    def ehr(self, **how: Any) -> Ehr:
        ehr = Ehr(POTENTIAL, **how)
        rituximab = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "121191"}
        ehr.resources["Medication"] = [
            {"resourceType": "Medication", "id": "m1", "code": {"coding": [rituximab]}},
            {"resourceType": "Medication", "id": "m2", "code": {"text": "Rituximab"}},
        ]
        return ehr

    @pytest.mark.parametrize(
        "reference", ["Medication/m1", f"{BASE}/Medication/m1", "Medication/m1/_history/3", "Medication/m2"]
    )
    def test_it_is_fetched_by_its_id(self, reference: str) -> None:
        ehr = self.ehr()
        cards = cards_of(self.request(reference), self.hook(ehr))
        assert ehr.asked_types == ["Medication"]
        assert "MedicationRequest/order-0" in json.dumps(cards)
        assert "the drug cannot be told" not in json.dumps(cards)

    def test_several_are_fetched_in_one_search(self) -> None:
        ehr = self.ehr()
        cards_of(self.request("Medication/m1", "Medication/m2", "Medication/m1"), self.hook(ehr))
        assert [r.url.params.get("_id") for r in ehr.asked if "Medication" in r.url.path] == ["m1,m2"]

    def test_one_by_one_where_the_server_knows_no_such_search(self) -> None:
        def no_search(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(400) if "_id" in request.url.params else None

        ehr = self.ehr(instead=no_search)
        cards = cards_of(self.request("Medication/m1", "Medication/m2"), self.hook(ehr))
        assert [r.url.path for r in ehr.asked][-2:] == ["/fhir/Medication/m1", "/fhir/Medication/m2"]
        assert "MedicationRequest/order-1" in json.dumps(cards)

    @pytest.mark.parametrize(
        "reference",
        [
            "#contained",
            "urn:uuid:0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1",
            "https://evil.example/fhir/Medication/m1",
            "Substance/m1",
            "Medication/../Patient",
            "Medication/",
            "",
        ],
    )
    def test_others_are_not_asked_for(self, reference: str) -> None:
        ehr = self.ehr()
        cards_of(self.request(reference), self.hook(ehr))
        assert ehr.asked == []

    def test_nor_is_one_that_is_at_hand(self) -> None:
        ehr = self.ehr()
        request = self.request("Medication/m1")
        entry = {"resource": ehr.resources["Medication"][0], "search": {"mode": "include"}}
        request["prefetch"]["medicationRequests"]["entry"].append(entry)
        cards_of(request, self.hook(ehr))
        assert ehr.asked == []

    def test_one_that_cannot_be_had_leaves_the_history_open(self) -> None:
        ehr = self.ehr()
        cards = cards_of(self.request("Medication/gone"), self.hook(ehr))
        assert "missing" in {f["outcome"] for f in findings_of(cards[-1]).values()}


@pytest.mark.parametrize(
    "kinds",
    [
        ("MedicationRequest", "MedicationStatement"),
        ("MedicationRequest", "MedicationDispense"),
        ("MedicationRequest", "MedicationStatement", "MedicationDispense"),
    ],
)
def test_one_course_that_a_server_tells_in_several_ways_is_one_course(kinds: tuple[str, ...]) -> None:
    drug = {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8640"}],
        "text": "Prednisone",
    }
    dosage = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "route": {"text": "oral"},
        "doseAndRate": [
            {"doseQuantity": {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}
        ],
    }
    told_as: dict[str, dict[str, Any]] = {
        "MedicationRequest": {
            "intent": "order",
            "status": "active",
            "authoredOn": "2026-04-01",
            "dosageInstruction": [dosage],
        },
        "MedicationStatement": {
            "status": "active",
            "effectivePeriod": {"start": "2026-04-01"},
            "dosage": [dosage],
        },
        "MedicationDispense": {
            "status": "completed",
            "whenHandedOver": "2026-04-01",
            "dosageInstruction": [dosage],
            "daysSupply": {"value": 120, "unit": "d"},
        },
    }

    def outcomes(*asked: str) -> list[dict[str, str]]:
        ehr = Ehr(POTENTIAL)
        for kind in told_as:
            ehr.resources[kind] = []
        for kind in asked:
            ehr.resources[kind] = [
                {
                    "resourceType": kind,
                    "id": f"pred-{kind.lower()}",
                    "subject": {"reference": f"Patient/{POTENTIAL}"},
                    "medicationCodeableConcept": drug,
                    **told_as[kind],
                }
            ]
        NETWORK.routes.clear()
        found = cards_of(request_without(*EVERY, patient=POTENTIAL), hook_beside(ehr))
        return [
            {criterion: finding["outcome"] for criterion, finding in findings_of(card).items()}
            for card in found
        ]

    assert outcomes(*kinds) == outcomes("MedicationRequest")
    assert outcomes(*kinds) != outcomes()
