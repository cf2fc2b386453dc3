"""Diagnoses and courses of drugs that two feeds tell alike: one stands for all.

Two orders that are alike in every word may be two, for morning and evening, that were signed together.
They are one if they share a business identifier or come from different systems, and two if they tell
different times of a day; else each is kept, and how often the drug was taken is not known (see
``concurrent_records``). Single administrations from different systems must be of one instant besides: a dose
may be given twice a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from fhir_mappings.datatypes import Element, Identifier, Period
from fhir_mappings.dates import read_instant
from fhir_mappings.decoding import decode
from fhir_mappings.facts import Conflict, Diagnosis, Event, Exposure
from fhir_mappings.phrases import phrase
from fhir_mappings.reading.conditions import ACTIVE
from fhir_mappings.references import Source

_SHOWN = 6
_OWN = ("reference", "evidence", "notes", "renews", "times")
"""What may differ between copies."""


class _Meta(Element, frozen=True):
    source: str | None = None


class _Told(Element, frozen=True):
    identifier: tuple[Identifier, ...] = ()
    meta: _Meta | None = None
    authored_on: str | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    when_handed_over: str | None = None
    date_asserted: str | None = None


class Origin(msgspec.Struct, frozen=True):
    """Where a resource comes from: business identifiers, the instant it is about, the system that sent it."""

    identifiers: frozenset[str]
    at: datetime | None
    feed: str | None


def origin_of(source: Source) -> Origin:
    """The origin of a resource, as far as it says."""
    told = decode(source.raw, _Told)[0] or _Told()
    period = told.effective_period.start if told.effective_period is not None else None
    texts = (told.authored_on, told.effective_date_time, period, told.when_handed_over, told.date_asserted)
    base, found, _ = (source.full_url or "").partition(f"/{source.kind}/")
    return Origin(
        frozenset(f"{i.system or ''}|{i.value}" for i in told.identifier if i.value),
        next((at for text in texts if (at := read_instant(text)) is not None), None),
        (told.meta.source if told.meta is not None else None) or (base if found else None),
    )


def without_copies(
    events: Sequence[Event], sources: Mapping[str, Source]
) -> tuple[list[Event], list[Conflict]]:
    """The events, each once, and what was told more than once.

    ``sources``: the resources by reference.
    """
    alike: dict[Event, list[Event]] = defaultdict(list)
    for event in events:
        if isinstance(event, (Diagnosis, Exposure)):
            alike[_content(event)].append(event)
    stands_for: dict[str, str] = {}
    conflicts: list[Conflict] = []
    for group in (group for group in alike.values() if len({e.reference for e in group}) > 1):
        copies, doubtful = _sorted_out(group, sources)
        stands_for.update({copy.reference: kept.reference for kept, copy in copies})
        conflicts += _told(group[0], [pair[1] for pair in copies], doubtful, group)
    if not stands_for:
        return list(events), conflicts
    kept = [
        msgspec.structs.replace(event, renews=stands_for.get(event.renews, event.renews))
        if isinstance(event, Exposure) and event.renews is not None
        else event
        for event in events
        if not (isinstance(event, (Diagnosis, Exposure)) and event.reference in stands_for)
    ]
    return kept, conflicts


def _content(event: Event) -> Event:
    """The event without what copies may differ in."""
    nothing = event.evidence.__class__(reference="", path=event.evidence.path)
    bare: dict[str, object] = {"notes": (), "renews": None, "times": frozenset()}
    values = {name: bare[name] for name in _OWN[2:] if hasattr(event, name)}
    return msgspec.structs.replace(event, reference="", evidence=nothing, **values)


def _sorted_out(
    group: Sequence[Event], sources: Mapping[str, Source]
) -> tuple[list[tuple[Event, Event]], list[Event]]:
    """Copies, each behind the event that stands for it, and events of which that cannot be told."""
    kept: list[tuple[Event, Origin]] = []
    home_of: dict[str, int] = {}
    # What is asked beside identifiers is the same for all of one instant, one system and one time of day.
    different: dict[tuple[datetime | None, str | None, frozenset[str]], int] = {}
    copies: list[tuple[Event, Event]] = []
    doubtful: list[Event] = []
    for event in group:
        source = sources.get(event.reference)
        origin = origin_of(source) if source is not None else Origin(frozenset(), None, None)
        homes = [home_of[identifier] for identifier in origin.identifiers if identifier in home_of]
        others = [place for place in different.values() if not _are_two(event, origin, *kept[place])]
        homes += [place for place in others if _is_copy(event, origin, kept[place][1])]
        if homes:
            copies.append((kept[min(homes)][0], event))
            continue
        if any(_may_be_copy(event, origin, kept[place][1]) for place in others):
            doubtful.append(event)
        for identifier in origin.identifiers:
            home_of.setdefault(identifier, len(kept))
        times = event.times if isinstance(event, Exposure) else frozenset()
        different.setdefault((origin.at, origin.feed, times), len(kept))
        kept.append((event, origin))
    return copies, doubtful


def _are_two(event: Event, one: Origin, other: Event, known: Origin) -> bool:
    """Whether they are at different times of a day. Another system may have times of its own for an order."""
    if not (isinstance(event, Exposure) and isinstance(other, Exposure)) or _apart(one, known):
        return False
    return event.at_other_times_than(other)


def _apart(one: Origin, other: Origin) -> bool:
    return None not in (one.feed, other.feed) and one.feed != other.feed


def _is_copy(event: Event, one: Origin, other: Origin) -> bool:
    if isinstance(event, Diagnosis) or one.identifiers & other.identifiers:
        return True
    return _apart(one, other) and _may_be_copy(event, one, other)


def _may_be_copy(event: Event, one: Origin, other: Origin) -> bool:
    if one.at is not None and other.at is not None:
        return one.at == other.at
    return not (isinstance(event, Exposure) and event.source == "administration")


def _told(
    event: Event, copies: Sequence[Event], doubtful: Sequence[Event], group: Sequence[Event]
) -> Iterable[Conflict]:
    since = phrase("corrected-reports.of", start=event.start) if event.start is not None else ""
    if copies:
        made = phrase("same-events.it-counts-once")
    elif doubtful:
        made = phrase("same-events.whether-it-was-told-or-taken")
    else:
        return
    yield Conflict(
        input=min(event.concepts, default=""),
        kind="duplicate",
        detail=phrase("same-events.is-on-record-more-than-once", event=event.label, since=since, made=made),
        when=event.start,
        evidence=tuple(e.evidence for e in group[:_SHOWN]),
        concepts=event.concepts,
    )


def refuted_elsewhere(events: Sequence[Event], refuted: Sequence[Diagnosis]) -> Iterable[Conflict]:
    """Diagnoses that stand in one place of the record and are refuted in another."""
    confirmed = [event for event in events if isinstance(event, Diagnosis) and event.confirmed]
    for denied in refuted:
        standing = next((e for e in confirmed if not e.concepts.isdisjoint(denied.concepts)), None)
        if standing is not None:
            since = f" ({standing.start})" if standing.start is not None else ""
            refuted_since = f" ({denied.start})" if denied.start is not None else ""
            yield Conflict(
                input=min(standing.concepts & denied.concepts),
                kind="confirmed-and-refuted",
                detail=phrase(
                    "same-events.is-on-record-and-is-refuted",
                    standing=standing.label,
                    since=since,
                    refuted_since=refuted_since,
                ),
                when=standing.start,
                evidence=(standing.evidence, denied.evidence),
                concepts=standing.concepts & denied.concepts,
            )


def active_though_over(events: Sequence[Event]) -> Iterable[Conflict]:
    """Diagnoses that are recorded as active and with an end: no status was taken from them."""
    for event in events:
        if isinstance(event, Diagnosis) and event.clinical is None and event.status in ACTIVE:
            over = (
                phrase("same-events.as-over-on", event=event.end.first)
                if event.end is not None
                else phrase("same-events.as-over")
            )
            ended = str(event.end.first) if event.end is not None else "true"
            told = ("clinicalStatus", event.status), ("abatement[x]", ended)
            yield Conflict(
                input=min(event.concepts, default=""),
                kind="active-and-over",
                detail=phrase(
                    "same-events.is-recorded-as-and-whether-it",
                    event=event.label,
                    status=event.status,
                    over=over,
                ),
                when=event.start,
                evidence=tuple(
                    msgspec.structs.replace(event.evidence, path=path, recorded=said) for path, said in told
                ),
                concepts=event.concepts,
            )
