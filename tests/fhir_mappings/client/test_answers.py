"""What the client makes of each answer that a server can give."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import respx

from fhir_mappings.client import FetchLimits, Query
from tests.fhir_mappings.client.asking import (
    BASE,
    CONDITIONS,
    LIMITS,
    TOKEN,
    Sent,
    as_json,
    ask,
    ask_one,
    condition,
    ids,
    page,
)

URL = f"{BASE}/Condition"
PATIENT = Query("Patient", "Patient/p1")
FAILURE = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
WARNING = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "not-found"}]}


@pytest.fixture
def server() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


def doubled(bundle: Any, written: str, twice: str) -> bytes:
    """The page with a member of some object written twice, which no serializer would do."""
    text = json.dumps(bundle)
    assert text.count(written) == 1
    return text.replace(written, twice).encode()


class TestWholeAnswers:
    def test_a_search_gives_its_resources_in_the_order_sent(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(json=page("a", "b", total=2))
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("complete", None, ["a", "b"])

    def test_the_token_and_the_wish_for_fhir_json_are_sent(self, server: respx.MockRouter) -> None:
        route = server.get(URL).respond(json=page())
        ask_one()
        sent = route.calls.last.request
        assert sent.headers["authorization"] == f"Bearer {TOKEN}"
        assert sent.headers["accept"] == "application/fhir+json"
        assert str(sent.url) == f"{BASE}/Condition?patient=p1"

    def test_a_read_gives_one_resource(self, server: respx.MockRouter) -> None:
        server.get(f"{BASE}/Patient/p1").respond(json={"resourceType": "Patient", "id": "p1"})
        assert ids(ask_one(PATIENT)) == ["p1"]

    def test_a_search_without_matches_is_complete(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(json=page(total=0))
        assert ask_one().state == "complete"

    def test_a_warning_among_the_entries_says_no_more_than_that_there_is_nothing(
        self, server: respx.MockRouter
    ) -> None:
        # Epic sends it with total 0.
        entry = {"resource": WARNING, "search": {"mode": "outcome"}}
        server.get(URL).respond(json={**page(total=0), "entry": [entry]})
        found = ask_one()
        assert (found.state, found.resources) == ("complete", ())

    @pytest.mark.parametrize("names", [(), ("a",)])
    def test_results_that_are_withheld_leave_a_part(
        self, server: respx.MockRouter, names: tuple[str, ...]
    ) -> None:
        # Epic, error 59204: "Results of this sub-type will not be returned."
        told = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "suppressed"}]}
        body = page(*names)
        body["entry"].append({"resource": told, "search": {"mode": "outcome"}})
        server.get(URL).respond(json=body)
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("truncated", "incomplete", list(names))

    @pytest.mark.parametrize("entry", [{"fullUrl": f"{URL}/1"}, {"resource": None}, {}, None])
    def test_an_entry_without_a_resource_leaves_a_part(
        self, server: respx.MockRouter, entry: dict[str, Any] | None
    ) -> None:
        server.get(URL).respond(json={**page("a"), "entry": [*page("a")["entry"], entry]})
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("truncated", "incomplete", ["a"])

    @pytest.mark.parametrize("media_type", ["application/json", "text/html", "application/octet-stream", ""])
    def test_the_body_tells_what_it_is_whatever_it_is_announced_as(
        self, server: respx.MockRouter, media_type: str
    ) -> None:
        server.get(URL).respond(content=as_json(page("a")), headers={"content-type": media_type})
        assert ask_one().state == "complete"

    def test_a_packed_body_is_unpacked(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(
            stream=Sent(gzip.compress(as_json(page("a")))), headers={"content-encoding": "gzip"}
        )
        assert ids(ask_one()) == ["a"]

    def test_queries_are_answered_each_by_itself(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(json=page("a"))
        server.get(f"{BASE}/Device").respond(404)
        found = ask(CONDITIONS, Query("Device", "Device?patient=p1")).fetched
        assert (found["0"].state, found["1"].state, found["1"].why) == ("complete", "failed", "not-found")


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "why"),
        [
            (400, "rejected"),
            (401, "unauthorized"),
            (403, "forbidden"),
            (404, "not-found"),
            (405, "rejected"),
            (410, "gone"),
            (422, "rejected"),
            (500, "server-error"),
            (501, "server-error"),
            (204, "not-json"),
            (206, "not-json"),
        ],
    )
    def test_a_final_refusal_is_asked_for_once(self, server: respx.MockRouter, status: int, why: str) -> None:
        route = server.get(URL).respond(status, json=FAILURE)
        found = ask_one()
        assert (found.state, found.why, route.call_count) == ("failed", why, 1)

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_what_may_pass_is_asked_for_again(self, server: respx.MockRouter, status: int) -> None:
        route = server.get(URL)
        route.side_effect = [
            httpx.Response(status),
            httpx.Response(status),
            httpx.Response(200, json=page("a")),
        ]
        assert (ask_one().state, route.call_count) == ("complete", 3)

    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_but_not_for_ever(self, server: respx.MockRouter, status: int) -> None:
        route = server.get(URL).respond(status)
        found = ask_one()
        assert (found.state, route.call_count) == ("failed", LIMITS.attempts)
        assert found.why == ("too-many-requests" if status == 429 else "server-error")

    def test_the_wait_that_a_server_asks_for_is_kept(self, server: respx.MockRouter) -> None:
        route = server.get(URL)
        route.side_effect = [
            httpx.Response(429, headers={"retry-after": "1"}),
            httpx.Response(200, json=page()),
        ]
        answered = ask(CONDITIONS, seconds=4)
        assert answered.fetched["0"].state == "complete"
        assert 1.0 <= answered.seconds < 3.5

    def test_also_as_a_date_by_the_clock_of_the_server(self, server: respx.MockRouter) -> None:
        now = datetime.now(UTC) - timedelta(hours=3)
        headers = {
            "date": format_datetime(now, usegmt=True),
            "retry-after": format_datetime(now + timedelta(seconds=1), usegmt=True),
        }
        route = server.get(URL)
        route.side_effect = [httpx.Response(503, headers=headers), httpx.Response(200, json=page())]
        answered = ask(CONDITIONS, seconds=4)
        assert answered.fetched["0"].state == "complete"
        assert 1.0 <= answered.seconds < 3.5

    def test_a_wait_beyond_the_deadline_is_not_waited_for(self, server: respx.MockRouter) -> None:
        route = server.get(URL).respond(429, headers={"retry-after": "120"})
        answered = ask(CONDITIONS)
        assert (answered.fetched["0"].why, route.call_count) == ("too-many-requests", 1)
        assert answered.seconds < 1.8

    @pytest.mark.parametrize("told", ["soon", "-5", "1e9", "", "²", "Wed, 99 Foo 2026", "9" * 400])
    def test_a_wait_that_cannot_be_understood_fails_nothing(
        self, server: respx.MockRouter, told: str
    ) -> None:
        server.get(URL).respond(429, headers={"retry-after": told.encode()})
        assert ask_one().why == "too-many-requests"

    @pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError])
    def test_a_lost_connection_is_tried_again(
        self, server: respx.MockRouter, error: type[httpx.TransportError]
    ) -> None:
        route = server.get(URL)
        route.side_effect = [error("x"), httpx.Response(200, json=page("a"))]
        assert (ask_one().state, route.call_count) == ("complete", 2)


class TestBodiesOfNoUse:
    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"<html><title>Service unavailable</title></html>", "not-json"),
            (b"", "not-json"),
            (b"   ", "not-json"),
            (b"null", "not-json"),
            (b"[]", "not-json"),
            (b"{}", "not-json"),
            (b'"text"', "not-json"),
            (as_json(page("a"))[:-20], "not-json"),
            (b'{"resourceType": "Bundle", "entry": [' + b"\xff" + b"]}", "not-json"),
            (as_json({"resourceType": "Patient", "id": "p1"}), "wrong-type"),
            (as_json({"resourceType": 7}), "not-json"),
            (doubled(page("a", total=1), '"total": 1', '"total": 2, "total": 1'), "doubled-keys"),
            (doubled(page("a"), '"entry": [', '"entry": [], "entry": ['), "doubled-keys"),
            (doubled(page("a"), '"id": "a"', '"id": "b", "id": "a"'), "doubled-keys"),
            (doubled(page("a"), '"id": "a"', '"id": "a", "\\u0069d": "a"'), "doubled-keys"),
            (as_json(FAILURE), "outcome"),
            (as_json(WARNING), "outcome"),
            (as_json({**page(), "entry": [{"resource": FAILURE, "search": {"mode": "outcome"}}]}), "outcome"),
            (as_json({**page(), "entry": [{"resource": {"resourceType": "Device"}}]}), "wrong-type"),
            (as_json({**page("a"), "type": "batch-response"}), "wrong-type"),
            (as_json({**page("a"), "type": "history"}), "wrong-type"),
            (as_json({**page("a"), "type": ["searchset"]}), "wrong-type"),
            (b'{"resourceType":"Bundle","entry":' + b"[" * 100_000, "not-json"),
        ],
    )
    def test_fail_and_say_why(self, server: respx.MockRouter, body: bytes, why: str) -> None:
        server.get(URL).respond(content=body)
        found = ask_one()
        assert (found.state, found.why, found.resources) == ("failed", why, ())

    @pytest.mark.parametrize(
        "bundle",
        [
            {**page("a"), "total": 2},
            {**page("a"), "entry": [{"resource": condition("a")}, {"resource": 7}]},
            {**page("a"), "entry": [{"resource": condition("a")}, {"resource": FAILURE}]},
            condition("a"),
        ],
        ids=["fewer than counted", "an entry is none", "the search broke off", "a lone resource"],
    )
    def test_a_part_is_kept_and_told_as_a_part(self, server: respx.MockRouter, bundle: Any) -> None:
        server.get(URL).respond(json=bundle)
        found = ask_one()
        assert (found.state, ids(found)) == ("truncated", ["a"])
        assert found.why in ("incomplete", "outcome")

    def test_a_further_page_that_tells_a_thing_twice_leaves_a_part(self, server: respx.MockRouter) -> None:
        """RFC 8259, 4: of doubled names, readers take the last, the first, or none."""
        server.get(URL, params={"patient": "p1"}).respond(json=page("a", next_url=f"{URL}?page=2"))
        server.get(URL, params={"page": "2"}).respond(content=doubled(page("b"), '"b"', '"b", "id": "c"'))
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("truncated", "doubled-keys", ["a"])

    def test_the_same_key_in_two_objects_is_none_twice(self, server: respx.MockRouter) -> None:
        number = "9" * 5_000
        server.get(URL).respond(content=doubled(page("a", total=1), '"total"', f'"id": {number}, "total"'))
        assert ask_one().state == "complete"

    def test_a_patient_that_is_another_resource_is_none(self, server: respx.MockRouter) -> None:
        server.get(f"{BASE}/Patient/p1").respond(json=condition("p1"))
        assert ask_one(PATIENT).why == "wrong-type"

    def test_no_reason_repeats_what_a_server_sent(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(content=b"Jane Roe, born 1980-01-01", headers={"x": "Jane"})
        assert "Jane" not in repr(ask_one())


class TestSizes:
    def test_an_answer_longer_than_the_limit_is_given_up(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(json=page(*(f"c{n}" for n in range(100))))
        found = ask_one(limits=FetchLimits(answer_bytes=2000))
        assert (found.state, found.why) == ("failed", "too-large")

    @pytest.mark.parametrize("name", ["gzip", "x-gzip", "GZIP"])
    def test_a_small_body_that_unpacks_to_a_huge_one_is_given_up(
        self, server: respx.MockRouter, name: str
    ) -> None:
        packed = gzip.compress(b" " * 50_000_000)
        assert len(packed) < 60_000
        server.get(URL).respond(stream=Sent(packed), headers={"content-encoding": name})
        answered = ask(CONDITIONS, limits=FetchLimits(answer_bytes=100_000))
        assert answered.fetched["0"].why == "too-large"
        assert answered.seconds < 1.5

    @pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, br", "x"])
    def test_other_ways_of_packing_were_not_asked_for(self, server: respx.MockRouter, encoding: str) -> None:
        server.get(URL).respond(stream=Sent(b"abc"), headers={"content-encoding": encoding})
        assert ask_one().why == "encoding"

    def test_what_only_says_that_it_is_packed_is_of_no_use(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(stream=Sent(as_json(page("a"))), headers={"content-encoding": "gzip"})
        assert ask_one().why == "encoding"

    def test_a_packed_body_that_breaks_off_is_lost(self, server: respx.MockRouter) -> None:
        packed = gzip.compress(json.dumps(page(*(f"c{n}" for n in range(1000)))).encode())
        server.get(URL).respond(stream=Sent(packed[: len(packed) // 2]), headers={"content-encoding": "gzip"})
        assert ask_one().why == "connection-lost"

    def test_all_answers_of_a_call_together_have_a_limit(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(json=page(*(f"c{n}" for n in range(50))))
        size = len(as_json(page(*(f"c{n}" for n in range(50)))))
        found = ask(*[CONDITIONS] * 4, limits=FetchLimits(call_bytes=int(size * 2.5))).fetched
        assert sorted(f.why or "" for f in found.values()) == ["", "", "too-large", "too-large"]

    def test_no_more_requests_than_allowed_are_under_way_at_a_time(self, server: respx.MockRouter) -> None:
        under_way, most = 0, 0

        async def slow(request: httpx.Request) -> httpx.Response:
            nonlocal under_way, most
            import asyncio

            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.02)
            under_way -= 1
            return httpx.Response(200, json=page())

        server.get(URL).mock(side_effect=slow)
        found = ask(*[CONDITIONS] * 12, limits=FetchLimits(concurrency=3)).fetched
        assert {f.state for f in found.values()} == {"complete"}
        assert most == 2  # one place is kept for what a call cannot be answered without
