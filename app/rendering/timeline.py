"""A timeline of treatment and response in words, the same on every surface."""

from __future__ import annotations

from collections.abc import Iterator

from app.rendering.telling import tell
from eligibility.reported import ReportedCourse, ReportedStretch, ReportedTimeline, ReportedValue


def candidate_words(what: str) -> str:
    """What a candidate is called."""
    return tell(f"candidate.{what}")


def timeline_lines(timeline: ReportedTimeline) -> Iterator[str]:
    """The timeline in words, one statement a line."""
    yield tell("timeline.head", until=timeline.until, months=months_words(timeline))
    for course in timeline.courses:
        besides = "" if course.counted else tell("timeline.besides")
        yield "· " + tell("named", name=f"{course.label}{besides}", what=course_words(course))
    response = timeline.response
    if response is not None and response.values:
        told = tell("separator").join(value_words(value) for value in response.values)
        yield "· " + tell("named", name=response.label, what=told)
    for candidate in timeline.candidates:
        yield "◇ " + tell("named", name=candidate_words(candidate.what), what=candidate.words)
    for lacking in timeline.missing:
        yield "? " + tell("timeline.lacking", what=lacking)


def months_words(timed: ReportedTimeline | ReportedCourse) -> str:
    """Certain and possible time, as "3.9 months", "0 to 29.4 months" or "at least 3.9 months"."""
    if timed.months_at_most is None:
        return tell("months.at-least", months=f"{timed.months:g}")
    if timed.months == timed.months_at_most:
        return tell("months", months=f"{timed.months:g}")
    return tell("months.between", low=f"{timed.months:g}", high=f"{timed.months_at_most:g}")


def course_words(course: ReportedCourse) -> str:
    """When a drug was taken, and how long altogether."""
    stretches = tell("separator.names").join(stretch_words(s) for s in course.stretches)
    return tell("timeline.course", stretches=stretches, months=months_words(course))


def stretch_words(stretch: ReportedStretch) -> str:
    """From when until when, as precise as recorded."""
    first = stretch.first or tell("stretch.no-start")
    if stretch.ongoing:
        return tell("stretch.ongoing", first=first)
    return first if stretch.first == stretch.last else f"{first} – {stretch.last or tell('stretch.no-end')}"


def value_words(value: ReportedValue) -> str:
    """A value with its day, and as it stood in the record where that reads differently."""
    recorded = (
        tell("value.recorded", value=value.recorded) if value.recorded not in (None, value.words) else ""
    )
    return f"{value.date} {value.words}{recorded}"
