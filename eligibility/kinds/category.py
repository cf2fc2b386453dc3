"""``category``: a categorical criterion input (positive, negative, a class of a disease)."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
from pydantic import Field

from eligibility.answers import Answer, State, unique
from eligibility.binding import Binding, Evaluate, SpanOf
from eligibility.context import Context
from eligibility.measured import (
    Candidates,
    absent,
    absent_anchor,
    candidates,
    conflict,
    doubtful,
    latest,
    left_behind,
    open_question,
    recorded_text,
    unseen,
)
from eligibility.messages import Message, message
from eligibility.model import Model
from eligibility.scores import AskedScore, asked_scores
from eligibility.ways import Opposite
from eligibility.windows import Span, Window
from fhir_mappings.facts import Evidence, InputDescription, Measurement, Series
from fhir_mappings.phrases import listed, term

UNCERTAIN = "equivocal"
"""A category that decides nothing unless the protocol names it."""


class CategoryBody(Model):
    """Body of ``category``."""

    input: str
    """The criterion input."""

    is_: list[str] = Field(alias="is", min_length=1)
    """The categories for which the statement holds."""

    fresh: str | Window | None = None
    """Which values count: a named freshness, or a window. Without it, every value ever."""

    lasting: list[str] = []
    """Categories that cannot revert: once seen, they count for good, whatever came later."""

    choose: Literal["latest", "any"] = "latest"
    """``any``: the statement holds if any value in the window is of these categories."""


class CategoryNode(Model):
    """The input's current category is one of those named."""

    kind_name: ClassVar[str] = "category"
    category: CategoryBody

    def bind(self, binding: Binding) -> Evaluate:
        """Resolve input, categories and window.

        Raises:
            BindingError: unknown input, category or window.
        """
        body = self.category
        reader = bind_reader(binding, body.input, body.fresh, body.lasting, body.is_, "category")
        wanted = frozenset(body.is_)
        every = body.choose == "any"

        def evaluate(context: Context) -> Answer:
            if every:
                seen = reader.any_of(context, wanted)
                if seen is not None:
                    return seen
            current = reader.current(context)
            if isinstance(current, Answer):
                return current
            if current.category == UNCERTAIN and UNCERTAIN not in wanted:
                reason = message("category.equivocal", label=reader.described.label, date=current.when)
                series = context.chart.series(reader.described.name, context.as_of)
                return open_question(series, "too-coarse", reason, current.evidence)
            holds = current.category in wanted
            open_answer = reader.may_be_any_of(context, wanted) if every and not holds else None
            return open_answer or _told(reader, current, wanted, holds)

        return evaluate


class Current(msgspec.Struct, frozen=True):
    """The category that counts, its date and evidence."""

    category: str
    when: str
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...]
    shown: str
    scores: tuple[AskedScore, ...] = ()


