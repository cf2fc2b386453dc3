"""The facts of the protocols' examples, alone or together, and what takes a fact away or spoils it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from app.example_charts import chart_of
from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.context import Context
from eligibility.course import Anchors
from eligibility.example_notation import ExampleFacts, example_facts
from eligibility.findings import Finding
from eligibility.judging import flattened, judge
from eligibility.loading import bundled_files, load_protocol
from eligibility.protocol import Criterion, Example
from fhir_mappings.facts import Assessment, Event, Evidence, Measurement, Unusable
from fhir_mappings.intervals import DateSpan
from fhir_mappings.record import RESOURCE_TYPES
from fhir_mappings.vocabulary import vocabulary

Fact = Measurement | Event | Assessment
GROUPS = ("measurements", "events", "assessments")


class Case(msgspec.Struct, frozen=True):
    """A criterion, the facts to judge it by, and the dates.

    ``looks_back``: whether it asks for what was seen so long *before* a date, by a window with a gap.
    """

    criterion: BoundCriterion
    facts: ExampleFacts
    as_of: date
    anchors: dict[str, date]
    name: str
    looks_back: bool = False

    def judged(self, facts: ExampleFacts | None = None) -> Finding:
        """The finding, of these or of other facts."""
        anchors = Anchors(**self.anchors)
        chart = chart_of(self.facts if facts is None else facts)
        return judge(self.criterion, Context(chart, self.as_of, *anchors.resolved(self.as_of)))[0]


@cache
def protocols() -> tuple[BoundProtocol, ...]:
    return tuple(load_protocol(path, vocabulary()) for path in bundled_files())


@cache
def _examples() -> tuple[tuple[BoundCriterion, bool, tuple[Example, ...]], ...]:
    return tuple(
        (criterion, _looks_back(protocol, source), tuple(source.examples))
        for protocol in protocols()
        for criterion, source in zip(protocol.criteria, protocol.protocol.criteria, strict=True)
        if source.examples
    )


@cache
def single_cases() -> tuple[Case, ...]:
    """Every example of every criterion."""
    return tuple(
        _case(criterion, looks_back, [example])
        for criterion, looks_back, examples in _examples()
        for example in examples
    )


@st.composite
def mixed_cases(draw: st.DrawFn) -> Case:
    """The facts of several examples of one criterion in one chart."""
    criterion, looks_back, examples = draw(st.sampled_from(_examples()))
    chosen = draw(st.lists(st.sampled_from(examples), min_size=1, max_size=3, unique_by=lambda e: e.name))
    return _case(criterion, looks_back, chosen)


def _looks_back(protocol: BoundProtocol, source: Criterion) -> bool:
    written = source.model_dump_json(exclude={"examples"})
    named = (name for name, window in protocol.protocol.freshness.items() if window.gap)
    return '"gap":"' in written or any(f'"{name}"' in written for name in named)


def _case(criterion: BoundCriterion, looks_back: bool, examples: list[Example]) -> Case:
    merged: ExampleFacts | None = None
    for i, example in enumerate(examples):
        facts = _numbered(example_facts(example, vocabulary()), i)
        merged = facts if merged is None else _together(merged, facts)
    assert merged is not None
    first = examples[0]
    anchors: dict[str, date] = dict(first.anchors)  # type: ignore[arg-type]
    return Case(criterion, merged, first.as_of, anchors, " + ".join(e.name for e in examples), looks_back)


def _numbered(facts: ExampleFacts, i: int) -> ExampleFacts:
    """With references that no other example's facts have."""

    def renamed(evidence: Evidence) -> Evidence:
        return msgspec.structs.replace(evidence, reference=f"{evidence.reference}-{i}")

    def named_apart(fact: Any) -> Any:
        evidence = fact.evidence
        if isinstance(evidence, tuple):
            return msgspec.structs.replace(fact, evidence=tuple(renamed(e) for e in evidence))
        more = {"reference": f"{fact.reference}-{i}"} if isinstance(fact, Event) else {}
        return msgspec.structs.replace(fact, evidence=renamed(evidence), **more)

    changed = {group: tuple(named_apart(fact) for fact in getattr(facts, group)) for group in GROUPS}
    return msgspec.structs.replace(facts, **changed)  # type: ignore[arg-type]


def _together(one: ExampleFacts, other: ExampleFacts) -> ExampleFacts:
    groups: dict[str, Any] = {
        group: getattr(one, group) + getattr(other, group) for group in (*GROUPS, "answers", "not_retrieved")
    }
    groups["measurements"] = _latest_first(groups["measurements"])
    unusable = {
        name: one.unusable.get(name, ()) + other.unusable.get(name, ())
        for name in (*one.unusable, *other.unusable)
    }
    return msgspec.structs.replace(one, **groups, unusable=unusable)


