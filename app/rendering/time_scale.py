"""Days as places on an axis, with as many months named as can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

_STEPS = (1, 3, 6, 12, 24, 60)
_MOST_TICKS = 9


class Tick(msgspec.Struct, frozen=True):
    """A place on an axis, with its words."""

    at: float
    words: str


class TimeScale:
    """Days from ``first`` to ``last`` to px from ``left`` to ``right``; at most ``most`` months are named."""

    def __init__(self, first: date, last: date, left: float, right: float, most: int = _MOST_TICKS) -> None:
        self.first = first
        self.last = last
        self.left = left
        self._most = most
        self._per_day = (right - left) / max((last - first).days, 1)

    def x(self, when: date) -> float:
        """The place of a day, kept within the picture."""
        inside = min(max(when, self.first), self.last)
        return round(self.left + (inside - self.first).days * self._per_day, 1)

    def ticks(self) -> Iterator[Tick]:
        """First days of months, as many as can be read."""
        months = [
            date(year, month, 1)
            for year in range(self.first.year, self.last.year + 1)
            for month in range(1, 13)
            if self.first <= date(year, month, 1) <= self.last
        ]
        for step in _STEPS:
            chosen = [m for m in months if (m.year * 12 + m.month - 1) % step == 0]
            if len(chosen) <= self._most or step == _STEPS[-1]:
                yield from (
                    Tick(self.x(m), str(m.year) if step >= 12 else f"{m.year}-{m.month:02}") for m in chosen
                )
                return
