"""What surrounds every route: CORS (C95), headers for browsers, and limits on time."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.types import Receive, Scope, Send

from app.server import create_app
from app.settings import Settings
from app.time_limits import TimeLimit
from tests.app.service import HOOK, client, default_client, outcome_of, request_of, screening_service
from tests.listening import listening

EHR, OTHER = "https://sandbox.cds-hooks.org", "https://evil.example"


def preflight(http: TestClient, origin: str, headers: str = "authorization,content-type") -> Any:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": headers,
    }
    return http.options(HOOK, headers=asked)


@pytest.fixture(scope="module")
def listed() -> TestClient:
    http = client(allowed_origins=EHR, max_body_bytes=100_000)

    @http.app.get("/fails")  # type: ignore[attr-defined]  # it is a FastAPI
    async def fails() -> None:
        raise ValueError

    return http


class TestCors:
    """C95: browser-based clients of listed origins."""

    def test_a_preflight_of_a_listed_origin_may_send_a_token_and_json(self, listed: TestClient) -> None:
        answer = preflight(listed, EHR)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == EHR
        allowed = answer.headers["access-control-allow-headers"].lower()
        assert {"authorization", "content-type"} <= set(re.split(r",\s*", allowed))
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in answer.headers

    @pytest.mark.parametrize("origin", [OTHER, f"{EHR}.evil.example", "null", EHR.replace("https", "http")])
    def test_any_other_origin_is_allowed_nothing(self, listed: TestClient, origin: str) -> None:
        assert "access-control-allow-origin" not in preflight(listed, origin).headers
        answer = listed.get("/cds-services", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers

    def test_a_header_that_no_client_needs_is_not_allowed(self, listed: TestClient) -> None:
        assert preflight(listed, EHR, "x-other").status_code == 400

    @pytest.mark.parametrize(("origin", "headers"), [(OTHER, "authorization"), (EHR, "x-other")])
    def test_a_preflight_that_is_refused_says_so_in_an_outcome(
        self, listed: TestClient, origin: str, headers: str
    ) -> None:
        answer = preflight(listed, origin, headers)
        assert outcome_of(answer, 400)["code"] == "forbidden"
        assert "origin" in answer.headers["vary"].lower()

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "/cds-services", b"", 200),
            ("POST", HOOK, b"no json", 400),
            ("POST", HOOK, b"x" * 100_001, 413),
            ("GET", "/nowhere", b"", 404),
            ("GET", HOOK, b"", 405),
            ("GET", "/fails", b"", 500),
        ],
    )
    def test_answers_and_refusals_can_be_read_by_the_page_that_called(
        self, listed: TestClient, method: str, path: str, body: bytes, status: int
    ) -> None:
        answer = listed.request(method, path, content=body, headers={"Origin": EHR})
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == EHR
        assert "origin" in answer.headers["vary"].lower()

    def test_a_call_without_a_token_that_needs_one_can_be_read_too(self) -> None:
        answer = client(open=False, allowed_origins=EHR).post(HOOK, json={}, headers={"Origin": EHR})
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == EHR

    def test_is_off_unless_the_operator_lists_origins(self) -> None:
        assert "access-control-allow-origin" not in preflight(default_client(), EHR).headers

    @pytest.mark.parametrize(
        "origin", ["sandbox.cds-hooks.org", f"{EHR}/", f"{EHR}/app", "https://*.example/"]
    )
    def test_what_is_no_origin_stops_the_start(self, origin: str) -> None:
        with pytest.raises(ValueError, match="no origin"):
            Settings(allowed_origins=origin)  # type: ignore[arg-type]  # as the environment would give it


class TestHeaders:
    @pytest.mark.parametrize(
        "path", ["/cds-services", "/healthz", "/nowhere", "/fails", "/demo/requests/lin-mei"]
    )
    def test_every_answer_is_treated_with_suspicion(self, listed: TestClient, path: str) -> None:
        headers = listed.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy

    @pytest.mark.parametrize("path", [HOOK, "/screenings", "/"])
    def test_nothing_of_a_chart_is_kept_by_a_cache(self, path: str) -> None:
        assert default_client().post(path, json=request_of()).headers["cache-control"] == "no-store"

    def test_data_may_load_nothing_at_all(self) -> None:
        assert "-src 'self'" not in default_client().get("/cds-services").headers["content-security-policy"]

    def test_transport_security_is_for_the_operator_to_say(self) -> None:
        name = "strict-transport-security"
        assert name not in default_client().get("/healthz").headers
        assert client(hsts_seconds=300).get("/healthz").headers[name] == "max-age=300; includeSubDomains"


@pytest.fixture(scope="module")
def impatient() -> Iterator[int]:
    """Port of a real server that waits a second for a body, and two for an answer."""
    settings = Settings(open=True, tune_garbage_collection=False, upload_seconds=1, request_seconds=2)
    application = create_app(settings, service=screening_service())

    @application.get("/hangs")
    async def hangs() -> None:
        await asyncio.sleep(60)

    with listening(application) as port:
        yield port


def exchange(port: int, *parts: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """What the server answers to these bytes, and how long it took; until it closes the connection."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break
            time.sleep(pause)
        answer = b""
        try:
            while part := connection.recv(65_536):
                answer += part
        except ConnectionResetError:
            pass
    return answer, time.monotonic() - began


