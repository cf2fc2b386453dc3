"""A chart, packed and encrypted so that only its link opens it."""

from __future__ import annotations

import msgspec

from app.evidence.opened import OpenedChart
from app.store.sealed import SealError, seal, unseal

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(OpenedChart)


def sealed(opened: OpenedChart, key: bytes) -> bytes:
    """The chart, sealed. ``key``: 32 bytes."""
    return seal(_ENCODER.encode(opened), key)


def unsealed(content: bytes, key: bytes) -> OpenedChart:
    """The chart that was sealed with that key.

    Raises:
        SealError: it is another key, or the content is damaged or of another version.
    """
    try:
        return _DECODER.decode(unseal(content, key))
    except msgspec.MsgspecError as error:
        raise SealError(type(error).__name__) from None
