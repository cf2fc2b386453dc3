"""What an evaluation knows: the chart, the dates, and nothing that could change under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from eligibility.measured import anchor
from eligibility.messages import Message
from eligibility.watching import Watch, WatchedChart
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
        answered: questions that an answer on record settles.
        unheard: questions, in words, to which persons gave an answer that does not count, each with why.
    """

    __slots__ = (
        "_spans",
        "_watched",
        "anchors",
        "answered",
        "as_of",
        "chart",
        "detailed",
        "moving",
        "open_questions",
        "unheard",
    )

    def __init__(
        self,
        chart: Chart,
        as_of: date,
        anchors: Mapping[str, date],
        moving: frozenset[str],
        *,
        detailed: bool = True,
    ) -> None:
        self._watched = WatchedChart(chart)
        self.chart: Chart = self._watched
        self.as_of = as_of
        self.anchors = anchors
        self.moving = moving
        self.detailed = detailed
        self.open_questions: list[str] = []
        self.answered: list[str] = []
        self.unheard: list[tuple[str, Message]] = []
        self._spans: dict[int, Span] = {}

    @property
    def watch(self) -> Watch:
        """Notes what the answer of the moment looks at."""
        return self._watched.watch

    def watch_anew(self) -> Watch:
        """Begin to note for another answer."""
        self._watched.watch = Watch()
        return self._watched.watch

    @contextmanager
    def watching_apart(self) -> Iterator[Watch]:
        """Within the block, note by itself what is looked at, as part of what the whole looks at."""
        whole, own = self._watched.watch, Watch()
        self._watched.watch = own
        try:
            yield own
        finally:
            self._watched.watch = whole
            whole.add(own)

    def span(self, window: Window, before: Duration | None, gap: Duration | None = None) -> Span | None:
        """The dates of a window; ``None`` when it hangs on an input that has no value.

        Raises:
            UncertainAnchor: it hangs on an input of which a newer result cannot be used.
        """
        if window.anchor.startswith(LATEST):
            found = self._hanging(window, before, gap)
        else:
            key = id(window)
            if key not in self._spans:
                self._spans[key] = self._span(window, before, gap)
            found = self._spans[key]
        if found is not None:
            self.watch.window(found)
        return found

    def _hanging(self, window: Window, before: Duration | None, gap: Duration | None) -> Span | None:
        series = self.chart.series(window.anchor.removeprefix(LATEST), self.as_of)
        when = anchor(series, self.as_of)
        if when is None:
            return None
        first = before.before(when.first) if before else None
        # Time does not move it, nor any plan for the trial: only a newer value does.
        return Span(first, gap.before(when.first) if gap else when.last, when.last, None, False)

    def _span(self, window: Window, before: Duration | None, gap: Duration | None) -> Span:
        name = window.anchor
        anchor = self.anchors[name]
        if gap is not None:
            last = gap.before(anchor)
        elif window.until == "anchor":
            last = anchor
        elif window.until == "day0":
            last = max(anchor, self.anchors["day0"])
        else:
            last = max(anchor, self.as_of)
        first = before.before(anchor) if before else None
        return Span(first, last, anchor, before, name in self.moving, gap)