def post(length: int) -> bytes:
    lines = (
        f"POST {HOOK} HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "\r\n".join([*lines, "", ""]).encode()


class TestTime:
    @pytest.mark.parametrize(
        ("parts", "pause"),
        [((post(100),), 0.0), ((post(100), b"{"), 0.0), ((post(1000), *[b" "] * 30), 0.1)],
        ids=["no body", "half a body", "a drip"],
    )
    def test_a_body_that_does_not_arrive_is_refused_and_the_connection_closed(
        self, impatient: int, parts: tuple[bytes, ...], pause: float
    ) -> None:
        answer, took = exchange(impatient, *parts, pause=pause)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"timeout"' in answer
        assert b"OperationOutcome" in answer
        assert b"connection: close" in answer.lower()
        assert took < 15

    def test_an_answer_that_is_not_found_in_time_is_given_up(self, impatient: int) -> None:
        answer, took = exchange(impatient, b"GET /hangs HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b'"code":"timeout"' in answer
        assert 1.9 < took < 15

    def test_ordinary_calls_go_on_meanwhile(self, impatient: int) -> None:
        slow = threading.Thread(target=exchange, args=(impatient, post(100)))
        slow.start()
        answer, _ = exchange(impatient, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        slow.join(10)
        assert answer.startswith(b"HTTP/1.1 200 ")

    def test_an_answer_that_has_begun_may_take_longer(self) -> None:
        sent: list[Any] = []

        async def streams(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await asyncio.sleep(0.2)
            await send({"type": "http.response.body", "body": b"late"})

        async def send(message: Any) -> None:
            sent.append(message)

        async def run() -> None:
            await TimeLimit(streams, upload=0.1, whole=0.1)({"type": "http"}, None, send)  # type: ignore[arg-type]  # unused

        asyncio.run(run())
        assert sent[-1]["body"] == b"late"

    def test_a_fault_of_the_service_that_is_called_a_timeout_is_no_time_limit(self) -> None:
        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            asyncio.run(TimeLimit(faulty, upload=1, whole=1)({"type": "http"}, None, None))  # type: ignore[arg-type]  # unused

    def test_an_outcome_is_told_as_such(self) -> None:
        http = client(request_seconds=0.05)

        @http.app.get("/hangs")  # type: ignore[attr-defined]  # it is a FastAPI
        async def hangs() -> None:
            await asyncio.sleep(5)

        assert outcome_of(http.get("/hangs"), 503)["code"] == "timeout"
