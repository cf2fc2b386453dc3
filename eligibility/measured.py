"""Choosing the value that counts from a series, or saying exactly why there is none."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from eligibility.answers import Answer, State, unique
from eligibility.messages import Message, message, render
from eligibility.ways import Opposite
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


def latest_group(found: Candidates) -> tuple[Measurement, ...]:
    """The measurements of which each may be the latest in the window; none if nothing is certainly in it.

    A coarse date leaves open which of two is the later. Of several on one day the latest instant counts if
    all carry one; else they cannot be told apart and are all returned.
    """
    if not found.inside:
        return ()
    newest = max(m.when.first for m in found.inside)
    rivals = tuple(m for m in (*found.inside, *found.unsure) if m.when.last >= newest)
    instants = [m.at for m in rivals if m.at is not None and m.when.exact]
    if len(instants) == len(rivals):
        return tuple(m for m in rivals if m.at == max(instants))
    return rivals


def by_time(measurements: Sequence[Measurement]) -> list[tuple[Measurement, ...]]:
    """Measurements of one time together: of one instant and kind, where none names another specimen."""
    groups: dict[object, list[Measurement]] = {}
    for measurement in measurements:
        time = measurement.when if measurement.at is None else measurement.at
        groups.setdefault((time, measurement.role, measurement.specimen), []).append(measurement)
    return [tuple(group) for group in groups.values()]


def unseen(found: Candidates) -> Answer | None:
    """What the window may hold beside the values that can be read: missing, with the reason.

    ``None`` if the record is whole and every value of the window could be read and dated.
    """
    series, span = found.series, found.span
    unusable = _unusable_within(series.unusable, span)
    if unusable is not None:
        detail = message("missing.unusable", label=series.label, detail=unusable.detail)
        return _missing(series, unusable.why, detail, unusable.evidence)
    if series.retrieval != "complete":
        key = f"missing.{series.retrieval}"
        return _missing(series, "not-retrieved", message(key, label=series.label), ())
    return None


def doubtful(found: Candidates, measurement: Measurement) -> Answer:
    """The answer of a value whose date does not tell whether it lies in the window: missing."""
    label, when = found.series.label, str(measurement.when)
    reason = message("missing.date-too-coarse", label=label, date=when)
    return _missing(found.series, "too-coarse", reason, measurement.evidence)


def absent(found: Candidates) -> Answer:
    """The answer when nothing usable lies in the window: missing, with the reason."""
    series, span = found.series, found.span
    unusable = _unusable_within(series.unusable, span)
    if unusable is not None:
        detail = message("missing.unusable", label=series.label, detail=unusable.detail)
        return _missing(series, unusable.why, detail, unusable.evidence)
    if found.unsure:
        return doubtful(found, found.unsure[0])
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
        if series.renewal is not None and last.basis != "measured":
            renewal = msgspec.structs.replace(series.renewal, detail=render(detail))
            return Answer(state=State.MISSING, reason=detail, needs=(renewal,), evidence=last.evidence)
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


def open_question(series: Series, why: WhyMissing, reason: Message, evidence: tuple[Evidence, ...]) -> Answer:
    """A missing answer for a value that is there but does not decide."""
    need = Need(input=series.input, why=why, detail=render(reason), order=series.order)
    return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)


def left_behind(label: str, measurement: Measurement) -> Opposite:
    """That a value which decides for its whole window no longer lies in it."""
    return Opposite(message("change.left-behind", label=label, date=str(measurement.when)))


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
    """Several values that may each be the latest do not agree on the answer."""
    values = ", ".join(unique(recorded_text(m) for m in group))
    evidence = unique(e for m in group for e in m.evidence)
    coarse = next((m for m in group if not m.when.exact), None)
    key = "missing.conflicting" if coarse is None else "missing.order-too-coarse"
    when = str((coarse or group[0]).when)
    reason = message(key, label=series.label, date=when, values=values)
    return open_question(series, "conflicting" if coarse is None else "too-coarse", reason, evidence)
