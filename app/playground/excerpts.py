"""JSON as a page shows it: indented, with every sign visible, and shortened where it is long."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

LONGEST = 14_000
"""Characters that are shown as they are."""

_ITEMS, _TEXT = 2, 300
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Excerpt(NamedTuple):
    """What is shown of a body.

    Attributes:
        size: bytes of the whole body.
        shortened: whether lists and texts in it are cut.
    """

    text: str
    size: int
    shortened: bool


def excerpt(body: bytes) -> Excerpt:
    """A body as it is to be read; what is no JSON is shown as the text that it is."""
    try:
        # Of many megabytes, all but a few signs would be laid out for nothing.
        text = _indented(body) if len(body) <= LONGEST else ""
        shortened = not 0 < len(text) <= LONGEST
        if shortened:
            text = _indented(_ENCODER.encode(_short(_DECODER.decode(body))))
    except (msgspec.DecodeError, RecursionError):
        text = body.decode("utf-8", "replace")
        shortened = len(text) > LONGEST
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition("\n")[0] + "\n…"
    return Excerpt(visible(text), len(body), shortened)


def _indented(body: bytes) -> str:
    return msgspec.json.format(body, indent=2).decode()


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        more = len(value) - _ITEMS
        return [*map(_short, value[:_ITEMS]), *([f"… {more} more"] if more > 0 else [])]
    if isinstance(value, str) and len(value) > _TEXT:
        return value[:_TEXT] + "…"
    return value


def visible(text: str) -> str:
    """JSON of the same meaning, with the escapes that it has for signs that hide or turn text."""
    if text.isascii():
        return text
    return "".join(_escaped(sign) if _is_hidden(sign) else sign for sign in text)


def _is_hidden(sign: str) -> bool:
    return sign != "\n" and unicodedata.category(sign) in _HIDDEN


def _escaped(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
