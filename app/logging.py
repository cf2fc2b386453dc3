"""Logs that hold nothing a patient would mind.

One line of JSON for each request: which route, how it went, how long it took, how many. Only the fields of
``FIELDS`` are ever written; whatever else is passed is dropped, so that a careless call cannot leak a name
or a value. Paths are written as templates, query strings and bodies never, exceptions by type and place
without their message.
"""

from __future__ import annotations

import logging as standard_logging
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.outcomes import outcome_response

FIELDS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "request_id",
        "method",
        "route",
        "status",
        "duration_ms",
        "hook",
        "cards",
        "resources",
        "unread",
        "screenings",
        "drafts_unrecognised",
        "prefetch_missing",
        "prefetch_failed",
        "prefetch_truncated",
        "fetch",
        "fetch_complete",
        "fetch_truncated",
        "fetch_failed",
        "fetch_resources",
        "fetch_pages",
        "fetch_ms",
        "fetch_why",
        "feedback_accepted",
        "feedback_overridden",
        "error_type",
        "error_at",
        "version",
        "protocols",
        "client",
        "refused",
        "launch_why",
        "clients",
        "silent",
        "operation",
        "calls",
        "purged_calls",
        "purged_feedback",
        "purged_refusals",
        "subscription",
        "notification",
        "events",
        "events_missed",
        "untold",
        "patients",
        "waiting",
        "attempt",
    }
)
"""All that may be logged: names of routes and hooks, counts, times, and where in the code an error arose."""

Observe = Callable[[str, str, Mapping[str, int | str], int, float], None]

_COUNTS = "trialcards.counts"
_CLIENT_WENT_AWAY = 499
"""Logged, as proxies do, for a request whose client did not wait for the answer."""


def make_logger(level: str, stream: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """A logger that writes allowed fields as lines of JSON, to standard error by default."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed_fields,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(standard_logging, level.upper())),
    )
    return logger


def silence_access_log() -> None:
    """Switch off uvicorn's access log: it writes paths and query strings as they came."""
    standard_logging.getLogger("uvicorn.access").disabled = True


def note(scope: MutableMapping[str, Any], **counts: int | str) -> None:
    """Add counts to the line that will be logged for this request."""
    scope.get(_COUNTS, {}).update(counts)


def noted(scope: Mapping[str, Any]) -> Mapping[str, int | str]:
    """What was noted of this request so far."""
    found: Mapping[str, int | str] = scope.get(_COUNTS, {})
    return found


def _only_allowed_fields(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {name: value for name, value in event.items() if name in FIELDS}


class RequestLog:
    """ASGI middleware: one log line for each request, a request id, and an answer when all else fails.

    ``observe`` is told the same for the metrics: method, route as a template, counts, status, seconds.

    An exception that no route expects ends here: were it left to the server, its message would be logged,
    and messages can quote what they choked on.
    """

    def __init__(
        self, app: ASGIApp, logger: structlog.typing.FilteringBoundLogger, observe: Observe | None = None
    ) -> None:
        self.app = app
        self.logger = logger
        self.observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        counts = scope[_COUNTS] = dict[str, int | str]()
        status = 0

        async def identified(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, identified)
        except ClientDisconnect:
            status = _CLIENT_WENT_AWAY
        except Exception as error:  # the last resort; see the docstring
            self.logger.error(
                "request failed",
                request_id=request_id,
                error_type=type(error).__name__,
                error_at=place_of(error),
            )
            if status:
                raise ConnectionAbortedError("the response broke off") from None
            words = f"the service failed; its log has the details under request id {request_id}"
            answer = outcome_response(scope, 500, "exception", words)
            await answer(scope, receive, identified)
        finally:
            route, seconds = _route_of(scope), time.perf_counter() - started
            self.logger.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 2),
                **counts,
            )
            if self.observe is not None:
                self.observe(scope["method"], route, counts, status, seconds)


def _request_id(scope: Scope) -> str:
    """The caller's ``X-Request-ID`` if it is a UUID, so that it cannot carry anything else; or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            try:
                return str(uuid.UUID(value.decode("latin-1")))
            except ValueError:
                break
    return str(uuid.uuid4())


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", "(none)")


def place_of(error: BaseException) -> str:
    """File, line and function where the error arose."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "(unknown)"
    last = frames[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno} {last.name}"
