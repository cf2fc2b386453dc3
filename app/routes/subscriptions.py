"""``/subscriptions/NAME``: where FHIR servers tell what is new (rest-hook)."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from app.errors import BusyError, ParameterError, UnreadableBodyError
from app.limits import must_be_json, must_be_shallow
from app.logging import note
from app.settings import Settings
from app.subscriptions.desk import SubscriptionDesk
from app.subscriptions.news import of_reference
from app.subscriptions.notifications import Notification, read_notification
from app.subscriptions.rescreening import Rescreener
from app.subscriptions.waiting import FullError
from app.surrogates import without_lone_surrogates
from fhir_mappings.decoding import peek

_FHIR = "application/fhir+json"
_BODY: dict[str, Any] = {"requestBody": {"content": {_FHIR: {"schema": {"type": "object"}}}}}
_TAKEN = msgspec.json.encode({"resourceType": "Bundle", "type": "transaction-response"})
"""Answers a Bundle: some servers post theirs as a transaction, and take anything else for a failure."""


def subscription_routes(desk: SubscriptionDesk, settings: Settings) -> APIRouter:
    """The endpoint, as R4 and the backport of R5 have it."""
    routes = APIRouter(prefix="/subscriptions", tags=["Subscriptions"])

    @routes.post("/{name}", summary="Something is new", openapi_extra=_BODY)
    async def notify(name: str, request: Request) -> Response:
        """Body: nothing, a resource, or a Bundle of notification. The answer comes before the screening."""
        rescreener = desk.admitted(name, request.headers)
        notification = read_notification(await _body(request), rescreener.base)
        return await _taken(request, rescreener, notification)

    @routes.put("/{name}/{resource_type}/{resource_id}", summary="A resource is new", openapi_extra=_BODY)
    async def put(name: str, resource_type: str, resource_id: str, request: Request) -> Response:
        """As servers that send payloads do: they put each resource under the endpoint, in its place."""
        rescreener = desk.admitted(name, request.headers)
        body = await _body(request)
        seen = peek(body) if body.strip() else None
        if seen is None or (seen.resource_type, seen.id) != (resource_type, resource_id):
            raise UnreadableBodyError("the body is not the resource that the address names")
        return await _taken(request, rescreener, read_notification(body, rescreener.base))

    @routes.delete("/{name}/{resource_type}/{resource_id}", summary="A resource is gone")
    async def delete(name: str, resource_type: str, resource_id: str, request: Request) -> Response:
        """Whom it was about only the server could tell; of most resources it does not."""
        rescreener = desk.admitted(name, request.headers)
        gone = of_reference(f"{resource_type}/{resource_id}", rescreener.base)
        if gone is None:
            raise ParameterError("the address names no resource", "id")
        return await _taken(request, rescreener, Notification(kind="deletion", news=(gone,)))

    async def _body(request: Request) -> bytes:
        must_be_json(request)
        body = await request.body()
        must_be_shallow(body, settings.max_nesting)
        return without_lone_surrogates(body)

    return routes


async def _taken(request: Request, rescreener: Rescreener, notification: Notification) -> Response:
    note(
        request.scope,
        subscription=rescreener.name,
        notification=notification.kind,
        events=len(notification.news),
        untold=notification.untold,
    )
    try:
        missed = await rescreener.take(notification)
    except FullError:
        raise BusyError("too many patients wait to be screened again; send it later") from None
    if missed:
        note(request.scope, events_missed=missed)
    if notification.is_bundle:
        return Response(_TAKEN, media_type=_FHIR)
    return Response(status_code=202 if notification.news else 200)
