"""How long findings stand: the first day on which time alone changes one of them.

Nothing is predicted: the criteria are judged again, each only on the days on which its watch says that it
may turn, until one of them has turned.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Hashable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from eligibility.findings import Finding
from eligibility.watching import Watch

Ask = Callable[[int, date], tuple[Finding, Watch]]
"""The finding of the criterion of that position on that day."""

HORIZON = timedelta(days=1096)
"""So far ahead is looked for the day on which nothing fails any more, three years: wash-outs are long."""

SOON = timedelta(days=366)
"""So far ahead is looked for a change, a year: who asks has long since asked again."""

MOST_JUDGEMENTS = 2000
"""A chart that needs more than this is told to stand until the day reached, which is never too late."""

MOST_DELAYS = 50
"""So often another criterion may fail on the day on which the last one has ceased to."""


def standing(finding: Finding) -> Hashable:
    """What makes a finding the same on two days: all but its wording, its evidence and its remarks."""
    return (
        finding.outcome,
        finding.leaning,
        finding.clears_on,
        tuple((need.input, need.why) for need in finding.needs),
        tuple(standing(part) for part in finding.parts),
    )


def stands_until(now: Sequence[tuple[Finding, Watch]], as_of: date, ask: Ask) -> date | None:
    """The first day after ``as_of`` on which a finding changes; ``None``: none within a year.

    Args:
        now: all findings of ``as_of``.
        as_of: the evaluation date.
        ask: judges again.
    """
    before = [standing(finding) for finding, _ in now]
    days = [(day, i) for i, (_, watch) in enumerate(now) if (day := watch.next_day(as_of)) is not None]
    heapq.heapify(days)
    for _ in range(MOST_JUDGEMENTS):
        if not days or days[0][0] - as_of > SOON:
            return None
        day, i = heapq.heappop(days)
        finding, watch = ask(i, day)
        if standing(finding) != before[i]:
            return day
        following = watch.next_day(day)
        if following is not None:
            heapq.heappush(days, (following, i))
    return days[0][0]


def first_clear_day(count: int, after: date, ask: Ask, aside: Collection[int] = ()) -> FirstClear:
    """The first day from ``after`` on which, by time alone, no criterion fails or leans to failing.

    Where time does not take away what only leans, the first day on which none fails.

    Args:
        count: number of criteria.
        after: the first day that may be it.
        ask: judges again.
        aside: positions of criteria that something else will mend.
    """
    day = after
    held_up: dict[int, Finding] = {}
    to_be_judged: set[int] = set()
    for _ in range(MOST_DELAYS):
        found = {i: ask(i, day) for i in range(count) if i not in aside}
        failing = {i: one for i, one in found.items() if one[0].outcome == "fail"}
        leaning = {i: one for i, one in found.items() if _leans(one[0])}
        following = {day}
        for i, (finding, watch) in (failing | leaning).items():
            if i in to_be_judged and i in leaning:
                continue
            clear = _turns(i, day, finding, watch, ask)
            if clear is not None:
                following.add(clear)
                held_up.setdefault(i, finding)
            elif i in leaning:
                to_be_judged.add(i)
            else:
                return FirstClear(None, tuple(held_up.values()), finding)
        if len(following) == 1 and not failing:
            remains = tuple(finding for finding, _ in leaning.values())
            return FirstClear(day, tuple(held_up.values()), None, remains)
        day = max(following)
    return FirstClear(None, tuple(held_up.values()), None)


def _leans(finding: Finding) -> bool:
    return finding.outcome == "review" and finding.leaning == "fail"


def _turns(position: int, day: date, finding: Finding, watch: Watch, ask: Ask) -> date | None:
    """The first later day on which time has taken away that a criterion fails, or leans to failing."""
    if finding.outcome == "fail":
        clears = date.fromisoformat(finding.clears_on) if finding.clears_on is not None else day
        return clears if clears > day else None
    end = day + HORIZON
    following = watch.next_day(day)
    for _ in range(MOST_DELAYS):
        if following is None or following > end:
            return None
        later, watch = ask(position, following)
        if later.outcome == "fail":
            return None
        if not _leans(later):
            return following
        following = watch.next_day(following)
    return None


class FirstClear(NamedTuple):
    """A day on which nothing fails.

    Attributes:
        day: the day; ``None``: time alone does not lead to one.
        held_up: the findings, as of some day before, that failed or leant to failing until then.
        stops: the finding that fails for good on the day on which the others no longer do.
        leaning: the findings that on that day lean to failing, for a person to judge.
    """

    day: date | None
    held_up: tuple[Finding, ...]
    stops: Finding | None
    leaning: tuple[Finding, ...] = ()
