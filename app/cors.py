"""CORS, with refusals as this service tells them."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from app.outcomes import outcome_response

_OF_THE_REFUSAL = frozenset({"content-length", "content-type"})


class Cors(CORSMiddleware):
    """Starlette's, but a preflight that is refused is answered with an OperationOutcome."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser is told that asks whether it may call."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_REFUSAL}
        return outcome_response(
            {},
            answer.status_code,
            "forbidden",
            "a browser may call from listed origins only (TRIALCARDS_ALLOWED_ORIGINS), with GET or POST, and "
            "with the headers authorization, content-type and x-request-id",
            headers=headers,
        )
