"""Takes notifications from those who know the secret of a subscription, and from nobody else."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from hashlib import sha256

from starlette.datastructures import Headers

from app.errors import UnauthorizedError
from app.subscriptions.profile import Subscribed
from app.subscriptions.rescreening import Rescreener
from cds_hooks.tokens import TokenRefusedError, bearer_token

_WORDS = "the secret of a subscription that is known here is needed"
_NOBODYS = b"the digest of no secret"


class SubscriptionDesk:
    """The subscriptions of one installation.

    Args:
        subscribed: by name, with their secrets.
        rescreeners: what screens for each.
    """

    def __init__(self, subscribed: Mapping[str, Subscribed], rescreeners: Mapping[str, Rescreener]) -> None:
        self._subscribed = subscribed
        self._rescreeners = rescreeners

    async def start(self) -> None:
        """Begin to screen."""
        for rescreener in self._rescreeners.values():
            await rescreener.start()

    async def stop(self) -> None:
        """End."""
        await asyncio.gather(*(rescreener.stop() for rescreener in self._rescreeners.values()))

    def admitted(self, name: str, headers: Headers) -> Rescreener:
        """Who takes the notification.

        Raises:
            UnauthorizedError: there is no such subscription, or the secret is not its own; which of both,
                neither answer nor time tells.
        """
        found = self._subscribed.get(name)
        shown = _shown(found, headers)
        digests = [_NOBODYS] if found is None else [_digest(one.get_secret_value()) for one in found.secrets]
        # Every one of them is looked at.
        fits = [hmac.compare_digest(_digest(shown), digest) for digest in digests]
        if found is None or not any(fits):
            raise UnauthorizedError(_WORDS)
        return self._rescreeners[name]


def _shown(subscribed: Subscribed | None, headers: Headers) -> str:
    """The secret that came along; empty for none, or more than one."""
    name = "Authorization" if subscribed is None else subscribed.profile.header
    values = headers.getlist(name)
    if name.lower() != "authorization":
        return values[0] if len(values) == 1 else ""
    try:
        return bearer_token(values)
    except TokenRefusedError:
        return ""


def _digest(secret: str) -> bytes:
    """Of one length, whatever is shown."""
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()
