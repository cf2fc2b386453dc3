"""What a server says that it offers, and what is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import respx

from fhir_mappings.client import BearerToken, Capabilities, Network, Offer, base_address
from fhir_mappings.client.capability import EVERYTHING, read_offer
from tests.fhir_mappings.client.asking import BASE, as_json

METADATA = f"{BASE}/metadata"


def kind(
    name: str, *parameters: str, interactions: tuple[str, ...] = ("read", "search-type")
) -> dict[str, Any]:
    return {
        "type": name,
        "interaction": [{"code": code} for code in interactions],
        "searchParam": [{"name": parameter, "type": "token"} for parameter in parameters],
    }


def statement(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    rest = [{"mode": "server", "resource": [kind("Patient", "_id"), *resources]}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest, **more}


def offer_of(document: Any) -> Offer:
    return read_offer(as_json(document))


class TestWhatAStatementSays:
    def test_a_type_that_it_names_is_offered_and_another_is_absent(self) -> None:
        offer = offer_of(statement(kind("Condition", "patient")))
        assert offer.support("Condition") == "offered"
        assert offer.support("Device") == "absent"

    @pytest.mark.parametrize(
        "resource",
        [kind("Device", "patient", interactions=("read",)), kind("Device", "identifier", "status")],
        ids=["no search", "no search by patient"],
    )
    def test_a_type_that_cannot_be_searched_for_a_patients_is_not_absent(
        self, resource: dict[str, Any]
    ) -> None:
        # The server may well know of devices; that none are found shows nothing.
        assert offer_of(statement(resource)).support("Device") == "unsearchable"

    def test_where_interactions_or_parameters_are_not_told_all_are_taken_to_be_there(self) -> None:
        offer = offer_of(statement({"type": "Device"}))
        assert offer.support("Device") == "offered"
        assert offer.takes("Device", "status")

    def test_a_parameter_that_is_not_named_is_not_taken(self) -> None:
        offer = offer_of(statement(kind("ServiceRequest", "patient")))
        assert offer.takes("ServiceRequest", "patient")
        assert not offer.takes("ServiceRequest", "status")

    @pytest.mark.parametrize(
        "document",
        [
            {},
            [],
            "text",
            {"resourceType": "CapabilityStatement"},
            statement(fhirVersion="3.0.2"),
            statement(fhirVersion=""),
            statement(rest=[]),
            statement(rest=[{"mode": "client", "resource": [kind("Patient"), kind("Condition")]}]),
            statement(rest=[{"mode": "server", "resource": [kind("Condition")]}]),
            statement(rest="x"),
        ],
    )
    def test_one_that_is_not_to_be_believed_says_nothing(self, document: Any) -> None:
        assert offer_of(document) is EVERYTHING
        assert EVERYTHING.support("Device") == "offered"


def remembering(test: Callable[[Capabilities], Awaitable[None]], **how: float) -> None:
    async def run() -> None:
        network = Network()
        capabilities = Capabilities(network, **how)
        try:
            await test(capabilities)
        finally:
            await capabilities.aclose()
            await network.aclose()

    asyncio.run(run())


@respx.mock
def test_a_statement_is_asked_for_once_and_without_a_token() -> None:
    route = respx.get(METADATA).respond(json=statement(kind("Condition", "patient")))

    async def test(capabilities: Capabilities) -> None:
        base = base_address(BASE)
        found = await asyncio.gather(*(capabilities.offer(base, 1) for _ in range(5)))
        found.append(await capabilities.offer(base, 1))
        assert {offer.support("Device") for offer in found} == {"absent"}

    remembering(test)
    assert route.call_count == 1
    assert "authorization" not in route.calls.last.request.headers


@respx.mock
def test_it_is_asked_for_again_when_it_has_grown_old() -> None:
    route = respx.get(METADATA).respond(json=statement())

    async def test(capabilities: Capabilities) -> None:
        for _ in range(2):
            await capabilities.offer(base_address(BASE), 1)
            await asyncio.sleep(0.02)

    remembering(test, seconds=0.01)
    assert route.call_count == 2


@respx.mock
@pytest.mark.parametrize("status", [401, 404, 500, 200])
def test_a_server_that_does_not_tell_is_taken_to_offer_everything(status: int) -> None:
    route = respx.get(METADATA).respond(status, json={"resourceType": "OperationOutcome"})

    async def test(capabilities: Capabilities) -> None:
        for _ in range(2):
            assert await capabilities.offer(base_address(BASE), 1) is EVERYTHING

    remembering(test)
    assert route.call_count == 1


@respx.mock
def test_a_server_that_takes_long_is_not_waited_for_and_yet_understood_later() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.1)
        return httpx.Response(200, json=statement())

    respx.get(METADATA).mock(side_effect=slow)

    async def test(capabilities: Capabilities) -> None:
        base = base_address(BASE)
        assert await capabilities.offer(base, 0.02) is EVERYTHING
        await asyncio.sleep(0.2)
        assert (await capabilities.offer(base, 0.02)).support("Device") == "absent"

    remembering(test)


def test_a_token_does_not_show() -> None:
    assert "secret" not in repr(BearerToken("secret-token"))


@pytest.mark.parametrize("token", ["", "a\r\nx: y", "a\x00", "ä", " xyz", "xyz ", "x yz", "\tx"])
def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="token") as refused:
        BearerToken(token)
    assert token == "" or token not in str(refused.value)
