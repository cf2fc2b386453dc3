"""Connections are made only to addresses that may be called, whatever a name stands for at the moment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fhir_mappings.client.asking import CONDITIONS, as_json, ask, page
from tests.fhir_mappings.client.misbehaving import Server, always, answer, serving, silent
from tests.fhir_mappings.client.names import Names, invented


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return invented(monkeypatch)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(always(answer(as_json(page("a"))))) as running:
        yield running


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "localhost",
    ],
)
def test_no_private_address_is_called_unless_the_operator_allows_it(server: Server, host: str) -> None:
    answered = ask(CONDITIONS, base=f"https://{host}:{server.port}/fhir")
    assert answered.fetched["0"].why == "address-refused"
    assert server.heads == []
    assert answered.seconds < 1.8


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "0.0.0.0", "[::]", "[fe80::1]", "224.0.0.1", "[fd00:ec2::254]"]
)
def test_where_no_fhir_server_lives_none_is_called_even_then(server: Server, host: str) -> None:
    answered = ask(CONDITIONS, base=f"http://{host}:{server.port}/fhir", private_allowed=True)
    assert answered.fetched["0"].why == "address-refused"
    assert server.heads == []


def test_a_name_that_stands_for_a_private_address_is_not_called(server: Server, names: Names) -> None:
    names.answers = [["127.0.0.1"]]
    answered = ask(CONDITIONS, base=f"https://ehr.example:{server.port}/fhir")
    assert answered.fetched["0"].why == "address-refused"
    assert server.heads == []


def test_a_name_is_asked_for_once_and_the_address_that_was_judged_is_called(
    server: Server, names: Names
) -> None:
    # Asked a second time, it would stand for another machine.
    names.answers = [["127.0.0.1"], ["10.255.255.1"]]
    found = ask(CONDITIONS, base=f"http://ehr.example:{server.port}/fhir", private_allowed=True).fetched["0"]
    assert found.state == "complete"
    assert names.asked == ["ehr.example"]
    assert f"host: ehr.example:{server.port}" in server.heads[0].lower()


def test_of_several_addresses_only_those_that_may_be_are_called(server: Server, names: Names) -> None:
    names.answers = [["169.254.169.254", "0.0.0.0", "127.0.0.1"]]
    found = ask(CONDITIONS, base=f"http://ehr.example:{server.port}/fhir", private_allowed=True).fetched["0"]
    assert found.state == "complete"


def test_without_tls_a_public_address_is_not_called_even_where_private_ones_may_be(
    server: Server, names: Names
) -> None:
    names.answers = [["93.184.216.34"]]
    answered = ask(CONDITIONS, base=f"http://ehr.example:{server.port}/fhir", private_allowed=True)
    assert answered.fetched["0"].why == "address-refused"


def test_a_name_that_nobody_knows(names: Names) -> None:
    assert ask(CONDITIONS, base="https://ehr.example/fhir").fetched["0"].why == "unreachable"


def test_without_an_agreement_on_tls_nothing_is_sent() -> None:
    with serving(silent()) as server:
        answered = ask(
            CONDITIONS, base=f"https://127.0.0.1:{server.port}/fhir", private_allowed=True, seconds=0.5
        )
    assert answered.fetched["0"].state == "failed"
    assert server.heads == []
    assert answered.seconds < 1.8


def test_proxies_of_the_environment_are_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # A proxy would resolve names by itself.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(CONDITIONS, base=server.base, private_allowed=True).fetched["0"].state == "complete"
