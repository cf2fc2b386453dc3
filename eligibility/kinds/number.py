"""``number``: a numeric criterion input against a threshold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import ClassVar, Literal

import msgspec
from pydantic import Field, model_validator

from eligibility.answers import Answer, State, conjoin, disjoin, unique
from eligibility.binding import Binding, BoundThreshold, Evaluate
from eligibility.context import Context
from eligibility.deciding import Aim
from eligibility.errors import BindingError
from eligibility.looks import AskedNumber
from eligibility.measured import (
    Candidates,
    absent,
    absent_anchor,
    by_time,
    candidates,
    conflict,
    doubtful,
    latest,
    left_behind,
    nothing_measured,
    open_question,
    unseen,
)
from eligibility.messages import Argument, Message
from eligibility.model import Model
from eligibility.quantities import ThresholdText
from eligibility.reported import ChangeKind
from eligibility.scores import AskedScore, asked_scores, cheapest_needs
from eligibility.thresholds import ThresholdTest, compare, in_grey, shown_value, threshold_for, threshold_text
from eligibility.ways import Opposite, Step, Ways, one
from eligibility.windows import Window
from fhir_mappings.facts import Chart, Measurement, Need, Series
from fhir_mappings.intervals import OPPOSITE, UPWARDS, Comparison
from fhir_mappings.phrases import without_stop

COMPARISONS: tuple[Comparison, ...] = ("at_least", "above", "at_most", "below")


class GreyZone(Model):
    """Values between this and the threshold do not disprove the statement: a better test has to."""

    to: ThresholdText
    """The far end of the grey zone."""

    settle_with: str
    """The criterion input that settles it."""


class NumberBody(Model):
    """Body of ``number``. Exactly one comparison."""

    input: str
    """The criterion input."""

    at_least: ThresholdText | list[ThresholdText] | None = None
    """≥. A list gives the same threshold in several units; each result is compared in its own."""

    above: ThresholdText | list[ThresholdText] | None = None
    """>."""

    at_most: ThresholdText | list[ThresholdText] | None = None
    """≤."""

    below: ThresholdText | list[ThresholdText] | None = None
    """<."""

    fresh: str | Window | None = None
    """Which values count: a named freshness, or a window. Without it, every value ever."""

    choose: Literal["latest", "any", "every", "highest", "lowest"] = "latest"
    """Which of the values in the window is asked."""

    plausible_limit: list[ThresholdText] | None = Field(None, min_length=2, max_length=2)
    """For ULN/LLN: the range in which the limit must lie when a result brings none of its own."""

    grey: GreyZone | None = None
    """A zone of values that do not decide."""

    on: str | None = None
    """Anchor for inputs that depend on a date, such as age; by default the window's."""

    @model_validator(mode="after")
    def _one_comparison(self) -> NumberBody:
        given = [name for name in COMPARISONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("exactly one of at_least, above, at_most, below is needed")
        return self

    @property
    def comparison(self) -> Comparison:
        """The comparison that is given."""
        return next(name for name in COMPARISONS if getattr(self, name) is not None)


class NumberNode(Model):
    """A numeric criterion input compared with a threshold."""

    kind_name: ClassVar[str] = "number"
    number: NumberBody

    def bind(self, binding: Binding) -> Evaluate:
        """Resolve input, units and window.

        Raises:
            BindingError: unknown input, unit or window; threshold outside the physical range.
        """
        body = self.number
        described = binding.input(body.input, "number", "input")
        comparison = body.comparison
        written = getattr(body, comparison)
        texts = written if isinstance(written, list) else [written]
        thresholds = tuple(binding.threshold(described, text, "number", comparison) for text in texts)
        limits: tuple[float, float] | None = None
        if body.plausible_limit:
            low, high = (
                binding.threshold(described, t, "number", "plausible_limit") for t in body.plausible_limit
            )
            if low.canonical is None or high.canonical is None or low.canonical > high.canonical:
                raise BindingError("the range of plausible limits is empty", "number", "plausible_limit")
            limits = (low.canonical, high.canonical)
        grey: tuple[BoundThreshold, Need] | None = None
        if body.grey:
            other = binding.input(body.grey.settle_with, "number", "grey", "settle_with")
            settle = Need(input=other.name, why="too-coarse", detail=other.label, order=other.order)
            grey = (binding.threshold(described, body.grey.to, "number", "grey", "to"), settle)
        span_of = binding.window(body.fresh, "number", "fresh")
        if body.on is not None:
            binding.check_anchor(body.on, "number", "on")
        # "at least 6" and "below 6" ask for the same: whether 6 is reached.
        aim = Aim(thresholds[0].canonical or 0.0, comparison in ("above", "at_most"))
        test = ThresholdTest(described, comparison, thresholds, limits, grey, binding.conservative)
        if described.judged:
            binding.may_be_judged()
        binding.looks.numbers.append(AskedNumber(binding.criterion_id, described, thresholds, span_of))

        def evaluate(context: Context) -> Answer:
            span = span_of(context)
            if span is None:
                return absent_anchor(described)
            on = context.anchors[body.on] if body.on else span.last
            series = context.chart.series(body.input, on, span.first)
            found = candidates(series, span)
            answer = _choose(body.choose, test, found) if found.inside else absent(found)
            scores = asked_scores(series, aim)
            if scores:
                answer = msgspec.structs.replace(answer, scores=scores)
                if answer.state is State.MISSING:
                    answer = msgspec.structs.replace(answer, mend=_by_items(answer, scores[0], comparison))
            if found.inside and described.changes == "rises" and answer.state in (State.TRUE, State.FALSE):
                turns_on = _turns_on(test, found.inside[0], context.chart, answer.state is State.FALSE)
                return msgspec.structs.replace(answer, flips_on=turns_on)
            return answer

        return evaluate


def _by_items(answer: Answer, asked: AskedScore, comparison: Comparison) -> Callable[[bool], Ways]:
    """To reach a score, the cheapest items that would do are enough; to stay below it, all count."""

    def mend(wanted: bool) -> Ways:
        reached = (comparison in UPWARDS) is wanted
        cheapest = cheapest_needs(asked) if reached else ()
        known = {need.input for need in answer.needs}
        enough = cheapest and known.issuperset(need.input for need in cheapest)
        return one(Step("data", answer.reason, needs=cheapest if enough else answer.needs))

    return mend


_LIFETIME = 300
"""More turns (both ends of a birthday) than a life has."""


def _turns_on(test: ThresholdTest, measurement: Measurement, chart: Chart, wanted: bool) -> date | None:
    """The first day on which a rising value need no longer fail the comparison, or hold it: a birthday."""
    if (test.comparison in UPWARDS) is not wanted:
        return None  # it moves away from the threshold
    for _ in range(_LIFETIME):
        day = measurement.changes_on
        later = chart.series(measurement.input, day).measurements if day is not None else ()
        if not later or later[0].value is None:
            return None
        measurement = later[0]
        if compare(test, threshold_for(test.thresholds, measurement), measurement)[0] is not (not wanted):
            return day
    return None


def _opposite(test: ThresholdTest, told: dict[str, Argument], holds: bool) -> Opposite:
    """What the value would have to be."""
    asked = OPPOSITE[test.comparison] if holds else test.comparison
    kind: ChangeKind = "clinical"
    if test.described.changes == "fixed" or (test.described.changes == "rises" and asked not in UPWARDS):
        kind = "never"
    words = {"label": told["label"], "threshold": told["threshold"]}
    return Opposite(Message(f"change.number.{asked}", words), kind)


def _choose(choose: str, test: ThresholdTest, found: Candidates) -> Answer:
    if choose != "latest":
        return _several(choose, test, found)
    newest = latest(found)
    if isinstance(newest, Answer):
        return newest
    answers = [_judge(test, found, m) for m in newest.group]
    if len({answer.state for answer in answers}) > 1:
        return conflict(found.series, newest.group)
    first = answers[0]
    return msgspec.structs.replace(first, notes=unique((*first.notes, *newest.notes)))


def _several(choose: str, test: ThresholdTest, found: Candidates) -> Answer:
    """All values of the window together; the highest reaches a threshold if any does, the lowest if all do.

    A value whose date may lie outside, one that cannot be read and one that was not retrieved could decide
    otherwise, so each leaves the answer open unless the others decide without it.
    """
    rising = test.comparison in UPWARDS
    one_suffices = choose == "any" or (choose == "highest" if rising else choose == "lowest")
    answers = [_of_one_time(test, found, group, one_suffices) for group in by_time(found.inside)]
    harmless = State.FALSE if one_suffices else State.TRUE
    answers += [doubtful(found, m) for m in found.unsure if _judge(test, found, m).state is not harmless]
    other = unseen(found)
    if other is not None:
        answers.append(other)
    answer = disjoin(answers) if one_suffices else conjoin(answers)
    return msgspec.structs.replace(answer, notes=unique((*answer.notes, *nothing_measured(found))))


def _of_one_time(
    test: ThresholdTest, found: Candidates, group: Sequence[Measurement], one_suffices: bool
) -> Answer:
    """What results of one time decide alike; what they decide differently, none of them proves."""
    answers = [_judge(test, found, m) for m in group]
    if len({answer.state for answer in answers}) > 1:
        return conflict(found.series, group)
    return _leaving(answers[0], found, group[0], one_suffices)


def _leaving(answer: Answer, found: Candidates, measurement: Measurement, one_suffices: bool) -> Answer:
    """A value that decides for the whole window does so until it has left it, whatever comes later."""
    if answer.state is not (State.TRUE if one_suffices else State.FALSE):
        return answer
    leaves = found.span.leaves_on(measurement.when.first)
    if leaves is None:
        return answer
    return msgspec.structs.replace(
        answer,
        flips_on=leaves,
        notes=unique((*answer.notes, *found.span.remark(found.series.label, measurement.when))),
        opposite=left_behind(found.series.label, measurement),
    )


def _judge(test: ThresholdTest, found: Candidates, measurement: Measurement) -> Answer:
    """One measurement against the threshold."""
    series = found.series
    threshold = threshold_for(test.thresholds, measurement)
    holds, limit_note = compare(test, threshold, measurement)
    notes = unique((*measurement.notes, *limit_note))
    shown = shown_value(measurement, threshold)
    told: dict[str, Argument] = {
        "label": series.label,
        "value": shown,
        "date": measurement.when.in_words,
        "threshold": threshold_text(threshold, measurement),
    }
    dated = measurement.basis != "demographic"
    suffix = "" if dated else ".undated"
    if holds is True:
        return Answer(
            state=State.TRUE,
            reason=Message(f"number.{test.comparison}.yes{suffix}", told),
            evidence=measurement.evidence,
            notes=notes,
            opposite=_opposite(test, told, holds=True),
        )
    if holds is False:
        if test.grey is not None and in_grey(test, measurement):
            reason = Message(f"number.{test.comparison}.grey", told)
            return Answer(
                state=State.MISSING,
                reason=reason,
                evidence=measurement.evidence,
                needs=(test.grey[1],),
                notes=notes,
            )
        return Answer(
            state=State.FALSE,
            reason=Message(f"number.{test.comparison}.no{suffix}", told),
            evidence=measurement.evidence,
            notes=notes,
            opposite=_opposite(test, told, holds=False),
        )
    return _undecided(test, series, measurement, threshold, told, notes)


def _undecided(
    test: ThresholdTest,
    series: Series,
    measurement: Measurement,
    threshold: BoundThreshold,
    told: dict[str, Argument],
    notes: tuple[str, ...],
) -> Answer:
    """The value lies on both sides of the threshold: attribution, method, or missing data."""
    canonical = threshold.canonical
    if measurement.attributed is not None and canonical is not None:
        attributed = measurement.attributed.holds(test.comparison, canonical)
        if attributed is not None:
            state = State.REVIEW_TRUE if attributed else State.REVIEW_FALSE
            reason = Message("number.attribution", {**told, "attributed": str(measurement.attributed)})
            return Answer(
                state=state,
                reason=reason,
                evidence=measurement.evidence,
                needs=measurement.needs,
                notes=notes,
            )
    if measurement.basis == "policies":
        conflict_told = measurement.sheet.conflict if measurement.sheet is not None else None
        reason = Message("number.policies", told)
        if conflict_told is not None:
            reason = Message("number.disputed", {**told, "conflict": without_stop(conflict_told)})
        return Answer(
            state=test.conservative,
            reason=reason,
            evidence=measurement.evidence,
            notes=notes,
        )
    if threshold.limit is not None:
        reason = Message("number.no-limit", told)
    elif measurement.value is None:
        reason = Message("number.no-number", told)
    else:
        reason = Message("number.straddles", told)
    if measurement.needs:
        return Answer(
            state=State.MISSING,
            reason=reason,
            evidence=measurement.evidence,
            needs=measurement.needs,
            notes=notes,
        )
    answer = open_question(series, "too-coarse", reason, measurement.evidence)
    return msgspec.structs.replace(answer, notes=notes)