class CategoryReader(msgspec.Struct, frozen=True):
    """Finds the current category of one input within its window."""

    described: InputDescription
    span_of: SpanOf
    lasting: frozenset[str]

    def current(self, context: Context) -> Current | Answer:
        """The category, or the answer that says why there is none."""
        span = self.span_of(context)
        if span is None:
            return absent_anchor(self.described)
        series = context.chart.series(self.described.name, span.last, span.first)
        scores = asked_scores(series)
        found = self._in(series, span)
        return msgspec.structs.replace(found, scores=scores) if scores else found

    def _in(self, series: Series, span: Span) -> Current | Answer:
        for measurement in series.measurements:
            if measurement.category in self.lasting and measurement.when.last <= span.last:
                return _current(measurement)
        found = candidates(series, span)
        if not found.inside:
            return absent(found)
        return _latest(found)

    def opposite(self, category: str, wanted: frozenset[str], *, holds: bool) -> Opposite:
        """What the category would have to be: one of those, or none of them."""
        label = self.described.label
        others = {name for name in self.described.categories if name not in (*wanted, UNCERTAIN)}
        if not holds and others and any(name.startswith("not-") for name in wanted):
            wanted, holds = frozenset(others), True  # "not not met" is told as what it would be
        named = listed("alternatives", map(term, sorted(name.replace("-", " ") for name in wanted)))
        what = message(f"change.category.{'is' if holds else 'is-not'}", label=label, categories=named)
        for_good = category in self.lasting or self.described.changes == "fixed"
        return Opposite(what, "never" if for_good else "clinical")

    def any_of(self, context: Context, wanted: frozenset[str]) -> Answer | None:
        """That the window holds a value of these categories, as long as the latest of them lies in it."""
        span = self.span_of(context)
        if span is None:
            return None
        series = context.chart.series(self.described.name, span.last, span.first)
        matching = [m for m in candidates(series, span).inside if m.category in wanted]
        if not matching:
            return None
        current = msgspec.structs.replace(_current(matching[0]), scores=asked_scores(series))
        answer = _told(self, current, wanted, True)
        last = max(matching, key=lambda m: m.when.first)
        # What is told anew each day does not leave the window: it is over on the day on which it changes.
        leaves = last.changes_on or span.leaves_on(last.when.first)
        if leaves is None or not self.lasting.isdisjoint(m.category for m in matching):
            return answer
        return msgspec.structs.replace(
            answer,
            flips_on=leaves,
            notes=unique((*answer.notes, *span.remark(self.described.label, last.when))),
            opposite=left_behind(self.described.label, last),
        )

    def may_be_any_of(self, context: Context, wanted: frozenset[str]) -> Answer | None:
        """The open answer if the window may hold a value of these categories that nobody could make out."""
        span = self.span_of(context)
        if span is None:
            return None
        found = candidates(context.chart.series(self.described.name, span.last, span.first), span)
        maybe = next((m for m in found.unsure if m.category in wanted), None)
        return doubtful(found, maybe) if maybe is not None else unseen(found)


def bind_reader(
    binding: Binding,
    name: str,
    fresh: str | Window | None,
    lasting: list[str],
    used: list[str],
    *place: str | int,
) -> CategoryReader:
    """Resolve one categorical input.

    Raises:
        BindingError: unknown input, category or window.
    """
    described = binding.input(name, *place, "input")
    for value in (*used, *lasting):
        if value != UNCERTAIN:
            binding.category(described, value, *place)
    return CategoryReader(described, binding.window(fresh, *place, "fresh"), frozenset(lasting))


def _latest(found: Candidates) -> Current | Answer:
    newest = latest(found)
    if isinstance(newest, Answer):
        return newest
    group = newest.group
    known = {m.category for m in group if m.category is not None}
    # Of one day, what can be read stands for what cannot; but not for what may be newer.
    unread = any(m.category is None for m in group) and any(not m.when.exact for m in group)
    if len(known) > 1 or (known and unread):
        return conflict(found.series, group)
    for measurement in group:
        if measurement.category is not None:
            current = _current(measurement)
            return msgspec.structs.replace(current, notes=unique((*current.notes, *newest.notes)))
    first = group[0]
    reason = _why_unclear(found.series, first)
    answer = open_question(found.series, "too-coarse", reason, first.evidence)
    return msgspec.structs.replace(answer, needs=first.needs or answer.needs, notes=first.notes)


def _why_unclear(series: Series, measurement: Measurement) -> Message:
    """What is there and names no category: a result, or documents and items that leave it open."""
    label, date = series.label, measurement.when.in_words
    if measurement.sheet is not None:
        return message("category.undecided", label=label, date=date)
    own = next((need.detail for need in measurement.needs if need.input == series.input), None)
    if own is not None:
        return message("missing.unusable", label=label, detail=own)
    return message("category.unclear", label=label, value=recorded_text(measurement), date=date)


def _current(measurement: Measurement) -> Current:
    return Current(
        category=term(measurement.category or ""),
        when=measurement.when.in_words,
        evidence=measurement.evidence,
        notes=unique(measurement.notes),
        shown=recorded_text(measurement),
    )


def _told(reader: CategoryReader, current: Current, wanted: frozenset[str], holds: bool) -> Answer:
    reason = message(
        "category.is",
        label=reader.described.label,
        category=term(current.category.replace("-", " ")),
        date=current.when,
    )
    return Answer(
        state=State.TRUE if holds else State.FALSE,
        reason=reason,
        evidence=current.evidence,
        notes=current.notes,
        scores=current.scores,
        opposite=reader.opposite(current.category, wanted, holds=not holds),
    )
