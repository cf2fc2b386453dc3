"""The results of one criterion input, with the thresholds and the windows of the criteria that ask for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from eligibility.answers import unique
from eligibility.context import Context
from eligibility.looks import AskedNumber
from eligibility.measured import UncertainAnchor, recorded_text, with_unit
from eligibility.overview.shapes import Line, Looked, Point, Results, Use
from eligibility.windows import Span
from fhir_mappings.facts import Evidence, InputDescription, Measurement, Series, Unusable
from fhir_mappings.intervals import DateSpan, Interval
from fhir_mappings.phrases import listed

_FINITE = float("inf")
_ANNOTATION = re.compile(r"(?<=\w)\{[^}]*\}")  # g/g{creat}: the label tells of what
_BRACKETS = re.compile(r"[][(){}]")


def results_of(
    described: InputDescription,
    numbers: Sequence[AskedNumber],
    context: Context,
    grounds: Mapping[str, Sequence[str]],
) -> Results:
    """The results up to the evaluation date.

    ``numbers``: where the criteria ask for this input. ``grounds``: numbers of the criteria whose findings
    rest on a resource, by its reference.
    """
    series = context.chart.series(described.name, context.as_of)
    spans = list(_spans(numbers, context))
    entries = [_measured(m, series, spans, grounds) for m in series.measurements]
    entries += [_unusable(item, grounds) for item in series.unusable]
    points = [point for point, dated in entries if dated and point.first <= context.as_of.isoformat()]
    return Results(
        input=described.name,
        label=described.label,
        unit=shown_unit(described.unit),
        retrieval=series.retrieval,
        points=tuple(
            sorted(points, key=lambda point: (point.first, point.last, point.words, point.reference))
        ),
        lines=tuple(_lines(numbers, series)),
        windows=tuple(_windows(spans)),
        undated=sum(not dated for _, dated in entries),
    )


def _spans(numbers: Sequence[AskedNumber], context: Context) -> Iterator[tuple[str, Span]]:
    for asked in numbers:
        try:
            span = asked.span_of(context)
        except UncertainAnchor:
            continue
        if span is not None:
            yield asked.criterion, span


def _measured(
    measurement: Measurement,
    series: Series,
    spans: Sequence[tuple[str, Span]],
    grounds: Mapping[str, Sequence[str]],
) -> tuple[Point, bool]:
    value = measurement.value
    point = _point(
        measurement.when,
        _use(measurement.when, spans),
        _words(value, series.unit) if value is not None else recorded_text(measurement),
        value,
        listed("clauses", measurement.notes) if measurement.notes else "",
        measurement.evidence,
        grounds,
    )
    return point, _dated(measurement.when)


def _use(when: DateSpan, spans: Sequence[tuple[str, Span]]) -> Use:
    inside = [span for _, span in spans if span.contains(when) is not False]
    if any(span.first is not None for span in inside):
        return "counts"
    if inside:
        return "history" if any(span.first is not None for _, span in spans) else "counts"
    return "too-old" if spans else "unwindowed"


def _unusable(item: Unusable, grounds: Mapping[str, Sequence[str]]) -> tuple[Point, bool]:
    use: Use = "unusable" if item.measured else "nothing-measured"
    when = item.when
    if when is None or not _dated(when):
        return _point(DateSpan(date.min, date.max), use, "", None, item.detail, item.evidence, grounds), False
    return _point(when, use, "", None, item.detail, item.evidence, grounds), True


def _point(
    when: DateSpan,
    use: Use,
    words: str,
    value: Interval | None,
    why: str,
    evidence: Sequence[Evidence],
    grounds: Mapping[str, Sequence[str]],
) -> Point:
    return Point(
        date=str(when),
        first=when.first.isoformat(),
        last=when.last.isoformat(),
        use=use,
        words=words,
        low=None if value is None or value.low == -_FINITE else value.low,
        high=None if value is None or value.high == _FINITE else value.high,
        recorded=next((e.recorded for e in evidence if e.recorded), None),
        why=why,
        reference=evidence[0].reference if evidence else "",
        criteria=unique(name for e in evidence for name in grounds.get(e.reference, ())),
    )


def _dated(when: DateSpan) -> bool:
    return not (when.open_start or when.open_end)


def _words(value: Interval, unit: str) -> str:
    short = Interval(_short(value.low), _short(value.high), value.low_open, value.high_open)
    return with_unit(str(short), shown_unit(unit))


def shown_unit(unit: str) -> str:
    """A unit of UCUM as people write it: without what it is of, and without brackets."""
    bare = _ANNOTATION.sub("", unit).replace("_", " ")
    return _BRACKETS.sub("", bare).replace("24.h", "24 h").replace("m2", "m²")


def _short(bound: float) -> float:
    return float(f"{bound:.3g}") if abs(bound) < 1000 else round(bound) if abs(bound) < _FINITE else bound


def _lines(numbers: Sequence[AskedNumber], series: Series) -> Iterator[Line]:
    """Each value once, whichever criteria compare with it; of a laboratory's limits, those of the latest."""
    latest = next(iter(series.measurements), None)
    found: dict[float, tuple[str, list[str]]] = {}
    for asked in numbers:
        threshold = asked.thresholds[0]
        value = threshold.canonical
        if value is None and latest is not None:
            limit = latest.upper_limit if threshold.limit == "ULN" else latest.lower_limit
            value = None if limit is None else threshold.written.value * limit
        if value is not None:
            found.setdefault(round(value, 9), (_threshold(asked), []))[1].append(asked.criterion)
    for value, (words, criteria) in sorted(found.items()):
        yield Line(value=value, words=words, criteria=unique(criteria))
    limits = (latest.lower_limit, latest.upper_limit) if latest is not None and not found else ()
    for limit in limits:
        if limit is not None:
            yield Line(value=limit, words=with_unit(f"{limit:.3g}", shown_unit(series.unit)))


def _threshold(asked: AskedNumber) -> str:
    written = asked.thresholds[0].written
    return f"{written.value:g} {shown_unit(written.unit)}" if written.unit else f"{written.value:g}"


def _windows(spans: Iterable[tuple[str, Span]]) -> Iterator[Looked]:
    by_days: dict[tuple[date, date], list[str]] = defaultdict(list)
    for criterion, span in spans:
        if span.first is not None and span.first <= span.last:
            by_days[span.first, span.last].append(criterion)
    for (first, last), criteria in sorted(by_days.items(), reverse=True):
        yield Looked(first=first.isoformat(), last=last.isoformat(), criteria=unique(criteria))
