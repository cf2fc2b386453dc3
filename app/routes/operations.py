"""For whoever operates the service: is it alive, is it ready, how does it fare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from time import monotonic

from fastapi import APIRouter, Request, Response
from pydantic import SecretStr

from app import __version__
from app.errors import NotReadyError, UnauthorizedError
from app.logging import note
from app.metrics import CONTENT_TYPE, Metrics
from app.screening import ScreeningService
from app.store.kept import Store
from app.store.records import Shown
from cds_hooks.tokens import TokenRefusedError, bearer_token

_IGNORED_AFTER, _IGNORED_WITHIN = timedelta(days=1), timedelta(days=30)
_COUNT_AGAIN_SECONDS = 60.0


def operation_routes(service: ScreeningService, store: Store | None) -> APIRouter:
    """``/healthz`` and ``/readyz``."""
    routes = APIRouter(tags=["Operations"])

    @routes.get("/healthz", summary="The process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @routes.get("/readyz", summary="Protocols are loaded and the hook can be fired")
    async def readyz() -> dict[str, str | int]:
        """Without its store the service is ready all the same: it answers, and remembers nothing."""
        if not service.protocols:
            raise NotReadyError("no protocols are loaded")
        state = "off" if store is None else store.state
        return {"status": "ready", "protocols": len(service.protocols), "store": state}

    return routes


def metrics_routes(
    metrics: Metrics, store: Store | None, now: Callable[[], datetime], token: SecretStr | None = None
) -> APIRouter:
    """``/metrics``, for whoever has the token if there is one.

    What is counted in the database is counted once a minute at most.
    """
    routes = APIRouter(tags=["Operations"])
    counted: list[Shown] = []
    again = 0.0

    @routes.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    async def figures(request: Request) -> Response:
        nonlocal counted, again
        if token is not None:
            try:
                _must_be_the_token(request.headers.getlist("authorization"), token)
            except TokenRefusedError as refusal:
                note(request.scope, refused=refusal.code)
                raise UnauthorizedError("the token of TRIALCARDS_METRICS_TOKEN is needed") from None
        if store is not None and monotonic() >= again:
            again = monotonic() + _COUNT_AGAIN_SECONDS
            moment = now()
            counted = await store.shown(moment - _IGNORED_WITHIN, moment - _IGNORED_AFTER)
        well = None if store is None else store.state == "ok"
        return Response(metrics.exposition(counted, well), media_type=CONTENT_TYPE)

    return routes


def _must_be_the_token(authorization: Sequence[str], token: SecretStr) -> None:
    given = bearer_token(authorization)
    # In a time that does not tell how much of it is right.
    if not compare_digest(given.encode(), token.get_secret_value().encode()):
        raise TokenRefusedError("no-such-token")
