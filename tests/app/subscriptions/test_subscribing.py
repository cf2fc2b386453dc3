"""``trialcards subscribe``: the Subscriptions on a server are brought about, once, listed and removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.subscription import Subscription

from app.subscriptions.configured import types_of
from tests.app.command_line import Ran, Run, one_line, runner
from tests.app.ehr import BASE, NETWORK
from tests.app.service import screening_service, searchset
from tests.app.subscriptions.notified import NAME, SECRET, subscriptions_file

ENDPOINT = f"https://cds.example/subscriptions/{NAME}"
OTHERS = {
    "resourceType": "Subscription",
    "id": "of-others",
    "status": "active",
    "criteria": "Observation?",
    "channel": {"type": "rest-hook", "endpoint": "https://cds.example/another"},
}


class Server:
    """A FHIR server that keeps Subscriptions, and heeds no search parameter."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {"of-others": OTHERS}
        self.asked: list[httpx.Request] = []
        self.refuses: dict[str, int] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if status := self.refuses.get(request.method):
            return httpx.Response(status, json={"resourceType": "OperationOutcome", "issue": []})
        name = request.url.path.removeprefix("/fhir/Subscription").strip("/")
        if request.method == "GET":
            return httpx.Response(200, json=searchset(*self.kept.values()))
        if request.method == "DELETE":
            del self.kept[name]
            return httpx.Response(204)
        resource = json.loads(request.content)
        Subscription.model_validate(resource)
        assert resource.get("id", "") == name
        made = {**resource, "id": name or f"s{len(self.kept)}"}
        self.kept[made["id"]] = made
        return httpx.Response(200 if name else 201, json=made)

    def own(self) -> dict[str, dict[str, Any]]:
        return {name: one for name, one in self.kept.items() if one["channel"]["endpoint"] == ENDPOINT}


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    with NETWORK:
        NETWORK.route(host="ehr.example").mock(side_effect=found.answer)
        yield found


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("BEARER_TOKEN", "CLIENT_ID", "PRIVATE_KEY_FILE", "SCOPE", "BASE_URL"):
        monkeypatch.delenv(f"TRIALCARDS_{name}", raising=False)
    monkeypatch.setenv("TRIALCARDS_SUBSCRIPTIONS", str(subscriptions_file(tmp_path)))
    ran = runner(capsys)
    return lambda *more: ran("subscribe", "--name", NAME, "--endpoint", "https://cds.example/", *more)


def done(ran: Ran) -> list[str]:
    assert (ran.code, ran.err) == (0, "")
    return [line.split("\t")[0] for line in ran.out.splitlines()]


def test_there_is_one_for_each_type_that_the_protocols_need(server: Server, run: Run) -> None:
    types = types_of(screening_service())
    assert done(run()) == ["created"] * len(types)
    assert [one["criteria"] for one in server.own().values()] == [f"{kind}?" for kind in types]
    for one in server.own().values():
        assert (one["status"], one["channel"]["type"]) == ("requested", "rest-hook")
        assert one["channel"]["payload"] == "application/fhir+json"
        assert one["channel"]["header"] == [f"Authorization: Bearer {SECRET}"]


def test_again_nothing_is_changed_and_nothing_made_twice(server: Server, run: Run) -> None:
    run()
    before = json.dumps(server.kept)
    assert set(done(run())) == {"unchanged"}
    assert json.dumps(server.kept) == before
    assert [request.method for request in server.asked].count("PUT") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"status": "error"},
        {"status": "off"},
        {"channel": {"type": "rest-hook", "endpoint": ENDPOINT, "header": ["Authorization: Bearer old"]}},
    ],
)
def test_what_is_otherwise_is_put_right_in_its_place(server: Server, run: Run, change: Any) -> None:
    run()
    name = next(iter(server.own()))
    right = dict(server.kept[name])
    server.kept[name] = {**right, **change}
    assert done(run()).count("updated") == 1
    assert server.kept[name] == right


def test_what_is_doubled_or_no_longer_needed_is_removed(server: Server, run: Run) -> None:
    run()
    first = next(iter(server.own().values()))
    server.kept["twice"] = {**first, "id": "twice"}
    server.kept["once"] = {**first, "id": "once", "criteria": "Flag?"}
    assert done(run()).count("removed") == 2
    assert not {"once"} & server.kept.keys()


def test_those_of_others_are_left_alone(server: Server, run: Run) -> None:
    made = done(run())
    assert done(run("--list")) == ["there"] * len(made)
    assert done(run("--remove")) == ["removed"] * len(made)
    assert server.kept == {"of-others": OTHERS}
    assert done(run("--remove")) == []


def test_no_secret_is_printed(server: Server, run: Run) -> None:
    for more in ((), ("--list",), ("--remove",)):
        ran = run(*more)
        assert SECRET not in ran.out + ran.err


@pytest.mark.parametrize(("method", "words"), [("GET", "does not tell which"), ("POST", "was refused (403)")])
def test_what_the_server_refuses_is_one_line_and_4(server: Server, run: Run, method: str, words: str) -> None:
    server.refuses[method] = 403
    ran = run()
    assert ran.code == 4
    assert one_line(ran.err)
    assert words in ran.err


def test_the_token_of_the_environment_is_shown(
    server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALCARDS_BEARER_TOKEN", "token-of-the-environment")
    run()
    shown = {request.headers["authorization"] for request in server.asked}
    assert shown == {"Bearer token-of-the-environment"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--name", "another", "--endpoint", "https://cds.example"), "there is no subscription 'another'"),
        (("--name", NAME), "--endpoint is needed"),
        (("--name", NAME, "--endpoint", "cds.example"), "--endpoint"),
        (("--name", NAME, "--endpoint", "https://cds.example", "--list", "--remove"), "exclude each other"),
        (
            ("--name", NAME, "--endpoint", "https://cds.example", "--fhir-base", "http://ehr.example"),
            "--fhir-base: without TLS",
        ),
    ],
)
def test_arguments_that_do_not_do_are_one_line_and_2(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    ran = runner(capsys)("subscribe", *arguments)
    assert ran.code == 2
    assert one_line(ran.err)
    assert words in ran.err


def test_without_the_file_of_subscriptions_there_is_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIALCARDS_SUBSCRIPTIONS", raising=False)
    ran = runner(capsys)("subscribe", "--name", NAME, "--endpoint", "https://cds.example")
    assert (ran.code, one_line(ran.err)) == (2, True)
    assert "TRIALCARDS_SUBSCRIPTIONS" in ran.err


def test_the_base_is_the_one_of_the_file(server: Server, run: Run) -> None:
    run()
    assert {str(request.url).partition("/Subscription")[0] for request in server.asked} == {BASE}
