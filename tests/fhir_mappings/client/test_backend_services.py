"""Access tokens by SMART Backend Services, and what is done where there are none.

Source: SMART App Launch 2.2, https://hl7.org/fhir/smart-app-launch/backend-services.html.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from email.utils import formatdate
from typing import Any, TypeVar
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
import respx

from fhir_mappings.client import (
    BackendServices,
    Fetched,
    FhirClient,
    Network,
    Query,
    SigningKey,
    TokenError,
    base_address,
)
from tests.cds_hooks.signing import EC, RSA, private_key
from tests.fhir_mappings.client.asking import BASE, CONDITIONS, LIMITS, ids, page
from tests.fhir_mappings.client.smart_server import CLIENT_ID, SmartServer, smart_server

TOKEN_URL = "https://login.example/oauth2/token/"
SCOPE = "system/Condition.rs"
PATIENT = Query("Patient", "Patient/p1")
KEYS = {name: private_key(name).public_key() for name in (EC, RSA)}
T = TypeVar("T")


@pytest.fixture
def server() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def smart() -> Iterator[SmartServer]:
    async def behind(path: str) -> tuple[int, bytes]:
        return 200, json.dumps(page(path.partition("=")[2])).encode()

    with smart_server(KEYS, behind) as running:
        yield running


class Clock:
    """This machine's clock."""

    def __init__(self) -> None:
        self.now = 1_780_000_000.0

    def __call__(self) -> float:
        return self.now


def with_services(
    use: Callable[[BackendServices, Network], Awaitable[T]],
    *,
    key: str = EC,
    token_url: str = TOKEN_URL,
    clock: Callable[[], float] = time.time,
) -> T:
    async def call() -> T:
        network = Network()
        signing = SigningKey(private_key(key), key)
        try:
            return await use(BackendServices(CLIENT_ID, signing, token_url, SCOPE, network, clock), network)
        finally:
            await network.aclose()

    return asyncio.run(call())


async def fetched(
    services: BackendServices, network: Network, *queries: Query, base: str = BASE
) -> dict[str, Fetched]:
    client = FhirClient(base_address(base), network, services, LIMITS, private_allowed="127." in base)
    deadline = asyncio.get_running_loop().time() + 10
    return await client.fetch({str(number): query for number, query in enumerate(queries)}, deadline)


def granted(access: str = "t1", **more: Any) -> dict[str, Any]:
    return {"access_token": access, "token_type": "bearer", "expires_in": 300, **more}


def assertion_in(request: httpx.Request) -> dict[str, Any]:
    told = parse_qs(request.content.decode())["client_assertion"][0]
    claims: dict[str, Any] = jwt.decode(told, options={"verify_signature": False})
    return claims


class TestAgainstAServerThatChecksAssertions:
    @pytest.mark.parametrize("key", [EC, RSA])
    def test_both_algorithms_of_smart_are_let_in(self, smart: SmartServer, key: str) -> None:
        async def use(services: BackendServices, network: Network) -> dict[str, Fetched]:
            return await fetched(services, network, CONDITIONS, base=smart.base)

        found = with_services(use, key=key, token_url=smart.token_url)
        assert (found["0"].state, ids(found["0"])) == ("complete", ["p1"])
        assert (smart.scopes, smart.refused) == ([SCOPE], [])

    def test_twenty_requests_at_once_share_one_token(self, smart: SmartServer) -> None:
        queries = [Query("Condition", f"Condition?patient=p{number}") for number in range(20)]

        async def use(services: BackendServices, network: Network) -> dict[str, Fetched]:
            return await fetched(services, network, *queries, base=smart.base)

        found = with_services(use, token_url=smart.token_url)
        assert {answer.state for answer in found.values()} == {"complete"}
        assert len(smart.asked) == 20
        assert len(smart.scopes) == 1

    def test_a_token_that_the_server_forgot_is_renewed_once_for_all_requests(
        self, smart: SmartServer
    ) -> None:
        queries = [Query("Condition", f"Condition?patient=p{number}") for number in range(8)]

        async def use(services: BackendServices, network: Network) -> dict[str, Fetched]:
            await services.token()
            smart.forget_tokens()
            return await fetched(services, network, *queries, base=smart.base)

        found = with_services(use, token_url=smart.token_url)
        assert {answer.state for answer in found.values()} == {"complete"}
        assert len(smart.scopes) == 2

    @pytest.mark.parametrize("ahead", [-3600, 600])
    def test_clocks_that_differ_are_bridged_by_the_servers_word(self, smart: SmartServer, ahead: int) -> None:
        smart.ahead = ahead

        async def use(services: BackendServices, network: Network) -> dict[str, Fetched]:
            return await fetched(services, network, CONDITIONS, base=smart.base)

        assert with_services(use, token_url=smart.token_url)["0"].state == "complete"
        assert len(smart.refused) == 1

    def test_a_key_that_the_server_does_not_know_is_refused_and_not_tried_again(
        self, smart: SmartServer
    ) -> None:
        async def use(services: BackendServices, network: Network) -> dict[str, Fetched]:
            return await fetched(services, network, *[CONDITIONS] * 12, base=smart.base)

        found = with_services(use, key="ec-unknown", token_url=smart.token_url)
        assert {(answer.state, answer.why) for answer in found.values()} == {("failed", "no-token")}
        assert (len(smart.refused), smart.asked) == (1, [])


