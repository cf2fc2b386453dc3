"""Cards drawn as an EHR would draw them, from the body of a CDS Hooks response."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import msgspec
from markdown_it import MarkdownIt

from app.rendering.page import environment

# Raw HTML stays off: a card's detail repeats words of a chart.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


class _Source(msgspec.Struct, frozen=True):
    label: str
    url: str | None = None


class _Link(msgspec.Struct, frozen=True):
    label: str
    url: str


class _Action(msgspec.Struct, frozen=True):
    type: str
    description: str | None = None


class _Suggestion(msgspec.Struct, frozen=True):
    label: str
    uuid: str | None = None
    actions: tuple[_Action, ...] = ()


class _Reason(msgspec.Struct, frozen=True):
    code: str
    system: str
    display: str


class _Card(msgspec.Struct, frozen=True, rename="camel"):
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: _Source
    uuid: str | None = None
    detail: str = ""
    suggestions: tuple[_Suggestion, ...] = ()
    links: tuple[_Link, ...] = ()
    override_reasons: tuple[_Reason, ...] = ()


class _Response(msgspec.Struct, frozen=True):
    cards: tuple[_Card, ...]


def cards_fragment(body: bytes) -> str:
    """HTML for the cards of a CDS Hooks response (JSON), without page around it.

    Raises:
        msgspec.DecodeError: the body is not a CDS Hooks response.
    """
    response = msgspec.json.decode(body, type=_Response)
    template = environment().get_template("cards.html")
    return template.render(cards=response.cards, markdown=markdown, followable=followable)


def markdown(text: str) -> str:
    """A card's detail, GitHub Flavored Markdown, as HTML; raw HTML in it is escaped."""
    html: str = _MARKDOWN.render(text)
    return html


def followable(url: str) -> bool:
    """Whether a link may be shown as one: only web addresses, never ``javascript:`` and the like."""
    return urlsplit(url).scheme in ("http", "https")
