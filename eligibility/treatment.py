"""The courses of drugs on a timeline: all records of a drug taken together, with what they leave open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from eligibility.answers import unique
from eligibility.messages import Message, message
from eligibility.reported import ReportedCourse, ReportedDays, ReportedStretch, reported_evidence
from eligibility.treatment_time import Days, by_drug, days_on, months, months_at_most, union
from fhir_mappings.facts import Events, Exposure
from fhir_mappings.intervals import DateSpan
from fhir_mappings.phrases import listed


class Treatment(msgspec.Struct, frozen=True):
    """Courses for a report, and the time on treatment.

    Attributes:
        courses: in the order in which they began.
        certain, possible: days on any of the counted drugs.
        stretches: certain days on each counted drug, with its name.
        missing: what is lacking, as messages.
    """

    courses: tuple[ReportedCourse, ...]
    certain: tuple[Days, ...]
    possible: tuple[Days, ...]
    stretches: tuple[tuple[str, Days], ...]
    missing: tuple[Message, ...]

    def drugs_on(self, when: DateSpan) -> list[str]:
        """The counted drugs that were surely taken then."""
        return list(
            dict.fromkeys(
                n for n, (first, last) in self.stretches if first <= when.first and when.last <= last
            )
        )


def treatment_of(
    found: Events,
    asked: frozenset[str],
    counted: frozenset[str],
    routes: Sequence[str] | None,
    labels: Mapping[str, str],
    as_of: date,
) -> Treatment:
    """The courses of the asked drugs up to ``as_of``; a course that is yet to begin is none."""
    taken = [
        event
        for event in found.events
        if isinstance(event, Exposure)
        and (routes is None or event.route is None or event.route in routes)
        and (event.start is None or event.start.first <= as_of)
    ]
    drugs = by_drug(taken, asked)
    courses: list[ReportedCourse] = []
    certain: list[Days] = []
    possible: list[Days] = []
    stretches: list[tuple[str, Days]] = []
    names: dict[str, str] = {}
    for drug, exposures in sorted(drugs.items(), key=lambda item: (_begin(item[1]), item[0])):
        surely = days_on(exposures, date.min, as_of, certain=True)
        perhaps = days_on(exposures, date.min, as_of, certain=False)
        counts = any(not counted.isdisjoint(exposure.concepts) for exposure in exposures)
        label = names[drug] = labels.get(drug) or exposures[0].label
        if counts:
            certain += surely
            possible += perhaps
            stretches += [(label, days) for days in surely]
        courses.append(
            ReportedCourse(
                drug=drug,
                label=label,
                counted=counts,
                months=months(surely),
                months_at_most=months_at_most(perhaps),
                stretches=tuple(_stretches(exposures, surely, perhaps, as_of)),
                evidence=tuple(reported_evidence(e) for e in unique(x.evidence for x in exposures)),
            )
        )
    return Treatment(
        tuple(courses),
        tuple(union(certain)),
        tuple(union(possible)),
        tuple(stretches),
        tuple(_missing(found, drugs, names)),
    )


def _begin(exposures: Sequence[Exposure]) -> date:
    return min(exposure.start.first if exposure.start else date.min for exposure in exposures)


def _stretches(
    exposures: Sequence[Exposure], surely: Sequence[Days], perhaps: Sequence[Days], as_of: date
) -> list[ReportedStretch]:
    """One stretch for all records that may touch each other, with its days as precise as recorded."""
    found = []
    for first, last in perhaps:
        members = [e for e in exposures if _reaches(e, first, last)]
        goes_on = any(e.confirmed and _goes_on(e, as_of) for e in members)
        found.append(
            ReportedStretch(
                first=_first(members),
                last=None if goes_on else _last(members),
                ongoing=goes_on,
                possible=ReportedDays(first=_iso(first), last=last.isoformat()),
                certain=tuple(
                    ReportedDays(first=_iso(one), last=other.isoformat())
                    for one, other in surely
                    if first <= one and other <= last
                ),
            )
        )
    return found


def _reaches(exposure: Exposure, first: date, last: date) -> bool:
    begin = exposure.start.first if exposure.start is not None else date.min
    return begin <= last and (exposure.end is None or exposure.end.last >= first)


def _goes_on(exposure: Exposure, as_of: date) -> bool:
    other = exposure.by_the_other_word()
    goes_on = exposure.ongoing if exposure.end is None else exposure.end.first >= as_of
    return goes_on and (other is None or _goes_on(other, as_of))


def _first(members: Sequence[Exposure]) -> str | None:
    """The day on which the first of them began; ``None`` where one does not tell and may be the first."""
    starts = [exposure.start for exposure in members]
    known = [start for start in starts if start is not None and not start.open_start]
    if len(known) < len(starts) or not known:
        return None
    return str(DateSpan(min(s.first for s in known), min(s.last for s in known)))


def _last(members: Sequence[Exposure]) -> str | None:
    ends = [exposure.end for exposure in members]
    known = [end for end in ends if end is not None]
    if len(known) < len(ends) or not known:
        return None
    return str(DateSpan(max(e.first for e in known), max(e.last for e in known)))


def _iso(when: date) -> str | None:
    return None if when == date.min else when.isoformat()


def _missing(
    found: Events, drugs: Mapping[str, Sequence[Exposure]], names: Mapping[str, str]
) -> list[Message]:
    missing = []
    if found.retrieval != "complete":
        missing.append(message(f"timeline.treatment-{found.retrieval}"))
    elif not drugs:
        missing.append(message("timeline.no-treatment"))
    questions: dict[str, Callable[[Exposure], bool]] = {
        "timeline.no-start": lambda e: e.start is None or e.start.open_start,
        "timeline.no-end": lambda e: e.end is None and not e.ongoing,
        "timeline.unconfirmed": lambda e: not e.confirmed,
        "timeline.held": lambda e: e.status == "on-hold",
        "timeline.as-needed": lambda e: e.as_needed,
    }
    for key, asks in questions.items():
        which = [names[drug] for drug, exposures in drugs.items() if any(asks(e) for e in exposures)]
        if which:
            missing.append(message(key, drugs=listed("names", which)))
    return missing