class TestLifeOfAToken:
    def test_it_is_renewed_half_a_minute_before_its_end(self, server: respx.MockRouter) -> None:
        route = server.post(TOKEN_URL)
        route.side_effect = [httpx.Response(200, json=granted("t1")), httpx.Response(200, json=granted("t2"))]
        clock = Clock()

        async def use(services: BackendServices, _: Network) -> list[int]:
            calls = []
            for seconds in (0, 269, 1):
                clock.now += seconds
                await services.token()
                calls.append(route.call_count)
            return calls

        assert with_services(use, clock=clock) == [1, 1, 2]

    def test_one_that_lives_for_ten_seconds_is_used_for_five(self, server: respx.MockRouter) -> None:
        route = server.post(TOKEN_URL).respond(json=granted(expires_in=10))
        clock = Clock()

        async def use(services: BackendServices, _: Network) -> list[int]:
            calls = []
            for seconds in (0, 4, 1):
                clock.now += seconds
                await services.token()
                calls.append(route.call_count)
            return calls

        assert with_services(use, clock=clock) == [1, 1, 2]

    def test_after_a_second_401_nothing_more_is_tried(self, server: respx.MockRouter) -> None:
        tokens = server.post(TOKEN_URL).respond(json=granted())
        route = server.get(f"{BASE}/Condition").respond(401, content=b"x" * 1_000_000)

        async def use(services: BackendServices, network: Network) -> dict[str, Fetched]:
            return await fetched(services, network, CONDITIONS)

        found = with_services(use)["0"]
        assert (found.state, found.why) == ("failed", "unauthorized")
        assert (tokens.call_count, route.call_count) == (2, 2)

    def test_each_assertion_is_new_and_lives_for_less_than_five_minutes(
        self, server: respx.MockRouter
    ) -> None:
        route = server.post(TOKEN_URL).respond(json=granted(expires_in=0))
        clock = Clock()

        async def use(services: BackendServices, _: Network) -> None:
            await services.token()
            await services.token()

        with_services(use, clock=clock)
        one, two = (assertion_in(call.request) for call in route.calls)
        assert one["jti"] != two["jti"]
        assert one["iss"] == one["sub"] == CLIENT_ID
        assert one["aud"] == TOKEN_URL
        assert 0 < one["exp"] - clock.now <= 300


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (httpx.Response(400, json={"error": "invalid_client"}), "answered 400 invalid_client"),
            (httpx.Response(400, json={"error": "invalid_scope"}), "answered 400 invalid_scope"),
            (httpx.Response(401), "answered 401"),
            (httpx.Response(403, json={"error": "<script>"}), "answered 403"),
            (httpx.Response(302, headers={"location": "https://evil.example/"}), "answered 302"),
            (httpx.Response(200, content=b"<html>"), "holds no access token"),
            (httpx.Response(200, json={"token_type": "bearer"}), "holds no access token"),
            (httpx.Response(200, json=granted("line\nbreak")), "holds no access token"),
            (httpx.Response(200, json=granted(token_type="mac")), "another type than 'bearer'"),
            (httpx.Response(200, content=b"{" * 200_000), "did not answer (too-large)"),
        ],
    )
    def test_what_cannot_pass_is_told_at_once_in_words_of_our_own(
        self, server: respx.MockRouter, answer: httpx.Response, told: str
    ) -> None:
        route = server.post(TOKEN_URL).mock(return_value=answer)
        with pytest.raises(TokenError) as refused:
            with_services(lambda services, _: services.token())
        assert str(refused.value).endswith(told)
        assert route.call_count == (3 if "did not answer" in told else 1)

    @pytest.mark.parametrize("fault", [httpx.Response(503), httpx.ConnectError("refused")])
    def test_what_may_pass_is_tried_again(
        self, server: respx.MockRouter, fault: httpx.Response | httpx.ConnectError
    ) -> None:
        server.post(TOKEN_URL).side_effect = [fault, httpx.Response(200, json=granted())]
        assert with_services(lambda services, _: services.token()) is not None

    def test_clocks_that_differ_are_told_if_that_does_not_mend_it(self, server: respx.MockRouter) -> None:
        clock = Clock()
        date = formatdate(clock.now + 600, usegmt=True)
        route = server.post(TOKEN_URL).respond(400, json={"error": "invalid_client"}, headers={"date": date})
        with pytest.raises(TokenError, match="invalid_client") as refused:
            with_services(lambda services, _: services.token(), clock=clock)
        assert "600 s" in str(refused.value)
        one, two = (assertion_in(call.request)["exp"] for call in route.calls)
        assert two - one == 600

    def test_after_a_minute_a_refused_client_may_ask_again(self, server: respx.MockRouter) -> None:
        route = server.post(TOKEN_URL)
        route.side_effect = [httpx.Response(401), httpx.Response(200, json=granted())]
        clock = Clock()

        async def use(services: BackendServices, _: Network) -> None:
            for seconds in (0, 59):
                clock.now += seconds
                with pytest.raises(TokenError):
                    await services.token()
            clock.now += 1
            await services.token()

        with_services(use, clock=clock)
        assert route.call_count == 2

    def test_neither_token_nor_assertion_nor_key_shows(self, server: respx.MockRouter) -> None:
        server.post(TOKEN_URL).respond(json=granted("secret-token"))

        async def use(services: BackendServices, _: Network) -> str:
            return f"{services!r} {await services.token()!r} {SigningKey(private_key(EC), EC)!r}"

        assert with_services(use) == "BackendServices(…) BearerToken(…) SigningKey(ES384, …)"

    def test_without_tls_the_assertion_goes_to_private_addresses_only(self, server: respx.MockRouter) -> None:
        with respx.mock(assert_all_called=False) as router:
            router.route().pass_through()
            with pytest.raises(TokenError, match="did not answer"):
                with_services(lambda services, _: services.token(), token_url="http://93.184.216.34/token")
