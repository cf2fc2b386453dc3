"""For whoever operates the service: is it alive, is it ready."""

from __future__ import annotations

from fastapi import APIRouter

from app import __version__
from app.errors import NotReadyError
from app.screening import ScreeningService


def operation_routes(service: ScreeningService) -> APIRouter:
    """``/healthz`` and ``/readyz``."""
    routes = APIRouter(tags=["Operations"])

    @routes.get("/healthz", summary="The process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @routes.get("/readyz", summary="Protocols are loaded and the hook can be fired")
    async def readyz() -> dict[str, str | int]:
        if not service.protocols:
            raise NotReadyError("no protocols are loaded")
        return {"status": "ready", "protocols": len(service.protocols)}

    return routes
