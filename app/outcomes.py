"""Errors as FHIR OperationOutcomes, on every route.

Hooks speak plain JSON (``application/json``, as CDS Hooks wants it of every response); elsewhere an
OperationOutcome is FHIR and is labelled so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fhir.resources.R4B.operationoutcome import OperationOutcome, OperationOutcomeIssue
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from app.errors import ParameterError, RefusedError
from cds_hooks.errors import CdsHooksError

HOOKS_PREFIX = "/cds-services"
ISSUE = "trialcards.issue"
"""Where the scope of a request that failed has the issue code of its OperationOutcome."""

# Codes of the issue-type value set for what the framework itself refuses.
_ISSUE_CODES: Mapping[int, str] = {
    400: "invalid",
    404: "not-found",
    405: "not-supported",
    413: "too-long",
    415: "not-supported",
    500: "exception",
}
# FHIR's string type: no control characters but tab, line feed and carriage return.
_UNPRINTABLE = re.compile(r"[^\t\r\n -\U0010FFFF]|[\x7f-\x9f]|[\ud800-\udfff]")
_LONGEST = 500


def outcome(issue_code: str, diagnostics: str, expression: str | None = None) -> bytes:
    """An OperationOutcome with one error, as JSON; built and so validated by ``fhir.resources``."""
    issue = OperationOutcomeIssue(
        severity="error",
        code=issue_code,
        diagnostics=_printable(diagnostics),
        expression=[_printable(expression)] if expression else None,
    )
    return OperationOutcome(issue=[issue]).model_dump_json(exclude_none=True).encode()


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("�", text)[:_LONGEST]


def outcome_response(
    scope: Scope,
    status: int,
    issue_code: str,
    diagnostics: str,
    expression: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer to a request that failed; the scope is told why."""
    scope[ISSUE] = issue_code
    hook = str(scope.get("path", "")).startswith(HOOKS_PREFIX)
    return Response(
        outcome(issue_code, diagnostics, expression),
        status_code=status,
        media_type="application/json" if hook else "application/fhir+json",
        headers=dict(headers or {}),
    )


def answer_errors_as_outcomes(application: FastAPI) -> None:
    """Make every error that a route or the router raises an OperationOutcome."""

    @application.exception_handler(CdsHooksError)
    async def protocol_error(request: Request, error: CdsHooksError) -> Response:
        return outcome_response(
            request.scope, error.status, error.issue_code, error.message, error.expression
        )

    @application.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:
        return outcome_response(
            request.scope, error.status, error.issue_code, error.message, error.expression, error.headers
        )

    @application.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        code = _ISSUE_CODES.get(error.status_code, "processing")
        words = _words(request, error)
        return outcome_response(request.scope, error.status_code, code, words, headers=error.headers)

    @application.exception_handler(RequestValidationError)
    async def bad_parameter(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])
        known = first["type"] != "extra_forbidden"
        reason = first["msg"].removeprefix("Value error, ") if known else "there is no such parameter"
        refusal = ParameterError(f"parameter '{name}': {reason}", name)
        return outcome_response(
            request.scope, refusal.status, refusal.issue_code, refusal.message, refusal.expression
        )


def _words(request: Request, error: HTTPException) -> str:
    """What happened, in words; the framework's own are terse. The path may hold an id and is not repeated."""
    if error.status_code == 404 and error.detail == "Not Found":
        slash = request.scope["path"].endswith("/")
        return "there is nothing under this path" + ("; leave out the slash at its end" if slash else "")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow")
        return f"{request.method} is not possible here" + (f"; possible: {allowed}" if allowed else "")
    return str(error.detail)
