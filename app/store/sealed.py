"""Content that the database holds and cannot read: packed, encrypted and authenticated (AES-256-GCM)."""

from __future__ import annotations

import secrets
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealError(Exception):
    """What is kept is not what was sealed with this key."""


def seal(content: bytes, key: bytes) -> bytes:
    """The content, sealed. ``key``: 32 bytes."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, zlib.compress(content, level=1), None)


def unseal(kept: bytes, key: bytes) -> bytes:
    """The content that was sealed with that key.

    Raises:
        SealError: it is another key, or the content is damaged.
    """
    try:
        return zlib.decompress(AESGCM(key).decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], None))
    except (InvalidTag, ValueError, zlib.error) as error:
        raise SealError(type(error).__name__) from None
