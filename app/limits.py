"""Limits on what is read at all: the size of a body, how deeply it is nested, what it claims to be."""

from __future__ import annotations

import re
import sys
from itertools import accumulate
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import BodyTooLargeError, MediaTypeError, TooDeepError
from app.outcomes import outcome_response

# Whatever a client might put on JSON by mistake is let through: the body itself tells. These are not JSON.
_NOT_JSON = re.compile(
    r"(?:image|audio|video|font|multipart)/|.*[/+](?:xml|html|turtle|csv|yaml|zip|pdf|cbor)\b"
    r"|.*[/+-](?:x-)?(?:ndjson|jsonl|jsonlines)\b",
    re.IGNORECASE,
)
JSON_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}
"""For OpenAPI: bodies are read as bytes, so that the framework does not know of them."""

_MOST_DIGITS = 18
"""Of a Content-Length that is less than ``sys.maxsize``."""

_SLICE = 1 << 16
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")
"""One level down, one level up, as signed bytes."""
_SQUARE = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b'[]{}"'))


class BodyLimit:
    """ASGI middleware: refuses bodies above ``max_bytes`` with 413.

    A declared length is judged before anything is read; otherwise the bytes are counted as they arrive.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = _content_length(scope)
        if declared is not None and declared > self.max_bytes:
            error = self._refusal()
            answer = outcome_response(scope, error.status, error.issue_code, error.message)
            await answer(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_bytes:
                raise self._refusal()
            return message

        await self.app(scope, counted, send)

    def _refusal(self) -> BodyTooLargeError:
        return BodyTooLargeError(f"the body has more than {self.max_bytes} bytes")


def _content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not value.isdigit():
                return None
            digits = value.lstrip(b"0") or b"0"
            # No number that long can be meant, and Python reads none of more than 4,300 digits.
            return int(digits) if len(digits) <= _MOST_DIGITS else sys.maxsize
    return None


def must_be_json(request: Request) -> None:
    """Refuse what is announced as something else than JSON; no announcement is none.

    Raises:
        MediaTypeError: an XML, a form with files, a compressed body, lines of JSON …
    """
    media_type = request.headers.get("content-type", "")
    if _NOT_JSON.match(media_type):
        raise MediaTypeError("send application/json or application/fhir+json: one JSON object")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeError("send the body without content-encoding")


def must_be_shallow(body: bytes, deepest: int) -> None:
    """Refuse JSON nested more deeply than ``deepest``, before a parser descends into it.

    Brackets within strings do not count. The work is a handful of passes in C, and ends in the slice in which
    the limit is passed.

    Raises:
        TooDeepError: it is.
    """
    steps = memoryview(_brackets_outside_strings(body).translate(_STEPS)).cast("b")
    depth = 0
    for start in range(0, len(steps), _SLICE):
        part = steps[start : start + _SLICE]
        if depth + max(accumulate(part)) > deepest:
            raise TooDeepError(f"the JSON is nested more than {deepest} levels deep")
        depth += sum(part)
        if depth < 0:
            return  # the parser will stop here, too


def _brackets_outside_strings(body: bytes) -> bytes:
    """All brackets, braces among them, as square ones."""
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    signs = body.translate(_SQUARE, _OTHERS)
    # Two quotes side by side begin and end a string without brackets, or end one and begin the next;
    # either way what lies inside and outside of strings stays the same without them.
    signs = signs.replace(b'""', b"")
    return b"".join(signs.split(b'"')[::2])
