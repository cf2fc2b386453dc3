"""Links to the evidence behind a card: signed, short-lived, and the only key to the chart that they open.

A link holds a random key. What is kept of the chart lies in the database encrypted with that key, under a
name derived from it: the database alone tells nothing, and a link that has run out opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner

_KEY_BYTES = 24
_LONGEST = 200
"""Characters; ours have some 70."""


class LinkError(Exception):
    """A link that opens nothing; ``expired`` tells one that did once from one that never did."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__("expired" if expired else "not a link of this service")
        self.expired = expired


class Link(NamedTuple):
    """What a link's token stands for.

    Attributes:
        token: what stands in the address.
        name: of what is kept.
        key: 32 bytes, with which that is encrypted.
        until: when the link runs out.
    """

    token: str
    name: str
    key: bytes
    until: datetime


class _Signer(TimestampSigner):
    """Signs and reads with a clock that is given."""

    def __init__(self, secret: bytes, now: Callable[[], datetime]) -> None:
        super().__init__(secret, salt="evidence", digest_method=hashlib.sha256)
        self._now = now

    def get_timestamp(self) -> int:
        """Seconds since 1970."""
        return int(self._now().timestamp())


class Links:
    """Makes links and reads them.

    ``secret`` signs them, and is asked for at first use. ``lasts`` is the time for which a link is good.
    ``now`` tells the instant.
    """

    def __init__(self, secret: Callable[[], bytes], lasts: timedelta, now: Callable[[], datetime]) -> None:
        self._secret = secret
        self._lasts = lasts
        self._now = now

    def made(self) -> Link:
        """A new link.

        Raises:
            OSError: the secret cannot be read.
        """
        seed = secrets.token_bytes(_KEY_BYTES)
        token = self._signer().sign(base64.urlsafe_b64encode(seed)).decode()
        return self._link(token, seed, self._now() + self._lasts)

    def read(self, token: str) -> Link:
        """The link of a token.

        Raises:
            LinkError: it was not made here, or has run out.
            OSError: the secret cannot be read.
        """
        if len(token) > _LONGEST or not token.isascii():
            raise LinkError(expired=False)
        try:
            text, signed = self._signer().unsign(
                token, max_age=int(self._lasts.total_seconds()), return_timestamp=True
            )
        except SignatureExpired:
            raise LinkError(expired=True) from None
        except BadSignature:
            raise LinkError(expired=False) from None
        return self._link(token, base64.urlsafe_b64decode(text), signed + self._lasts)

    def _signer(self) -> TimestampSigner:
        return _Signer(self._secret(), self._now)

    def _link(self, token: str, seed: bytes, until: datetime) -> Link:
        return Link(token, _derived(seed, b"name").hex(), _derived(seed, b"key"), until)


def _derived(seed: bytes, purpose: bytes) -> bytes:
    """RFC 5869."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"trialcards evidence " + purpose).derive(seed)
