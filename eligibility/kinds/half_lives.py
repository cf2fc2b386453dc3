"""A wash-out in half-lives: how far back a window reaches for a drug that stays long in the body."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from eligibility.context import Context
from eligibility.windows import Span
from fhir_mappings.facts import Event
from fhir_mappings.intervals import Duration


class HalfLifeRule(msgspec.Struct, frozen=True):
    """So many half-lives.

    ``unknown_until``: for so long the question is open for a drug whose half-life is not known.
    """

    count: int
    unknown_until: Duration
    half_life: Callable[[str], float | None]

    def windows(self, event: Event, span: Span, context: Context) -> list[Span]:
        """The window of the half-lives of its drugs, the longest; none where no half-life is known."""
        drugs = getattr(event, "drugs", None) or event.concepts
        lives = [life for drug in drugs if (life := self.half_life(drug)) is not None]
        return [widened(span, Duration(math.ceil(self.count * max(lives)), "d"), context)] if lives else []


def widened(span: Span, before: Duration, context: Context) -> Span:
    """The window, with another length."""
    found = Span(before.before(span.anchor), span.last, span.anchor, before, span.moving)
    context.watch.window(found)
    return found
