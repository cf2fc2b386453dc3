"""A refuted SLE gives no card by classification criteria alone (NCT05247203, assumption P15)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.service import TRIAL_B, cards_of, request_of

SYSTEM = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def trials(status: str) -> set[str]:
    """The trials of the cards, where every Condition of the patient has this verification status."""
    request: dict[str, Any] = request_of("lin-mei")
    for bundle in request["prefetch"].values():
        for entry in (bundle or {}).get("entry", []):
            resource = entry["resource"]
            if resource["resourceType"] == "Condition":
                resource["verificationStatus"] = {"coding": [{"system": SYSTEM, "code": status}]}
    request["prefetch"]["reports"] = None
    cards = cards_of(request)
    return {card["extension"]["org.trialcards.screening"]["protocol"] for card in cards}


@pytest.mark.parametrize(
    ("status", "shown"), [("confirmed", True), ("refuted", False), ("entered-in-error", True)]
)
def test_what_was_refuted_speaks_against_classification_and_what_was_a_mistake_says_nothing(
    status: str, shown: bool
) -> None:
    assert (TRIAL_B in trials(status)) == shown
