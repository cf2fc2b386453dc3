"""Halves of characters: escapes that JSON allows to be written, and that no text can hold.

A system that cuts a text at a length counted in UTF-16 can leave the first half of an emoji behind, written
``\\ud83d``. Parsers refuse the whole document for it.
"""

from __future__ import annotations

import re

# One or two halves behind an even number of backslashes: behind an odd one it is a text about an escape.
_HALVES = re.compile(
    rb"(?<!\\)((?:\\\\)*)"
    rb"(?:(?P<whole>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def without_lone_surrogates(body: bytes) -> bytes:
    """The JSON with U+FFFD in place of each escaped half of a character that stands alone."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    return _HALVES.sub(lambda found: found[0] if found["whole"] else found[1] + rb"\ufffd", body)
