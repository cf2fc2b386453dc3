"""Whatever the EHR's FHIR server does: a correct card or a 412, soon, and nothing of it in the log."""

from __future__ import annotations

import asyncio
import io
import json
import random
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import cache
from typing import Any

import httpx
import pytest

from app.prefetch_table import RESOURCE_TYPES
from tests.app.ehr import (
    AUTHORIZATION,
    BASE,
    EVERY,
    NETWORK,
    TOKEN,
    Ehr,
    calling,
    hook_beside,
    request_without,
    told,
)
from tests.app.service import (
    POTENTIAL,
    cards_of,
    client,
    findings_of,
    fire,
    outcome_of,
    request_of,
    screening_of,
    searchset,
)
from tests.fhir_mappings.client.misbehaving import (
    CHUNKED,
    Behaviour,
    always,
    answer,
    chunk,
    dripping,
    resetting,
    serving,
    silent,
)

TYPES = tuple(RESOURCE_TYPES.values())
SECRET = "Jane Roe 1980-01-01"
HTML = f"<html><h1>Tomcat: {SECRET}</h1></html>".encode()
Fault = Callable[[httpx.Request], httpx.Response | None]


def status(code: int, **headers: str) -> Fault:
    def fault(_: httpx.Request) -> httpx.Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(code, headers=told, content=HTML)

    return fault


def body(content: bytes | Any, **headers: str) -> Fault:
    sent = content if isinstance(content, bytes) else json.dumps(content).encode()

    def fault(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=sent, headers=headers)

    return fault


def raises(error: type[httpx.TransportError]) -> Fault:
    def fault(_: httpx.Request) -> httpx.Response:
        raise error(SECRET)

    return fault


def endless(request: httpx.Request) -> httpx.Response:
    number = int(request.url.params.get("page", "1"))
    kind = request.url.path.rpartition("/")[2]
    subject = {"reference": f"Patient/{POTENTIAL}"}
    resource = {"resourceType": kind, "id": f"n{number}", "subject": subject, "patient": subject}
    url = str(request.url.copy_set_param("page", number + 1))
    return httpx.Response(200, json=searchset(resource, link=[{"relation": "next", "url": url}], total=9**9))


def own_next(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=searchset(link=[{"relation": "next", "url": str(request.url)}], total=0))


def of_all_patients(request: httpx.Request) -> httpx.Response:
    """A server that does not heed ``patient``."""
    kind = request.url.path.split("/")[2]
    other = {"reference": "Patient/somebody-else", "display": SECRET}
    resource = {"resourceType": kind, "id": "x", "status": "completed", "subject": other, "patient": other}
    return httpx.Response(200, json=resource if "?" not in str(request.url) else searchset(resource))


FAULTS: dict[str, Fault] = {
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "410": status(410),
    "400": status(400),
    "429": status(429, retry_after="1000"),
    "429 with a date": status(429, retry_after="Wed, 21 Oct 2099 07:28:00 GMT"),
    "429 without": status(429),
    "500": status(500),
    "503": status(503),
    "204": status(204),
    "302": status(302, location="https://evil.example/"),
    "HTML": body(HTML),
    "nothing": body(b""),
    "null": body(b"null"),
    "cut off": body(
        b'{"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": {"resourceType"'
    ),
    "deep": body(
        b'{"resourceType":"Bundle","type":"searchset","entry":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    ),
    "another type": body({"resourceType": "Location", "id": "x", "name": SECRET}),
    "an OperationOutcome": body(
        {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "x", "diagnostics": SECRET}],
        }
    ),
    "the error among entries": body(
        searchset({"resourceType": "OperationOutcome", "issue": [{"severity": "fatal", "code": "x"}]})
    ),
    "another type among entries": body(searchset({"resourceType": "Location", "id": "x"})),
    "a next page elsewhere": body(searchset(link=[{"relation": "next", "url": "https://evil.example/2"}])),
    "one thing told twice": body(b'{"resourceType":"Bundle","type":"searchset","total":1,"total":0}'),
    "a total without entries": body(searchset(total=70)),
    "no Bundle of entries": body({"resourceType": "Bundle", "type": "searchset", "entry": "x", "total": 3}),
    "not packed as it says": body(b"", **{"content-encoding": "br"}),
    "no connection": raises(httpx.ConnectError),
    "reset": raises(httpx.ReadError),
    "no HTTP": raises(httpx.RemoteProtocolError),
    "time out": raises(httpx.ConnectTimeout),
    "endless pages": endless,
    "a page that is its own next one": own_next,
    "the data of others": of_all_patients,
}
QUICK = {"fetch_deadline_seconds": 1.0, "show_ineligible": True}


def spoiling(fault: Fault, *kinds: str) -> Ehr:
    """An EHR whose server has this fault, for these types only."""

    def instead(request: httpx.Request) -> httpx.Response | None:
        return fault(request) if request.url.path.split("/")[2] in kinds else None

    return Ehr(POTENTIAL, instead=instead)


