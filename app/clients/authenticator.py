"""Who calls? Each call of a hook, of discovery, of feedback and of screenings is one client's, or nobody's.

A token is checked in the order that the best practices of CDS Hooks give: is its issuer listed, is it meant
for this endpoint, does it hold now, is it of the agreed tenant; only then its signature, and last whether it
was used before. Callers are told no more than 401; what was wrong is in the log, in a word.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from starlette.requests import Request

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.errors import NotReadyError, UnauthorizedError
from app.logging import note
from cds_hooks.keys import Key, KeySet, key_set
from cds_hooks.published_keys import KeySetUnavailableError, PublishedKeys
from cds_hooks.replay import ReplayStore, ReplayStoreError
from cds_hooks.tokens import (
    Token,
    TokenRefusedError,
    bearer_token,
    check_audience,
    check_times,
    read_token,
)

_FEEDBACK = "/feedback"
_TRY_AGAIN = "callers cannot be told apart at the moment; try again"


class Authenticator:
    """Tells the client of a request.

    ``now`` is the time in seconds since 1970; ``base_url`` is where clients reach the service, as the
    operator says: a request's own Host header is whatever its sender wrote.
    """

    def __init__(
        self,
        clients: Clients,
        published: PublishedKeys,
        replays: ReplayStore,
        *,
        base_url: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._clients = clients
        self._published = published
        self._replays = replays
        self._base_url = base_url
        self._now = now
        self._pinned: dict[str, KeySet] = {
            profile.id: key_set(profile.jwks) for profile in clients.profiles if profile.jwks is not None
        }

    async def authenticate(self, request: Request) -> ClientProfile:
        """The client that calls.

        Raises:
            UnauthorizedError: nobody vouches for the call, and the operator did not open the service.
            NotReadyError: it cannot be told at the moment.
        """
        try:
            client = await self._client(request.headers.getlist("authorization"), request.scope["path"])
        except TokenRefusedError as refusal:
            note(request.scope, refused=refusal.code)
            raise UnauthorizedError from None
        except ReplayStoreError:
            note(request.scope, refused="replay-store-unavailable")
            raise NotReadyError(_TRY_AGAIN) from None
        except KeySetUnavailableError:
            note(request.scope, refused="key-set-unavailable")
            raise NotReadyError(_TRY_AGAIN) from None
        note(request.scope, client=client.id)
        return client

    async def trouble(self) -> str | None:
        """What keeps every client from being told, if anything does; for the log of the start."""
        if self._clients.profiles and not await self._replays.reachable():
            return "Redis cannot be reached: clients get 503 until it can (TRIALCARDS_REDIS_URL)."
        return None

    async def _client(self, authorization: Sequence[str], path: str) -> ClientProfile:
        opened = self._clients.open_mode
        if opened and not (self._clients.profiles and authorization):
            return opened
        token = read_token(bearer_token(authorization))
        listed = self._clients.of_issuer(token.issuer)
        if not listed:
            if opened:
                return opened
            raise TokenRefusedError("issuer-not-listed")
        # Clients of one issuer differ by their tenants; a token that fits none is held against the first.
        client = next((each for each in listed if token.tenant in each.tenants), listed[0])
        now = self._now()
        check_audience(token, client.audiences or self._addresses(path))
        check_times(token, now)
        if client.tenants and token.tenant not in client.tenants:
            raise TokenRefusedError("tenant")
        if client.subject is not None and token.subject != client.subject:
            raise TokenRefusedError("subject")
        await self._check_signature(token, client)
        if not await self._replays.first_use(token, now):
            raise TokenRefusedError("used-before")
        return client

    def _addresses(self, path: str) -> frozenset[str]:
        """What ``aud`` may be: the URL that was called.

        Feedback may also bear the URL of its service: ``aud`` is often typed in by hand, once for both.
        """
        called = f"{self._base_url}{path}".rstrip("/")
        addresses = {called, called.removesuffix(_FEEDBACK)} if self._base_url else set()
        return frozenset(addresses | {f"{address}/" for address in addresses})

    async def _check_signature(self, token: Token, client: ClientProfile) -> None:
        if token.algorithm not in client.algorithms:
            raise TokenRefusedError("algorithm-not-allowed")
        if token.jku is not None and token.jku != client.jwks_url:
            raise TokenRefusedError("key-set-not-listed")
        keys = await self._keys(token, client)
        if not keys:
            raise TokenRefusedError("key-unknown")
        if not any(key.signed(token) for key in keys):
            raise TokenRefusedError("signature")

    async def _keys(self, token: Token, client: ClientProfile) -> Sequence[Key]:
        if client.jwks is not None:
            return self._pinned[client.id].of_id(token.key_id)
        if client.jwks_url is None:
            return ()
        return await self._published.of_id(client.jwks_url, token.key_id)
