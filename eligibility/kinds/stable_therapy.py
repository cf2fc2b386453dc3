"""``stable_therapy``: on a standard treatment, unchanged for so long before an anchor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from eligibility.answers import Answer, State, unique
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.errors import BindingError
from eligibility.messages import in_words, joined, message
from eligibility.model import Model
from eligibility.quantities import DurationText
from eligibility.ways import Opposite
from eligibility.windows import LATEST, Span
from fhir_mappings.facts import Exposure, Need, Therapy, TherapyChange
from fhir_mappings.phrases import listed


class StableTherapyBody(Model):
    """Body of ``stable_therapy``."""

    of: list[str] = Field(min_length=1)
    """The drugs or classes of the treatment."""

    unchanged_for: DurationText
    """No start, stop, hold or change of dose within this time before the anchor."""

    anchor: str = "day0"
    """The anchor."""

    open_list: list[str] = []
    """Further drugs that the text might include: if only these are taken, a person must judge."""


class StableTherapyNode(Model):
    """The patient takes at least one of the drugs, and none of them has changed."""

    kind_name: ClassVar[str] = "stable_therapy"
    stable_therapy: StableTherapyBody

    def bind(self, binding: Binding) -> Evaluate:
        """Resolve drugs and anchor.

        Raises:
            BindingError: unknown drug or anchor.
        """
        body = self.stable_therapy
        binding.may_be_judged()
        listed = binding.concepts(body.of, "stable_therapy", "of")
        binding.looks.drugs |= listed
        further = binding.concepts(body.open_list, "stable_therapy", "open_list")
        unchanged_for = binding.duration(body.unchanged_for, "stable_therapy", "unchanged_for")
        if body.anchor.startswith(LATEST):
            raise BindingError("the anchor must be a date of the trial", "stable_therapy", "anchor")
        binding.check_anchor(body.anchor, "stable_therapy", "anchor")
        need_name = body.of[0]

        def evaluate(context: Context) -> Answer:
            anchor = context.anchors[body.anchor]
            first = unchanged_for.before(anchor)
            moving = body.anchor in context.moving
            # A change exactly so long before the anchor no longer counts, unlike an event in a closed window.
            span = Span(first + timedelta(days=1), anchor, anchor, unchanged_for, moving)
            found = context.chart.therapies(listed | further, first, anchor)
            told = {"length": str(unchanged_for), "anchor": anchor.isoformat()}
            if found.retrieval != "complete":
                reason = message(f"stable_therapy.{found.retrieval}", **told)
                need = Need(input=need_name, why="not-retrieved", detail=in_words(reason))
                return Answer(state=State.MISSING, reason=reason, needs=(need,))
            current = [t for t in found.therapies if _current(t, span) is not False]
            changes = [c for therapy in found.therapies for c in therapy.changes]
            if not current and not changes:
                if found.unnamed:
                    return _unnamed(found.unnamed, told, need_name)
                none = message("stable_therapy.none", **told)
                return Answer(state=State.FALSE, reason=none, opposite=_stable(told))
            certain = [c for c in changes if c.certain and c.change != "form" and span.contains(c.when)]
            if certain:
                return _changed(certain, current, span, told)
            forms = [c for c in changes if c.change == "form"]
            if changes and len(forms) == len(changes):
                return _another_form(forms, told)
            surely_taken = any(_current(t, span) for t in current)
            disputed = [t for t in current if t.disputed and (t.changes or not surely_taken)]
            if disputed:
                return _disputed(disputed, told, need_name)
            if changes:
                change = next(c for c in changes if c.change != "form")
                key = "when" if span.contains(change.when) is None else "whether"
                reason = message(f"stable_therapy.{key}", what=change.detail, date=str(change.when), **told)
                need = Need(input=need_name, why="too-coarse", detail=in_words(reason))
                return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=change.evidence)
            return _unchanged(current, listed, span, told, need_name)

        return evaluate


def _current(therapy: Therapy, span: Span) -> bool | None:
    """Whether the drug is being taken at the anchor."""
    if therapy.ongoing:
        return True
    if therapy.until is None:
        return None
    return Span(span.anchor, span.anchor, span.anchor, None, False).overlaps(
        therapy.since, therapy.until, False
    )


def _changed(
    changes: list[TherapyChange], current: list[Therapy], span: Span, told: dict[str, str]
) -> Answer:
    latest = max(changes, key=lambda c: c.when.first)
    reason = joined(
        message("stable_therapy.changed", what=c.detail, date=str(c.when), **told) for c in changes
    )
    flips = span.leaves_on(latest.when.first - timedelta(days=1)) if current else None
    return Answer(
        state=State.FALSE,
        reason=reason,
        evidence=unique(e for c in changes for e in c.evidence),
        flips_on=flips,
        opposite=_stable(told),
    )


def _another_form(changes: list[TherapyChange], told: dict[str, str]) -> Answer:
    reason = joined(message("stable_therapy.form", what=c.detail, date=str(c.when), **told) for c in changes)
    evidence = unique(e for c in changes for e in c.evidence)
    return Answer(state=State.REVIEW_FALSE, reason=reason, evidence=evidence)


def _disputed(disputed: list[Therapy], told: dict[str, str], need_name: str) -> Answer:
    names = listed("names", [t.label for t in disputed])
    reason = message("stable_therapy.disputed", drugs=names, **told)
    need = Need(input=need_name, why="conflicting", detail=in_words(reason))
    evidence = unique(e for t in disputed for e in t.evidence)
    return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)


def _unnamed(courses: Sequence[Exposure], told: dict[str, str], need_name: str) -> Answer:
    """Drugs that are taken and that nobody can tell: a standard treatment, perhaps."""
    names = listed("names", sorted({course.label for course in courses}))
    reason = message("stable_therapy.unnamed", drugs=names, **told)
    need = Need(input=need_name, why="unreadable", detail=in_words(reason))
    evidence = unique(course.evidence for course in courses)
    return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)


def _stable(told: dict[str, str]) -> Opposite:
    return Opposite(message("change.stable_therapy", **told))


def _unchanged(
    current: list[Therapy], known: frozenset[str], span: Span, told: dict[str, str], need_name: str
) -> Answer:
    names = listed("names", [t.label for t in current])
    evidence = unique(e for t in current for e in t.evidence)
    certain = [t for t in current if _current(t, span)]
    if not certain or any(t.since is None for t in certain):
        reason = message("stable_therapy.undated", drugs=names, **told)
        need = Need(input=need_name, why="too-coarse", detail=in_words(reason))
        return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)
    state, key = State.TRUE, "stable_therapy.yes"
    if not any(t.drug in known for t in certain):
        state, key = State.REVIEW_TRUE, "stable_therapy.open-list"
    elif any(not t.dose_known for t in certain):
        state, key = State.REVIEW_TRUE, "stable_therapy.no-dose"
    return Answer(state=state, reason=message(key, drugs=names, **told), evidence=evidence)
