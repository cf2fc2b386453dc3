"""The demonstration page: pick an invented patient, fire the real hook, see the cards."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from importlib import resources
from typing import Final

import msgspec
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from app.demo.patients import DemoPatient, demo_patients
from app.demo.requests import hook_request
from app.parameters import IsoDate
from app.rendering.cards import cards_fragment
from app.rendering.page import environment

HOOK_PATH: Final = "/cds-services/lupus-trials"
_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
"""What the page needs; the other headers are those of every answer."""
_STATIC: Final = {"demo.js": "text/javascript", "demo.css": "text/css", "cards.css": "text/css"}
_ICON: Final = "icon.svg"


def demo_routes(templates: Mapping[str, str], today: Callable[[], date]) -> APIRouter:
    """The page and what it needs: the prefetch templates of the hook that it fires, and the hook's clock."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        template = environment().get_template("demo.html")
        body = template.render(patients=demo_patients().values(), hook_path=HOOK_PATH)
        return HTMLResponse(body, headers=dict(_POLICY))

    @routes.get("/demo/static/{name}")
    async def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404, f"no file '{name}'")
        content = resources.files("app.demo").joinpath("static", name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers=dict(_POLICY))

    @routes.get("/favicon.ico")
    async def icon() -> Response:
        content = resources.files("app.demo").joinpath("static", _ICON).read_bytes()
        return Response(content, media_type="image/svg+xml", headers=dict(_POLICY))

    @routes.get("/demo/patients/{patient}")
    async def chart(patient: str, asOf: IsoDate | None = None) -> Response:  # noqa: N803  # as elsewhere
        bundle = _known(patient).bundle(asOf or today())
        return Response(json.dumps(bundle, ensure_ascii=False), media_type="application/fhir+json")

    @routes.get("/demo/requests/{patient}")
    async def request(patient: str) -> Response:
        body = hook_request(_known(patient), today(), templates)
        return Response(json.dumps(body, ensure_ascii=False), media_type="application/json")

    @routes.post("/demo/cards", response_class=HTMLResponse)
    async def cards(request: Request) -> HTMLResponse:
        try:
            return HTMLResponse(cards_fragment(await request.body()), headers=dict(_POLICY))
        except msgspec.DecodeError as error:
            raise HTTPException(400, f"not a CDS Hooks response: {error}") from None

    return routes


def _known(patient: str) -> DemoPatient:
    try:
        return demo_patients()[patient]
    except KeyError:
        known = ", ".join(demo_patients())
        raise HTTPException(404, f"no demonstration patient '{patient}'; there are {known}") from None
