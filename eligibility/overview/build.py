"""The overview of one chart, on the same day and for the same anchors as its screening."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from eligibility.answers import unique
from eligibility.bound import BoundProtocol
from eligibility.context import Context
from eligibility.course import Anchors
from eligibility.findings import Finding, Screening
from eligibility.judging import flattened
from eligibility.overview.body import LANDMARKS, Landmark
from eligibility.overview.results import results_of
from eligibility.overview.shapes import Mark, Overview
from eligibility.overview.treatments import treatments_of
from fhir_mappings.facts import Chart
from fhir_mappings.intervals import DateSpan
from fhir_mappings.phrases import ENGLISH, in_language, term


def overview_of(
    bound: BoundProtocol,
    chart: Chart,
    as_of: date,
    screening: Screening,
    language: str = ENGLISH,
    anchors: Anchors = Anchors(),  # noqa: B008  # immutable
) -> Overview:
    """The overview of a chart that was screened: pure, and in plain text of one ``language``.

    ``screening``: that of this chart, day and ``anchors``; what it rests on is marked.
    """
    overview = bound.overview
    context = Context(chart, as_of, *anchors.resolved(as_of))
    findings = flattened(screening.findings)
    grounds = _grounds(findings)
    made = Overview(
        as_of=as_of.isoformat(),
        earliest=screening.earliest,
        anchors=screening.anchors,
        results=tuple(
            results_of(
                described,
                [n for n in overview.numbers if n.described.name == described.name],
                context,
                grounds,
            )
            for described in overview.series
        ),
        treatments=tuple(treatments_of(overview, context, findings)),
        treatments_at_hand=chart.events(("exposure",), None).retrieval,
        marks=_marked(overview.landmarks, context),
    )
    return in_language(made, language)


def _grounds(findings: Sequence[Finding]) -> dict[str, Sequence[str]]:
    """The criteria by the references on which their findings rest; parts are told, not what holds them."""
    found: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        for evidence in finding.evidence if not finding.parts else ():
            found[evidence.reference].append(finding.criterion)
    return {reference: unique(criteria) for reference, criteria in found.items()}


def _marked(landmarks: Sequence[Landmark], context: Context) -> tuple[Mark, ...]:
    """Oldest first; of what one report tells, what the protocol names first."""
    found: dict[str, Mark] = {}
    for landmark in landmarks:
        for mark in _marks(landmark, context):
            found.setdefault(mark.reference or f"{mark.label} {mark.date}", mark)
    return tuple(sorted(found.values(), key=lambda mark: (mark.first, mark.label)))


def _marks(landmark: Landmark, context: Context) -> Iterator[Mark]:
    if landmark.input is not None:
        for measurement in context.chart.series(landmark.input, context.as_of).measurements:
            reference = measurement.evidence[0].reference if measurement.evidence else ""
            yield from _mark(landmark, measurement.when, reference, term(measurement.category or ""))
        return
    events = context.chart.events(LANDMARKS, landmark.concepts).events
    dated = [
        (event.start, event.reference) for event in events if event.start is not None and event.confirmed
    ]
    for when, reference in sorted(dated)[:1]:  # a diagnosis is told again and again
        yield from _mark(landmark, when, reference)


def _mark(landmark: Landmark, when: DateSpan, reference: str, value: str = "") -> Iterator[Mark]:
    if not (when.open_start or when.open_end):
        first, last = when.first.isoformat(), when.last.isoformat()
        yield Mark(
            label=landmark.label, value=value, date=str(when), first=first, last=last, reference=reference
        )
