"""Launches that are under way: bound to the browser in which they began, short-lived, and good for once.

What must be known again when the browser comes back lies in a cookie, encrypted, so that any worker can take
it up and nothing is stored. Its name is derived from the state, so that several launches may be under way.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from app.launch.errors import LaunchError
from app.store.sealed import SealError, seal, unseal
from fhir_mappings.client import new_verifier

LASTS: Final = timedelta(minutes=10)
_STATE_BYTES = 32
_LONGEST_STATE = 100


class Pending(msgspec.Struct, frozen=True):
    """A launch that has begun.

    Attributes:
        state: what the authorization server hands back.
        verifier: the secret of PKCE.
        base: base URL of the FHIR server.
        until: seconds since 1970 at which it is over.
    """

    state: str
    verifier: str
    base: str
    until: float


class Cookie(NamedTuple):
    """What the browser keeps meanwhile."""

    name: str
    value: str


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Pending)


class PendingLaunches:
    """Begins launches and takes them up again.

    ``key``: 32 bytes; asked for at each use, may raise ``OSError``. ``now`` tells the instant. That a launch
    came back is remembered in this process; in another one, the code that it brought has been used.
    """

    def __init__(self, key: Callable[[], bytes], now: Callable[[], datetime]) -> None:
        self._key = key
        self._now = now
        self._used: dict[str, float] = {}

    def begin(self, base: str) -> tuple[Pending, Cookie]:
        """A new launch.

        Raises:
            LaunchError: it cannot be kept.
        """
        until = (self._now() + LASTS).timestamp()
        pending = Pending(secrets.token_urlsafe(_STATE_BYTES), new_verifier(), base, until)
        try:
            sealed = seal(_ENCODER.encode(pending), self._key())
        except OSError:
            raise LaunchError("not-kept", "key") from None
        return pending, Cookie(cookie_name(pending.state), base64.urlsafe_b64encode(sealed).decode())

    def take(self, state: str, cookies: Mapping[str, str]) -> Pending:
        """The launch with that state, which then is over.

        Raises:
            LaunchError: there is none in this browser, or none any more.
        """
        now = self._now().timestamp()
        self._used = {used: until for used, until in self._used.items() if until > now}
        pending = self._read(cookies.get(cookie_name(state), ""))
        if not hmac.compare_digest(pending.state.encode(), state.encode("utf-8", "surrogatepass")):
            raise LaunchError("state", "other")
        if pending.until <= now:
            raise LaunchError("state", "expired")
        if state in self._used:
            raise LaunchError("state", "used-before")
        self._used[state] = pending.until
        return pending

    def _read(self, value: str) -> Pending:
        try:
            return _DECODER.decode(unseal(base64.urlsafe_b64decode(value), self._key()))
        except (SealError, msgspec.MsgspecError, ValueError):
            raise LaunchError("state", "no-cookie") from None
        except OSError:
            raise LaunchError("not-kept", "key") from None


def cookie_name(state: str) -> str:
    """The name of the cookie for a state; of one that is too long to be ours, a name that no cookie has."""
    if len(state) > _LONGEST_STATE:
        return "launch-none"
    return f"launch-{hashlib.sha256(state.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
