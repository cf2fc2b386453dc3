"""Drugs that a statement tells were stopped, or are not taken, while an order of them is merely still active.

An order stays active until somebody ends it, and a supply lasts by reckoning; neither shows that the drug is
still taken. A statement of the same treatment that is over stands against both from its last day on. What was
given, what was handed over since, and what was ordered since are later words than it, and stay as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from fhir_mappings.dosage import mean_per_day
from fhir_mappings.facts import Conflict, Event, Evidence, Exposure, Otherwise
from fhir_mappings.intervals import DateSpan, Interval
from fhir_mappings.phrases import phrase

_OVER = frozenset({"stopped", "completed"})
"""Statuses of a statement by which the drug is no longer taken (FHIR R4, MedicationStatement.status)."""


def with_other_words(events: Iterable[Event]) -> list[Event]:
    """The events, each order and supply that merely goes on with the end that a statement tells beside it."""
    known = list(events)
    by_drug = _by_drug(known)
    over = {drug: [record for record in records if _is_over(record)] for drug, records in by_drug.items()}
    return [
        _beside(event, over[event.drug]) if isinstance(event, Exposure) and event.drug is not None else event
        for event in known
    ]


def _beside(record: Exposure, over: Sequence[Exposure]) -> Exposure:
    statement = _against(record, over) if over else None
    if statement is None:
        return record
    ended = _ended(record, statement)
    return msgspec.structs.replace(record, otherwise=Otherwise(ended.end, ended.ongoing, statement.evidence))


def _by_drug(events: Iterable[Event]) -> dict[str, list[Exposure]]:
    by_drug: dict[str, list[Exposure]] = defaultdict(list)
    for event in events:
        if isinstance(event, Exposure) and event.drug is not None:
            by_drug[event.drug].append(event)
    return by_drug


def denied_orders(records: Iterable[Exposure]) -> Iterator[Exposure]:
    """The active orders among records of which a statement says that the drug is not taken."""
    for record in records:
        if record.source == "request" and record.status == "active" and record.denied_by is not None:
            yield record


def stops_at_odds(events: Iterable[Event]) -> Iterator[Conflict]:
    """One contradiction for each active order of a drug that a statement tells is no longer taken.

    What was given, handed over or said to be taken after the stop bears the order out: then none is told.
    """
    for records in _by_drug(events).values():
        for order in denied_orders(records):
            if (denial := order.denied_by) is not None:
                when = f" ({denial.date})" if denial.date else ""
                yield _conflict(
                    order, phrase("stated-stops.it-is-said-not-to-be", when=when), order.start, denial
                )
        over = [record for record in records if _is_over(record)]
        for order in records if over else ():
            stated = _against(order, over)
            if order.source == "request" and stated is not None and not _borne_out(stated, records):
                until = phrase("stated-stops.on", end=stated.end) if stated.end is not None else ""
                yield _conflict(
                    order,
                    phrase("stated-stops.it-is-said-to-have-ended", until=until),
                    stated.end,
                    stated.evidence,
                )


def _conflict(order: Exposure, said: str, when: DateSpan | None, statement: Evidence) -> Conflict:
    written = phrase("corrected-reports.of", start=order.start) if order.start is not None else ""
    return Conflict(
        input=min(order.concepts, default=""),
        kind="ordered-and-taken",
        detail=phrase(
            "stated-stops.the-order-is-still-active-but", order=order.label, written=written, said=said
        ),
        when=when,
        evidence=(order.evidence, statement),
        concepts=order.concepts,
    )


def _is_over(record: Exposure) -> bool:
    # One that tells a day alone, and is completed, says that the drug was taken then, not until when.
    if record.source != "statement" or record.status not in _OVER:
        return False
    return record.taken_on is None or record.status == "stopped"


def _against(record: Exposure, over: Sequence[Exposure]) -> Exposure | None:
    """The statement that stands against a record which merely goes on: the one with the latest end."""
    goes_on = record.source == "dispense" or (record.source == "request" and record.status == "active")
    if not goes_on or not record.confirmed or record.denied_by is not None:
        return None
    found = [one for one in over if _of_one_treatment(record, one) and _outlasts(record, one)]
    return max(found, key=lambda one: one.end.last if one.end is not None else date.max, default=None)


def _of_one_treatment(record: Exposure, other: Exposure) -> bool:
    """Whether both may be the same treatment: by no different routes, at no different doses."""
    if record.concepts.isdisjoint(other.concepts) or len({record.route, other.route} - {None}) > 1:
        return False
    ours, theirs = _per_day(record), _per_day(other)
    return ours is None or theirs is None or not apart(ours, theirs)


def _per_day(exposure: Exposure) -> Interval | None:
    if exposure.dose_unreadable is not None or exposure.as_needed or len(exposure.doses) != 1:
        return None
    return None if exposure.doses[0].varies else mean_per_day(exposure.doses[0])


def apart(one: Interval, other: Interval) -> bool:
    """Whether two amounts cannot be the same."""
    slack = 1e-6 * max(one.high, other.high)
    return one.low - other.high > slack or other.low - one.high > slack


def _outlasts(record: Exposure, statement: Exposure) -> bool:
    """Whether a record began before the statement was over, and goes on after."""
    end = statement.end
    if end is None:
        return True
    later = record.start is not None and record.start.first > end.last
    return not later and (record.ongoing or (record.end is not None and record.end.last > end.last))


def _ended(record: Exposure, statement: Exposure | None) -> Exposure:
    if statement is None:
        return record
    if statement.end is None:
        return msgspec.structs.replace(record, end=None, ongoing=False)
    end = statement.end
    if record.end is not None:
        end = DateSpan(min(end.first, record.end.first), min(end.last, record.end.last))
    return msgspec.structs.replace(record, end=end, ongoing=False)


def _borne_out(statement: Exposure, records: Iterable[Exposure]) -> bool:
    """Whether a record other than an order shows that the drug was taken after the stop."""
    end = statement.end
    return end is not None and any(
        record.source != "request"
        and record.confirmed
        and (
            (record.start is not None and record.start.first > end.last)
            or (record.source == "statement" and (record.ongoing or _ends_after(record, end)))
        )
        for record in records
    )


def _ends_after(record: Exposure, end: DateSpan) -> bool:
    return record.end is not None and record.end.first > end.last
