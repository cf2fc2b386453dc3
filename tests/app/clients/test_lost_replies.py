"""Redis that has taken a command and whose reply is lost: the token was not used before, C94."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from app.clients.shared_replay import RedisReplayStore
from cds_hooks.replay import ReplayStoreError
from tests.app.clients.redis_server import running
from tests.app.clients.test_shared_replay import a_token
from tests.cds_hooks.signing import NOW

pytestmark = pytest.mark.anyio


class Losing:
    """Between a client and a server: loses the next ``lost`` replies to a SET, silently or hanging up."""

    def __init__(self, server: str, hangs_up: bool) -> None:
        self.server = server
        self.hangs_up = hangs_up
        self.lost = 0
        self.sets = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self.server)
        with suppress(OSError):
            while asked := await reader.read(65_536):
                to_server.write(asked)
                reply = await from_server.read(65_536)
                if b"NX" in asked:
                    self.sets += 1
                    if self.lost:
                        self.lost -= 1
                        if self.hangs_up:
                            break
                        continue
                writer.write(reply)
        to_server.close()
        writer.close()


@asynccontextmanager
async def losing(folder: Path, url: str, hangs_up: bool) -> AsyncIterator[tuple[RedisReplayStore, Losing]]:
    between = Losing(url.removeprefix("unix://"), hangs_up)
    at = folder / "between.sock"
    server = await asyncio.start_unix_server(between, at)
    store = RedisReplayStore(f"unix://{at}")
    try:
        yield store, between
    finally:
        await store.close()
        server.close()


@pytest.mark.parametrize("hangs_up", [True, False], ids=["hangs up", "is silent"])
async def test_a_token_is_good_though_the_reply_that_it_is_new_was_lost(
    tmp_path: Path, hangs_up: bool
) -> None:
    with running(tmp_path) as (url, _):
        async with losing(tmp_path, url, hangs_up) as (store, between):
            assert await store.first_use(a_token(), NOW)
            between.lost = 1
            began = time.monotonic()
            assert await store.first_use(a_token(jti="2"), NOW)
            assert time.monotonic() - began < 1.5
            assert between.sets == 3
            assert not await store.first_use(a_token(jti="2"), NOW)


@pytest.mark.parametrize("hangs_up", [True, False], ids=["hangs up", "is silent"])
async def test_a_token_that_was_used_stays_so_though_a_reply_was_lost(tmp_path: Path, hangs_up: bool) -> None:
    with running(tmp_path) as (url, _):
        async with losing(tmp_path, url, hangs_up) as (store, between):
            assert await store.first_use(a_token(), NOW)
            between.lost = 1
            assert not await store.first_use(a_token(), NOW)


async def test_where_every_reply_is_lost_it_cannot_be_told_and_that_is_said_within_a_second(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as (url, _):
        async with losing(tmp_path, url, hangs_up=False) as (store, between):
            between.lost = 10
            began = time.monotonic()
            with pytest.raises(ReplayStoreError):
                await store.first_use(a_token(), NOW)
            assert time.monotonic() - began < 1.5
