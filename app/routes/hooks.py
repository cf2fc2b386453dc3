"""CDS Hooks: discovery, the hook, feedback.

The body of a hook is read as bytes and decoded lazily; validation of a whole FHIR body by models would cost
more than everything else together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache

import msgspec
from fastapi import APIRouter, Request, Response

from app.charts import Counts
from app.clients.authenticator import Authenticator
from app.feedback import FeedbackDesk
from app.hook import SERVED_HOOKS, SERVICE_ID, TrialsHook, served_to
from app.language import answered_in
from app.limits import JSON_BODY, must_be_json, must_be_shallow
from app.logging import note
from app.order_hooks import ORDER_HOOKS
from app.prefetch_table import TEMPLATES
from app.settings import Settings
from app.surrogates import without_lone_surrogates
from cds_hooks.discovery import Discovery, Service
from cds_hooks.errors import UnknownServiceError
from cds_hooks.feedback import read_feedback
from cds_hooks.hooks import HOOKS

_JSON = "application/json"

TITLE = "Open lupus trials"
_DESCRIPTION = (
    "Which open trials may fit the patient, what stands in the way, which result is missing, and what a "
    "person must confirm. Every statement names its source in the record. Diseases of the open trials: "
    "{conditions}."
)
_ORDERS = (
    "Whether a draft order would close a trial that is open to the patient, and until when; else silent. "
    "Diseases of the open trials: {conditions}."
)
DESCRIPTIONS = {hook: _ORDERS if hook in ORDER_HOOKS else _DESCRIPTION for hook in SERVED_HOOKS}
USAGE = (
    "Sends cards only for patients who have the disease of an open trial. What is not prefetched is "
    "fetched where the operator lists the FHIR server; what cannot be had leaves what rests on it unknown."
)


def discovery(
    settings: Settings,
    conditions: Sequence[str],
    templates: Mapping[str, str] = TEMPLATES,
    hooks: Collection[str] = SERVED_HOOKS,
) -> Discovery:
    """The services that are offered, for patients with one of these diseases.

    ``templates``: of prefetch. ``hooks``: those that the client is served.
    """
    ahead = settings.cds_hooks_3
    return Discovery(
        tuple(
            Service(
                id=SERVICE_ID,
                hook=hook,
                title=TITLE,
                description=DESCRIPTIONS[hook].format(conditions="; ".join(conditions)),
                usage_requirements=USAGE,
                prefetch=dict(templates),
                version="3.0.0" if ahead else None,
                hook_version=HOOKS[hook].version if ahead else None,
            )
            for hook in hooks
        )
    )


def hook_routes(
    hook: TrialsHook, settings: Settings, authenticator: Authenticator, desk: FeedbackDesk
) -> APIRouter:
    """The routes under ``/cds-services``."""
    routes = APIRouter(prefix="/cds-services", tags=["CDS Hooks"])

    @cache
    def announced(hooks: tuple[str, ...], by_category: bool) -> bytes:
        templates = hook.templates(by_category=by_category)
        return msgspec.json.encode(discovery(settings, hook.conditions, templates, hooks))

    @routes.get("", summary="Discovery")
    async def discover(request: Request) -> Response:
        """The services that the client which asks is served."""
        client = await authenticator.authenticate(request)
        told = announced(served_to(client), client.observations_by_category)
        return Response(told, media_type=_JSON)

    @routes.post("/{service_id}", summary="Fire a hook", openapi_extra=JSON_BODY)
    async def fire(service_id: str, request: Request) -> Response:
        """Body: a CDS Hooks request. Answer: cards, in the language of the client or of the request."""
        client = await authenticator.authenticate(request)
        _must_be_known(service_id)
        body = await _body(request)
        language, headers = answered_in(request, settings.language, client.language)
        counts: Counts = {}
        try:
            answer = await hook.answer(body, client, language, counts)
        finally:
            note(request.scope, **counts)
        return Response(answer, media_type=_JSON, headers=dict(headers))

    @routes.post("/{service_id}/feedback", summary="What became of cards", openapi_extra=JSON_BODY)
    async def feedback(service_id: str, request: Request) -> Response:
        """Body: CDS Hooks feedback. It is checked, stored and acknowledged; unknown cards are no error."""
        client = await authenticator.authenticate(request)
        _must_be_known(service_id)
        given = read_feedback(await _body(request))
        outcomes = Counter(item.outcome for item in given.items)
        note(
            request.scope,
            feedback_accepted=outcomes["accepted"],
            feedback_overridden=outcomes["overridden"],
        )
        await desk.take(given.items, client.id)
        return Response(status_code=200)

    async def _body(request: Request) -> bytes:
        must_be_json(request)
        body = await request.body()
        must_be_shallow(body, settings.max_nesting)
        return without_lone_surrogates(body)

    return routes


def _must_be_known(service_id: str) -> None:
    if service_id != SERVICE_ID:
        raise UnknownServiceError(f"there is no such service; there is '{SERVICE_ID}'")
