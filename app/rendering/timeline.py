"""A timeline of treatment and response in words, the same on every surface."""

from __future__ import annotations

from collections.abc import Iterator

from eligibility.reported import ReportedCourse, ReportedStretch, ReportedTimeline, ReportedValue

CANDIDATES = {
    "remission": "Possible remission",
    "relapse": "Possible relapse",
    "no-response": "Possibly no response",
}
"""What a candidate is called."""


def timeline_lines(timeline: ReportedTimeline) -> Iterator[str]:
    """The timeline in words, one statement a line."""
    yield f"Treatment and response until {timeline.until}: {months_words(timeline)} on treatment"
    for course in timeline.courses:
        yield f"· {course.label}{'' if course.counted else ' (not counted)'}: {course_words(course)}"
    response = timeline.response
    if response is not None and response.values:
        yield f"· {response.label}: " + "; ".join(value_words(value) for value in response.values)
    for candidate in timeline.candidates:
        yield f"◇ {CANDIDATES[candidate.what]}: {candidate.words}"
    for lacking in timeline.missing:
        yield f"? Lacking: {lacking}"


def months_words(timed: ReportedTimeline | ReportedCourse) -> str:
    """Certain and possible time, as "3.9 months", "0 to 29.4 months" or "at least 3.9 months"."""
    if timed.months_at_most is None:
        return f"at least {timed.months:g} months"
    if timed.months == timed.months_at_most:
        return f"{timed.months:g} months"
    return f"{timed.months:g} to {timed.months_at_most:g} months"


def course_words(course: ReportedCourse) -> str:
    """When a drug was taken, and how long altogether."""
    return f"{', '.join(stretch_words(s) for s in course.stretches)} ({months_words(course)})"


def stretch_words(stretch: ReportedStretch) -> str:
    """From when until when, as precise as recorded."""
    first = stretch.first or "start not recorded"
    if stretch.ongoing:
        return f"{first} – going on"
    return first if stretch.first == stretch.last else f"{first} – {stretch.last or 'end not recorded'}"


def value_words(value: ReportedValue) -> str:
    """A value with its day, and as it stood in the record where that reads differently."""
    recorded = f" (recorded {value.recorded})" if value.recorded not in (None, value.words) else ""
    return f"{value.date} {value.words}{recorded}"
