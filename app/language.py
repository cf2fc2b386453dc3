"""The languages that the product speaks, and in which of them a caller is answered.

What is asked for comes as ``Accept-Language`` (RFC 9110, 12.5.4), with language tags of BCP 47.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

from starlette.requests import Request

Language = Literal["en", "zh-CN"]
"""English, or Chinese as it is written in mainland China."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

_ANY = "*"
_SIMPLIFIED = frozenset({"cn", "sg"})
"""Regions where Chinese is written in simplified characters by default."""


class Answered(NamedTuple):
    """In which language a request is answered, and the headers of the answer that say so."""

    language: Language
    headers: Mapping[str, str]


def answered_in(request: Request, default: Language, fixed: Language | None = None) -> Answered:
    """The language of the answer to a request: what is ``fixed`` for the client, else what it asks for.

    Where the header decides, ``Vary`` tells caches so (RFC 9110, 12.5.5).
    """
    if fixed is not None:
        return Answered(fixed, {"Content-Language": fixed})
    language = negotiated(", ".join(request.headers.getlist("accept-language")), default)
    return Answered(language, {"Content-Language": language, "Vary": "Accept-Language"})


def negotiated(header: str | None, default: Language) -> Language:
    """The language that a caller prefers among ours; of those with the same weight, the first.

    ``zh``, ``zh-Hans``, ``zh-CN`` and ``zh-SG`` are answered in ``zh-CN``. Traditional Chinese and every
    other tag name a language that we lack. Who asks for none of ours is answered in the default, which
    RFC 9110 prefers to a refusal; so is who sends what cannot be read.

    Args:
        header: the value of ``Accept-Language``, several joined by commas; ``None`` where there is none.
        default: for whoever asks for nothing that we have.
    """
    if not header:
        return default
    # Loads a server of its own along, for which the command line need not wait.
    from werkzeug.datastructures import LanguageAccept
    from werkzeug.http import parse_accept_header

    weights: dict[Language, float] = {}
    others = 0.0
    for tag, weight in parse_accept_header(header, LanguageAccept):
        if tag == _ANY:
            others = max(others, weight)
        elif language := _spoken(tag):
            weights[language] = max(weights.get(language, 0.0), weight)
    for language in (default, *LANGUAGES):
        weights.setdefault(language, others)
    best = max(weights.values())
    return next(language for language in weights if weights[language] == best) if best > 0 else default


def _spoken(tag: str) -> Language | None:
    """The language of ours that a tag names, if there is one."""
    primary, *subtags = tag.lower().split("-")
    if primary == "en":
        return "en"
    if primary != "zh":
        return None
    simplified = not subtags or subtags[0] == "hans" or (len(subtags) == 1 and subtags[0] in _SIMPLIFIED)
    return "zh-CN" if simplified else None
