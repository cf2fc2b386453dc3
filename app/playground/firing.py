"""The request that the played EHR sends, and what the service's own route answers to it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec
from starlette.types import ASGIApp

from app.demo.orders import draft_orders
from app.hook import ENCOUNTER_START, SERVICE_ID
from app.order_hooks import ORDER_HOOKS
from app.outcomes import HOOKS_PREFIX
from app.playground.chosen import Chosen
from app.playground.ehr import Held, prefetched
from app.playground.in_process import Answer, post
from app.rehearsal import EXTENSION

HOOK_PATH = f"{HOOKS_PREFIX}/{SERVICE_ID}"

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Fired(NamedTuple):
    """A hook that was fired: the request and the answer as they would go over the network, and the time."""

    request: bytes
    answer: Answer
    milliseconds: int


def request_body(
    chosen: Chosen,
    held: Held,
    templates: Mapping[str, str],
    today: date,
    *,
    keep_evidence: bool,
) -> bytes:
    """The request as JSON.

    Args:
        chosen: what is to be tried.
        held: the chart.
        templates: of prefetch, as discovery lists them.
        today: the day on which the draft orders are drafted.
        keep_evidence: whether cards are to link to their evidence.
    """
    request: dict[str, Any] = {"hook": chosen.hook, "hookInstance": str(uuid.uuid4())}
    if chosen.server is not None:
        request["fhirServer"] = chosen.server
    request["context"] = _context(chosen, held.patient_id, today)
    keys = list(templates)[: _how_many(chosen, len(templates))]
    if keys:
        request["prefetch"] = prefetched(held, {key: templates[key] for key in keys})
    request["extension"] = {EXTENSION: {"asOf": chosen.day.isoformat(), "keepEvidence": keep_evidence}}
    return _ENCODER.encode(request)


async def fire(application: ASGIApp, request: bytes, language: str) -> Fired:
    """Send a request through the application, as an EHR whose user reads this language."""
    began = time.perf_counter()
    headers = {"content-type": "application/json", "accept-language": language}
    answer = await post(application, HOOK_PATH, request, headers)
    return Fired(request, answer, round((time.perf_counter() - began) * 1000))


def _how_many(chosen: Chosen, keys: int) -> int:
    return {"all": keys, "half": (keys + 1) // 2, "none": 0}[chosen.prefetch]


def _context(chosen: Chosen, patient_id: str, today: date) -> dict[str, Any]:
    context: dict[str, Any] = {"userId": "Practitioner/demo", "patientId": patient_id}
    if chosen.hook == ENCOUNTER_START:
        context["encounterId"] = str(uuid.uuid4())
    if chosen.hook in ORDER_HOOKS:
        drafts = draft_orders(chosen.order, patient_id, today)
        if chosen.hook == "order-select":
            chosen_ones = [entry["resource"] for entry in drafts["entry"]]
            context["selections"] = [f"{each['resourceType']}/{each['id']}" for each in chosen_ones]
        context["draftOrders"] = drafts
    return context
