"""Every resource that the service hands out, by kind: the one place where a new kind is registered.

A function under ``EMITTED`` yields resources as the product makes them, with a name for each, so that
``test_emitted_resources.py`` can have them validated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.answers.given import GivenAnswer, answers_bundle, response_of
from app.audit_event import audit_bundle
from app.cards.override_reason_terminology import override_reason_resources
from app.cards.suggestions import draft_order
from app.errors import RefusedError
from app.listing.entries import Status
from app.listing.fhir_export import fhir_of
from app.outcomes import outcome
from app.questionnaires import Library
from app.questionnaires.blank import blank_response
from app.questionnaires.places import Place, place_of
from cds_hooks.errors import CdsHooksError
from fhir_mappings.vocabulary import vocabulary
from sandbox.charts import bundled_id, charts
from tests.app.listing import entries as listed
from tests.app.service import (
    AS_OF,
    HOOK,
    NO_LUPUS,
    TRIAL_A,
    cards_of,
    default_client,
    request_of,
    screening_service,
)
from tests.app.store.calls import ANSWERS, CALLS, REFUSED, VIEWS

Named = Iterator[tuple[str, dict[str, Any]]]


def questionnaires() -> Named:
    """The forms of all protocols and all scores."""
    yield from _library().resources.items()


def blank_responses() -> Named:
    """Each form, unanswered."""
    for name, resource in _library().resources.items():
        yield name, blank_response(resource, "lin-mei")


def outcomes() -> Named:
    """One for each kind of error, and what a number of bad requests are answered with."""
    for kind in (*_kinds_of(CdsHooksError), *_kinds_of(RefusedError)):
        yield kind.__name__, json.loads(outcome(kind.issue_code, "what was wrong", "prefetch.patient"))
    no_patient, no_diagnoses, other_patient = request_of(), request_of(NO_LUPUS), request_of()
    del no_patient["prefetch"]["patient"]
    del no_diagnoses["prefetch"]["conditions"]
    other_patient["context"]["patientId"] = "another"
    requests: tuple[tuple[str, str, Any], ...] = (
        ("POST", HOOK, b"<html></html>"),
        ("POST", HOOK, b"{}"),
        ("POST", HOOK, {**request_of(), "hook": "order-sign"}),
        ("POST", HOOK, no_patient),
        ("POST", HOOK, no_diagnoses),
        ("POST", HOOK, other_patient),
        ("POST", f"{HOOK}/feedback", {}),
        ("POST", "/cds-services/none", {}),
        ("POST", "/screenings", b"\x00"),
        ("POST", "/screenings?as_of=soon", {}),
        ("POST", "/screenings?no-such-parameter=1", {}),
        ("GET", "/protocols/none", b""),
        ("GET", "/questionnaires/none", b""),
        ("GET", "/nowhere", b""),
        ("DELETE", "/screenings", b""),
    )
    for method, path, body in requests:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = default_client().request(
            method, path, content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in range(400, 500), (method, path, answer.status_code)
        yield f"{method} {path} {body!r:.40}: {answer.status_code}", answer.json()


def demonstration_charts() -> Named:
    """The charts that ship, and those that the sandbox is loaded with."""
    for patient in charts().values():
        for resource in patient.chart(AS_OF):
            if patient.id == bundled_id(patient.id) or resource["resourceType"].startswith("Medication"):
                yield f"{resource['resourceType']}/{resource['id']}", resource


def suggested_orders() -> Named:
    """The draft orders of cards, and one for each test that a screening can name, within an encounter."""
    for patient in charts():
        for card in cards_of(request_of(patient)) if patient == bundled_id(patient) else ():
            for number, suggestion in enumerate(card.get("suggestions", ())):
                yield f"{patient}, {card['summary']:.30}, {number}", suggestion["actions"][0]["resource"]
    for name in vocabulary().input_names:
        described = vocabulary().input(name)
        if described is not None and described.order is not None:
            yield name, draft_order(described.order, "Patient/1", "e1")


def answers_of_persons() -> Named:
    """An answer of each kind of person, one that was taken back, and the Bundle of them all."""
    at = datetime(2026, 6, 15, 9, tzinfo=UTC)
    first = GivenAnswer(
        id="0a5ad0b8-6dbc-4cc2-a2a4-6cb6d93f7a53",
        at=at,
        trial=TRIAL_A,
        version="2",
        question=f"{TRIAL_A}/I9/contraception",
        words="患者是否同意避孕？",
        place=place_of(_library().one(TRIAL_A), f"{TRIAL_A}/I9/contraception") or Place(""),
        value=True,
        on=AS_OF,
        authored=at.isoformat(),
        name="Dr Wu",
        role="clinician",
        why="<Agreed> & signed",
    )
    change = msgspec.structs.replace
    kinds = (
        first,
        change(first, id="8d4f4f9b-3a37-45a1-9ee5-b11f8a4d8a46", role="patient", authored="2026-06-15"),
        change(first, id="6d3e8c5c-2ac0-4f0f-8b0b-6b9d7bb4ff02", role="relative", value=False, why=""),
        change(first, id="c36b4b52-0e0c-4a2a-9f4d-1f1a0f0f7d11", withdrawn=at),
    )
    yield "all", json.loads(answers_bundle(kinds, "lin-mei"))
    for answer in kinds:
        yield f"{answer.role} {answer.withdrawn}", response_of(answer, "lin-mei")


def audit_events() -> Named:
    """Calls with and without a user, an encounter and trials, refused ones, pages, and all in a Bundle."""
    bundle = json.loads(audit_bundle([*CALLS, *REFUSED, *VIEWS, *ANSWERS]))
    yield "all", bundle
    for number, entry in enumerate(bundle["entry"]):
        yield f"call {number}", entry["resource"]


def terminology() -> Named:
    """The override reasons."""
    yield from override_reason_resources("en").items()


def screening_lists() -> Named:
    """The list as FHIR, with an entry of each status.

    In a Bundle HAPI's validator (8.8.0) looks absolute references up, has no client for that here, and ends
    with a NullPointerException: subjects of a named server are validated by themselves.
    """
    known = screening_service().protocols
    entries = [listed.entry(status=status, key=f"{n:032x}") for n, status in enumerate(Status)]
    entries += [listed.entry(trial=identifier) for identifier in known]
    for number, item in enumerate(fhir_of(entries, known, listed.AT)["entry"]):
        yield f"{item['resource']['resourceType']} {number}", item["resource"]
    nowhere = msgspec.structs.replace(listed.ANNA, fhir_server=None)
    relative = [msgspec.structs.replace(each, patient=nowhere) for each in entries]
    yield "all", fhir_of(relative, known, listed.AT)


EMITTED: Mapping[str, Callable[[], Named]] = {
    "Questionnaires": questionnaires,
    "blank QuestionnaireResponses": blank_responses,
    "OperationOutcomes": outcomes,
    "demonstration charts": demonstration_charts,
    "suggested orders": suggested_orders,
    "answers of persons": answers_of_persons,
    "AuditEvents": audit_events,
    "terminology": terminology,
    "screening lists": screening_lists,
}


def _library() -> Library:
    return Library(screening_service().protocols.values())


def _kinds_of(error: Any) -> Iterator[Any]:
    yield error
    for kind in error.__subclasses__():
        yield from _kinds_of(kind)
