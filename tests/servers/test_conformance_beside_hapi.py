"""The conformance suite holds of the service where each call names a real FHIR server to fetch from."""

from __future__ import annotations

import uuid
from typing import Any

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from conformance import Plan, run
from conformance.caller import Caller
from tests.app.draft_orders import OPEN_TO_BOTH, draft
from tests.app.service import AS_OF
from tests.conformance.test_this_service import not_kept, served

DRAFT = draft("rituximab", subject={"reference": f"Patient/{OPEN_TO_BOTH}"}, authoredOn=str(AS_OF))
SIGNED = {"draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": DRAFT}]}}
CONTEXTS: dict[str, dict[str, Any]] = {
    "patient-view": {},
    "encounter-start": {"encounterId": "conformance-encounter"},
    "order-select": {**SIGNED, "selections": [f"MedicationRequest/{DRAFT['id']}"]},
    "order-sign": SIGNED,
}


def test_every_rule_is_kept_with_nothing_prefetched_and_a_real_server_to_ask(hapi_address: str) -> None:
    base = f"{hapi_address}/fhir"
    own = {
        hook: {
            "hook": hook,
            "hookInstance": str(uuid.uuid4()),
            "fhirServer": base,
            "context": {"userId": "Practitioner/demo", "patientId": OPEN_TO_BOTH, **context},
        }
        for hook, context in CONTEXTS.items()
    }
    profile = ClientProfile(id="open", preset="sandbox", fhir_servers=(base,), allow_private_addresses=True)
    with (
        served(Clients((), profile), open=True, fetch_deadline_seconds=60) as base_url,
        Caller(base_url) as caller,
    ):
        report = run(caller, Plan(requests=own, every_key=False, feedback=False))
    assert not_kept(report) == []
    assert len(report.services) == len(CONTEXTS)
    passed = {result.number for result in report.results if result.status == "passed"}
    assert passed >= {"C26", "C28", "C34", "C58", "C66", "C73"}, "there were cards to look at"
