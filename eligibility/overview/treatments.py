"""Treatments with the wash-outs that criteria ask of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from eligibility.context import Context
from eligibility.findings import Finding
from eligibility.last_days import last_day
from eligibility.looks import Lasting
from eligibility.measured import UncertainAnchor
from eligibility.overview.body import GATE, BoundOverview
from eligibility.overview.shapes import Band, Treatment, WashOutState
from eligibility.reported import ReportedCourse, ReportedDays, ReportedStretch, reported_evidence
from eligibility.treatment import treatment_of
from fhir_mappings.facts import Event, Events, Exposure

Counted = tuple[str, Lasting]
"""A criterion's number, and a treatment that counts for it."""


def treatments_of(bound: BoundOverview, context: Context, findings: Sequence[Finding]) -> list[Treatment]:
    """The drugs that criteria do not allow within a window, or that the protocol shows, and their wash-outs.

    ``findings``: all of the screening, those of parts too.
    """
    counted = list(_counted(bound, context))
    shown = context.chart.events(("exposure",), bound.drugs) if bound.drugs else None
    events: dict[str, Event] = {
        event.reference: event for event in (shown.events if shown is not None else ())
    }
    failing = {f.criterion: f for f in findings if f.outcome == "fail" and not f.parts}
    for reference in {
        e.reference for f in failing.values() for e in f.evidence if f.clears_on
    } - events.keys():
        events.update(_exposures_at(reference, context))
    events.update({lasting.event.reference: lasting.event for _, lasting in counted})
    bands: dict[str, list[Band]] = defaultdict(list)
    for criterion, lasting in counted:
        finding = failing.get(criterion)
        band = _band(criterion, lasting, context, finding.clears_on if finding is not None else None)
        if band not in bands[lasting.event.reference]:
            bands[lasting.event.reference].append(band)
    for finding in failing.values():
        _add_counted_otherwise(finding, events, bands, context)
    return list(_rows(bound, context, events, bands))


def _counted(bound: BoundOverview, context: Context) -> Iterator[Counted]:
    for wash_out in bound.looks.wash_outs:
        if wash_out.criterion == GATE:
            continue
        try:
            for lasting in wash_out.lasting(context):
                yield wash_out.criterion, lasting
        except UncertainAnchor:
            continue


def _exposures_at(reference: str, context: Context) -> dict[str, Event]:
    every = context.chart.events(("exposure",), None).events
    return {event.reference: event for event in every if event.reference == reference}


def _add_counted_otherwise(
    finding: Finding, events: Mapping[str, Event], bands: dict[str, list[Band]], context: Context
) -> None:
    """What a criterion counts by itself, such as days at a dose, has the day on which its finding clears."""
    if finding.clears_on is None:
        return
    references = [e.reference for e in finding.evidence if e.reference in events]
    if any(band.criterion == finding.criterion for name in references for band in bands[name]):
        return
    for name in references:
        last = last_day(events[name], context.as_of)
        since = min(last.last, context.as_of) if last is not None else None
        bands[name].append(
            Band(
                criterion=finding.criterion,
                state="runs",
                since=None if since is None else since.isoformat(),
                until=finding.clears_on,
                length="",
                decides=True,
            )
        )


def _band(criterion: str, lasting: Lasting, context: Context, clears_on: str | None) -> Band:
    event = lasting.event
    last = getattr(event, "last_dose", None) or last_day(event, context.as_of)
    goes_on = event.ongoing and event.end is None
    until = lasting.until.isoformat() if lasting.until is not None else None
    if lasting.counts is None and lasting.until is not None and lasting.until <= context.as_of:
        until = None  # it would be over, if only it had surely ended by then
    known = event.end is not None or last is None or last.exact
    state: WashOutState = "over"
    if lasting.counts is None:
        state = "open"
    elif lasting.counts:
        state = "goes-on" if goes_on and until is None else "runs"
    return Band(
        criterion=criterion,
        state=state,
        since=None if goes_on or last is None or not known else last.last.isoformat(),
        until=until,
        length=lasting.length,
        decides=state == "runs" and until is not None and until == clears_on,
    )


def _rows(
    bound: BoundOverview, context: Context, events: Mapping[str, Event], bands: Mapping[str, list[Band]]
) -> Iterator[Treatment]:
    drugs = tuple(event for event in events.values() if isinstance(event, Exposure))
    asked = frozenset(concept for drug in drugs for concept in drug.concepts)
    found = Events(drugs, "complete", ())
    taken = treatment_of(found, asked, asked, None, bound.labels, context.as_of)
    for course in taken.courses:
        names = dict.fromkeys(e.reference for e in course.evidence)
        yield Treatment(
            course=course, bands=_latest_of_each(b for name in names for b in bands.get(name, ()))
        )
    for event in events.values():
        if not isinstance(event, Exposure):
            yield Treatment(course=_once(event, context), bands=tuple(bands.get(event.reference, ())))


def _latest_of_each(bands: Iterable[Band]) -> tuple[Band, ...]:
    """Of several records of a drug, the one that counts longest decides for a criterion."""
    found: dict[str, Band] = {}
    for band in bands:
        known = found.get(band.criterion)
        if known is None or _weight(band) > _weight(known):
            found[band.criterion] = band
    return tuple(found.values())


def _weight(band: Band) -> tuple[int, str]:
    return ("over", "open", "runs", "goes-on").index(band.state), band.until or ""


def _once(event: Event, context: Context) -> ReportedCourse:
    """A treatment that is no drug on record: a procedure, or taking part in a trial."""
    start = event.start.first if event.start is not None and not event.start.open_start else None
    last = last_day(event, context.as_of)
    end = context.as_of if last is None or event.ongoing else min(last.last, context.as_of)
    days = ReportedDays(first=None if start is None else start.isoformat(), last=end.isoformat())
    sure = (days,) if event.confirmed and start is not None and last is not None else ()
    stretch = ReportedStretch(
        first=None if event.start is None else str(event.start),
        last=None if event.ongoing or last is None else str(last),
        ongoing=event.ongoing,
        possible=days,
        certain=sure,
    )
    return ReportedCourse(
        drug=event.reference,
        label=event.label,
        counted=False,
        months=0.0,
        months_at_most=None,
        stretches=(stretch,),
        evidence=(reported_evidence(event.evidence),),
    )
