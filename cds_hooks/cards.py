"""Cards: what a service answers. A card that breaks the specification cannot be made.

Optional elements without value are left out of the JSON: CDS Hooks wants no nulls and nothing empty, except
``cards: []``.
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

Indicator = Literal["info", "warning", "critical"]

SUMMARY_LIMIT = 140
"""A summary is shorter than this, in characters."""


class _Model(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base: immutable, camelCase, no nulls in the JSON."""


class Coding(_Model, frozen=True, kw_only=True):
    """A code; ``display`` is for people."""

    system: str
    code: str
    display: str | None = None


class Source(_Model, frozen=True, kw_only=True):
    """Where the guidance comes from. ``topic`` stays the same for all cards on one subject."""

    label: str
    url: str | None = None
    icon: str | None = None
    topic: Coding | None = None

    def __post_init__(self) -> None:
        for url in (self.url, self.icon):
            if url is not None:
                _must_be_absolute(url)


class Link(_Model, frozen=True, kw_only=True):
    """A link; ``app_context`` goes to SMART apps only."""

    label: str
    url: str
    type: Literal["absolute", "smart"] = msgspec.field()
    app_context: str | None = None

    def __post_init__(self) -> None:
        _must_be_absolute(self.url)
        if self.app_context is not None and self.type != "smart":
            raise ValueError("appContext belongs to links of type smart")


class Action(_Model, frozen=True, kw_only=True):
    """A change to the record. ``resource``: as FHIR JSON. ``resource_id``: of what is to be deleted."""

    type: Literal["create", "update", "delete"] = msgspec.field()
    description: str
    resource: dict[str, Any] | None = None
    resource_id: str | None = None

    def __post_init__(self) -> None:
        if (self.type == "delete") == (self.resource is not None):
            raise ValueError("create and update carry a resource, delete does not")


class Suggestion(_Model, frozen=True, kw_only=True):
    """Actions that a user accepts together."""

    label: str
    uuid: str | None = None
    is_recommended: bool | None = None
    actions: tuple[Action, ...] | None = None


class Card(_Model, frozen=True, kw_only=True):
    """One card.

    Attributes:
        summary: one sentence, shorter than ``SUMMARY_LIMIT``.
        detail: GitHub Flavored Markdown.
        uuid: without it no feedback can come.
        override_reasons: each with its display.
        extension: by reverse-DNS name.

    Raises:
        ValueError: an element contradicts the specification.
    """

    summary: str
    indicator: Indicator = msgspec.field()
    source: Source
    detail: str | None = None
    uuid: str | None = None
    suggestions: tuple[Suggestion, ...] | None = None
    selection_behavior: Literal["at-most-one", "any"] | None = None
    override_reasons: tuple[Coding, ...] | None = None
    links: tuple[Link, ...] | None = None
    extension: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.summary) < SUMMARY_LIMIT:
            raise ValueError(f"a summary has fewer than {SUMMARY_LIMIT} characters, and at least one")
        if self.suggestions and self.selection_behavior is None:
            raise ValueError("a card with suggestions says how they may be selected")
        recommended = sum(bool(suggestion.is_recommended) for suggestion in self.suggestions or ())
        if recommended > 1 and self.selection_behavior == "at-most-one":
            raise ValueError("of suggestions of which one may be selected, one may be recommended")
        if any(not reason.display for reason in self.override_reasons or ()):
            raise ValueError("an override reason has a display")
        empty = [
            name
            for name in ("suggestions", "override_reasons", "links", "detail", "extension")
            if getattr(self, name) is not None and not getattr(self, name)
        ]
        if empty:
            raise ValueError(f"leave out what is empty: {', '.join(empty)}")


class CardsResponse(msgspec.Struct, frozen=True):
    """Body of a successful answer; no cards is a good answer, too."""

    cards: tuple[Card, ...]


def _must_be_absolute(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError(f"not an absolute web address: {url}")
