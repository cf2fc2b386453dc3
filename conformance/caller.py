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


class Silent(Exception):  # noqa: N818  # it tells of the service, not of this program
    """So many calls got no answer in time that the others are not worth waiting for."""

    def __init__(self, calls: int, where: str, told: str) -> None:
        super().__init__(f"given up after {calls} calls without an answer, the last of them: {where}, {told}")
        self.where = where
        self.told = told


class Answer(msgspec.Struct, frozen=True):
    """What came back.

    Attributes:
        where: the call, in words.
        status: 0 where the connection broke.
        body: decoded JSON, or ``...`` where it is none.
        text: the body as it came.
        headers: names in small letters.
        seconds: until all of it had come.
        silent: that nothing came in time.
    """

    where: str
    status: int
    body: Any
    text: str
    headers: Mapping[str, str]
    seconds: float
    silent: bool = False

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
        if self.silent:
            return "no answer came in time"
        return f"answered {self.status}" if self.status else "the connection broke"

    @property
    def cards(self) -> list[Any]:
        """The cards, if it holds any."""
        found = self.body.get("cards") if isinstance(self.body, dict) else None
        return found if self.status == 200 and isinstance(found, list) else []


_PATIENCE = 3
"""Calls without an answer, after which a service is left alone."""


class Caller:
    """Calls one service; a context manager.

    ``key`` signs each call anew; ``bearer`` is sent as it is. ``answers`` holds every answer so far. The
    third call that gets no answer in time raises ``Silent``.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: SigningKey | None = None,
        bearer: str | None = None,
        timeout_seconds: float = 15.0,
        trust: str | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/").removesuffix("/cds-services")
        self.key = key
        self.answers: list[Answer] = []
        self._silent = 0
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
            silent = isinstance(error, httpx.TimeoutException)
            answer = Answer(where, 0, ..., type(error).__name__, {}, time.perf_counter() - began, silent)
        else:
            seconds = time.perf_counter() - began
            named = {name.lower(): value for name, value in got.headers.items()}
            text = got.content.decode("utf-8", "replace")
            answer = Answer(where, got.status_code, _decoded(got.content), text, named, seconds)
        if kept:
            self.answers.append(answer)
        if answer.silent:
            self._silent += 1
            if self._silent >= _PATIENCE:
                raise Silent(self._silent, where, answer.told)
        return answer

    def _token(self, url: str) -> str:
        return self.key.token(url) if self.key is not None else self._bearer or ""


def _trusting(file: str) -> Any:
    context = httpx.create_ssl_context()
    context.load_verify_locations(cafile=file)
    return context


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_number)
    except ValueError:
        return ...


def _no_number(name: str) -> None:
    """NaN and Infinity, which Python would read, are no JSON (RFC 8259, 6).

    Raises:
        ValueError: always.
    """
    raise ValueError(f"{name} is no JSON")
