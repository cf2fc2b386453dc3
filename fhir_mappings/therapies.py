"""Background treatments: which drugs a patient has been taking, since when, and what changed in a period.

One treatment is one ingredient: a refill, a renewed order, another brand or another source that says the
same is no change. A change is another dose or schedule, a start, a stop of more than ``NO_STOP`` days, or a
hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from datetime import date

import msgspec

from fhir_mappings.dosing_terms import dosing_terms
from fhir_mappings.exposure_days import exposure_span, route_of_exposure, segment_span
from fhir_mappings.facts import Evidence, Exposure, Retrieval, Therapies, Therapy, TherapyChange
from fhir_mappings.intervals import DateSpan, shifted
from fhir_mappings.phrases import phrase
from fhir_mappings.regimens import World, pieces_of
from fhir_mappings.stated_stops import denied_orders
from fhir_mappings.substance_forms import merge_unstated, weigh_forms
from fhir_mappings.timeline import Course, Turn, courses_of


def therapies(
    exposures: Sequence[Exposure], concepts: frozenset[str], first: date, last: date, retrieval: Retrieval
) -> Therapies:
    """The treatments with drugs of these code sets, and their changes within ``(first, last]``.

    Treatments of the eye, the skin, the airways or a joint alone are no background treatment and are left
    out, as are orders that only begin after ``last``.
    """
    by_drug: dict[str, list[Exposure]] = defaultdict(list)
    for exposure in exposures:
        drug = _ingredient(exposure, concepts)
        start, _ = exposure_span(exposure, last)
        local = route_of_exposure(exposure) in dosing_terms().local_routes
        if drug is not None and start.first <= last and not local:
            by_drug[drug].append(exposure)
    unstated = merge_unstated(by_drug)
    found = [_therapy(drug, of_drug, first, last) for drug, of_drug in sorted(by_drug.items())]
    return Therapies(therapies=tuple(weigh_forms(found, unstated)), retrieval=retrieval)


def _ingredient(exposure: Exposure, concepts: frozenset[str]) -> str | None:
    asked = exposure.concepts & concepts
    if not asked:
        return None
    return exposure.drug or min(asked)


def _therapy(drug: str, recorded: Sequence[Exposure], first: date, last: date) -> Therapy:
    exposures = _renewed(recorded)
    early, late = _worlds(exposures, last, ("early", "late"))
    latest = max(exposures, key=lambda e: exposure_span(e, last)[0].first)
    turns = _turns(drug, latest.label, exposures, last)
    confirmed = [e for e in exposures if e.confirmed]
    if len(confirmed) < len(exposures):
        # What an unconfirmed record adds, or hides, may be so or not.
        turns = _agreed(turns, _turns(drug, latest.label, confirmed, last) if confirmed else [])
    # An order of a drug that is said not to be taken is in dispute as a whole, and not from a day on.
    stated = [e if e.denied_by is not None else e.by_the_other_word() or e for e in exposures]
    if stated != exposures:
        # An order or a supply that goes on does not show that the drug was not stopped when it is said to be.
        turns = _agreed(turns, _turns(drug, latest.label, stated, last))
    turns += [*_holds(drug, exposures, last), *_brief(drug, exposures, first, last)]
    if not any(turn.change == "stop" and turn.when.last >= last for turn in turns):
        turns += _perhaps_stopped(drug, exposures, first, last)
    changes = _in_window(turns, first, last)
    one, other = _current(early, last), _current(late, last)
    since = DateSpan(min(one.first, other.first), max(one.first, other.first))
    running = [e for e in exposures if exposure_span(e, last)[1].last >= last]
    doubtful = bool(running) and not any(e.confirmed for e in running)
    disputed = (stated != exposures or any(denied_orders(exposures))) and not any(
        exposure_span(e, last)[1].first >= last for e in stated
    )
    held = bool(running) and all(e.status == "on-hold" for e in running)
    ongoing = one.last >= last and other.last >= last and not (held or doubtful or disputed)
    until = DateSpan(min(one.last, other.last), max(one.last, other.last))
    return Therapy(
        drug=drug,
        label=latest.label,
        since=None if since.first == date.min and since.last >= last else since,
        until=None
        if doubtful or disputed or (ongoing and until.first == date.max)
        else _by(until, last, ongoing),
        ongoing=ongoing,
        dose_known=all(course.dose_known(first, last) for course in (*early, *late))
        and not any(_of_unknown_dose(e, first, last) for e in exposures),
        changes=tuple(sorted(changes, key=lambda change: (change.when, change.change))),
        evidence=_evidence(exposures, one, first, last),
        by_text=any(e.by_text for e in exposures),
        disputed=disputed,
    )


def _of_unknown_dose(exposure: Exposure, first: date, last: date) -> bool:
    """Whether an order or statement that may have begun or ended in the period does not tell its dose.

    That another record tells a dose does not show that this one is the same. What was handed out goes by
    its order.
    """
    start, end = exposure_span(exposure, last)
    began = start.last > first and start.first <= last
    ended = end.last >= first and end.first < last
    return (began or ended) and exposure.source in ("request", "statement") and not exposure.doses


def _brief(drug: str, exposures: Sequence[Exposure], first: date, last: date) -> Iterator[TherapyChange]:
    """Courses of unknown dose that may have begun and ended in the period: bursts, perhaps."""
    for exposure in exposures:
        start, end = exposure_span(exposure, last)
        if _of_unknown_dose(exposure, first, last) and start.last > first and end.first < last:
            yield TherapyChange(
                drug=drug,
                label=exposure.label,
                change="dose",
                when=DateSpan(start.first, max(start.first, min(end.last, last))),
                detail=phrase("therapies.a-course-of-unknown-dose", exposure=exposure.label),
                evidence=(exposure.evidence,),
                certain=False,
            )


def _perhaps_stopped(
    drug: str, exposures: Sequence[Exposure], first: date, last: date
) -> Iterator[TherapyChange]:
    """Courses of whose recorded end nobody can say whether it is past, where no record surely goes on.

    A supply that has lately run out awaits its refill; it does not show that such a course goes on.
    """
    spans = [(exposure, exposure_span(exposure, last)[1]) for exposure in exposures]
    if any(end.first >= last for _, end in spans):
        return
    for exposure, end in spans:
        told = exposure.end is not None and exposure.source in ("request", "statement")
        if told and end.last >= last > first:
            yield TherapyChange(
                drug=drug,
                label=exposure.label,
                change="stop",
                when=DateSpan(max(end.first, first), last),
                detail=phrase("therapies.it-may-have-ended", exposure=exposure.label),
                evidence=(exposure.evidence,),
                certain=False,
            )


def _worlds(
    exposures: Sequence[Exposure], last: date, worlds: tuple[World, World]
) -> tuple[list[Course], list[Course]]:
    """The courses in two worlds."""
    one, other = (courses_of(pieces_of(exposures, last, world), last) for world in worlds)
    return one, other


def _turns(drug: str, label: str, exposures: Sequence[Exposure], last: date) -> list[TherapyChange]:
    """What changed, whenever within its dates each record began and ended.

    Each may have been early while another was late: a change is certain only if it is there too where every
    record covers the least, and the most, days that it can.
    """
    turns = _changes(drug, label, exposures, last, ("early", "late"))
    starts = [exposure_span(e, last)[0] for e in exposures]
    starts += [segment_span(segment, e, last)[0] for e in exposures for segment in e.doses]
    if all(start.exact for start in starts):
        return turns
    return _agreed(turns, _changes(drug, label, exposures, last, ("least", "most")))


def _renewed(exposures: Sequence[Exposure]) -> list[Exposure]:
    """The exposures; an order that another one names as its predecessor lasted until it, if it can have."""
    successors = {e.renews: e for e in exposures if e.renews is not None and e.start is not None}
    found = []
    for exposure in exposures:
        new = successors.get(exposure.reference)
        if new is not None and new.start is not None and exposure.start is not None and not exposure.ongoing:
            until = DateSpan(shifted(new.start.first, -1), shifted(new.start.last, -1))
            open_end = exposure.end is None or exposure.end.first <= until.first <= exposure.end.last
            if open_end and until.first >= exposure.start.last:
                exposure = msgspec.structs.replace(exposure, end=until)
        found.append(exposure)
    return found


def _evidence(exposures: Sequence[Exposure], course: Course, first: date, last: date) -> tuple[Evidence, ...]:
    """The records that reach into the period, latest first, then the one with which the course began."""
    spans = [(exposure_span(e, last), e) for e in exposures]
    reaching = [(start.first, e.evidence) for (start, end), e in spans if end.last >= first]
    latest = [evidence for _, evidence in sorted(reaching, key=lambda pair: pair[0], reverse=True)]
    origin = course.stretches[0].members[0].exposures[0].evidence
    denials = [e.denied_by for e in exposures if e.denied_by is not None]
    return tuple(dict.fromkeys([*latest, origin, *denials]))


def _by(until: DateSpan, last: date, ongoing: bool) -> DateSpan:
    """A course that may still be going on has ended, at the latest, on the day that the question is about."""
    if ongoing:
        return until
    return DateSpan(min(until.first, last), min(until.last, last))


def _current(courses: Sequence[Course], last: date) -> Course:
    """The latest course that has begun by ``last``, else the first of all."""
    begun = [course for course in courses if course.first <= last]
    return begun[-1] if begun else courses[0]


def _changes(
    drug: str, label: str, exposures: Sequence[Exposure], last: date, worlds: tuple[World, World]
) -> list[TherapyChange]:
    """The turns of two worlds; one that has no counterpart in the other world may be none at all."""
    early, late = _worlds(exposures, last, worlds)
    one = [turn for course in early for turn in course.turns]
    other = [turn for course in late for turn in course.turns]
    if [turn.change for turn in one] == [turn.change for turn in other]:
        spans = [
            (a, DateSpan(min(a.when, b.when), max(a.when, b.when)), b.certain)
            for a, b in zip(one, other, strict=True)
        ]
    else:
        # On a day that turns in both worlds something changed, whatever it was.
        sure = {t.when for t in one if t.certain} & {t.when for t in other if t.certain}
        told = {turn.when: turn for turn in one if turn.when in {o.when for o in other}}
        told |= {turn.when: turn for turn in other if turn.when in told and turn.change == "dose"}
        spans = [(turn, DateSpan(when, when), when in sure) for when, turn in told.items()]
        spans += [(t, _reach(t, worlds[0], last), False) for t in one if t.when not in told]
        spans += [(t, _reach(t, worlds[1], last), False) for t in other if t.when not in told]
    references = {exposure.reference for course in (*early, *late) for exposure in _exposures(course)}
    return [
        TherapyChange(
            drug=drug,
            label=label,
            change=turn.change,
            when=when,
            detail=phrase("of-something", what=label, detail=turn.detail),
            evidence=tuple(exposure.evidence for exposure in turn.exposures),
            certain=sure and turn.certain and not _renews_unseen(turn, references),
        )
        for turn, when, sure in spans
    ]


def _renews_unseen(turn: Turn, references: Set[str]) -> bool:
    """Whether it is the start of an order that follows one which is not at hand: no start, perhaps."""
    return turn.change == "start" and any(
        exposure.renews is not None and exposure.renews not in references for exposure in turn.exposures
    )


def _exposures(course: Course) -> Iterator[Exposure]:
    for stretch in course.stretches:
        for piece in stretch.members:
            yield from piece.exposures


def _agreed(turns: Sequence[TherapyChange], without: Sequence[TherapyChange]) -> list[TherapyChange]:
    """The changes of two tellings, as with and without unconfirmed records; certain where both are sure."""
    both = {(c.change, c.when) for c in turns if c.certain} & {
        (c.change, c.when) for c in without if c.certain
    }
    told = {(c.change, c.when): c for c in (*without, *turns)}
    return [
        change if key in both else msgspec.structs.replace(change, certain=False)
        for key, change in told.items()
    ]


def _reach(turn: Turn, world: World, last: date) -> DateSpan:
    """When a turn of one world may have been in any other: none is earlier than in the early world."""
    starts = [exposure_span(exposure, last)[0] for exposure in turn.exposures]
    before = DateSpan(min([turn.when, *(start.first for start in starts)]), turn.when)
    after = DateSpan(turn.when, max(last, turn.when))
    if world in ("early", "late"):
        return after if world == "early" else before
    if turn.change == "dose":
        return DateSpan(before.first, after.last)
    if (turn.change == "start") == (world == "least"):
        return before
    if turn.change == "start":
        return DateSpan(turn.when, max([turn.when, *(start.last for start in starts)]))
    return after


def _holds(drug: str, exposures: Sequence[Exposure], last: date) -> list[TherapyChange]:
    """Orders on hold. FHIR does not say since when: some day between their start and now."""
    holds = []
    for exposure in exposures:
        start, end = exposure_span(exposure, last)
        if exposure.status == "on-hold":
            when = DateSpan(start.first, min(max(end.last, start.first), last))
            holds.append(
                TherapyChange(
                    drug=drug,
                    label=exposure.label,
                    change="hold",
                    when=when,
                    detail=phrase("therapies.on-hold", exposure=exposure.label),
                    evidence=(exposure.evidence,),
                    certain=not any(_goes_on_beside(other, exposure, last) for other in exposures),
                )
            )
    return holds


def _goes_on_beside(other: Exposure, held: Exposure, last: date) -> bool:
    """Whether another record tells that the drug is taken: the order on hold may be a copy, or unneeded."""
    if other.status == "on-hold" or not other.confirmed:
        return False
    start, end = exposure_span(other, last)
    held_since = exposure_span(held, last)[0]
    return start.first <= held_since.last and end.last >= last


def _in_window(changes: Sequence[TherapyChange], first: date, last: date) -> list[TherapyChange]:
    return [
        _since_known(change, first)
        for change in changes
        if change.when.last > first and change.when.first <= last
    ]


def _since_known(change: TherapyChange, first: date) -> TherapyChange:
    """A change of which nothing tells the earliest day: as far as the question goes, the period's edge."""
    if change.when.first > date.min:
        return change
    return msgspec.structs.replace(change, when=DateSpan(min(first, change.when.last), change.when.last))
