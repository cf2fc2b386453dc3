"""One chart against one protocol as time goes by: the finding of any criterion on any day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from eligibility.answers import Answer
from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.context import Context
from eligibility.findings import Finding
from eligibility.judging import flattened, judge, with_timeline
from eligibility.reported import ReportedGate
from eligibility.standing import MOST_DELAYS
from eligibility.watching import Watch
from eligibility.windows import ANCHORS
from fhir_mappings.facts import Chart


def outgrown(rests_on: Iterable[str], later: Finding) -> bool:
    """Whether a finding becomes missing only because a result on which it rests has grown too old.

    That repairs nothing: another result is needed, and may say the same.

    Args:
        rests_on: references of the resources that are behind it.
        later: the finding when time has gone by.
    """
    if later.outcome != "missing" or not any(need.why == "stale" for need in later.needs):
        return False
    return not {evidence.reference for evidence in later.evidence}.isdisjoint(rests_on)


class Anchors(msgspec.Struct, frozen=True):
    """Anchor dates as given; those not given follow the evaluation date."""

    screening: date | None = None
    baseline: date | None = None
    enrolment: date | None = None
    day0: date | None = None

    def resolved(self, as_of: date) -> tuple[dict[str, date], frozenset[str]]:
        """All anchors with their dates, and which of them move with the evaluation date."""
        given = {name: getattr(self, name) for name in ANCHORS}
        dates = {name: value or as_of for name, value in given.items()}
        return dates, frozenset(name for name, value in given.items() if value is None)

    def not_before(self, day: date) -> Anchors:
        """The same, those that were given moved to this day where they lie before it."""
        given = {name: getattr(self, name) for name in ANCHORS}
        return Anchors(**{name: max(value, day) for name, value in given.items() if value is not None})


class Course:
    """One chart against one protocol, as time goes by and nothing is recorded.

    Attributes:
        bound, chart, anchors: as given.
    """

    def __init__(
        self,
        bound: BoundProtocol,
        chart: Chart,
        anchors: Anchors,
        detailed_on: date | None = None,
    ) -> None:
        """``detailed_on`` is the day on which findings tell scores item by item and carry timelines."""
        self._detailed_on = detailed_on
        self.bound = bound
        self.anchors = anchors
        self.chart = chart
        self._contexts: dict[tuple[date, Anchors], Context] = {}
        self._findings: dict[tuple[int, date, Anchors], tuple[Finding, Watch]] = {}
        self._tested_findings: dict[tuple[int, date], tuple[Finding, Watch]] = {}

    def judged(self, position: int, day: date) -> tuple[Finding, Watch]:
        """The finding of one criterion on a day, and what it has looked at."""
        known = self._tested_findings.get((position, day))
        if known is None:
            finding, watch = self._judge(position, day, self.anchors)
            known = self._tested_findings[position, day] = (self._tested(position, finding), watch)
        return known

    def shown(self, position: int, day: date) -> Finding:
        """The finding of one criterion on a day, with the timelines that belong to it."""
        finding, _ = self.judged(position, day)
        if day != self._detailed_on:
            return finding
        context = self._context(day, self.anchors)
        context.watch_anew()  # what is only shown does not bear on how long a finding stands
        return with_timeline(self.bound.criteria[position], finding, context)

    def gate(self, day: date) -> ReportedGate:
        """On what evidence of the disease the screening stands on a day."""
        return self.watched_gate(day)[0]

    def watched_gate(self, day: date) -> tuple[ReportedGate, Watch]:
        """The same, and what it has looked at."""
        context = self._context(day, self.anchors)
        watch = context.watch_anew()
        return self.bound.gate.judge(context), watch

    def moved(self, position: int, day: date) -> Finding:
        """The finding of one criterion on a day, with no anchor before that day."""
        return self.watched_moved(position, day)[0]

    def watched_moved(self, position: int, day: date) -> tuple[Finding, Watch]:
        """The same, and what it has looked at."""
        return self._judge(position, day, self.anchors.not_before(day))

    def answer(self, criterion: BoundCriterion, day: date) -> Answer:
        """The answer behind the finding of a criterion, or part, that has no parts itself.

        Raises:
            ValueError: it has parts.
        """
        if criterion.evaluate is None:
            raise ValueError(f"{criterion.id} has parts, which are answered each for itself")
        context = self._context(day, self.anchors)
        context.watch_anew()
        return criterion.evaluate(context)

    def _judge(self, position: int, day: date, anchors: Anchors) -> tuple[Finding, Watch]:
        key = (position, day, anchors)
        known = self._findings.get(key)
        if known is None:
            context = self._context(day, anchors)
            watch = context.watch_anew()
            finding, _ = judge(self.bound.criteria[position], context)
            known = self._findings[key] = (finding, watch)
        return known

    def _context(self, day: date, anchors: Anchors) -> Context:
        found = self._contexts.get((day, anchors))
        if found is None:
            dates, moving = anchors.resolved(day)
            detailed = day == self._detailed_on
            found = Context(self.chart, day, dates, moving, detailed=detailed)
            self._contexts[day, anchors] = found
        return found

    def _tested(self, position: int, finding: Finding) -> Finding:
        """The finding, the day on which it clears, and those of its parts, put to the test.

        By the day on which what makes it fail is out of the way, something else may have come to make it
        fail. Anchors that were given are taken to lie on that day at the earliest.
        """
        parts = tuple(self._tested(position, part) for part in finding.parts)
        clears = finding.clears_on
        for _ in range(MOST_DELAYS if clears else 0):
            day = date.fromisoformat(clears or "")
            later = next(
                f for f in flattened([self.moved(position, day)]) if f.criterion == finding.criterion
            )
            if later.outcome != "fail":
                if outgrown((e.reference for e in finding.evidence), later):
                    clears = None
                break
            clears = later.clears_on if (later.clears_on or "") > day.isoformat() else None
            if clears is None:
                break
        if clears == finding.clears_on and parts == finding.parts:
            return finding
        return msgspec.structs.replace(finding, clears_on=clears, parts=parts)
