"""The audit trail tells of calls that were refused: what was called and why, and nothing that came along."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app import refusals as module
from app.logging import make_logger
from app.metrics import Metrics
from app.refusals import KEPT_A_MINUTE, Refusals, call_of
from app.store.records import NOT_KEPT, RefusedCall
from tests.app.clients.calling import BASE, FEEDBACK, HOOK, call, pinned
from tests.app.clients.calling import service as calling_service
from tests.app.service import request_of
from tests.app.store.serving import KEY, Clock, rows, service
from tests.app.store.test_metrics import value
from tests.cds_hooks.signing import token as signed

AT = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)


@contextmanager
def with_clients(url: str, **settings: Any) -> Iterator[TestClient]:
    """A service that answers one client, and keeps."""
    with calling_service(pinned(), store=True, database_url=url, pseudonym_key=KEY, **settings) as http:
        yield http


def told(url: str) -> list[tuple[Any, ...]]:
    """What is kept of each refused call, in the order in which they came."""
    kept = sorted(rows(url, "refused_calls"), key=lambda row: row["at"])
    return [tuple(row[name] for name in ("call", "hook", "client", "status", "reason")) for row in kept]


def token(path: str = HOOK, **changed: Any) -> str:
    return signed(aud=f"{BASE}{path}", **changed)


class TestWhatIsKept:
    def test_of_a_call_whose_token_does_not_hold_not_even_who_it_claims_to_be(self, url: str) -> None:
        with with_clients(url) as http:
            forged = f"{token().rpartition('.')[0]}.{token(jti='other').rpartition('.')[2]}"
            for given in (None, forged, token(iss="https://lin-mei.example")):
                assert call(http, given).status_code == 401
        assert told(url) == [
            ("hook", None, "unknown", 401, "no-token"),
            ("hook", None, "unknown", 401, "signature"),
            ("hook", None, "unknown", 401, "issuer-not-listed"),
        ]
        kept = json.dumps(rows(url, "refused_calls"), default=str)
        assert "pinned" not in kept
        assert "lin-mei" not in kept
        assert not any(part in kept for part in forged.split("."))

    def test_of_a_call_whose_token_holds_the_client_and_why_it_was_not_answered(self, url: str) -> None:
        insufficient = request_of()
        del insufficient["prefetch"]["patient"]
        with with_clients(url) as http:
            bodies: list[tuple[str, Any, int]] = [
                (HOOK, insufficient, 412),
                (HOOK, {"hook": "patient-view"}, 400),
                (f"{HOOK}/feedback", {"feedback": []}, 400),
                ("/screenings", {"resourceType": "Bundle"}, 400),
            ]
            for number, (path, body, status) in enumerate(bodies):
                headers = {"Authorization": f"Bearer {token(path, jti=str(number))}"}
                assert http.post(path, json=body, headers=headers).status_code == status
        assert told(url)[:3] == [
            ("hook", "patient-view", "pinned", 412, "incomplete"),
            ("hook", None, "pinned", 400, "required"),
            ("feedback", None, "pinned", 400, "invalid"),
        ]
        assert told(url)[3][:4] == ("screenings", None, "pinned", 400)

    @pytest.mark.parametrize(
        ("method", "path", "body", "expected"),
        [
            ("POST", "/cds-services/none", b"{}", ("hook", None, "open", 404, "not-found")),
            ("DELETE", HOOK, b"", ("hook", None, "unknown", 405, "not-supported")),
            ("POST", HOOK, b"x" * 2000, ("hook", None, "unknown", 413, "too-long")),
            ("POST", HOOK, b"[" * 500, ("hook", None, "open", 400, "structure")),
            ("POST", "/screenings", b"\x00", ("screenings", None, "open", 400, "structure")),
            ("PUT", "/cds-services", b"", ("discovery", None, "unknown", 405, "not-supported")),
        ],
    )
    def test_each_refusal_with_its_reason(
        self, url: str, clock: Clock, method: str, path: str, body: bytes, expected: tuple[Any, ...]
    ) -> None:
        with service(url, clock, max_body_bytes=1000) as running:
            assert running.http.request(method, path, content=body).status_code == expected[3]
        assert told(url) == [expected]

    def test_nothing_of_what_was_answered_or_is_nobodys_business(self, url: str, clock: Clock) -> None:
        with service(url, clock, metrics_token="t" * 32) as running:
            running.cards()
            for path in (
                "/metrics",
                "/protocols/none",
                "/cds-services-of-old",
                "/wp-login.php",
                "/cds-services",
            ):
                running.http.get(path)
        assert told(url) == []
        assert len(rows(url, "hook_calls")) == 1

    def test_nothing_of_the_request(self, sqlite_url: str, clock: Clock) -> None:
        request = {**request_of(), "hook": "lin-mei-1990-01-26", "fhirAuthorization": "a-secret-token"}
        with service(sqlite_url, clock) as running:
            answer = running.http.post(HOOK, json=request, headers={"X-Request-ID": "lin-mei"})
            assert answer.status_code == 400
        kept = json.dumps(rows(sqlite_url, "refused_calls"), default=str)
        assert "patient-view" not in kept
        assert not any(word in kept for word in ("lin-mei", "1990", "secret", "Practitioner"))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/cds-services", "discovery"),
        ("/cds-services/", "discovery"),
        ("/cds-services/a", "hook"),
        ("/cds-services/a/feedback", "feedback"),
        ("/cds-services/a/b", None),
        ("/cds-services/a/feedback/c", None),
        ("/screenings", "screenings"),
        ("/screenings/1", None),
        ("/", None),
        ("/metrics", None),
    ],
)
def test_what_is_called_is_told_by_the_path(path: str, kind: str | None) -> None:
    assert call_of(path) == kind


class Kept:
    """``Refusals`` with a clock that stands still, and what it kept, counted and logged."""

    def __init__(self) -> None:
        self.records: list[RefusedCall] = []
        self.seconds = 1000.0
        self.metrics = Metrics([])
        self.refusals = Refusals(
            self.records.append, self.metrics, make_logger("info"), lambda: AT, lambda: self.seconds
        )

    def refuse(self, times: int, client: str = "unknown", wait: float = 0) -> None:
        async def refused() -> None:
            for _ in range(times):
                self.refusals.take("hook", None, client, 401, "no-token")
            await asyncio.sleep(wait)

        asyncio.run(refused())

    @property
    def calls(self) -> list[int]:
        return [record.calls for record in self.records]


class TestAFlood:
    def test_of_each_minute_so_many_are_kept_and_the_rest_is_counted(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept = Kept()
        kept.refuse(1000)
        assert len(kept.records) == KEPT_A_MINUTE
        kept.seconds += 59.9
        kept.refuse(1)
        assert len(kept.records) == KEPT_A_MINUTE
        kept.seconds += 0.1
        kept.refuse(1)
        assert kept.calls == [1] * KEPT_A_MINUTE + [1001 - KEPT_A_MINUTE, 1]
        rest = kept.records[KEPT_A_MINUTE]
        assert (rest.reason, rest.client, rest.call, rest.status) == (NOT_KEPT, "unknown", None, None)
        (line,) = (json.loads(line) for line in capsys.readouterr().err.splitlines())
        assert (line["event"], line["client"], line["calls"]) == (
            "refused calls were counted and not kept",
            "unknown",
            1001 - KEPT_A_MINUTE,
        )

    def test_metrics_tell_at_once_how_many_are_kept(self) -> None:
        kept = Kept()
        kept.refuse(KEPT_A_MINUTE + 5)
        text = kept.metrics.exposition([], None).decode()
        name = "trialcards_refused_calls_total"
        assert value(text, name, call="hook", reason="no-token", kept="yes") == KEPT_A_MINUTE
        assert value(text, name, call="hook", reason="no-token", kept="no") == 5

    def test_that_of_nobody_crowds_out_no_client(self) -> None:
        kept = Kept()
        kept.refuse(1000)
        kept.refuse(1, client="clinic")
        assert [record.client for record in kept.records].count("clinic") == 1

    def test_what_was_counted_is_told_when_the_minute_is_over_though_nothing_more_comes(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_MINUTE", 0.05)
        kept = Kept()
        kept.refuse(KEPT_A_MINUTE + 3, wait=0.2)
        assert kept.calls == [1] * KEPT_A_MINUTE + [3]
        kept.refusals.close()
        assert sum(kept.calls) == KEPT_A_MINUTE + 3

    def test_when_the_service_stops_all_are_told(self, url: str, clock: Clock) -> None:
        with service(url, clock, open=False) as running:
            for _ in range(KEPT_A_MINUTE + 30):
                assert running.http.get("/cds-services").status_code == 401
        kept = rows(url, "refused_calls")
        assert len(kept) == KEPT_A_MINUTE + 1
        assert sum(row["calls"] for row in kept) == KEPT_A_MINUTE + 30

    def test_without_a_store_they_are_counted(self) -> None:
        with calling_service(pinned()) as http:
            for _ in range(KEPT_A_MINUTE + 1):
                http.get("/cds-services")
            text = http.get("/metrics").text
        assert value(text, "trialcards_refused_calls_total", call="discovery", kept="no") == KEPT_A_MINUTE + 1


def test_one_that_is_too_slow_for_its_time_is_a_failure_of_the_service(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: Any) -> bytes:
        await asyncio.sleep(30)
        return b""

    monkeypatch.setattr("app.hook.TrialsHook.answer", slow)
    with service(url, clock, request_seconds=0.2) as running:
        answer: httpx.Response = running.http.post(HOOK, json=request_of())
        assert answer.status_code == 503
        assert running.http.post(f"{HOOK}/feedback", json=FEEDBACK).status_code == 200
    assert told(url) == [("hook", None, "open", 503, "timeout")]


def test_a_fault_of_the_service_is_told_too(url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: Any) -> bytes:
        raise ValueError("Lin Mei, born 1990-01-26")

    monkeypatch.setattr("app.hook.TrialsHook.answer", fails)
    with service(url, clock) as running:
        assert running.http.post(HOOK, json=request_of()).status_code == 500
    assert told(url) == [("hook", None, "open", 500, "exception")]
