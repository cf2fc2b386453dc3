"""The course of a response measure, and what in it may be a remission, a relapse or no response at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from eligibility.context import Context
from eligibility.measured import with_unit
from eligibility.messages import Message, in_words, message
from eligibility.reported import (
    ReportedCandidate,
    ReportedEvidence,
    ReportedResponse,
    ReportedThreshold,
    ReportedValue,
    reported_evidence,
)
from eligibility.treatment import Treatment
from eligibility.treatment_time import Days, months, union
from fhir_mappings.facts import AT_ODDS, NO_STOP, Measurement, Series, of_one_time
from fhir_mappings.intervals import DateSpan, Duration, Interval
from fhir_mappings.phrases import listed

_ANNOTATION = re.compile(r"\{[^}]*\}")  # of UCUM: what a unit is of, which the label tells


Turn = Literal["remission", "relapse", "no-response"]


class Limit(msgspec.Struct, frozen=True):
    """A threshold in the input's own unit, and as the protocol writes it."""

    value: float
    words: str


class NoResponse(msgspec.Struct, frozen=True):
    """A treatment may have had no response if, ``after`` so long, more than a ``share`` is left.

    ``before``, ``within``: where the value with which it began is looked for, before and after its first day.
    """

    after: Duration
    share: float
    before: Duration
    within: Duration


class ResponseRules(msgspec.Struct, frozen=True):
    """The response measure and what is looked for in it."""

    input: str
    label: str
    unit: str
    remission: Limit | None
    relapse: Limit | None
    no_response: NoResponse | None


class Response(msgspec.Struct, frozen=True):
    """The measure for a report, its candidates, and what is lacking."""

    reported: ReportedResponse
    candidates: tuple[Candidate, ...]
    missing: tuple[Message, ...]


class Candidate(msgspec.Struct, frozen=True):
    """What a person should look at, with its day as far as known."""

    when: DateSpan | None
    what: Turn
    words: str
    evidence: tuple[ReportedEvidence, ...]


def in_order(candidates: Iterable[Candidate]) -> tuple[ReportedCandidate, ...]:
    """Candidates for a report, oldest first; those without a day come last."""
    dated = sorted(candidates, key=lambda c: (c.when is None, c.when or DateSpan(date.max, date.max), c.what))
    return tuple(
        ReportedCandidate(
            what=c.what, date=None if c.when is None else str(c.when), words=c.words, evidence=c.evidence
        )
        for c in dated
    )


class _Value(msgspec.Struct, frozen=True):
    when: DateSpan
    value: Interval
    measured: Measurement
    words: str


def response_of(rules: ResponseRules, context: Context, treatment: Treatment) -> Response:
    """The values up to the evaluation date, oldest first, with their candidates."""
    series = context.chart.series(rules.input, context.as_of)
    values = _values(series, context.as_of, [t.value for t in _thresholds(rules)])
    finder = _Finder(rules, treatment)
    finder.look_for_turns(values)
    if rules.no_response is not None:
        finder.look_for_no_response(values, rules.no_response)
    reported = ReportedResponse(
        input=rules.input,
        label=rules.label,
        unit=rules.unit,
        values=tuple(_reported(value, rules.unit) for value in values),
        thresholds=tuple(_thresholds(rules)),
    )
    missing = (*_missing(series, values), *finder.missing)
    return Response(reported, tuple(finder.found), missing)


def _values(series: Series, as_of: date, limits: Sequence[float]) -> list[_Value]:
    found = [
        _Value(m.when, m.value, m, _words(m.value, series.unit, limits))
        for m in of_one_time(series.measurements)
        if m.value is not None and m.when.first <= as_of and not m.when.open_start
    ]
    return sorted(found, key=_in_time)


def _in_time(value: _Value) -> tuple[date, date, float, float, float]:
    """By day and time of the day; where neither tells, by value, so that no id decides."""
    at = value.measured.at
    instant = at.timestamp() if at is not None else 0.0
    return value.when.first, value.when.last, instant, value.value.low, value.value.high


def _words(value: Interval, unit: str, limits: Sequence[float]) -> str:
    """The value with three digits, or with six where fewer would put it on the other side of a limit."""
    low, high = (float(f"{bound:.3g}") for bound in (value.low, value.high))
    short = Interval(low, high, value.low_open, value.high_open)
    same = all(short.holds("at_least", limit) == value.holds("at_least", limit) for limit in limits)
    return with_unit(str(short if same else value), _ANNOTATION.sub("", unit))


def _reported(value: _Value, unit: str) -> ReportedValue:
    evidence = value.measured.evidence
    bounds = value.value
    return ReportedValue(
        date=str(value.when),
        low=None if bounds.low == float("-inf") else bounds.low,
        high=None if bounds.high == float("inf") else bounds.high,
        unit=unit,
        words=value.words,
        recorded=next((e.recorded for e in evidence if e.recorded), None),
        evidence=tuple(reported_evidence(e) for e in evidence),
    )


def _thresholds(rules: ResponseRules) -> list[ReportedThreshold]:
    found = []
    if rules.remission is not None:
        found.append(
            ReportedThreshold(what="remission", value=rules.remission.value, words=rules.remission.words)
        )
    if rules.relapse is not None:
        found.append(ReportedThreshold(what="relapse", value=rules.relapse.value, words=rules.relapse.words))
    return found


