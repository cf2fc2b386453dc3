"""Where a question stands in a Questionnaire: a response has to have the same groups around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec


class Group(msgspec.Struct, frozen=True):
    """A group of a form."""

    link: str
    text: str


class Place(msgspec.Struct, frozen=True):
    """A question of a form: its words there, and the groups around it from the outside."""

    text: str
    groups: tuple[Group, ...] = ()


def place_of(resource: Mapping[str, Any], link: str) -> Place | None:
    """The place of a question in a Questionnaire; ``None`` where the form does not ask it."""
    return _place(resource["item"], link, ())


def _place(items: Iterable[Mapping[str, Any]], link: str, within: tuple[Group, ...]) -> Place | None:
    for item in items:
        if item["linkId"] == link:
            return Place(str(item["text"]), within)
        found = _place(item.get("item", ()), link, (*within, Group(item["linkId"], str(item["text"]))))
        if found is not None:
            return found
    return None
