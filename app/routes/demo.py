"""The demonstration patients as data: a chart as a Bundle, and the request that an EHR would send."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date

from fastapi import APIRouter, HTTPException, Response

from app.demo.patients import DemoPatient, demo_patients
from app.demo.requests import hook_request
from app.parameters import IsoDate


def demo_routes(templates: Mapping[str, str], today: Callable[[], date]) -> APIRouter:
    """``/demo/patients``, ``/demo/requests``; ``templates`` are the service's own, ``today`` is its clock."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/demo/patients/{patient}")
    async def chart(patient: str, asOf: IsoDate | None = None) -> Response:  # noqa: N803  # as elsewhere
        bundle = _known(patient).bundle(asOf or today())
        return Response(json.dumps(bundle, ensure_ascii=False), media_type="application/fhir+json")

    @routes.get("/demo/requests/{patient}")
    async def request(patient: str) -> Response:
        body = hook_request(_known(patient), today(), templates)
        return Response(json.dumps(body, ensure_ascii=False), media_type="application/json")

    return routes


def _known(patient: str) -> DemoPatient:
    try:
        return demo_patients()[patient]
    except KeyError:
        known = ", ".join(demo_patients())
        raise HTTPException(404, f"no demonstration patient '{patient}'; there are {known}") from None
