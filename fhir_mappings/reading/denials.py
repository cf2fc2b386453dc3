"""Drugs that are not taken and doses that were not given: what weaker sources tell of them is in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from fhir_mappings.facts import Event, Evidence, Exposure, Otherwise
from fhir_mappings.intervals import DateSpan, shifted
from fhir_mappings.phrases import phrase

_WEAKER = frozenset({"statement", "request"})
"""What was given or handed over stands against a statement; an order or an older statement does not."""


class Denial(msgspec.Struct, frozen=True):
    """A MedicationStatement of the status ``not-taken``.

    Attributes:
        since: the first day on which it holds, as far as known.
        until: the last day on which it holds, where one is given.
    """

    reference: str
    concepts: frozenset[str]
    since: DateSpan | None
    until: DateSpan | None
    evidence: Evidence


class NotGiven(msgspec.Struct, frozen=True):
    """A MedicationAdministration of the status ``not-done``; ``order``: what it names as its order."""

    reference: str
    concepts: frozenset[str]
    when: DateSpan | None
    order: str | None


def without_denied(events: Iterable[Event], denials: Sequence[Denial]) -> list[Event]:
    """The events, each course that is denied ended before, or on a day that is not known."""
    found = list(events)
    for denial in denials:
        found = [_ended(event, denial) if isinstance(event, Exposure) else event for event in found]
    return found


def _ended(exposure: Exposure, denial: Denial) -> Exposure:
    if exposure.source not in _WEAKER or exposure.concepts.isdisjoint(denial.concepts):
        return exposure
    start, end, since = exposure.start, exposure.end, denial.since
    if since is not None:
        over = end is not None and end.last < since.first
        later = start is not None and start.first > since.last
        if over or later:
            return exposure
    # An order is older if it was written before; when a statement was made, its period does not tell.
    older = exposure.source == "request" and since is not None and start is not None
    if (
        older
        and denial.until is None
        and start is not None
        and since is not None
        and start.last < since.first
    ):
        latest = shifted(since.last, -1)
        end = DateSpan(start.first, latest if end is None else min(end.last, latest))
    elif end is not None:
        end = DateSpan(min(start.first, end.first) if start is not None else end.first, end.last)
    told = phrase("denials.on", since=since) if since is not None else ""
    note = phrase("denials.not-taken-as-stated-until-when", told=told, reference=denial.reference)
    otherwise = exposure.otherwise
    if otherwise is None and exposure.source == "request" and exposure.status == "active":
        otherwise = Otherwise(exposure.end, exposure.ongoing, denial.evidence)
    return msgspec.structs.replace(
        exposure,
        end=end,
        ongoing=False,
        notes=(*exposure.notes, note),
        denied_by=denial.evidence,
        otherwise=otherwise,
    )


def doubted_where_not_given(events: Sequence[Event], not_given: Sequence[NotGiven]) -> list[Event]:
    """The events; an order is unconfirmed if a dose of it was not given and none is on record that was.

    Of a daily course one dose left out says nothing but that there was none on its day.
    """
    given = [e for e in events if isinstance(e, Exposure) and e.source in ("administration", "dispense")]
    return [
        _doubted(_interrupted(e, not_given), given, not_given) if isinstance(e, Exposure) else e
        for e in events
    ]


def _interrupted(course: Exposure, not_given: Sequence[NotGiven]) -> Exposure:
    if course.source == "administration":
        return course
    matches = _of_order if course.source == "request" else _of_drug
    days = tuple(m.when for m in not_given if m.when is not None and matches(m, course))
    return msgspec.structs.replace(course, not_given=days) if days else course


def _of_drug(missed: NotGiven, course: Exposure) -> bool:
    return not missed.concepts.isdisjoint(course.concepts)


def _doubted(order: Exposure, given: Sequence[Exposure], not_given: Sequence[NotGiven]) -> Exposure:
    if order.source != "request" or any(s.every == 1 and s.start != s.end for s in order.doses):
        return order
    left_out = [missed for missed in not_given if _of_order(missed, order)]
    if not left_out or any(_perhaps_of_order(dose, order) for dose in given):
        return order
    names = ", ".join(missed.reference for missed in left_out)
    note = phrase("denials.a-dose-of-it-was-not", names=names)
    return msgspec.structs.replace(order, confirmed=False, notes=(*order.notes, note))


def _of_order(missed: NotGiven, order: Exposure) -> bool:
    if missed.order is not None:
        return missed.order == order.reference
    before = missed.when is not None and order.start is not None and missed.when.last < order.start.first
    return not missed.concepts.isdisjoint(order.concepts) and not before


def _perhaps_of_order(dose: Exposure, order: Exposure) -> bool:
    earlier = dose.end is not None and order.start is not None and dose.end.last < order.start.first
    return not dose.concepts.isdisjoint(order.concepts) and not earlier
