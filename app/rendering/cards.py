"""Cards as an EHR would draw them: read from the body of a CDS Hooks response, their Markdown made safe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.plain_text import without_hidden_signs

# Raw HTML stays off: a card's detail repeats words of a chart.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

SIGNS: Final[Mapping[str, str]] = {"info": "●", "warning": "▲", "critical": "◆"}
"""A shape for each indicator of a card; its word stands beside it."""


class Source(msgspec.Struct, frozen=True):
    """Who says it."""

    label: str
    url: str | None = None


class Link(msgspec.Struct, frozen=True):
    """Where more is to be seen."""

    label: str
    url: str


class Action(msgspec.Struct, frozen=True):
    """What accepting a suggestion does."""

    type: str
    description: str | None = None


class Suggestion(msgspec.Struct, frozen=True):
    """A suggestion."""

    label: str
    uuid: str | None = None
    actions: tuple[Action, ...] = ()


class Reason(msgspec.Struct, frozen=True):
    """Why a card may be put aside."""

    code: str
    system: str
    display: str


class Card(msgspec.Struct, frozen=True, rename="camel"):
    """A card."""

    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source
    uuid: str | None = None
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    links: tuple[Link, ...] = ()
    override_reasons: tuple[Reason, ...] = ()


class _Response(msgspec.Struct, frozen=True):
    cards: tuple[Card, ...]


def cards_of(body: bytes) -> tuple[Card, ...]:
    """The cards of a CDS Hooks response (JSON), as far as they are drawn.

    Raises:
        msgspec.DecodeError: the body is not a CDS Hooks response.
    """
    return msgspec.json.decode(body, type=_Response).cards


def markdown(text: str) -> Markup:
    """A card's detail, GitHub Flavored Markdown, as HTML: HTML in it is escaped, hidden signs left out."""
    lines = (without_hidden_signs(line) for line in text.split("\n"))
    return Markup(_MARKDOWN.render("\n".join(lines)))  # noqa: S704  # the renderer escapes all that it is given


def followable(url: str) -> bool:
    """Whether a link may be shown as one: only web addresses, never ``javascript:`` and the like."""
    return urlsplit(url).scheme in ("http", "https")
