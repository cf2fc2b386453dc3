"""``dose_run``: so many consecutive days at or above a daily amount, such as prednisone ≥ 100 mg for 14 days.

Days are calendar days and inclusive: 25 April to 8 May is 14 days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import ClassVar

from pydantic import Field

from eligibility.answers import Answer, State, unique
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.errors import BindingError
from eligibility.messages import in_words, joined, message
from eligibility.model import Model
from eligibility.quantities import DurationText, ThresholdText, parse_threshold
from eligibility.ways import Opposite
from eligibility.windows import Span, Window
from fhir_mappings.facts import Chart, DayDose, DoseHistory, Evidence, Exposure, Need
from fhir_mappings.phrases import term

LEAD_DAYS = 60
"""A run may begin before the window: so many days before it are looked at."""


LOOKED_AHEAD = 366
"""A run that goes on for longer than so many days has no end that could be told."""


class DoseRunBody(Model):
    """Body of ``dose_run``."""

    history: str = Field(examples=["prednisone_equivalent"])
    """The summed daily amount."""

    at_least: ThresholdText
    """The daily amount that counts, in mg."""

    length: DurationText
    """The number of consecutive days."""

    during: Window | str
    """The run counts if any of its days lies in this window."""


class DoseRunNode(Model):
    """There was such a run."""

    kind_name: ClassVar[str] = "dose_run"
    dose_run: DoseRunBody

    def bind(self, binding: Binding) -> Evaluate:
        """Resolve history and window.

        Raises:
            BindingError: unknown history, a unit other than mg, a length not in days.
        """
        body = self.dose_run
        if not binding.vocabulary.is_dose_history(body.history):
            raise BindingError(f"there is no dose history '{body.history}'", "dose_run", "history")
        threshold = parse_threshold(body.at_least)
        if threshold.unit != "mg":
            raise BindingError("a daily amount is given in mg", "dose_run", "at_least")
        length = binding.duration(body.length, "dose_run", "length")
        if length.unit not in ("d", "wk"):
            raise BindingError("a run is counted in days or weeks", "dose_run", "length")
        days_needed = length.count * (7 if length.unit == "wk" else 1)
        span_of = binding.window(body.during, "dose_run", "during")
        conservative = binding.conservative
        binding.may_be_judged()

        def counts(dose: DayDose) -> bool:
            return dose.amount.holds("at_least", threshold.value) is True

        def evaluate(context: Context) -> Answer:
            span = span_of(context)
            if span is None or span.first is None:
                return Answer(state=State.MISSING, reason=message("dose_run.no-window"))
            start = span.first - timedelta(days=LEAD_DAYS + days_needed)
            history = context.chart.dose_history(body.history, start, span.last)
            told = {"amount": str(threshold), "days": str(days_needed)}
            certain = _runs(history.days, counts)
            possible = _runs(history.days, _possible(threshold.value))
            _watch_runs(context, [*certain, *possible], span, days_needed)
            if runs := _long_enough(certain, days_needed, span):
                first, last = runs[-1]
                ended = last if last < span.last else _end_of_run(context.chart, body.history, last, counts)
                return Answer(
                    state=State.TRUE,
                    reason=message("dose_run.yes", first=str(first), last=str(last), **told),
                    evidence=_evidence(history, first, last),
                    flips_on=span.leaves_on(ended) if ended is not None else None,
                    opposite=_over(ended, span, told),
                )
            if runs := _long_enough(possible, days_needed, span):
                first, last = runs[-1]
                return Answer(
                    state=conservative,
                    reason=message("dose_run.possible", first=str(first), last=str(last), **told),
                    evidence=_evidence(history, first, last),
                )
            if history.retrieval != "complete":
                return _unretrieved(history, body.history, told)
            unread, stretches = _unread(history, start, span, days_needed, threshold.value)
            _watch_runs(context, stretches, span, days_needed)
            if unread:
                return _unreadable(unread, body.history, told)
            scattered = [
                dose.day
                for dose in history.days
                if dose.day >= span.first and dose.amount.holds("at_least", threshold.value)
            ]
            _watch_count(context, len(scattered), days_needed)
            if len(scattered) >= days_needed:
                return Answer(
                    state=conservative,
                    reason=message("dose_run.scattered", count=str(len(scattered)), **told),
                    evidence=_evidence(history, scattered[0], scattered[-1]),
                )
            beside = _beside(history, span, days_needed)
            if beside:
                return _left_out(beside, told)
            return Answer(state=State.PRESUMED_FALSE, reason=message("dose_run.no", **told))

        return evaluate


def _over(ended: date | None, span: Span, told: dict[str, str]) -> Opposite:
    """What would have to be so for a run not to count: no dose of it in the window."""
    if ended is not None:
        return Opposite(message("change.dose_run", date=str(ended), **told))
    return Opposite(message("change.dose_run.over", length=str(span.before), **told), lasts=True)


def _runs(days: Sequence[DayDose], counts: Callable[[DayDose], bool]) -> list[tuple[date, date]]:
    """Maximal stretches of consecutive calendar days that count, oldest first."""
    return _stretches(dose.day for dose in days if counts(dose))


def _stretches(days: Iterable[date]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    for when in days:
        if runs and when - runs[-1][1] == timedelta(days=1):
            runs[-1] = (runs[-1][0], when)
        else:
            runs.append((when, when))
    return runs


def _long_enough(runs: Iterable[tuple[date, date]], days_needed: int, span: Span) -> list[tuple[date, date]]:
    """Those of so many days that do not end before the window."""
    return [
        (first, last)
        for first, last in runs
        if (last - first).days + 1 >= days_needed and (span.first is None or last >= span.first)
    ]


def _possible(threshold: float) -> Callable[[DayDose], bool]:
    return lambda dose: dose.amount.holds("at_least", threshold) is not False


def _unread(
    history: DoseHistory, start: date, span: Span, days_needed: int, threshold: float
) -> tuple[list[Exposure], list[tuple[date, date]]]:
    """The exposures of unknown amount that may make a run: on each of their days it may be any amount.

    Also the stretches of such days, long enough or not.
    """
    covered = [(exposure, _days_of(exposure, start, span.last)) for exposure in history.unknown]
    possible = _possible(threshold)
    days = {dose.day for dose in history.days if possible(dose)}.union(*(days for _, days in covered))
    stretches = _stretches(sorted(days))
    runs = _long_enough(stretches, days_needed, span)
    suspects = [e for e, own in covered if any(first <= day <= last for first, last in runs for day in own)]
    return suspects, stretches


def _end_of_run(chart: Chart, name: str, last: date, counts: Callable[[DayDose], bool]) -> date | None:
    """The last day of a run that goes on after ``last``, as far as is on record; ``None``: it has no end."""
    far = last + timedelta(days=LOOKED_AHEAD)
    ahead = _runs(chart.dose_history(name, last, far).days, counts)
    if not ahead or ahead[0][0] > last:
        return last
    return ahead[0][1] if ahead[0][1] < far else None


def _watch_runs(context: Context, runs: Sequence[tuple[date, date]], span: Span, days_needed: int) -> None:
    """Runs leave the window with their last day; one that goes on grows until it is long enough."""
    for first, last in runs:
        left = span.change_by_time(last)
        if left is not None and left > context.as_of:
            context.watch.turn(left)
        lacking = days_needed - (last - first).days - 1
        if last >= span.last and lacking > 0:
            context.watch.turn(context.as_of + timedelta(days=lacking))


def _watch_count(context: Context, count: int, days_needed: int) -> None:
    """Each day adds or takes away at most one of the days that count."""
    lacking = days_needed - count
    context.watch.turn(context.as_of + timedelta(days=lacking if lacking > 0 else 1 - lacking))


def _days_of(exposure: Exposure, start: date, last: date) -> set[date]:
    """The days within ``[start, last]`` that the exposure may cover."""
    first = max(start, exposure.start.first) if exposure.start is not None else start
    final = min(last, exposure.end.last) if exposure.end is not None else last
    return {first + timedelta(days=offset) for offset in range((final - first).days + 1)}


def _beside(history: DoseHistory, span: Span, days_needed: int) -> list[Exposure]:
    """The exposures without an equivalent that may act in the window; a depot acts for some time."""
    if span.first is None:
        return list(history.left_out)
    reach = span.first - timedelta(days=days_needed)
    return [e for e in history.left_out if _days_of(e, reach, span.last)]


def _left_out(exposures: Sequence[Exposure], told: dict[str, str]) -> Answer:
    """What has no equivalent makes no run by itself, but a person should know of it."""
    which = joined(
        message("dose_run.left-out", what=e.label, detail=e.notes[-1] if e.notes else "") for e in exposures
    )
    return Answer(
        state=State.REVIEW_FALSE,
        reason=joined((message("dose_run.no", **told), which)),
        evidence=unique(e.evidence for e in exposures),
    )


def _evidence(history: DoseHistory, first: date, last: date) -> tuple[Evidence, ...]:
    used = unique(i for dose in history.days if first <= dose.day <= last for i in dose.sources)
    return tuple(history.exposures[i].evidence for i in used)


def _unretrieved(history: DoseHistory, name: str, told: dict[str, str]) -> Answer:
    reason = message(f"dose_run.{history.retrieval}", **told)
    need = Need(input=name, why="not-retrieved", detail=in_words(reason))
    return Answer(state=State.MISSING, reason=reason, needs=(need,))


def _unreadable(exposures: Sequence[Exposure], name: str, told: dict[str, str]) -> Answer:
    which = exposures[0]
    detail = which.dose_unreadable or term("no dose is recorded")
    reason = message("dose_run.unreadable", what=which.label, detail=detail, **told)
    need = Need(input=name, why="unreadable", detail=in_words(reason))
    evidence = tuple(exposure.evidence for exposure in exposures)
    return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)
