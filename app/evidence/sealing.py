"""A chart, packed and encrypted so that only its link opens it."""

from __future__ import annotations

import secrets
import zlib

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.evidence.opened import OpenedChart

_NONCE_BYTES = 12
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(OpenedChart)


class SealError(Exception):
    """What is kept is not what was sealed with this key."""


def sealed(opened: OpenedChart, key: bytes) -> bytes:
    """The chart, packed, encrypted and authenticated (AES-256-GCM). ``key``: 32 bytes."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    packed = zlib.compress(_ENCODER.encode(opened), level=1)
    return nonce + AESGCM(key).encrypt(nonce, packed, None)


def unsealed(content: bytes, key: bytes) -> OpenedChart:
    """The chart that was sealed with that key.

    Raises:
        SealError: it is another key, or the content is damaged or of another version.
    """
    try:
        packed = AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], None)
        return _DECODER.decode(zlib.decompress(packed))
    except (InvalidTag, ValueError, zlib.error) as error:
        raise SealError(type(error).__name__) from None
