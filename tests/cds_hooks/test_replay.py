"""Each token is good for one call, C91 and C94."""

from __future__ import annotations

import pytest

from cds_hooks.replay import EmbeddedReplayStore, ReplayStoreError, fingerprint, seconds_to_remember
from cds_hooks.tokens import LEEWAY, Token, read_token
from tests.cds_hooks.signing import NOW, token

pytestmark = pytest.mark.anyio


def a_token(**claims: object) -> Token:
    return read_token(token(**claims))


async def test_a_token_is_good_for_one_call() -> None:
    store = EmbeddedReplayStore()
    assert await store.first_use(a_token(jti="a"), NOW)
    assert not await store.first_use(a_token(jti="a"), NOW)
    assert await store.first_use(a_token(jti="b"), NOW)


async def test_two_issuers_may_choose_the_same_id() -> None:
    store = EmbeddedReplayStore()
    assert await store.first_use(a_token(jti="a", iss="https://one.example"), NOW)
    assert await store.first_use(a_token(jti="a", iss="https://two.example"), NOW)


def test_no_pair_of_issuer_and_id_can_be_spelt_as_another() -> None:
    one = fingerprint(a_token(iss="https://a b", jti="c"))
    assert one != fingerprint(a_token(iss="https://a", jti="b c"))


async def test_a_token_is_remembered_for_as_long_as_it_could_be_taken_for_valid() -> None:
    store = EmbeddedReplayStore()
    used = a_token(jti="a", exp=NOW + 300)
    await store.first_use(used, NOW)
    assert not await store.first_use(used, NOW + 300 + LEEWAY)
    assert await store.first_use(used, NOW + 300 + LEEWAY + 3)
    assert seconds_to_remember(used, NOW) >= 300 + LEEWAY


async def test_a_full_store_refuses_rather_than_forgets_and_goes_on_once_tokens_have_expired() -> None:
    store = EmbeddedReplayStore(most=2)
    await store.first_use(a_token(jti="a"), NOW)
    await store.first_use(a_token(jti="b"), NOW)
    with pytest.raises(ReplayStoreError):
        await store.first_use(a_token(jti="c"), NOW)
    assert not await store.first_use(a_token(jti="a"), NOW)
    later = NOW + 1000
    assert await store.first_use(a_token(jti="c", iat=later, exp=later + 300), later)
