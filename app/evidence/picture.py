"""Where everything of an overview is drawn: one axis of time, dates on top, then results, then treatments."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from app.evidence.frames import (
    BAR,
    GAP,
    HEAD,
    LANE,
    PLOT,
    BandBox,
    Dot,
    Flag,
    Frame,
    Level,
    Panel,
    Picture,
    Row,
    Shade,
)
from app.evidence.thinning import chosen, thinned
from app.rendering.time_scale import Tick, TimeScale
from app.rendering.timeline_picture import bars_of
from eligibility.overview.shapes import Band, Overview, Point, Results, Treatment

Place = Callable[[float], float]
"""From a value to px."""

_BACK = timedelta(days=2 * 365)
_AT_LEAST = timedelta(days=365)
_AHEAD = timedelta(days=2 * 365)
_MOST_MARKS = 6
_APART = 12
_VALUE_ROOM = 52


def picture_of_overview(overview: Overview, frame: Frame) -> Picture:
    """The picture of an overview, of the last two years at most, and two years ahead."""
    scale = _scale(overview, frame)
    flags = _flags(overview, scale, frame)
    y = len(flags) * LANE + 6.0
    panels: list[Panel] = []
    for results in overview.results:
        panels.append(_panel(results, y, scale, frame))
        y = panels[-1].foot + GAP
    treatments_y = y
    y += HEAD
    rows: list[Row] = []
    drawn = chosen(overview.treatments)
    for treatment in drawn:
        rows.append(_row(treatment, y, scale, frame, date.fromisoformat(overview.as_of)))
        y = rows[-1].bar_y + BAR + 6
    if not drawn:
        y += HEAD
    return Picture(
        frame=frame,
        height=y + 20,
        plot_right=frame.width - frame.right,
        axis=y + 2,
        flags=flags,
        panels=tuple(panels),
        treatments_y=treatments_y,
        rows=tuple(rows),
        ticks=tuple(scale.ticks()),
        rows_left_out=len(overview.treatments) - len(drawn),
        marks_left_out=max(len(overview.marks) - _MOST_MARKS, 0),
    )


def _scale(overview: Overview, frame: Frame) -> TimeScale:
    today = date.fromisoformat(overview.as_of)
    back = [p.first for r in overview.results for p in r.points]
    back += [m.first for m in overview.marks]
    back += [
        s.first[:10] for t in overview.treatments for s in t.course.stretches if s.possible.first and s.first
    ]
    known = [date.fromisoformat(day) for day in back if len(day) == len("2026-01-01")]
    first = min(max(min(known, default=today), today - _BACK), today - _AT_LEAST)
    ahead = [b.until for t in overview.treatments for b in t.bands if b.until is not None]
    ahead += [*overview.anchors.values(), overview.earliest or overview.as_of]
    last = max(today, min(max(map(date.fromisoformat, ahead)), today + _AHEAD))
    margin = timedelta(days=round((last - first).days * 0.03) + 1)
    return TimeScale(first - margin, last + margin, frame.left, frame.width - frame.right, frame.months)


def _flags(overview: Overview, scale: TimeScale, frame: Frame) -> tuple[Flag, ...]:
    """Dates of the trial, those of one day together, and landmarks, the newest, each on a line of its own."""
    by_day: dict[str, list[str]] = defaultdict(list)
    for name, day in overview.anchors.items():
        by_day[day].append(name)
    by_day.setdefault(overview.as_of, [])
    found: list[tuple[str, str, str, str, tuple[str, ...]]] = []
    for mark in overview.marks[-_MOST_MARKS:]:
        names = tuple(name for name in (mark.label, mark.value) if name)
        found.append((mark.first, mark.last, "mark", mark.date, names))
    for day, named in by_day.items():
        found.append((day, day, "today" if day == overview.as_of else "anchor", day, tuple(named)))
    if overview.earliest is not None:
        found.append((overview.earliest, overview.earliest, "earliest", overview.earliest, ()))
    flags = []
    for i, (first, last, kind, told, names) in enumerate(sorted(found, key=lambda f: f[:3])):
        x1, x2 = scale.x(date.fromisoformat(first)), scale.x(date.fromisoformat(last))
        x = round((x1 + x2) / 2, 1)
        flags.append(
            Flag(
                kind=kind,  # type: ignore[arg-type]  # one of the four named above
                x=x,
                x1=x1,
                x2=x2,
                y=(i + 1) * LANE,
                date=told,
                names=names,
                earlier=date.fromisoformat(last) < scale.first,
                ends=x > (frame.left + frame.width - frame.right) / 2,
            )
        )
    return tuple(flags)


def _panel(results: Results, y: float, scale: TimeScale, frame: Frame) -> Panel:
    top = y + HEAD * (2 if frame.stacked else 1) + 8
    within = [p for p in results.points if date.fromisoformat(p.last) >= scale.first]
    drawn = thinned(within)
    valued = any(p.low is not None or p.high is not None for p in drawn)
    base = top + (PLOT if valued else 4)
    bounds = [b for p in drawn for b in (p.low, p.high) if b is not None]
    most = max([*bounds, *(line.value for line in results.lines), 1e-9]) * 1.3

    def place(value: float) -> float:
        return round(base - min(max(value / most, 0.0), 1.0) * (base - top), 1)

    round_number = _round_below(most) if any(bounds) else None
    return Panel(
        y=y,
        top=top,
        base=base,
        results=results,
        dots=tuple(_told([_dot(p, scale, place, base) for p in drawn])),
        levels=tuple(_levels(results, place)) if valued else (),
        shades=tuple(_shades(results, scale)),
        scale=tuple(Tick(place(n), f"{n:g}") for n in (0.0, round_number) if valued and n is not None),
        left_out=len(results.points) - len(drawn),
        earlier=len(results.points) - len(within),
    )


def _dot(point: Point, scale: TimeScale, place: Place, base: float) -> Dot:
    x1, x2 = scale.x(date.fromisoformat(point.first)), scale.x(date.fromisoformat(point.last))
    x = round((x1 + x2) / 2, 1)
    low, high = point.low, point.high
    if low is None and high is None:
        y = base + LANE / 2
        return Dot(point, x, y, x1, x2, y, y)
    bottom = base if low is None else place(low)
    top = bottom - 14 if high is None else place(high)
    # A value of which only one side is known is drawn where it is known.
    y = top if low is None else bottom if high is None else round((top + bottom) / 2, 1)
    return Dot(point, x, y, x1, x2, top, bottom)


def _told(dots: Sequence[Dot]) -> list[Dot]:
    """The newest value and those on which findings rest are written, as far as there is room."""
    valued = [i for i, dot in enumerate(dots) if dot.point.words]
    wanted = [i for i in reversed(valued) if i == valued[-1] or dots[i].point.criteria]
    written: list[float] = []
    found = list(dots)
    for i in wanted:
        dot = dots[i]
        if all(abs(dot.x - x) >= _VALUE_ROOM for x in written):
            written.append(dot.x)
            found[i] = Dot(
                dot.point, dot.x, dot.y, dot.x1, dot.x2, dot.top, dot.bottom, told=True, ends=i == valued[-1]
            )
    return found


def _levels(results: Results, place: Place) -> Iterator[Level]:
    """From below; words that would lie on each other are moved up."""
    before = math.inf
    for line in results.lines:
        y = place(line.value)
        before = min(y + 4, before - _APART)
        yield Level(y, before, line.value, line.criteria)


def _shades(results: Results, scale: TimeScale) -> Iterator[Shade]:
    for window in results.windows:
        first, last = date.fromisoformat(window.first), date.fromisoformat(window.last)
        if first >= scale.first:
            yield Shade(scale.x(first), round(max(scale.x(last) - scale.x(first), 1.0), 1))


def _row(treatment: Treatment, y: float, scale: TimeScale, frame: Frame, today: date) -> Row:
    bars, earlier = bars_of(treatment.course, scale)
    surely = {(bar.x, bar.width) for bar in bars if bar.sure}
    has_words = bool(treatment.bands) and frame.stacked
    return Row(
        y=y,
        bar_y=y + (2 if has_words else 1) * HEAD - 3,
        treatment=treatment,
        bars=tuple(bar for bar in bars if bar.sure or (bar.x, bar.width) not in surely),
        bands=tuple(box for band in treatment.bands for box in _box(band, scale, today)),
        earlier=earlier,
        ongoing=any(stretch.ongoing for stretch in treatment.course.stretches),
    )


def _box(band: Band, scale: TimeScale, today: date) -> Iterator[BandBox]:
    if band.state == "goes-on":
        x = scale.x(today)
        yield BandBox(band, x, round(scale.x(scale.last) - x, 1), True)
    elif band.until is not None and (band.since is not None or band.state == "runs"):
        until = date.fromisoformat(band.until)
        since = today if band.since is None else date.fromisoformat(band.since)
        if until > scale.first:
            x = scale.x(since)
            yield BandBox(band, x, round(max(scale.x(until) - x, 1.0), 1), until > scale.last)


def _round_below(most: float) -> float:
    """The highest of 1, 2 and 5 times a power of ten that is not above."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most)