def _latest_first(measurements: tuple[Measurement, ...]) -> tuple[Measurement, ...]:
    return tuple(sorted(measurements, key=lambda m: m.when.last, reverse=True))


# -- taking away and spoiling ------------------------------------------------------------------------


def facts_of(facts: ExampleFacts) -> Iterator[Fact]:
    """All results, events and recorded scores."""
    for group in GROUPS:
        yield from getattr(facts, group)


def erased(facts: ExampleFacts, fact: Fact) -> ExampleFacts:
    """A record that is as whole as before and does not hold the fact: it never was."""
    changed = {group: tuple(f for f in getattr(facts, group) if f is not fact) for group in GROUPS}
    return msgspec.structs.replace(facts, **changed)  # type: ignore[arg-type]


def forgotten(facts: ExampleFacts, fact: Fact) -> ExampleFacts:
    """A record from which the fact is missing, and which, for an event, no longer counts as whole."""
    less = erased(facts, fact)
    if not isinstance(fact, Event):
        return less
    types = RESOURCE_TYPES[fact.__struct_config__.tag]  # type: ignore[index]
    return msgspec.structs.replace(less, not_retrieved=(*less.not_retrieved, *types))


def unreadable(facts: ExampleFacts, result: Measurement) -> ExampleFacts:
    """A record in which the result is there, but in a unit that its analyte does not know."""
    spoilt = Unusable(why="unreadable", detail="no unit", when=result.when, evidence=result.evidence)
    others = facts.unusable.get(result.input, ())
    unusable = {**facts.unusable, result.input: (*others, spoilt)}
    return msgspec.structs.replace(erased(facts, result), unusable=unusable)


def long_ago(facts: ExampleFacts, result: Measurement) -> ExampleFacts:
    """A record in which the result is so old that no window reaches back to it."""
    years = timedelta(days=40 * 365)
    when = DateSpan(result.when.first - years, result.when.last - years)
    old = msgspec.structs.replace(result, when=when, at=None)
    less = erased(facts, result)
    return msgspec.structs.replace(less, measurements=_latest_first((*less.measurements, old)))


def retold(facts: ExampleFacts, result: Measurement) -> ExampleFacts:
    """A record in which the same result is there twice, as two feeds deliver it."""
    return msgspec.structs.replace(facts, measurements=_latest_first((*facts.measurements, result)))


# -- what a finding says -----------------------------------------------------------------------------


def cites(finding: Finding, fact: Fact) -> bool:
    """Whether the finding, or a part of it, names the fact as evidence."""
    evidence = [*fact.evidence] if isinstance(fact.evidence, tuple) else [fact.evidence]
    if isinstance(fact, Assessment):
        evidence += [item.evidence for item in fact.items]
    references = {e.reference for e in evidence}
    return any(e.reference in references for f in flattened([finding]) for e in f.evidence)


DOUBT = {"conflicting", "too-coarse", "unreadable"}


def is_the_question(finding: Finding, facts: ExampleFacts, fact: Fact) -> bool:
    """Whether an open finding is open because of the fact.

    Either the finding cites it and says what is in doubt: it contradicts another, its date or value is too
    coarse to tell, something of it cannot be read, or it takes a result its force (a growth factor that of a
    neutrophil count). Or it is one of several results of a day, which show nothing if they contradict. Or a
    person answered before it came, and the answer does not hold against what is newer.
    """
    doubted = cites(finding, fact) and any(need.why in DOUBT for need in finding.needs)
    return doubted or has_rivals(facts, fact) or _denies_a_titre(fact) or _came_after_an_answer(facts, fact)


def _came_after_an_answer(facts: ExampleFacts, fact: Fact) -> bool:
    return isinstance(fact, Measurement) and any(a.when.first < fact.when.last for a in facts.answers)


def _denies_a_titre(fact: Fact) -> bool:
    """A negative test for antinuclear antibodies contradicts a titre, which counts while none is shown."""
    return isinstance(fact, Measurement) and (fact.input, fact.category) == ("ana", "negative")


def has_rivals(facts: ExampleFacts, fact: Fact) -> bool:
    """Whether it is one of several results that may be of one day, or of several recorded scores."""
    if isinstance(fact, Assessment):
        return any(a is not fact and a.instrument == fact.instrument for a in facts.assessments)
    return isinstance(fact, Measurement) and any(
        other is not fact
        and other.input == fact.input
        and other.when.first <= fact.when.last
        and fact.when.first <= other.when.last
        for other in facts.measurements
    )
