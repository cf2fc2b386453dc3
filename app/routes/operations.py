"""For whoever operates the service: is it alive, is it ready, how does it fare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from fastapi import APIRouter, Response

from app import __version__
from app.errors import NotReadyError
from app.metrics import CONTENT_TYPE, Metrics
from app.screening import ScreeningService
from app.store.kept import Store
from app.store.records import Shown

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


def metrics_routes(metrics: Metrics, store: Store | None, now: Callable[[], datetime]) -> APIRouter:
    """``/metrics``. What is counted in the database is counted once a minute at most."""
    routes = APIRouter(tags=["Operations"])
    counted: list[Shown] = []
    again = 0.0

    @routes.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    async def figures() -> Response:
        nonlocal counted, again
        if store is not None and monotonic() >= again:
            again = monotonic() + _COUNT_AGAIN_SECONDS
            moment = now()
            counted = await store.shown(moment - _IGNORED_WITHIN, moment - _IGNORED_AFTER)
        well = None if store is None else store.state == "ok"
        return Response(metrics.exposition(counted, well), media_type=CONTENT_TYPE)

    return routes
