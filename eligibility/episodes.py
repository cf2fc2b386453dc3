"""Which events of a record are surely different: two records of one illness are no two episodes.

Feeds code one illness twice, date it to the day and to the month, or know only when it was written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from eligibility.answers import Answer, State
from fhir_mappings.facts import Event
from fhir_mappings.intervals import Duration

Judged = tuple[Event, Answer]


def surely_before(one: Event, other: Event, apart: Duration) -> bool:
    """Whether an event surely is another than a later one: over, or so long past, when that began."""
    if one.start is None or other.start is None:
        return False
    if one.end is not None and one.end.last < other.start.first:
        return True
    try:
        return apart.after(one.start.last) <= other.start.first
    except (OverflowError, ValueError):
        return False  # a beginning that nothing bounds


def surely_same(one: Event, other: Event, apart: Duration) -> bool:
    """Whether two records began so close to each other, and in no known order, that they count as one."""
    if one.start is None or other.start is None:
        return False
    first, last = min(one.start.first, other.start.first), max(one.start.last, other.start.last)
    if surely_before(one, other, apart) or surely_before(other, one, apart):
        return False
    return apart.before(last) < first


def longest_chain(judged: Sequence[Judged], apart: Duration) -> list[Judged]:
    """As many events as possible of which each is surely another one than those before it."""
    dated = sorted((one for one in judged if one[0].start is not None), key=_came)
    best: list[list[Judged]] = []
    for one in dated:
        before = (chain for chain in best if surely_before(chain[-1][0], one[0], apart))
        best.append([*max(before, key=len, default=[]), one])
    return max(best, key=len, default=list(judged[:1]))


def different(judged: Sequence[Judged], count: int, apart: Duration) -> list[Answer] | None:
    """The answers of so many events that are surely different, those that hold best, if there are."""
    for state in sorted({answer.state for _, answer in judged}, reverse=True):
        if state is State.FALSE:
            break
        chain = longest_chain([one for one in judged if one[1].state >= state], apart)
        if len(chain) >= count:
            return [answer for _, answer in chain]
    return None


def most(events: Sequence[Event], apart: Duration) -> int:
    """How many different events there may be at most."""
    kept: list[Event] = []
    for event in events:
        if not any(surely_same(event, other, apart) for other in kept):
            kept.append(event)
    return len(kept)


def _came(judged: Judged) -> tuple[date, str]:
    """Whatever is surely before another comes before it: by then it had begun, or was over."""
    event = judged[0]
    known = [day.last for day in (event.start, event.end) if day is not None]
    return min(known, default=date.min), event.reference
