"""What an evaluation knows: the chart, the dates, and nothing that could change under it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from eligibility.windows import LATEST, Span, Window
from fhir_mappings.facts import Chart
from fhir_mappings.intervals import Duration


class Context:
    """One patient, one protocol, one evaluation date.

    Attributes:
        chart: the patient's facts.
        as_of: the evaluation date.
        anchors: the date of each anchor.
        moving: the anchors that were not given and therefore follow ``as_of``.
        detailed: whether findings shall tell scores item by item, and timelines, and not only bounds.
        open_questions: questions that were asked of persons, and that no answer on record settles.
    """

    __slots__ = ("_spans", "anchors", "as_of", "chart", "detailed", "moving", "open_questions")

    def __init__(
        self,
        chart: Chart,
        as_of: date,
        anchors: Mapping[str, date],
        moving: frozenset[str],
        *,
        detailed: bool = True,
    ) -> None:
        self.chart = chart
        self.as_of = as_of
        self.anchors = anchors
        self.moving = moving
        self.detailed = detailed
        self.open_questions: list[str] = []
        self._spans: dict[int, Span | None] = {}

    def span(self, window: Window, before: Duration | None, gap: Duration | None = None) -> Span | None:
        """The dates of a window; ``None`` when it hangs on an input that has no value."""
        key = id(window)
        if key not in self._spans:
            self._spans[key] = self._span(window, before, gap)
        return self._spans[key]

    def _span(self, window: Window, before: Duration | None, gap: Duration | None) -> Span | None:
        name = window.anchor
        if name.startswith(LATEST):
            series = self.chart.series(name.removeprefix(LATEST), self.as_of)
            if not series.measurements:
                return None
            when = series.measurements[0].when
            first = before.before(when.first) if before else None
            return Span(first, gap.before(when.first) if gap else when.last, when.last, before, False)
        anchor = self.anchors[name]
        if gap is not None:
            last = gap.before(anchor)
        elif window.until == "anchor":
            last = anchor
        elif window.until == "day0":
            last = max(anchor, self.anchors["day0"])
        else:
            last = max(anchor, self.as_of)
        return Span(before.before(anchor) if before else None, last, anchor, before, name in self.moving)
