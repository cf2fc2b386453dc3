"""The terminology that the service's own messages use, as FHIR."""

from __future__ import annotations

import json

from fastapi import APIRouter, Response

from app.cards.override_reason_terminology import ID, override_reason_resources
from app.errors import UnknownPathError

_FHIR = "application/fhir+json"


def terminology_routes(language: str) -> APIRouter:
    """``/fhir/CodeSystem/override-reasons`` and its like; in the language of the cards."""
    routes = APIRouter(prefix="/fhir", tags=["Terminology"])
    resources = override_reason_resources(language)

    @routes.get("/{resource_type}/{resource_id}", summary="Why cards are put aside, as FHIR R4")
    async def one_resource(resource_type: str, resource_id: str) -> Response:
        """`CodeSystem`, `ValueSet` or `ConceptMap`, each as `override-reasons`."""
        if resource_type not in resources or resource_id != ID:
            known = ", ".join(f"{kind}/{ID}" for kind in resources)
            raise UnknownPathError(f"there is no such resource; there are: {known}")
        return Response(json.dumps(resources[resource_type], ensure_ascii=False), media_type=_FHIR)

    return routes
