"""Folding of unit spellings: what different systems print for the same unit becomes one key."""

from __future__ import annotations

import functools
import re
import unicodedata

_POWER = re.compile(r"[x*]?10(?:\*\*|[\^*~]|e\+?)(?=\d)")
_NEUTRAL = re.compile(r"\{(?:creat\w*|crea|cells?|#|rbcs?|wbcs?|spots?)\}")
_DAY = re.compile(r"/(?:24\.?(?:h|hr|hrs|hour|hours|小时)|d|day|days|天|日)$")
_REPLACED = (
    ("×", "x"),
    ("μ", "u"),
    ("micro", "u"),
    ("mcg", "ug"),
    ("mcmol", "umol"),
    ("mcl", "ul"),
    ("cumm", "mm3"),
    ("liter", "l"),
    ("litre", "l"),
    ("{", ""),
    ("}", ""),
    ("(", ""),
    (")", ""),
    ("[", ""),
    ("]", ""),
    ("_", ""),
    ("^", ""),
)


@functools.lru_cache(maxsize=4096)
def fold(spelling: str) -> str:
    """A key that is the same for spellings of one unit which differ in case, blanks, mu sign or notation.

    Case is folded away, so a key may only be looked up among the units of one analyte, and only after
    the exact spelling: ``G/L`` (giga per litre) and ``g/L`` share a key.
    """
    text = "".join(unicodedata.normalize("NFKC", spelling).lower().split())
    text = _NEUTRAL.sub("", text)
    text = _POWER.sub("10*", text.replace("×", "x"))
    for old, new in _REPLACED:
        text = text.replace(old, new)
    return _DAY.sub("/24.h", text)
