"""Whose a fetched resource is, is told whatever the shape of its subject; what cannot be told is not used."""

from __future__ import annotations

import httpx
import pytest

from tests.app.ehr import Ehr, hook_beside, request_without
from tests.app.service import POTENTIAL, cards_of, findings_of, request_of, screening_of, searchset

pytestmark = pytest.mark.usefixtures("network")


@pytest.mark.parametrize(
    "subject",
    [
        "Patient/other",
        ["Patient/other"],
        [{"reference": "Patient/other"}, {"reference": "Patient/another"}],
        [{"reference": f"Patient/{POTENTIAL}"}, {"reference": "Patient/other"}],
    ],
    ids=str,
)
def test_a_procedure_of_somebody_else_costs_that_type_and_no_other(subject: object) -> None:
    """NCT05247203 E14 and its like ask for no procedure; they are then open, and all else is as it was."""
    done = {"resourceType": "Procedure", "id": "x", "status": "completed", "subject": subject}
    found = searchset({**done, "code": {"text": "Kidney transplant"}})

    def instead(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, json=found) if "/Procedure" in request.url.path else None

    whole = {screening_of(card)["protocol"]: findings_of(card) for card in cards_of(request_of(POTENTIAL))}
    ehr = Ehr(POTENTIAL, instead=instead)
    cards = cards_of(request_without("procedures", patient=POTENTIAL), hook_beside(ehr))
    assert {screening_of(card)["protocol"] for card in cards} == whole.keys()
    changed = {
        finding["outcome"]
        for card in cards
        for criterion, finding in findings_of(card).items()
        if finding["outcome"] != whole[screening_of(card)["protocol"]][criterion]["outcome"]
    }
    assert changed == {"missing"}
