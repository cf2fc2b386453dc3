"""Examples in protocol files: a small chart (``example_notation``), and the outcome that it must have.

What becomes of a chart is the caller's business: here it is only judged, and compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.course import Anchors, Course
from eligibility.findings import Finding
from eligibility.gate import NO_GRADE
from eligibility.judging import flattened
from eligibility.protocol import Example
from eligibility.reported import ReportedGate
from fhir_mappings.facts import Chart


class ExampleRun(msgspec.Struct, frozen=True):
    """What became of an example: the finding, and what differs from what was expected."""

    example: Example
    criterion: str
    finding: Finding | None
    differences: tuple[str, ...]


def examples_of(bound: BoundProtocol) -> Iterator[tuple[BoundCriterion | None, Example]]:
    """All examples of a protocol with their criterion; ``None`` stands for the gate."""
    for example in bound.protocol.applies_to_examples:
        yield None, example
    for criterion, source in zip(bound.criteria, bound.protocol.criteria, strict=True):
        for example in source.examples:
            yield criterion, example


def run_example(
    bound: BoundProtocol, criterion: BoundCriterion | None, example: Example, chart: Chart
) -> ExampleRun:
    """Judge an example's chart and compare."""
    anchors = Anchors(**example.anchors)
    course = Course(bound, chart, anchors)
    if criterion is None:
        differences = _gate_differences(example, course.gate(example.as_of))
        return ExampleRun(example, "applies_to", None, differences)
    finding, _ = course.judged(bound.criteria.index(criterion), example.as_of)
    if example.part is not None:
        chosen = [f for f in flattened([finding]) if f.criterion == example.part]
        if not chosen:
            return ExampleRun(example, criterion.id, finding, (f"there is no part {example.part}",))
        finding = chosen[0]
    return ExampleRun(example, criterion.id, finding, _differences(example, finding))


def _gate_differences(example: Example, gate: ReportedGate) -> tuple[str, ...]:
    told: list[str] = []
    if gate.opens is not (example.outcome == "pass"):
        told.append(f"the gate is {'open' if gate.opens else 'closed'} ({gate.reason})")
    if example.grade is not None and (gate.grade or NO_GRADE) != example.grade:
        told.append(f"the grade is {gate.grade or NO_GRADE}, not {example.grade} ({gate.reason})")
    return tuple(told)


def _differences(example: Example, finding: Finding) -> tuple[str, ...]:
    told: list[str] = []
    if finding.outcome != example.outcome:
        told.append(f"outcome is {finding.outcome}, not {example.outcome} ({finding.reason})")
    if finding.leaning != example.leaning and finding.outcome == example.outcome:
        told.append(f"leaning is {finding.leaning}, not {example.leaning} ({finding.reason})")
    if example.outcome == "fail" and finding.outcome == "fail":
        expected = example.clears_on.isoformat() if example.clears_on else None
        if finding.clears_on != expected:
            told.append(f"clears on {finding.clears_on}, not {expected}")
    if example.needs is not None and [n.input for n in finding.needs] != example.needs:
        told.append(f"needs are {[n.input for n in finding.needs]}, not {example.needs}")
    if example.why is not None and (not finding.needs or finding.needs[0].why != example.why):
        told.append(f"missing because {[n.why for n in finding.needs]}, not {example.why}")
    return tuple(told)
