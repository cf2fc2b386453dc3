"""What every request passes through before a route sees it, and every answer on its way out.

::

    SecurityHeaders ► CORS ► RefusalWatch ► RequestLog ► TimeLimit ► BodyLimit ► route

Whatever an inner layer refuses still passes the outer ones: a browser must be able to read a refusal. A
preflight ends at CORS and is not logged.
"""

from __future__ import annotations

import structlog
from fastapi import FastAPI

from app.cors import Cors
from app.limits import BodyLimit
from app.logging import Observe, RequestLog
from app.refusals import Refusals, RefusalWatch
from app.security_headers import SecurityHeaders
from app.settings import Settings
from app.time_limits import TimeLimit


def add_middleware(
    application: FastAPI,
    settings: Settings,
    logger: structlog.typing.FilteringBoundLogger,
    observe: Observe | None = None,
    refusals: Refusals | None = None,
) -> None:
    """Add all of it; what is added last is the outermost.

    ``observe``: see ``app.logging.RequestLog``. ``refusals``: told the calls that were refused.
    """
    application.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes)
    application.add_middleware(TimeLimit, upload=settings.upload_seconds, whole=settings.request_seconds)
    application.add_middleware(RequestLog, logger=logger, observe=observe)
    if refusals is not None:
        application.add_middleware(RefusalWatch, refusals=refusals)
    if settings.allowed_origins:
        application.add_middleware(
            Cors,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-request-id"],
            expose_headers=["x-request-id"],
        )
    application.add_middleware(SecurityHeaders, hsts_seconds=settings.hsts_seconds)
