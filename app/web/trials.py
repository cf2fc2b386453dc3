"""``/trials``: what each trial asks, how that is read, on which codes, and what changed between versions."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.named_protocols import UnknownNameError, version_of, versions_of
from app.rendering import comparison
from app.rendering.example_words import chart_words, outcome_words
from app.rendering.protocol_account import (
    asked_parts,
    gate_account,
    named_codes,
    names_of,
    window_rows,
)
from app.screening import ScreeningService
from app.web.errors import PageError
from app.web.pages import Pages
from eligibility.comparing import compare
from eligibility.describing.phrases import Phrases
from eligibility.protocol import Protocol
from fhir_mappings.vocabulary import vocabulary

PATH = "/trials"


def trials_routes(service: ScreeningService, pages: Pages) -> APIRouter:
    """The pages on the protocols, their versions and codes. They hold no patient's data."""
    routes = APIRouter(include_in_schema=False)

    @routes.get(PATH)
    async def trials(request: Request) -> HTMLResponse:
        listed = [bound.protocol for bound in service.protocols.values()]
        return pages.page(request, "trials.html", protocols=sorted(listed, key=lambda p: not p.open))

    @routes.get("/trials/{trial}")
    async def trial(request: Request, trial: str, version: str | None = None) -> HTMLResponse:
        current = _protocol(service, trial)
        protocol = _version(current, version) if version else current
        phrases = Phrases(vocabulary(), protocol.freshness)
        return pages.page(
            request,
            "trial.html",
            protocol=protocol,
            current=current,
            versions=versions_of(current),
            windows=window_rows(protocol, phrases),
            gate=gate_account(protocol, phrases),
        )

    @routes.get("/trials/{trial}/criteria/{criterion}")
    async def one(request: Request, trial: str, criterion: str, version: str | None = None) -> HTMLResponse:
        current = _protocol(service, trial)
        protocol = _version(current, version) if version else current
        found = next((c for c in protocol.criteria if c.id.lower() == criterion.lower()), None)
        if found is None:
            raise PageError(404, "trials.error.criterion", criterion=criterion, trial=protocol.id)
        place = protocol.criteria.index(found)
        phrases = Phrases(vocabulary(), protocol.freshness)
        return pages.page(
            request,
            "trial_criterion.html",
            protocol=protocol,
            current=current,
            criterion=found,
            before=protocol.criteria[place - 1] if place else None,
            after=protocol.criteria[place + 1] if place + 1 < len(protocol.criteria) else None,
            parts=asked_parts(found, phrases),
            names=names_of(found, vocabulary()),
            assumptions={one.id: one.text for one in protocol.assumptions},
            examples=[(e, chart_words(e, vocabulary()), outcome_words(e)) for e in found.examples],
        )

    @routes.get("/trials/{trial}/changes/{older}/{newer}")
    async def changes(request: Request, trial: str, older: str, newer: str) -> HTMLResponse:
        current = _protocol(service, trial)
        compared = compare(_version(current, older), _version(current, newer), vocabulary())
        return pages.page(
            request,
            "trial_changes.html",
            protocol=current,
            versions=versions_of(current),
            compared=compared,
            heading=comparison.heading,
            summary=comparison.summary,
        )

    @routes.get("/codes/{name}")
    async def codes(request: Request, name: str) -> HTMLResponse:
        found = named_codes(name, vocabulary())
        if found is None:
            raise PageError(404, "trials.error.codes", name=name)
        return pages.page(request, "codes.html", named=found)

    return routes


def _protocol(service: ScreeningService, trial: str) -> Protocol:
    bound = service.protocols.get(trial.lower())
    if bound is None:
        raise PageError(404, "trials.error.trial", trial=trial)
    return bound.protocol


def _version(protocol: Protocol, version: str) -> Protocol:
    try:
        return version_of(protocol, version)
    except UnknownNameError:
        raise PageError(404, "trials.error.version", version=version, trial=protocol.id) from None
