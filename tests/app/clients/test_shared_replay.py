"""Tokens remembered in a real Redis server, so that several workers share them, C94."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest
import redis

from app.clients.authenticator import Authenticator
from app.clients.key_fetcher import KeyFetcher
from app.clients.registry import Clients
from app.clients.shared_replay import RedisReplayStore
from cds_hooks.published_keys import PublishedKeys
from cds_hooks.replay import ReplayStoreError
from cds_hooks.tokens import LEEWAY, Token, read_token
from tests.app.clients.calling import pinned
from tests.app.clients.redis_server import running
from tests.app.service import request_of
from tests.app.serving import serving
from tests.cds_hooks.signing import EC, ISSUER, NOW, jwks, token

pytestmark = pytest.mark.anyio


def a_token(**claims: object) -> Token:
    return read_token(token(**claims))


async def test_a_token_is_good_for_one_call_in_all_workers(tmp_path: Path) -> None:
    with running(tmp_path) as (url, _):
        one, other = RedisReplayStore(url), RedisReplayStore(url)
        assert await one.first_use(a_token(), NOW)
        assert not await other.first_use(a_token(), NOW)
        assert await other.first_use(a_token(jti="another"), NOW)
        await one.close()
        await other.close()


async def test_of_many_uses_at_the_same_time_one_wins(tmp_path: Path) -> None:
    with running(tmp_path) as (url, _):
        stores = [RedisReplayStore(url) for _ in range(4)]
        used = a_token()
        won = await asyncio.gather(*(store.first_use(used, NOW) for store in stores for _ in range(25)))
        assert won.count(True) == 1
        for store in stores:
            await store.close()


async def test_what_is_kept_tells_nothing_of_the_token_and_goes_with_it(tmp_path: Path) -> None:
    with running(tmp_path) as (url, _):
        store = RedisReplayStore(url)
        await store.first_use(a_token(jti="a-readable-id", exp=NOW + 300), NOW)
        await store.close()
        with redis.Redis.from_url(url) as direct:
            (name,) = direct.keys("*")
            assert name.startswith(b"trialcards:token:")
            assert b"readable" not in name
            assert len(direct.get(name)) == 16  # of chance: which call it was
            assert 300 + LEEWAY - 2 <= direct.ttl(name) <= 300 + LEEWAY + 2


async def test_a_server_that_is_gone_or_hangs_refuses_within_seconds(tmp_path: Path) -> None:
    with running(tmp_path) as (url, process):
        store = RedisReplayStore(url)
        assert await store.first_use(a_token(), NOW)
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(ReplayStoreError):
            await store.first_use(a_token(jti="2"), NOW)
        assert time.monotonic() - began < 3
        process.send_signal(signal.SIGCONT)
    with pytest.raises(ReplayStoreError):
        await store.first_use(a_token(jti="3"), NOW)
    await store.close()


async def test_a_server_that_is_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    with running(tmp_path) as (url, _):
        store = RedisReplayStore(url)
        assert await store.reachable()
        await store.close()
    gone = RedisReplayStore(url)
    clients = Clients((pinned(),))
    telling = Authenticator(clients, PublishedKeys(KeyFetcher()), gone)
    assert "Redis cannot be reached" in (await telling.trouble() or "")
    assert await Authenticator(Clients(), PublishedKeys(KeyFetcher()), gone).trouble() is None
    await gone.close()


def test_a_token_cannot_be_used_again_with_another_worker_of_a_real_service(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    clients = tmp_path / "clients.yaml"
    clients.write_text(json.dumps({"clients": [{"id": "a", "issuer": ISSUER, "jwks": jwks(EC)}]}), "utf-8")
    now = time.time()
    hook = f"{base}/cds-services/lupus-trials"
    sent = token(aud=hook, iat=now, exp=now + 300)
    with running(tmp_path) as (url, _):
        named = {"CLIENTS": str(clients), "BASE_URL": base, "REDIS_URL": url}
        settings = {f"TRIALCARDS_{name}": value for name, value in named.items()}
        workers = ("--port", str(port), "--workers", "2")
        with serving(tmp_path, *workers, ready="ready at", settings=settings) as (said, _process):
            assert "ready at" in said
            # Each call opens a connection, which either worker may take.
            answers = [
                httpx.post(hook, json=request_of(), headers={"Authorization": f"Bearer {sent}"}, timeout=30)
                for _ in range(8)
            ]
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
