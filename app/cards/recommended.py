"""Each test is recommended once in an answer: clients tick what is recommended, and whoever accepts all
cards as they come would order it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from cds_hooks.cards import Card, Suggestion

_Code = tuple[str | None, str | None]


def recommended_once(cards: Iterable[Card]) -> Iterator[Card]:
    """The cards; what an earlier one recommends is still suggested by later ones, but not recommended."""
    told: set[_Code] = set()
    for card in cards:
        made = tuple(_once(suggestion, told) for suggestion in card.suggestions or ())
        yield card if made == (card.suggestions or ()) else msgspec.structs.replace(card, suggestions=made)


def _once(suggestion: Suggestion, told: set[_Code]) -> Suggestion:
    codes = set(_codes(suggestion))
    if not suggestion.is_recommended or not codes:
        return suggestion
    if told & codes:
        return msgspec.structs.replace(suggestion, is_recommended=None)
    told |= codes
    return suggestion


def _codes(suggestion: Suggestion) -> Iterator[_Code]:
    for action in suggestion.actions or ():
        for coding in (action.resource or {}).get("code", {}).get("coding", ()):
            yield coding.get("system"), coding.get("code")
