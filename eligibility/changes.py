"""What would make a patient eligible, and when: the smallest sets of changes that would turn a verdict.

A set names what would have to be so for every criterion that stands in the way. It is no advice: a
clinical state is told as a state, and that nothing mends a criterion is told as well. What a set says of a
day has been put to the test by judging again on that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from eligibility.answers import last_resort, ways
from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.course import Anchors, Course, outgrown
from eligibility.findings import Finding, Screening
from eligibility.judging import blocks, flattened
from eligibility.messages import Message, in_words, message
from eligibility.reported import Change, ChangeSet
from eligibility.screening import screen_course
from eligibility.standing import FirstClear, first_clear_day
from eligibility.ways import HARDNESS, Step, Way, Ways, either, hardest, last_day, of_criterion, one, together
from fhir_mappings.facts import Chart, Need
from fhir_mappings.phrases import ENGLISH, in_language

MOST_SETS = 5
"""So many sets are reported, the easiest first."""


def screen_with_changes(
    bound: BoundProtocol,
    chart: Chart,
    as_of: date,
    anchors: Anchors = Anchors(),  # noqa: B008  # immutable
    language: str = ENGLISH,
) -> Screening:
    """``screen``, and what would turn the verdict to potentially eligible."""
    course = Course(bound, chart, anchors, as_of)
    screening = screen_course(course, as_of)
    changes = _Sets(course, screening, as_of).found()
    return in_language(msgspec.structs.replace(screening, changes=changes), language)


class _Sets:
    """Looks for the sets of changes of one screening."""

    def __init__(self, course: Course, screening: Screening, as_of: date) -> None:
        self._course = course
        self._findings = screening.findings
        self._as_of = as_of
        self._blocking = [i for i, finding in enumerate(screening.findings) if blocks(finding)]

    def found(self) -> tuple[ChangeSet, ...]:
        """The sets, easiest first; one of kind ``never`` where something can never be mended."""
        if not self._blocking:
            return ()
        mends = [self._ways(i) for i in self._blocking]
        for_good = tuple(step for of_one in mends for step in of_one[0] if hardest(of_one[0]) == "never")
        if for_good:
            changes = tuple(self._change(step) for step in for_good if step.kind == "never")
            return (ChangeSet(kind="never", changes=changes),)
        sets: list[ChangeSet] = []
        stopped: Finding | None = None
        for way in together(mends):
            made, stops = self._set(way)
            stopped = stopped or stops
            if (
                made is not None
                and made.kind != "never"
                and not any(_no_worse(known, made) for known in sets)
            ):
                sets.append(made)
        if not sets and stopped is not None:
            what = in_words(message("change.fails-then", reason=Message("text", {"text": stopped.reason})))
            return (
                ChangeSet(
                    kind="never", changes=(Change(kind="never", criterion=stopped.criterion, what=what),)
                ),
            )
        return tuple(sets[:MOST_SETS])

    # -- one criterion --------------------------------------------------------------------------

    def _ways(self, position: int) -> Ways:
        finding = self._findings[position]
        criterion = self._course.bound.criteria[position]
        found = _ways_of(criterion, finding, self._course, self._as_of)
        tested = (self._tested(position, way) for way in found)
        kept = tuple(way for way in tested if way is not None)
        return kept or ((Step("never", Message("text", {"text": finding.reason}), criterion=criterion.id),),)

    def _tested(self, position: int, way: Way) -> Way | None:
        """A way by time alone, if it leads where it says."""
        day = last_day(way)
        if day is None or hardest(way) != "time":
            return way
        clears = self._findings[position].clears_on
        if clears is not None:
            return tuple(
                msgspec.structs.replace(step, on=date.fromisoformat(clears)) if step.on == day else step
                for step in way
            )
        later = self._course.moved(position, day)
        if later.outcome == "missing":
            rests_on = {e.reference for step in way if step.on == day for e in step.evidence}
            if self._findings[position].outcome == "missing":
                return None if not rests_on.isdisjoint(e.reference for e in later.evidence) else way
            return None if outgrown(rests_on, later) else way
        return None if blocks(later) else way

    # -- the whole protocol ---------------------------------------------------------------------

    def _set(self, way: Way) -> tuple[ChangeSet | None, Finding | None]:
        day = last_day(way)
        changes = [self._change(step) for step in _each_need_once(way)]
        if day is None or any(step.lasts for step in way):
            return ChangeSet(kind=hardest(way), changes=tuple(changes)), None
        clear = self._clear_from(day, way)
        if clear.day is None:
            return None, clear.stops
        changes += [
            Change(
                kind="time",
                criterion=f.criterion,
                what=self._words(_text(f)),
                on=f.clears_on or clear.day.isoformat(),
            )
            for f in clear.held_up
        ]
        changes += [Change(kind="judgement", criterion=f.criterion, what=f.reason) for f in clear.leaning]
        return (
            ChangeSet(
                kind=max((change.kind for change in changes), key=HARDNESS.index),
                changes=tuple(changes),
                on=clear.day.isoformat(),
                by_then=tuple(self._lacking_on(clear.day)),
            ),
            None,
        )

    def _clear_from(self, day: date, way: Way) -> FirstClear:
        """The first day from this one on which only fails what the way mends otherwise than by time."""
        ids = {step.criterion for step in way if step.kind != "time"}
        aside = [i for i in self._blocking if any(f.criterion in ids for f in flattened([self._findings[i]]))]
        count = len(self._findings)
        return first_clear_day(count, day, self._course.watched_moved, aside)

    def _lacking_on(self, day: date) -> Iterator[Need]:
        """What counts now, and would have to be obtained again by that day."""
        told: set[str] = set()
        for i, finding in enumerate(self._findings):
            if finding.outcome == "missing":
                continue
            later = self._course.moved(i, day)
            for need in later.needs if later.outcome == "missing" else ():
                if need.input not in told:
                    told.add(need.input)
                    yield need

    def _change(self, step: Step) -> Change:
        what = self._words(step.what)
        if step.on is not None and self._course.anchors.not_before(step.on) != self._course.anchors:
            what = self._words(message("change.anchor-then", what=step.what, date=step.on.isoformat()))
        return Change(
            kind=step.kind,
            criterion=step.criterion,
            what=what,
            on=step.on.isoformat() if step.on else None,
            needs=step.needs,
        )

    def _words(self, what: Message) -> str:
        return in_words(what)


def _no_worse(easier: ChangeSet, other: ChangeSet) -> bool:
    """Whether an easier set is reached no later, where both have to wait, or is the same."""
    waits = easier.on is not None and other.on is not None
    return easier == other or (waits and (easier.on or "") <= (other.on or ""))


def _text(finding: Finding) -> Message:
    return message("change.otherwise", reason=Message("text", {"text": finding.reason}))


def _ways_of(criterion: BoundCriterion, finding: Finding, course: Course, as_of: date) -> Ways:
    """The ways to mend one criterion or part, never none."""
    if criterion.evaluate is None:
        inner = [
            _ways_of(part, found, course, as_of)
            for part, found in zip(criterion.parts, finding.parts, strict=True)
            if blocks(found)
        ]
        return together(inner) if criterion.combine == "all" else either(inner)
    answer = course.answer(criterion, as_of)
    found_ways = tuple(_shortest(way) for way in ways(answer, True) if way)
    if finding.outcome == "missing":
        # Whether another way is needed can only be told once these data are there.
        by_time = tuple(way for way in found_ways if hardest(way) == "time")
        found_ways = by_time + found_ways[len(by_time) :][:1]
    if finding.outcome == "review" and not any([s.kind for s in way] == ["judgement"] for way in found_ways):
        # Whatever else would mend it, a criterion for review is one that a clinician's judgement settles.
        found_ways = either([found_ways, one(Step("judgement", answer.reason))])
    return of_criterion(criterion.id, found_ways or last_resort(answer))


def _each_need_once(way: Way) -> Way:
    """The way without what asks a second time, for another window, for what one criterion needs."""
    asked: set[tuple[str, tuple[str, ...]]] = set()
    kept: list[Step] = []
    for step in way:
        asks = (step.criterion, tuple(need.input for need in step.needs))
        if not step.needs or asks not in asked:
            kept.append(step)
        asked.add(asks)
    return tuple(kept)


def _shortest(way: Way) -> Way:
    """The way without the days that come before its last one."""
    day = last_day(way)
    return tuple(step for step in way if step.on is None or step.on == day)
