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
"""So far ahead is looked, three years: who asks has long since asked again."""

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
    """The first day after ``as_of`` on which a finding changes; ``None``: none within the horizon.

    Args:
        now: all findings of ``as_of``.
        as_of: the evaluation date.
        ask: judges again.
    """
    before = [standing(finding) for finding, _ in now]
    days = [(day, i) for i, (_, watch) in enumerate(now) if (day := watch.next_day(as_of)) is not None]
    heapq.heapify(days)
    for _ in range(MOST_JUDGEMENTS):
        if not days or days[0][0] - as_of > HORIZON:
            return None
        day, i = heapq.heappop(days)
        finding, watch = ask(i, day)
        if standing(finding) != before[i]:
            return day
        following = watch.next_day(day)
        if following is not None:
            heapq.heappush(days, (following, i))
    return days[0][0]


def first_clear_day(
    count: int, after: date, ask: Callable[[int, date], Finding], aside: Collection[int] = ()
) -> FirstClear:
    """The first day from ``after`` on which, by time alone, no criterion fails.

    Args:
        count: number of criteria.
        after: the first day that may be it.
        ask: judges again.
        aside: positions of criteria that something else will mend.
    """
    day = after
    held_up: dict[int, Finding] = {}
    for _ in range(MOST_DELAYS):
        findings = {i: ask(i, day) for i in range(count) if i not in aside}
        failing = {i: finding for i, finding in findings.items() if finding.outcome == "fail"}
        if not failing:
            return FirstClear(day, tuple(held_up.values()), None)
        for finding in failing.values():
            if finding.clears_on is None or date.fromisoformat(finding.clears_on) <= day:
                return FirstClear(None, tuple(held_up.values()), finding)
        held_up |= failing
        day = max(date.fromisoformat(f.clears_on) for f in failing.values() if f.clears_on is not None)
    return FirstClear(None, tuple(held_up.values()), None)


class FirstClear(NamedTuple):
    """A day on which nothing fails.

    Attributes:
        day: the day; ``None``: time alone does not lead to one.
        held_up: the findings, as of some day before, that failed until then.
        stops: the finding that fails for good on the day on which the others no longer do.
    """

    day: date | None
    held_up: tuple[Finding, ...]
    stops: Finding | None
