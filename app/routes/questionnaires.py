"""FHIR Questionnaires: what each protocol asks of persons, and the forms of the scores."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from app.errors import UnknownPathError
from app.questionnaires import Library, UnknownQuestionnaireError
from app.screening import ScreeningService

_FHIR = "application/fhir+json"


def questionnaire_routes(service: ScreeningService) -> APIRouter:
    """``/questionnaires`` and ``/questionnaires/{id}``."""
    routes = APIRouter(prefix="/questionnaires", tags=["Questionnaires"])
    library = Library(service.protocols.values())
    entries = [
        {"fullUrl": resource["url"], "resource": resource, "search": {"mode": "match"}}
        for resource in library.resources.values()
    ]

    @routes.get("", summary="All questionnaires, as a searchset Bundle")
    async def all_questionnaires(request: Request) -> Response:
        return _answer(
            {
                "resourceType": "Bundle",
                "type": "searchset",
                "total": len(entries),
                "link": [{"relation": "self", "url": str(request.url)}],
                "entry": entries,
            }
        )

    @routes.get("/{questionnaire_id}", summary="One questionnaire, as FHIR R4")
    async def one_questionnaire(questionnaire_id: str) -> Response:
        try:
            return _answer(library.one(questionnaire_id))
        except UnknownQuestionnaireError:
            known = ", ".join(library.resources)
            raise UnknownPathError(f"there is no such questionnaire; there are: {known}") from None

    return routes


def _answer(resource: dict[str, Any]) -> Response:
    return Response(json.dumps(resource, ensure_ascii=False).encode(), media_type=_FHIR)
