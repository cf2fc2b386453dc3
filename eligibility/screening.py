"""Judging one chart against one protocol: findings, verdict, and how long they stand."""

from __future__ import annotations

from datetime import date

from eligibility.bound import BoundProtocol
from eligibility.context import Context
from eligibility.course import Anchors, Course
from eligibility.findings import Screening
from eligibility.judging import verdict_of
from eligibility.standing import MOST_DELAYS, SOON, first_clear_day, stands_until
from fhir_mappings.facts import Chart
from fhir_mappings.phrases import ENGLISH, in_language


def applies(bound: BoundProtocol, chart: Chart, as_of: date, anchors: Anchors = Anchors()) -> bool:  # noqa: B008
    """Whether the patient is alive and has the disease of the trial, as far as the record shows."""
    return bound.gate.holds(Context(chart, as_of, *anchors.resolved(as_of)))


def gate_stands_until(
    bound: BoundProtocol,
    chart: Chart,
    as_of: date,
    anchors: Anchors = Anchors(),  # noqa: B008  # immutable
    looks: int = MOST_DELAYS,
) -> date | None:
    """The first day within a year on which time alone changes on what evidence of the disease a chart stands.

    Never too late: after so many ``looks``, the day up to which was looked; without any, the first day on
    which it may change.
    """
    course = Course(bound, chart, anchors)
    before, watch = course.watched_gate(as_of)
    day = as_of
    for look in range(looks + 1):
        following = watch.next_day(day)
        if following is None or following - as_of > SOON:
            return None
        day = following
        if look == looks:
            break
        later, watch = course.watched_gate(day)
        if (later.grade, later.opens) != (before.grade, before.opens):
            return day
    return day


def screen(
    bound: BoundProtocol,
    chart: Chart,
    as_of: date,
    anchors: Anchors = Anchors(),  # noqa: B008  # immutable
    language: str = ENGLISH,
    *,
    detailed: bool = True,
) -> Screening:
    """Judge every criterion of a protocol. Pure: the same chart and dates give the same screening.

    Without ``detailed``, of scores only the bounds are told, and no timeline is made. All words of it are
    plain text of one ``language``.
    """
    screening = screen_course(Course(bound, chart, anchors, as_of if detailed else None), as_of)
    return in_language(screening, language)


def screen_course(course: Course, as_of: date) -> Screening:
    """``screen``, for who goes on to ask of other days: its words are still phrases."""
    bound, anchors = course.bound, course.anchors
    judged = [course.judged(i, as_of) for i in range(len(bound.criteria))]
    findings = tuple(course.shown(i, as_of) for i in range(len(judged)))
    verdict = verdict_of(findings)
    earliest_day: str | None = None
    if verdict == "ineligible-for-now":
        clear = first_clear_day(len(findings), as_of, course.judged)
        earliest_day = clear.day.isoformat() if clear.day is not None and not clear.leaning else None
    until = stands_until(judged, as_of, course.judged)
    return Screening(
        protocol=bound.protocol.id,
        version=bound.protocol.version,
        title=bound.protocol.title,
        anchors={name: day.isoformat() for name, day in anchors.resolved(as_of)[0].items()},
        verdict=verdict,
        earliest=earliest_day,
        stands_until=until.isoformat() if until else None,
        findings=findings,
        gate=course.gate(as_of),
    )
