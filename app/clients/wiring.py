"""Puts together what tells clients, from the settings."""

from __future__ import annotations

from contextlib import AsyncExitStack

from app.clients.authenticator import Authenticator
from app.clients.key_fetcher import KeyFetcher
from app.clients.registry import Clients
from app.settings import Settings
from cds_hooks.published_keys import PublishedKeys
from cds_hooks.replay import EmbeddedReplayStore, ReplayStore


def authenticator_of(clients: Clients, settings: Settings, closing: AsyncExitStack) -> Authenticator:
    """What tells clients; what it holds open is closed with ``closing``."""
    trusted = settings.fetch_ca_file
    fetcher = KeyFetcher(ca_file=str(trusted) if trusted else None)
    replays = _replay_store(settings)
    closing.push_async_callback(fetcher.close)
    closing.push_async_callback(replays.close)
    return Authenticator(clients, PublishedKeys(fetcher), replays, base_url=settings.base_url)


def _replay_store(settings: Settings) -> ReplayStore:
    if settings.redis_url is None:
        return EmbeddedReplayStore()
    # Redis takes a fifth of a second to import, which installations without it need not wait for.
    from app.clients.shared_replay import RedisReplayStore

    return RedisReplayStore(settings.redis_url.get_secret_value())
