"""Choosing the value that counts from a series, or saying exactly why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from eligibility.answers import Answer, State, unique
from eligibility.messages import Message, in_words, message
from eligibility.ways import Opposite
from eligibility.windows import Span
from fhir_mappings.facts import (
    Evidence,
    InputDescription,
    Measurement,
    Need,
    Series,
    Unusable,
    WhyMissing,
    may_be_newer,
)
from fhir_mappings.intervals import UNDATED, DateSpan
from fhir_mappings.phrases import listed, term


class UncertainAnchor(Exception):  # noqa: N818  # what is not known is no error
    """A window hangs on a value of which nobody knows which it is. ``answer`` is missing, with the reason."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(in_words(answer.reason))
        self.answer = answer


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


class Latest(msgspec.Struct, frozen=True):
    """The measurements of which each may be the latest of a window, and remarks on what is newer."""

    group: tuple[Measurement, ...]
    notes: tuple[str, ...]


def latest(found: Candidates) -> Latest | Answer:
    """The latest of a window that certainly holds a value, or missing where a newer one cannot be used.

    Of results that cannot be used, those displace the latest that are newer, or may be: nobody knows what
    they would say. What can be read of a day stands for what cannot, unless the instants tell otherwise. An
    entry that says that nothing was measured is no newer result: the last one stands, and a note tells of it.
    Where not all results came, nobody knows whether the last one at hand is the last.

    Raises:
        ValueError: no value is certainly in the window.
    """
    group = _latest_group(found)
    standing = max(group, key=lambda m: (m in found.inside, m.when.first))
    if _told_anew(standing):
        return Latest(group, ())
    newer = [item for item in _in_window(found) if item.measured and may_be_newer(item, group, standing)]
    if newer:
        return _displaced(found.series, standing, newer)
    if found.series.searched != "complete":
        return _perhaps_outdated(found.series, standing)
    return Latest(group, _nothing_measured(found, standing.when.last))


def _latest_group(found: Candidates) -> tuple[Measurement, ...]:
    """The measurements of which each may be the latest in the window.

    A coarse date leaves open which of two is the later. Of several on one day the latest instant counts if
    all carry one; else they cannot be told apart and are all returned.

    Raises:
        ValueError: no value is certainly in the window.
    """
    newest = max(m.when.first for m in found.inside)
    rivals = tuple(m for m in (*found.inside, *found.unsure) if m.when.last >= newest)
    instants = [m.at for m in rivals if m.at is not None and m.when.exact]
    if len(instants) == len(rivals):
        return tuple(m for m in rivals if m.at == max(instants))
    return rivals


def _told_anew(measurement: Measurement) -> bool:
    """Whether it holds for the day of the question, whichever it is: a sex, a pregnancy that goes on."""
    return measurement.basis == "demographic" or measurement.changes_on is not None


def _displaced(series: Series, standing: Measurement, newer: Sequence[Unusable]) -> Answer:
    """A newer result that cannot be used, told beside the value that would stand without it."""
    certain = [item for item in newer if (item.when or UNDATED).first > standing.when.last]
    item = (certain or newer)[0]
    reason = message(
        "missing.newer" if certain or item.when == standing.when else "missing.perhaps-newer",
        label=series.label,
        value=recorded_text(standing),
        date=standing.when.in_words,
        newer=(item.when or UNDATED).in_words,
        detail=item.detail,
    )
    return open_question(series, item.why, reason, (*item.evidence, *standing.evidence))


def _perhaps_outdated(series: Series, standing: Measurement) -> Answer:
    """The last value at hand, of which nobody knows whether it is the last one."""
    reason = message(
        "missing.perhaps-outdated",
        label=series.label,
        value=recorded_text(standing),
        date=standing.when.in_words,
    )
    return open_question(series, "not-retrieved", reason, standing.evidence)


def nothing_measured(found: Candidates) -> tuple[str, ...]:
    """Remarks on the entries of a window that say that nothing was measured."""
    return _nothing_measured(found, None)


def _nothing_measured(found: Candidates, after: date | None) -> tuple[str, ...]:
    """Those that are certainly after a day, where one is given."""
    what = "result" if after is None else "newer result"
    return tuple(
        f"A {what} of {item.when} was not used: {item.detail}"
        for item in found.series.unusable
        if not item.measured
        and item.when is not None
        and found.span.contains(item.when)
        and (after is None or item.when.first > after)
    )


