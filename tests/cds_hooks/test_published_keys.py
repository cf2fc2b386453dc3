"""Key sets, C90 and C92: what is usable in them, when they are fetched, and that they are fetched seldom."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from cds_hooks.keys import KeySetError, key_set, key_set_from_json
from cds_hooks.published_keys import (
    INTERVAL,
    LIFETIME,
    RETRY,
    STALE,
    FetchError,
    KeySetUnavailableError,
    PublishedKeys,
)
from tests.cds_hooks.signing import EC, RSA, jwks, public_jwk, rsa_jwk

pytestmark = pytest.mark.anyio
URL = "https://ehr.example/jwks.json"


class Publisher:
    """A client that publishes keys, with a clock; counts who asks."""

    def __init__(self, *key_ids: str) -> None:
        self.body: bytes | None = json.dumps(jwks(*key_ids)).encode()
        self.asked: list[str] = []
        self.now = 1000.0
        self.keys = PublishedKeys(self.fetch, clock=lambda: self.now)

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        await asyncio.sleep(0)
        if self.body is None:
            raise FetchError("ConnectError")
        return self.body

    def publish(self, *key_ids: str) -> None:
        self.body = json.dumps(jwks(*key_ids)).encode()

    async def knows(self, key_id: str) -> bool:
        return bool(await self.keys.of_id(URL, key_id))


class TestAKeySet:
    def test_holds_the_keys_for_the_two_algorithms(self) -> None:
        assert {key.algorithm for key in key_set(jwks(EC, RSA)).keys} == {"ES384", "RS384"}

    def test_may_hold_keys_for_other_purposes_which_are_left_out(self) -> None:
        others = [
            public_jwk("rsa-enc", use="enc"),
            public_jwk("rsa-256", alg="RS256"),
            public_jwk("ec-p256"),
            {"kty": "oct", "kid": "s", "k": "c2VjcmV0"},
            {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AAAA"},
            "no key",
        ]
        kept = key_set({"keys": [*others, public_jwk(EC, alg="ES384", use="sig", key_ops=["verify"])]})
        assert [key.key_id for key in kept.keys] == [EC]

    @pytest.mark.parametrize(
        ("document", "words"),
        [
            (None, "object with the list"),
            ([], "object with the list"),
            ({"keys": "x"}, "object with the list"),
            ({"keys": {}}, "object with the list"),
            ({"keys": [public_jwk(EC)] * 65}, "more than 64"),
            ({"keys": [public_jwk("rsa-weak")]}, "fewer than 2048"),
            ({"keys": [{**public_jwk(EC), "d": "AAAA"}]}, "private key"),
            ({"keys": [{**public_jwk(EC), "x": "AAAA"}]}, "not those of a key"),
            ({"keys": [{**public_jwk(EC), "y": 5}]}, "not those of a key"),
            ({"keys": [{"kty": "RSA", "kid": "a"}]}, "not those of a key"),
            ({"keys": [{**public_jwk(EC), "kid": ""}]}, "'kid' is required"),
            ({"keys": [{**public_jwk(EC), "kty": ["EC"]}]}, "neither"),
            ({"keys": [{**public_jwk(EC), "key_ops": ["encrypt"]}]}, "not for signatures"),
            ({"keys": [{**public_jwk(EC), "key_ops": 5}]}, "not for signatures"),
        ],
    )
    def test_without_a_usable_key_is_refused_with_the_reason(self, document: Any, words: str) -> None:
        with pytest.raises(KeySetError, match=words):
            key_set(document)

    @pytest.mark.parametrize(
        ("numbers", "words"),
        [
            ({"e": 1}, "not those of a key"),
            ({"e": 2}, "not those of a key"),
            ({"e": 65_538}, "not those of a key"),
            ({"e": 2**256 + 1}, "more than 256 bits"),
            ({"n": lambda n: n - 1}, "modulus 'n' is even"),
            ({"n": lambda n: n - n % 751 + 751 * (n % 751 % 2 == 0)}, "small factor"),
            ({"n": lambda n: n >> 1 | 1}, "fewer than 2048"),
            ({"n": lambda n: n << 6200 | 1}, "more than 8192"),
        ],
        ids=["e 1", "e 2", "e even", "e long", "n even", "n by 751", "2047 bits", "8248 bits"],
    )
    def test_holds_no_rsa_key_that_anybody_could_take_apart(self, numbers: Any, words: str) -> None:
        """NIST SP 800-89, 5.3.3: what can be told of a key pair by its public half."""
        unsafe = {"keys": [rsa_jwk(**numbers)]}
        with pytest.raises(KeySetError, match=words):
            key_set(unsafe)
        beside = {"keys": [public_jwk(EC), *unsafe["keys"]]}
        assert [key.key_id for key in key_set(beside).keys] == [EC]
        with pytest.raises(KeySetError, match=f"^key 2: .*{words}"):
            key_set(beside, pinned=True)

    @pytest.mark.parametrize("exponent", [3, 17, 65_537, 2**256 - 1])
    def test_holds_rsa_keys_of_any_usual_exponent(self, exponent: int) -> None:
        assert key_set({"keys": [rsa_jwk(e=exponent)]}, pinned=True).keys

    def test_that_is_pinned_may_hold_keys_for_other_purposes(self) -> None:
        others = [public_jwk("rsa-enc", use="enc"), public_jwk("rsa-256", alg="RS256"), public_jwk("ec-p256")]
        assert len(key_set({"keys": [*others, public_jwk(EC)]}, pinned=True).keys) == 1

    @pytest.mark.parametrize(
        "text", [b"", b"<html>", b"[]", b'{"keys": [', b'{"keys": [], "keys": []}', b"\xff"]
    )
    def test_is_json(self, text: bytes) -> None:
        with pytest.raises(KeySetError):
            key_set_from_json(text)


class TestPublishedKeys:
    async def test_are_fetched_once_and_kept(self) -> None:
        ehr = Publisher(EC, RSA)
        assert [await ehr.knows(key) for key in (EC, RSA, EC, EC)] == [True] * 4
        assert ehr.asked == [URL]

    async def test_are_fetched_once_for_many_at_the_same_time(self) -> None:
        ehr = Publisher(EC)
        assert all(await asyncio.gather(*(ehr.knows(EC) for _ in range(20))))
        assert len(ehr.asked) == 1

    async def test_are_fetched_anew_for_a_key_that_is_not_known(self) -> None:
        ehr = Publisher(EC)
        await ehr.knows(EC)
        ehr.publish("ec-2")
        ehr.now += INTERVAL
        assert await ehr.knows("ec-2")
        assert not await ehr.knows(EC)

    async def test_are_fetched_at_most_once_in_an_interval_however_many_unknown_keys_are_named(self) -> None:
        ehr = Publisher(EC)
        for number in range(100):
            assert not await ehr.knows(f"unknown-{number}")
        assert len(ehr.asked) == 1
        ehr.now += INTERVAL
        await asyncio.gather(*(ehr.knows(f"unknown-{number}") for number in range(100)))
        assert len(ehr.asked) == 2

    async def test_that_are_known_are_not_held_up_by_unknown_ones(self) -> None:
        ehr = Publisher(EC)
        await ehr.knows(EC)
        ehr.now += INTERVAL
        asked = asyncio.create_task(ehr.knows("unknown"))
        await asyncio.sleep(0)
        assert await asyncio.wait_for(ehr.knows(EC), 5)
        await asked

    async def test_that_were_withdrawn_are_forgotten_after_a_quarter_of_an_hour(self) -> None:
        ehr = Publisher(EC)
        await ehr.knows(EC)
        ehr.publish("ec-2")
        ehr.now += LIFETIME
        assert await ehr.knows(EC)
        ehr.now += 1
        assert not await ehr.knows(EC)

    @pytest.mark.parametrize("body", [None, b"<html>Bad Gateway</html>", b'{"keys": []}'])
    async def test_serve_for_hours_while_they_cannot_be_fetched_but_not_for_ever(
        self, body: bytes | None
    ) -> None:
        ehr = Publisher(EC)
        await ehr.knows(EC)
        ehr.body = body
        ehr.now += STALE
        assert await ehr.knows(EC)
        ehr.now += INTERVAL
        with pytest.raises(KeySetUnavailableError):
            await ehr.knows(EC)

    @pytest.mark.parametrize("body", [None, b"<html>Bad Gateway</html>"])
    async def test_that_could_not_be_fetched_are_tried_again_within_seconds_and_meanwhile_no_key_is_unknown(
        self, body: bytes | None
    ) -> None:
        ehr = Publisher(EC)
        ehr.body = body
        for _ in range(20):
            with pytest.raises(KeySetUnavailableError):
                await ehr.knows(EC)
        assert len(ehr.asked) == 1
        ehr.publish(EC)
        ehr.now += RETRY - 0.1
        with pytest.raises(KeySetUnavailableError):
            await ehr.knows(EC)
        ehr.now += 0.1
        assert await ehr.knows(EC)
        assert len(ehr.asked) == 2
        ehr.now += RETRY
        assert not await ehr.knows("unknown")
        assert len(ehr.asked) == 2

    async def test_that_could_not_be_fetched_anew_leave_a_new_key_open_and_the_old_ones_good(self) -> None:
        ehr = Publisher(EC)
        await ehr.knows(EC)
        ehr.body = None
        ehr.now += INTERVAL
        with pytest.raises(KeySetUnavailableError):
            await ehr.knows("ec-2")
        assert await ehr.knows(EC)

    async def test_that_take_long_to_fail_keep_nobody_waiting_for_a_second_attempt(self) -> None:
        ehr = Publisher(EC)
        ehr.body = None

        async def slow(url: str) -> bytes:
            ehr.now += 2 * RETRY
            return await ehr.fetch(url)

        keys = PublishedKeys(slow, clock=lambda: ehr.now)
        found = await asyncio.gather(*(keys.of_id(URL, EC) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(each, KeySetUnavailableError) for each in found)
        assert len(ehr.asked) == 1
