"""The picture of a timeline of treatment and response, drawn without scripts.

It says nothing by colour alone: what is certain is filled, what is possible is hatched, marks have shapes of
their own, and the table below it tells the same in words (``timeline``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from app.rendering.telling import tell
from app.rendering.time_scale import Tick, TimeScale
from eligibility.reported import ReportedCourse, ReportedTimeline, ReportedValue
from fhir_mappings.intervals import DateSpan

WIDTH, LEFT, RIGHT, ROW, PLOT = 760, 170, 24, 24, 150
_LONGEST_YEARS = 20
_MOST_WORDS = 12


class Bar(msgspec.Struct, frozen=True):
    """Days of a course: ``x``, ``width``; ``sure`` or only possible."""

    x: float
    width: float
    sure: bool


class Row(msgspec.Struct, frozen=True):
    """A drug: where it is drawn, its bars, whether it began before the picture, whether it goes on."""

    y: float
    course: ReportedCourse
    bars: tuple[Bar, ...]
    earlier: bool
    ongoing: bool


class Dot(msgspec.Struct, frozen=True):
    """A value: where it is drawn; from ``x1`` to ``x2`` and ``top`` to ``bottom`` where it is not exact."""

    x: float
    y: float
    x1: float
    x2: float
    top: float
    bottom: float
    value: ReportedValue
    candidate: str | None
    told: bool


class Picture(msgspec.Struct, frozen=True):
    """The geometry of a timeline, in px."""

    width: int
    height: float
    left: int
    right: float
    axis: float
    rows: tuple[Row, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    limits: tuple[Tick, ...]


def picture_of(timeline: ReportedTimeline) -> Picture | None:
    """The picture, or ``None`` where there is nothing to draw."""
    values = timeline.response.values if timeline.response is not None else ()
    if not timeline.courses and not values:
        return None
    until = date.fromisoformat(timeline.until)
    scale = TimeScale(_start(timeline, until), until, LEFT, WIDTH - RIGHT)
    rows = tuple(_row(course, i, scale) for i, course in enumerate(timeline.courses))
    top = ROW * len(rows) + 12
    axis = top + (PLOT if values else 0)
    levels = _Levels(timeline, top, axis)
    return Picture(
        width=WIDTH,
        height=axis + 24,
        left=LEFT,
        right=WIDTH - RIGHT,
        axis=axis,
        rows=rows,
        dots=tuple(_dot(v, timeline, scale, levels) for v in values),
        ticks=tuple(scale.ticks()),
        limits=tuple(levels.limits()),
    )


class _Levels:
    """Values to px; the lowest value is nought."""

    def __init__(self, timeline: ReportedTimeline, top: float, bottom: float) -> None:
        response = timeline.response
        self.top = top
        self.bottom = bottom
        self.thresholds = response.thresholds if response is not None and response.values else ()
        bounds = [b for v in (response.values if response else ()) for b in (v.low, v.high) if b is not None]
        self._most = max([*bounds, *(t.value for t in self.thresholds), 1e-9]) * 1.15

    def y(self, value: float) -> float:
        """The place of a value, kept within the picture."""
        share = min(max(value / self._most, 0.0), 1.0)
        return round(self.bottom - share * (self.bottom - self.top), 1)

    def limits(self) -> Iterator[Tick]:
        """Where the thresholds are."""
        for threshold in self.thresholds:
            yield Tick(self.y(threshold.value), tell(f"threshold.{threshold.what}", words=threshold.words))


def _start(timeline: ReportedTimeline, until: date) -> date:
    """The first day of the picture: of the counted drugs and the values, but within reason."""
    known = _begins(course for course in timeline.courses if course.counted)
    if timeline.response is not None:
        known += [DateSpan.parse(value.date).first for value in timeline.response.values]
    if not known:
        known = _begins(timeline.courses)
    earliest = min(known, default=until.replace(day=1, year=until.year - 1))
    return min(max(earliest, date(until.year - _LONGEST_YEARS, 1, 1)), until)


def _begins(courses: Iterable[ReportedCourse]) -> list[date]:
    days = [stretch.possible.first for course in courses for stretch in course.stretches]
    return [date.fromisoformat(day) for day in days if day is not None]


def _row(course: ReportedCourse, position: int, scale: TimeScale) -> Row:
    bars, earlier = bars_of(course, scale)
    ongoing = any(stretch.ongoing for stretch in course.stretches)
    return Row(position * ROW + 6, course, bars, earlier, ongoing)


def bars_of(course: ReportedCourse, scale: TimeScale) -> tuple[tuple[Bar, ...], bool]:
    """The days of a course, possible ones below certain ones, and whether it began before the picture."""
    bars = []
    earlier = False
    for stretch in course.stretches:
        for days, sure in ((stretch.possible, False), *((d, True) for d in stretch.certain)):
            first = scale.first if days.first is None else date.fromisoformat(days.first)
            last = date.fromisoformat(days.last)
            earlier = earlier or days.first is None or first < scale.first
            if last >= scale.first:
                x = scale.x(first)
                bars.append(Bar(x, round(max(scale.x(last) - x, 2.0), 1), sure))
    return tuple(bars), earlier


def _dot(value: ReportedValue, timeline: ReportedTimeline, scale: TimeScale, levels: _Levels) -> Dot:
    when = DateSpan.parse(value.date)
    low, high = value.low, value.high
    bottom = levels.bottom if low is None else levels.y(low)
    top = levels.top if high is None else levels.y(high)
    # A value of which only one side is known is drawn where it is known.
    y = top if low is None else bottom if high is None else (top + bottom) / 2
    candidate = next(
        (c.what for c in timeline.candidates if c.date == value.date and value.words in c.words), None
    )
    told = timeline.response is not None and len(timeline.response.values) <= _MOST_WORDS
    x1, x2 = scale.x(when.first), scale.x(when.last)
    return Dot(round((x1 + x2) / 2, 1), y, x1, x2, top, bottom, value, candidate, told)
