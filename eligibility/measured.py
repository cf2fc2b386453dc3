"""Choosing the value that counts from a series, or saying exactly why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from eligibility.answers import Answer, State, unique
from eligibility.messages import Message, message, render
from eligibility.windows import Span
from fhir_mappings.facts import Evidence, Measurement, Need, Series, Unusable, WhyMissing


class Candidates(msgspec.Struct, frozen=True):
    """The measurements of a series, sorted by where they stand to a window."""

    inside: tuple[Measurement, ...]
    unsure: tuple[Measurement, ...]
    before: tuple[Measurement, ...]
    series: Series
    span: Span


def candidates(series: Series, span: Span) -> Candidates:
    """Sort a series by a window; values after the window do not count at all."""
    inside: list[Measurement] = []
    unsure: list[Measurement] = []
    before: list[Measurement] = []
    for measurement in series.measurements:
        position = span.contains(measurement.when)
        if position:
            inside.append(measurement)
        elif position is None:
            unsure.append(measurement)
        elif span.first is not None and measurement.when.last < span.first:
            before.append(measurement)
    return Candidates(tuple(inside), tuple(unsure), tuple(before), series, span)


def latest_group(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The measurements of the latest time: those that no other is later than.

    Where both carry an instant, the instant decides; else the day. Several on one day without times
    cannot be told apart and are all returned.
    """
    if not measurements:
        return ()
    newest_day = max(m.when.last for m in measurements)
    same_day = [m for m in measurements if m.when.last == newest_day]
    timed = [m for m in same_day if m.at is not None]
    if len(timed) == len(same_day):
        newest = max(m.at for m in timed if m.at is not None)
        return tuple(m for m in timed if m.at == newest)
    return tuple(same_day)


def absent(found: Candidates) -> Answer:
    """The answer when nothing usable lies in the window: missing, with the reason."""
    series, span = found.series, found.span
    unusable = _unusable_within(series.unusable, span)
    if unusable is not None:
        detail = message("missing.unusable", label=series.label, detail=unusable.detail)
        return _missing(series, unusable.why, detail, unusable.evidence)
    if found.unsure:
        which = found.unsure[0]
        detail = message("missing.date-too-coarse", label=series.label, date=str(which.when))
        return _missing(series, "too-coarse", detail, which.evidence)
    if series.retrieval != "complete":
        key = f"missing.{series.retrieval}"
        return _missing(series, "not-retrieved", message(key, label=series.label), ())
    if found.before:
        last = found.before[0]
        detail = message(
            "missing.stale",
            label=series.label,
            date=str(last.when),
            value=recorded_text(last),
            limit=span.first.isoformat() if span.first else "",
        )
        return _missing(series, "stale", detail, last.evidence)
    if series.needs:
        reason = message(
            "missing.lacking", label=series.label, what="; ".join(n.detail for n in series.needs)
        )
        return Answer(state=State.MISSING, reason=reason, needs=series.needs)
    if series.unusable:
        newest = series.unusable[0]
        detail = message("missing.unusable", label=series.label, detail=newest.detail)
        return _missing(series, newest.why, detail, newest.evidence)
    return _missing(series, "never-measured", message("missing.never-measured", label=series.label), ())


def _unusable_within(unusable: Sequence[Unusable], span: Span) -> Unusable | None:
    for item in unusable:
        if item.when is None or span.contains(item.when) is not False:
            return item
    return None


def _missing(series: Series, why: WhyMissing, reason: Message, evidence: tuple[Evidence, ...]) -> Answer:
    need = Need(input=series.input, why=why, detail=render(reason), order=series.order)
    return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)


def open_question(
    series: Series,
    why: WhyMissing,
    reason: Message,
    evidence: tuple[Evidence, ...],
    until: date | None = None,
) -> Answer:
    """A missing answer for a value that is there but does not decide."""
    need = Need(input=series.input, why=why, detail=render(reason), order=series.order)
    return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence, until=until)


def recorded_text(measurement: Measurement) -> str:
    """The value as the record has it, for a reason."""
    for evidence in measurement.evidence:
        if evidence.recorded and len(measurement.evidence) == 1:
            return evidence.recorded
    if measurement.value is not None:
        return with_unit(f"{measurement.value}", measurement.unit)
    return measurement.category or ""


def with_unit(number: str, unit: str) -> str:
    """A number with its unit, without the unit of dimensionless quantities."""
    return number if unit in ("1", "{score}", "a") else f"{number} {unit}"


def conflict(series: Series, group: Sequence[Measurement]) -> Answer:
    """Several values of one time that do not agree on the answer."""
    values = ", ".join(unique(recorded_text(m) for m in group))
    reason = message("missing.conflicting", label=series.label, date=str(group[0].when), values=values)
    return open_question(series, "conflicting", reason, unique(e for m in group for e in m.evidence))
