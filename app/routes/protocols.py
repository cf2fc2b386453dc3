"""The protocols as data: what each trial asks, in its words and as it is read."""

from __future__ import annotations

import json

from fastapi import APIRouter, Response

from app.errors import UnknownPathError
from app.screening import ScreeningService

_JSON = "application/json"


def protocol_routes(service: ScreeningService) -> APIRouter:
    """``/protocols`` and ``/protocols/{id}``."""
    routes = APIRouter(prefix="/protocols", tags=["Protocols"])
    listed = [
        {
            "id": bound.protocol.id,
            "version": bound.protocol.version,
            "title": bound.protocol.title,
            "shortTitle": bound.protocol.short_title,
            "status": bound.protocol.status,
            "open": bound.protocol.open,
            "condition": bound.protocol.condition,
            "registryUrl": bound.protocol.registry_url,
        }
        for bound in service.protocols.values()
    ]
    catalogue = json.dumps({"protocols": listed}, ensure_ascii=False).encode()

    @routes.get("", summary="The trials that this installation screens for")
    async def all_protocols() -> Response:
        return Response(catalogue, media_type=_JSON)

    @routes.get("/{protocol_id}", summary="One protocol, as its file has it")
    async def one_protocol(protocol_id: str) -> Response:
        bound = service.protocols.get(protocol_id.lower())
        if bound is None:
            known = ", ".join(service.protocols)
            raise UnknownPathError(f"there is no such protocol; there are: {known}")
        document = bound.protocol.model_dump_json(by_alias=True, exclude_unset=True)
        return Response(document, media_type=_JSON)

    return routes