@cache
def whole() -> dict[str, dict[str, Any]]:
    """The findings of the whole record, by protocol."""
    cards = cards_of(request_of(POTENTIAL), client(show_ineligible=True))
    return {screening_of(card)["protocol"]: findings_of(card) for card in cards}


def turned(cards: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The findings that a lack of data made something else than open."""
    return [
        (criterion, finding["outcome"])
        for card in cards
        for criterion, finding in findings_of(card).items()
        if finding["outcome"] != whole()[screening_of(card)["protocol"]][criterion]["outcome"]
        and finding["outcome"] in ("pass", "presumed", "fail")
    ]


@pytest.mark.usefixtures("network")
class TestFaultsOfOneAnswer:
    @pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
    def test_leave_open_what_rests_on_it_and_nothing_else(self, fault: Fault) -> None:
        # E8 asks for live vaccines, which only immunizations tell.
        ehr = spoiling(fault, "Immunization")
        cards = cards_of(
            request_without("immunizations", patient=POTENTIAL), hook_beside(ehr, settings=QUICK)
        )
        assert len(cards) == len(whole())
        assert turned(cards) == []
        [e8] = [
            found["E8"]
            for card in cards
            if "E8" in (found := findings_of(card)) and "live" in found["E8"]["text"]
        ]
        assert e8["outcome"] == "missing"
        assert "not-retrieved" in {need["why"] for need in e8["needs"]}
        assert SECRET not in json.dumps(cards)

    @pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
    @pytest.mark.parametrize("key", ["patient", "conditions"])
    def test_are_412_where_nothing_can_be_told_without_it(self, fault: Fault, key: str) -> None:
        request = request_without(key, patient=POTENTIAL)
        if key == "conditions":
            # Nothing else shows the disease either.
            for other in ("reports", "observations", "procedures", "questionnaireResponses"):
                request["prefetch"][other] = None
        began = time.monotonic()
        answered = fire(request, hook_beside(spoiling(fault, RESOURCE_TYPES[key]), settings=QUICK))
        if key == "conditions" and answered.status_code == 200:
            # A part of them came: that no disease is among them is no reason to complain.
            assert answered.json() == {"cards": []}
        else:
            issue = outcome_of(answered, 412)
            assert SECRET not in issue["diagnostics"]
            assert TOKEN not in issue["diagnostics"]
        assert time.monotonic() - began < 5

    def test_of_another_patient_nothing_is_taken_even_if_it_is_told_in_an_unusual_way(self) -> None:
        other = {"reference": "https://ehr.example/fhir/Patient/somebody-else/_history/2"}
        resource = {"resourceType": "Immunization", "id": "x", "status": "completed", "patient": other}
        cards = cards_of(
            request_without("immunizations", patient=POTENTIAL),
            hook_beside(spoiling(body(searchset(resource)), "Immunization"), settings=QUICK),
        )
        assert turned(cards) == []

    def test_half_a_character_in_a_fetched_text_does_no_harm(self) -> None:
        note = {
            "resourceType": "Immunization",
            "id": "x",
            "status": "completed",
            "vaccineCode": {"text": "@@"},
        }
        note["patient"] = {"reference": f"Patient/{POTENTIAL}"}
        sent = json.dumps(searchset(note)).replace("@@", "\\ud83d").encode()
        ehr = spoiling(body(sent), "Immunization")
        cards_of(request_without("immunizations", patient=POTENTIAL), hook_beside(ehr, settings=QUICK))


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("seed", range(12))
def test_faults_of_many_answers_at_once_turn_nothing_into_pass_fail_or_presumed(seed: int) -> None:
    # A seeded choice: each type fails in a way of its own, or does not.
    chance = random.Random(seed)  # noqa: S311
    chosen = {
        kind: chance.choice([None, *FAULTS.values()])
        for kind in TYPES
        if kind not in ("Patient", "Condition")
    }

    def instead(request: httpx.Request) -> httpx.Response | None:
        fault = chosen.get(request.url.path.split("/")[2])
        return fault(request) if fault is not None else None

    http = hook_beside(Ehr(POTENTIAL, instead=instead), settings=QUICK)
    assert turned(cards_of(request_without(*EVERY, patient=POTENTIAL), http)) == []


@pytest.mark.usefixtures("network")
def test_what_a_server_offers_is_not_learnt_from_an_error_page() -> None:
    for fault in (
        status(500),
        body(HTML),
        body({"resourceType": "CapabilityStatement"}),
        raises(httpx.ReadError),
    ):
        NETWORK.routes.clear()
        ehr = spoiling(fault, "metadata")
        cards = cards_of(request_without(*EVERY, patient=POTENTIAL), hook_beside(ehr))
        assert told(cards) == told(cards_of(request_of(POTENTIAL)))


PAGE = json.dumps(searchset()).encode()
MISBEHAVIOUR: dict[str, Behaviour] = {
    "resets": resetting(),
    "resets within the body": resetting(answer(PAGE[:20], length=len(PAGE))),
    "closes within the body": always(answer(PAGE[:20], length=len(PAGE)), close=True),
    "closes within a chunk": always(CHUNKED + b"ffff\r\n" + PAGE, close=True),
    "says nothing": silent(),
    "drips headers": dripping(b"HTTP/1.1 200 OK\r\nx: ", b"a", 0.1),
    "drips a body": dripping(answer(b"", length=10**6), b" ", 0.1),
    "drips chunks": dripping(CHUNKED, chunk(b" "), 0.1),
    "sends without end": dripping(CHUNKED, chunk(b" " * 60_000), 0),
    "speaks no HTTP": always(b"SSH-2.0-OpenSSH_9.6\r\n", close=True),
}


@pytest.mark.parametrize("behaviour", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_over_real_connections_a_server_that_misbehaves_costs_no_more_than_the_deadline(
    behaviour: Behaviour,
) -> None:
    with serving(behaviour) as server:
        http = hook_beside(
            fhir_servers=(server.base,),
            allow_private_addresses=True,
            settings={"fetch_deadline_seconds": 0.5},
        )
        with http:
            request = request_without("immunizations", "devices", patient=POTENTIAL, fhirServer=server.base)
            http.post(
                "/cds-services/lupus-trials", json={**request, "prefetch": {}}
            )  # what is loaded at first
            began = time.monotonic()
            cards = cards_of(request, http)
            took = time.monotonic() - began
            outcome_of(fire({**request, "prefetch": {}}, http), 412)
    assert {screening_of(card)["verdict"] for card in cards} == {"undetermined"}
    assert took < 4
    assert server.heads


def test_a_server_that_waits_keeps_no_other_call_waiting() -> None:
    with serving(silent()) as server:
        hook = hook_beside(
            fhir_servers=(server.base,),
            allow_private_addresses=True,
            settings={"fetch_deadline_seconds": 3.0},
        )

        async def both() -> float:
            async with calling(hook) as http:
                slow = asyncio.create_task(
                    http.post(
                        "/cds-services/lupus-trials", json=request_without("devices", fhirServer=server.base)
                    )
                )
                await asyncio.sleep(0.5)
                began = time.monotonic()
                assert (await http.get("/healthz")).status_code == 200
                took = time.monotonic() - began
                assert not slow.done()
                assert (await slow).status_code == 200
                return took

        assert asyncio.run(both()) < 1.5


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("name", "request_", "expected"),
    [
        ("all came", request_without("devices"), {"fetch": "done", "fetch_complete": 1, "fetch_failed": 0}),
        ("a part", request_without("immunizations"), {"fetch": "partly", "fetch_why": "forbidden"}),
        ("not listed", request_without("devices", fhirServer="https://x.example"), {"fetch": "not-listed"}),
        ("no token", request_without("devices", fhirAuthorization=None), {"fetch": "no-token"}),
    ],
)
def test_the_log_tells_how_it_went_and_neither_token_nor_address_nor_patient(
    name: str, request_: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert name
    stream = io.StringIO()
    with redirect_stderr(stream):
        http = hook_beside(spoiling(status(403), "Immunization"), settings={"log_level": "debug"})
        assert fire(request_, http).status_code in (200, 412)
    line = json.loads(stream.getvalue().splitlines()[-1])
    assert line.items() >= expected.items()
    for word in (TOKEN, BASE, "ehr.example", "x.example", request_["context"]["patientId"]):
        assert word not in stream.getvalue()


def test_a_token_that_is_kept_by_nobody() -> None:
    # C32, C33: the token is for the call alone.
    import gc

    token = "unique-token-of-this-very-call"
    with NETWORK:
        http = hook_beside(Ehr())
        fire(request_without("devices", fhirAuthorization={**AUTHORIZATION, "access_token": token}), http)
        NETWORK.calls.reset()
        NETWORK.routes.clear()
    gc.collect()
    held = [o for o in gc.get_objects() if type(o).__name__ == "BearerToken" and token in o._header]
    assert held == []


def test_connections_are_kept_between_calls_and_closed_with_the_service() -> None:
    made: list[asyncio.StreamWriter] = []

    async def behave(_: str, writer: asyncio.StreamWriter) -> None:
        if writer not in made:
            made.append(writer)
        writer.write(answer(PAGE))

    with serving(behave) as server:
        with hook_beside(fhir_servers=(server.base,), allow_private_addresses=True) as http:
            for _ in range(4):
                cards_of(request_without("devices", fhirServer=server.base), http)
            assert len(made) == 1
        time.sleep(0.2)  # until the server has noticed
        assert made[0].is_closing()