def _missing(series: Series, values: Sequence[_Value]) -> list[Message]:
    missing = []
    if series.retrieval != "complete":
        missing.append(message(f"timeline.values-{series.retrieval}", label=series.label))
    elif not values:
        missing.append(message("timeline.no-values", label=series.label))
    elif len(values) == 1:
        missing.append(message("timeline.one-value", label=series.label))
    missing += [
        message("timeline.at-odds", label=series.label, date=str(v.when), value=v.words)
        for v in values
        if AT_ODDS in v.measured.notes
    ]
    undated = sum(m.value is not None and m.when.open_start for m in series.measurements)
    if undated:
        missing.append(message("timeline.undated", label=series.label, count=str(undated)))
    if series.unusable:
        details = dict.fromkeys(item.detail for item in series.unusable)
        missing.append(
            message(
                "timeline.unusable",
                label=series.label,
                count=str(len(series.unusable)),
                details=listed("clauses", details),
            )
        )
    return missing


class _Finder:
    """Goes through the values in order, and remembers what a person should look at."""

    def __init__(self, rules: ResponseRules, treatment: Treatment) -> None:
        self.rules = rules
        self.treatment = treatment
        self.found: list[Candidate] = []
        self.missing: list[Message] = []

    def look_for_turns(self, values: Sequence[_Value]) -> None:
        """Remissions and relapses. A value turns the course only if it is surely later than the last turn."""
        remission, relapse = self.rules.remission, self.rules.relapse
        if remission is None:
            return
        active: _Value | None = None
        low: _Value | None = None
        seen_active = False
        for value in values:
            since = low or active
            if since is not None and value.when.first <= since.when.last:
                continue
            below = value.value.holds("below", remission.value)
            if below and active is not None:
                self._turn("remission", value, active, remission, "timeline.remission")
            if below:
                low, active = low or value, None
            elif low is None and below is False:
                active, seen_active = value, True
            elif low is not None and relapse is not None and value.value.holds("at_least", relapse.value):
                key = "timeline.relapse" if seen_active else "timeline.first-rise"
                self._turn("relapse", value, low, relapse, key)
                active, low, seen_active = value, None, True

    def _turn(self, what: Turn, value: _Value, before: _Value, limit: Limit, key: str) -> None:
        words = message(
            key,
            value=value.words,
            date=str(value.when),
            limit=limit.words,
            before=before.words,
            before_date=str(before.when),
            treatment=self._treatment(value.when),
        )
        self._add(what, value, words, before)

    def look_for_no_response(self, values: Sequence[_Value], rule: NoResponse) -> None:
        """For each stretch on treatment, the first value when it had lasted long enough."""
        for first, last in union(self.treatment.certain, gap=NO_STOP):
            due = rule.after.after(first)
            late = [v for v in values if v.when.first >= due and v.when.last <= last]
            if due > last or not late:
                if due <= last and values:
                    self.missing.append(message("timeline.no-late-value", since=str(first), due=str(due)))
                continue
            base = _baseline(values, first, rule)
            if base is None:
                self.missing.append(message("timeline.no-baseline", since=str(first)))
                continue
            self._compare(late[0], base, (first, last), rule)

    def _compare(self, value: _Value, base: _Value, stretch: Days, rule: NoResponse) -> None:
        remission = self.rules.remission
        if remission is not None and value.value.holds("below", remission.value):
            return
        told = {
            "value": value.words,
            "date": str(value.when),
            "base": base.words,
            "base_date": str(base.when),
        }
        if value.value.low > rule.share * base.value.high:
            words = message(
                "timeline.no-response",
                **told,
                change=_change(value.value, base.value),
                months=f"{months([(stretch[0], value.when.first)]):g}",
                treatment=self._treatment(value.when),
            )
            self._add("no-response", value, words, base)
        elif value.value.high > rule.share * base.value.low:
            self.missing.append(message("timeline.fall-open", **told))

    def _treatment(self, when: DateSpan) -> Message:
        drugs = self.treatment.drugs_on(when)
        if not drugs:
            return message("timeline.on-nothing")
        return message("timeline.on", drugs=listed("names", drugs))

    def _add(self, what: Turn, value: _Value, words: Message, before: _Value) -> None:
        evidence = dict.fromkeys((*value.measured.evidence, *before.measured.evidence))
        shown = tuple(reported_evidence(e) for e in evidence)
        self.found.append(Candidate(value.when, what, in_words(words), shown))


def _baseline(values: Sequence[_Value], first: date, rule: NoResponse) -> _Value | None:
    earliest, latest = rule.before.before(first), rule.within.after(first)
    before = [v for v in values if v.when.first >= earliest and v.when.last <= first]
    after = [v for v in values if v.when.first > first and v.when.last <= latest]
    return before[-1] if before else next(iter(after), None)


def _change(value: Interval, base: Interval) -> Message:
    """The change in per cent, at the least and at the most."""
    shares = sorted((value.low / base.high, value.high / base.low) if base.low > 0 else ())
    if not shares or shares[-1] == float("inf"):
        return message("timeline.change-open")
    low, high = (round(100 * (share - 1)) for share in shares)
    key = "timeline.fall" if high <= 0 else "timeline.rise"
    size = sorted((abs(low), abs(high)))
    if low < 0 < high:
        return message("timeline.change-open")
    return message(key, percent=f"{size[0]}" if size[0] == size[1] else f"{size[0]}–{size[1]}")
