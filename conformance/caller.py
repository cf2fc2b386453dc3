"""Calls of a service, each kept with what was answered. Nothing else in this package speaks HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from conformance.keys import SigningKey


class Unreachable(Exception):  # noqa: N818  # it tells of the service, not of this program
    """The service cannot be reached, or broke off."""


class Answer(msgspec.Struct, frozen=True):
    """What came back.

    Attributes:
        where: the call, in words.
        status: 0 where the connection broke.
        body: decoded JSON, or ``...`` where it is none.
        text: the body as it came.
        headers: names in small letters.
        seconds: until all of it had come.
    """

    where: str
    status: int
    body: Any
    text: str
    headers: Mapping[str, str]
    seconds: float

    @property
    def accepted(self) -> bool:
        """Cards, or 412 for want of data: what a legal request may get."""
        return self.status in (200, 412)

    @property
    def refused(self) -> bool:
        """A 4xx."""
        return 400 <= self.status < 500

    @property
    def told(self) -> str:
        """The status in words."""
        return f"answered {self.status}" if self.status else "the connection broke"

    @property
    def cards(self) -> list[Any]:
        """The cards, if it holds any."""
        found = self.body.get("cards") if isinstance(self.body, dict) else None
        return found if self.status == 200 and isinstance(found, list) else []


class Caller:
    """Calls one service; a context manager.

    ``key`` signs each call anew; ``bearer`` is sent as it is. ``answers`` holds every answer so far.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: SigningKey | None = None,
        bearer: str | None = None,
        timeout_seconds: float = 30.0,
        trust: str | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/").removesuffix("/cds-services")
        self.key = key
        self.answers: list[Answer] = []
        self._bearer = bearer
        verify = httpx.create_ssl_context(verify=trust) if isinstance(trust, bool) else _trusting(trust)
        self._http = httpx.Client(
            timeout=timeout_seconds,
            verify=verify,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @property
    def signs(self) -> bool:
        """Whether calls say who makes them."""
        return self.key is not None or self._bearer is not None

    def url(self, service_id: str | None = None, feedback: bool = False) -> str:
        """The URL of discovery, of a service, or of its feedback."""
        parts = [self.base_url, "cds-services"]
        parts += [quote(service_id, safe="")] if service_id is not None else []
        return "/".join([*parts, "feedback"] if feedback else parts)

    def get(self, where: str, url: str, **how: Any) -> Answer:
        """A GET; see ``_send``."""
        return self._send("GET", where, url, None, **how)

    def post(self, where: str, url: str, document: Any, **how: Any) -> Answer:
        """A POST of a document as JSON; bytes go as they are."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self._send("POST", where, url, body, **how)

    def preflight(self, where: str, url: str, origin: str) -> Answer:
        """What a browser asks before it calls."""
        asked = {
            "origin": origin,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        }
        return self._send("OPTIONS", where, url, None, headers=asked, token="", kept=False)

    def _send(
        self,
        method: str,
        where: str,
        url: str,
        body: bytes | None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        kept: bool = True,
    ) -> Answer:
        """``token``: instead of a good one; empty for none."""
        sent = {"accept": "application/json", **(headers or {})}
        if body is not None:
            sent["content-type"] = "application/json"
        shown = self._token(url) if token is None else token
        if shown:
            sent["authorization"] = f"Bearer {shown}"
        began = time.perf_counter()
        try:
            got = self._http.request(method, url, content=body, headers=sent)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            answer = Answer(where, 0, ..., type(error).__name__, {}, time.perf_counter() - began)
        else:
            seconds = time.perf_counter() - began
            named = {name.lower(): value for name, value in got.headers.items()}
            text = got.content.decode("utf-8", "replace")
            answer = Answer(where, got.status_code, _decoded(got.content), text, named, seconds)
        if kept:
            self.answers.append(answer)
        return answer

    def _token(self, url: str) -> str:
        return self.key.token(url) if self.key is not None else self._bearer or ""


def _trusting(file: str) -> Any:
    context = httpx.create_ssl_context()
    context.load_verify_locations(cafile=file)
    return context


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return ...
