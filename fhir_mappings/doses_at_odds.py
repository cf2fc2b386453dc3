"""Drugs that are ordered at one daily dose and said to be taken at another, both as of now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from fhir_mappings.dosage import mean_per_day
from fhir_mappings.facts import Conflict, Event, Exposure
from fhir_mappings.intervals import DateSpan, Interval
from fhir_mappings.phrases import phrase
from fhir_mappings.stated_stops import apart


def doses_at_odds(events: Iterable[Event]) -> Iterator[Conflict]:
    """One contradiction for each drug of which an order and a statement, both going on, cannot both hold.

    Only what is sure is told: one order and one statement of the drug that go on, by no different routes,
    with one known amount each. Of several it cannot be told which belong together.
    """
    going_on: dict[str, list[Exposure]] = defaultdict(list)
    for event in events:
        if isinstance(event, Exposure) and event.drug is not None and _runs(event):
            going_on[event.drug].append(event)
    for records in going_on.values():
        if sorted(e.source for e in records) != ["request", "statement"]:
            continue
        order, statement = sorted(records, key=lambda e: e.source)
        ordered, taken = _per_day(order), _per_day(statement)
        routes = {order.route, statement.route} - {None}
        if ordered is None or taken is None or len(routes) > 1 or not apart(ordered, taken):
            continue
        yield Conflict(
            input=min(order.concepts & statement.concepts, default=""),
            kind="ordered-and-taken",
            detail=phrase(
                "doses-at-odds.mg-a-day-is-ordered-mg", order=order.label, ordered=ordered, taken=taken
            ),
            when=_since(order, statement),
            evidence=(order.evidence, statement.evidence),
            concepts=order.concepts & statement.concepts,
        )


def _runs(exposure: Exposure) -> bool:
    told = exposure.source in ("request", "statement") and exposure.confirmed
    return told and exposure.ongoing and exposure.status == "active"


def _per_day(exposure: Exposure) -> Interval | None:
    """mg a day on average, where one amount holds for the whole course."""
    if exposure.dose_unreadable is not None or exposure.as_needed or len(exposure.doses) != 1:
        return None
    [segment] = exposure.doses
    return None if segment.varies or segment.end.last < date.max else mean_per_day(segment)


def _since(order: Exposure, statement: Exposure) -> DateSpan | None:
    """Since when both are on record, as far as both tell it."""
    starts = [e.taken_on or e.start for e in (order, statement)]
    known = [start for start in starts if start is not None]
    return max(known) if len(known) == len(starts) else None
