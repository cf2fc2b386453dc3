"""Windows of time: how far back from an anchor a fact counts.

A window is closed at both ends: with ``before: 28 d``, an event exactly 28 days before the anchor counts.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import msgspec
from pydantic import Field

from eligibility.messages import in_words, message
from eligibility.model import Model
from eligibility.quantities import DurationText
from fhir_mappings.intervals import DateSpan, Duration

AnchorName = str
ANCHORS = ("screening", "baseline", "enrolment", "day0")
LATEST = "latest:"
"""``latest:NAME`` anchors a window at the date of the latest value of a criterion input."""


class Window(Model):
    """A stretch of time before an anchor."""

    anchor: AnchorName = Field("screening", examples=["screening", "day0", "latest:anc"])
    """The date that the window is counted from: an anchor of the protocol, or ``latest:INPUT``."""

    before: DurationText | None = None
    """How far back the window reaches. Without it the window has no beginning."""

    until: Literal["anchor", "as_of", "day0"] = "as_of"
    """Where the window ends: at its anchor, at the later of anchor and evaluation date, or at day 0."""

    gap: DurationText | None = None
    """The window ends so long before its anchor: what has lasted is seen on both sides of the gap."""

    assumption: str | None = None
    """Id of the assumption that this length rests on, where the protocol is silent."""


class Span(msgspec.Struct, frozen=True):
    """A window with its dates. ``first`` is ``None`` when it has no beginning."""

    first: date | None
    last: date
    anchor: date
    before: Duration | None
    moving: bool
    """Whether the anchor follows the evaluation date, so that time alone carries facts out."""

    gap: Duration | None = None
    """How long before its anchor the window ends."""

    def contains(self, when: DateSpan) -> bool | None:
        """Whether a date lies in the window (``None``: its precision does not tell)."""
        if when.first > self.last or (self.first is not None and when.last < self.first):
            return False
        inside = when.last <= self.last and (self.first is None or when.first >= self.first)
        return True if inside else None

    def overlaps(self, start: DateSpan | None, end: DateSpan | None, ongoing: bool) -> bool | None:
        """Whether something from ``start`` to ``end`` touches the window (``None``: cannot be told).

        An unknown start is taken as anywhere before the end; an unknown end that is not ongoing as anywhere
        from the start to the end of the window.
        """
        if start is not None and start.first > self.last:
            return False
        began = start is not None and start.last <= self.last
        if self.first is None:
            return True if start is None or began else None
        if end is not None:
            if end.last < self.first:
                return False
            lasted = end.first >= self.first
            # An end inside the window proves presence whenever it began.
            return True if lasted and (began or end.last <= self.last) else None
        if ongoing:
            return True if began or start is None else None
        if start is not None and start.first >= self.first:
            return True if began else None
        return None

    def leaves_on(self, last_day: date) -> date | None:
        """The first anchor date for which ``last_day`` lies before the window; ``None`` if there is none."""
        if self.before is None:
            return None
        try:
            # Month arithmetic clamps at the end of the month, so search the few days around it.
            candidate = self.before.after(last_day) - timedelta(days=4)
            while self.before.before(candidate) <= last_day:
                candidate += timedelta(days=1)
        except (OverflowError, ValueError):
            return None  # the day would come after the end of the calendar
        return candidate

    def remark(self, what: str, when: DateSpan) -> tuple[str, ...]:
        """Of what lies in the window and is not dated to the day: from when on it surely lies before it."""
        surely = None if when.exact else self.leaves_on(when.last)
        if surely is None:
            return ()
        told = message("note.not-to-the-day", what=what, date=str(when), day=surely.isoformat())
        return (in_words(told),)

    def change_by_time(self, last_day: date) -> date | None:
        """``leaves_on`` if the window moves with the calendar, else ``None``."""
        return self.leaves_on(last_day) if self.moving else None