def _in_window(found: Candidates) -> Iterator[Unusable]:
    """The results that cannot be used and lie in the window, or may."""
    for item in found.series.unusable:
        if item.when is None or found.span.contains(item.when) is not False:
            yield item


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
    for item in _in_window(found):
        if item.measured:
            return _unusable(found.series, item)
    return _not_retrieved(found.series)


def _unusable(series: Series, item: Unusable) -> Answer:
    reason = message("missing.unusable", label=series.label, detail=item.detail)
    return open_question(series, item.why, reason, item.evidence)


def _not_retrieved(series: Series) -> Answer | None:
    if series.retrieval == "complete":
        return None
    reason = message(f"missing.{series.retrieval}", label=series.label)
    return open_question(series, "not-retrieved", reason, ())


def doubtful(found: Candidates, measurement: Measurement) -> Answer:
    """The answer of a value whose date does not tell whether it lies in the window: missing."""
    label, when = found.series.label, measurement.when
    if when.open_start:
        shown = recorded_text(measurement)
        reason = message("missing.no-date", label=label, value=shown, date=when.in_words)
    else:
        reason = message("missing.date-too-coarse", label=label, date=str(when))
    return open_question(found.series, "too-coarse", reason, measurement.evidence)


def absent(found: Candidates) -> Answer:
    """The answer when nothing usable lies in the window: missing, with the reason."""
    series, span = found.series, found.span
    unreadable = sorted(_in_window(found), key=lambda item: not item.measured)
    if unreadable:
        return _unusable(series, unreadable[0])
    if found.unsure:
        return doubtful(found, found.unsure[0])
    not_retrieved = _not_retrieved(series)
    if not_retrieved is not None:
        return not_retrieved
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
            renewal = msgspec.structs.replace(series.renewal, detail=in_words(detail))
            return Answer(state=State.MISSING, reason=detail, needs=(renewal,), evidence=last.evidence)
        return open_question(series, "stale", detail, last.evidence)
    if series.needs:
        reason = message(
            "missing.lacking", label=series.label, what=listed("clauses", [n.detail for n in series.needs])
        )
        return Answer(state=State.MISSING, reason=reason, needs=series.needs)
    if series.unusable:
        return _unusable(series, series.unusable[0])
    return open_question(series, "never-measured", message("missing.never-measured", label=series.label), ())


def open_question(series: Series, why: WhyMissing, reason: Message, evidence: tuple[Evidence, ...]) -> Answer:
    """A missing answer, with what would settle it."""
    need = Need(input=series.input, why=why, detail=in_words(reason), order=series.order)
    return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)


def absent_anchor(described: InputDescription) -> Answer:
    """The answer where the window hangs on a value that does not exist."""
    reason = message("missing.never-measured", label=described.label)
    need = Need(input=described.name, why="never-measured", detail=described.label, order=described.order)
    return Answer(state=State.MISSING, reason=reason, needs=(need,))


def anchor(series: Series, on: date) -> DateSpan | None:
    """The date of the latest value until a day, on which a window hangs; ``None`` without a dated one.

    Raises:
        UncertainAnchor: what is newer, or may be, cannot be used, or bears no date.
    """
    found = candidates(series, Span(None, on, on, None, False))
    if not found.inside:
        return None
    newest = latest(found)
    if isinstance(newest, Answer):
        raise UncertainAnchor(newest)
    undated = next((m for m in newest.group if m.when.open_start), None)
    if undated is not None:
        raise UncertainAnchor(doubtful(found, undated))
    return max(newest.group, key=lambda m: (m.when.first, m.when.last)).when


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
    return term(measurement.category or "")


def with_unit(number: str, unit: str) -> str:
    """A number with its unit, without the unit of dimensionless quantities."""
    return number if unit in ("1", "{score}", "a") else f"{number} {unit}"


def conflict(series: Series, group: Sequence[Measurement]) -> Answer:
    """Several values that may each be the latest do not agree on the answer."""
    values = listed("names", unique(recorded_text(m) for m in group))
    evidence = unique(e for m in group for e in m.evidence)
    coarse = next((m for m in group if not m.when.exact), None)
    key = "missing.conflicting" if coarse is None else "missing.order-too-coarse"
    undated = next((m for m in group if m.when.open_start), None)
    if undated is not None:
        key, coarse = "missing.order-unknown", undated
    when = (coarse or group[0]).when.in_words
    reason = message(key, label=series.label, date=when, values=values)
    return open_question(series, "conflicting" if coarse is None else "too-coarse", reason, evidence)
