"""Examples in protocol files: a small chart in short notation, and the outcome that it must have.

The notation names facts directly, without FHIR around them::

    chart:
      patient: {born: 1986-03-02, sex: female}
      results:
        - {upcr: 105 mg/mmol, on: 2026-06-01}
        - {alt: 121 U/L, on: 2026-06-01, upper_limit: 40 U/L}
        - {hbsag: positive, on: 2026-06-01}
      events:
        - {diagnosis: cond_myocardial_infarction, start: 2026-01-10, clinical: active}
        - {exposure: drug_prednisone, start: 2026-01-01, ongoing: true, per_day: 60, route: oral}
      answers: [{question: nct07517536/E9a.i/attributable, value: true, on: 2026-06-10}]
      not_retrieved: [Condition]

What becomes of them is the caller's business: the engine only hands on ``ExampleFacts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.course import Anchors, Course
from eligibility.findings import Finding
from eligibility.gate import NO_GRADE
from eligibility.judging import flattened
from eligibility.protocol import Example
from eligibility.quantities import parse_threshold
from eligibility.reported import ReportedGate
from fhir_mappings.facts import (
    ATTRIBUTE_VALUES,
    EVENT_TYPES,
    Assessment,
    AssessmentItem,
    Chart,
    DoseSegment,
    Event,
    Evidence,
    Measurement,
    Unusable,
    Vocabulary,
)
from fhir_mappings.facts import Answer as RecordedAnswer
from fhir_mappings.intervals import DateSpan, Interval, point

_RESOURCES = {
    "diagnosis": "Condition",
    "exposure": "MedicationRequest",
    "procedure": "Procedure",
    "vaccination": "Immunization",
    "allergy": "AllergyIntolerance",
    "participation": "ResearchSubject",
    "admission": "Encounter",
    "report": "DiagnosticReport",
    "planned": "ServiceRequest",
    "device": "Device",
    "consent": "Consent",
}
_RESULT_KEYS = frozenset(
    {
        "on",
        "at",
        "upper_limit",
        "lower_limit",
        "category",
        "specimen",
        "role",
        "unusable",
        "detail",
        "reference",
    }
)
_NOT_WRITTEN = frozenset({"reference", "concepts", "evidence", "doses"})
"""Fields of events that the notation fills by itself."""

_BOUND = re.compile(r"^(<=|>=|<|>|≤|≥)\s*(.*)$")


class ExampleError(ValueError):
    """An example's chart is not in the notation."""


class ExampleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an example, ready to become a chart."""

    born: DateSpan | None = None
    sex: str | None = None
    deceased: bool = False
    measurements: tuple[Measurement, ...] = ()
    unusable: Mapping[str, tuple[Unusable, ...]] = {}
    events: tuple[Event, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    answers: tuple[RecordedAnswer, ...] = ()
    not_retrieved: tuple[str, ...] = ()


def example_facts(example: Example, vocabulary: Vocabulary) -> ExampleFacts:
    """Read an example's chart.

    Raises:
        ExampleError: not in the notation; the text says what and where.
    """
    try:
        return _facts(example, vocabulary)
    except KeyError as error:
        raise ExampleError(f"the chart is not in the notation: {error} is missing") from None
    except (TypeError, AttributeError) as error:
        raise ExampleError(f"the chart is not in the notation: {error}") from None
    except ValueError as error:
        raise ExampleError(str(error)) from None


def _facts(example: Example, vocabulary: Vocabulary) -> ExampleFacts:
    chart = dict(example.chart)
    patient = chart.pop("patient", {})
    results = chart.pop("results", [])
    measurements: list[Measurement] = []
    unusable: dict[str, tuple[Unusable, ...]] = {}
    for i, entry in enumerate(results):
        read = _result(entry, i, vocabulary)
        if isinstance(read, Measurement):
            measurements.append(read)
        else:
            name, item = read
            unusable[name] = (*unusable.get(name, ()), item)
    events = tuple(_event(entry, i) for i, entry in enumerate(chart.pop("events", [])))
    assessments = tuple(_assessment(entry, i) for i, entry in enumerate(chart.pop("assessments", [])))
    answers = tuple(_answer(entry, i) for i, entry in enumerate(chart.pop("answers", [])))
    not_retrieved = tuple(chart.pop("not_retrieved", []))
    if chart:
        raise ExampleError(f"a chart has no '{next(iter(chart))}'")
    measurements.sort(key=lambda m: m.when.last, reverse=True)
    born = patient.get("born")
    return ExampleFacts(
        born=date_span(born) if born is not None else None,
        sex=patient.get("sex"),
        deceased=bool(patient.get("deceased", False)),
        measurements=tuple(measurements),
        unusable=unusable,
        events=events,
        assessments=assessments,
        answers=answers,
        not_retrieved=not_retrieved,
    )


def date_span(value: object) -> DateSpan:
    """A full or partial ISO date as a span.

    Raises:
        ExampleError: not such a date.
    """
    if isinstance(value, date):
        return DateSpan(value, value)
    try:
        return DateSpan.parse(str(value))
    except ValueError as error:
        raise ExampleError(str(error)) from None


def _result(entry: dict[str, Any], i: int, vocabulary: Vocabulary) -> Measurement | tuple[str, Unusable]:
    names = [key for key in entry if key not in _RESULT_KEYS]
    if len(names) != 1:
        raise ExampleError(f"result {i}: name exactly one criterion input")
    name = names[0]
    described = vocabulary.input(name)
    if described is None:
        raise ExampleError(f"result {i}: there is no criterion input '{name}'")
    if described.given_as is not None:
        raise ExampleError(
            f"result {i}: '{name}' is not reported as a result; it comes from {described.given_as}"
        )
    when = date_span(entry["on"]) if "on" in entry else None
    written = str(entry[name])
    reference = str(entry.get("reference", f"Observation/{name}-{i}"))
    evidence = Evidence(
        reference=reference,
        path="valueQuantity",
        date=str(when) if when else None,
        recorded=written,
        label=described.label,
    )
    if "unusable" in entry:
        detail = str(entry.get("detail", written))
        return name, Unusable(why=entry["unusable"], detail=detail, when=when, evidence=(evidence,))
    if when is None:
        raise ExampleError(f"result {i}: needs a date ('on')")
    if written in described.categories or written == "equivocal":
        return Measurement(
            input=name,
            when=when,
            unit=described.unit,
            category=written,
            role=str(entry.get("role", "")),
            evidence=(evidence,),
        )

    def canonical(text: object) -> tuple[float, str]:
        threshold = parse_threshold(str(text))
        unit = threshold.unit or "1"
        factor = 1.0 if unit == described.unit else described.units.get(unit)
        if factor is None:
            raise ExampleError(f"result {i}: unit '{unit}' does not fit '{name}'")
        return threshold.value * factor, unit

    bound = _BOUND.match(written)
    try:
        number, unit = canonical(bound[2] if bound else written)
    except ValueError as error:
        raise ExampleError(f"result {i}: {error}") from None
    reported = _bounded(bound[1] if bound else "", parse_threshold(bound[2] if bound else written).value)
    upper, lower = entry.get("upper_limit"), entry.get("lower_limit")
    return Measurement(
        input=name,
        when=when,
        unit=described.unit,
        value=_bounded(bound[1] if bound else "", number),
        category=entry.get("category"),
        role=str(entry.get("role", "")),
        upper_limit=canonical(upper)[0] if upper is not None else None,
        lower_limit=canonical(lower)[0] if lower is not None else None,
        reported=reported,
        reported_unit=unit,
        evidence=(msgspec.structs.replace(evidence, value=number, unit=described.unit),),
    )


def _bounded(sign: str, number: float) -> Interval:
    if sign == "<":
        return Interval(high=number, high_open=True)
    if sign in ("<=", "≤"):
        return Interval(high=number)
    if sign == ">":
        return Interval(low=number, low_open=True)
    if sign in (">=", "≥"):
        return Interval(low=number)
    return point(number)


def _event(entry: dict[str, Any], i: int) -> Event:
    kinds = [key for key in entry if key in EVENT_TYPES]
    if len(kinds) != 1:
        raise ExampleError(f"event {i}: name exactly one kind ({', '.join(EVENT_TYPES)})")
    kind = kinds[0]
    values = dict(entry)
    named = values.pop(kind)
    concepts = frozenset([named] if isinstance(named, str) else named or [])
    for key in ("start", "end", "last_dose"):
        if key in values:
            values[key] = date_span(values[key])
    for key in ("study_ids", "drugs", "manifestations"):
        if key in values:
            values[key] = frozenset(values[key])
    if "category" in values:
        values["category"] = tuple(values["category"])
    per_day = values.pop("per_day", None)
    every = values.pop("every", 1)
    reference = f"{_RESOURCES[kind]}/{kind}-{i}"
    label = str(values.pop("label", ", ".join(sorted(concepts)) or kind))
    start = values.get("start")
    evidence = Evidence(
        reference=reference, path="code", date=str(start) if start else None, recorded=label, label=label
    )
    if per_day is not None:
        values["doses"] = (_segment(per_day, every, values, i),)
    if kind == "exposure" and "drug" not in values:
        values["drug"] = next(iter(sorted(concepts)), None)
    unknown = [key for key in values if key not in EVENT_TYPES[kind].__struct_fields__]
    if unknown:
        own = ", ".join(sorted(set(EVENT_TYPES[kind].__struct_fields__) - _NOT_WRITTEN))
        raise ExampleError(f"event {i}: the kind '{kind}' has no '{unknown[0]}'; it has: {own}")
    for key, known in ATTRIBUTE_VALUES.items():
        if values.get(key) is not None and values[key] not in known:
            raise ExampleError(f"event {i}: '{key}' is one of: {', '.join(map(str, known))}")
    return EVENT_TYPES[kind](reference=reference, concepts=concepts, label=label, evidence=evidence, **values)


def _segment(per_day: object, every: int, values: Mapping[str, Any], i: int) -> DoseSegment:
    start = values.get("start")
    if start is None:
        raise ExampleError(f"event {i}: a dose needs a start")
    far = date(9999, 12, 31)
    end = values.get("end") or DateSpan(far, far)
    if isinstance(per_day, list):
        return DoseSegment(start, end, Interval(float(per_day[0]), float(per_day[1])), None, every)
    return DoseSegment(start, end, point(float(str(per_day))), None, every)


def _assessment(entry: dict[str, Any], i: int) -> Assessment:
    when = date_span(entry["on"])
    evidence = Evidence(
        reference=f"Observation/assessment-{i}",
        path="valueQuantity",
        date=str(when),
        recorded=str(entry.get("total", "")) or None,
        label=str(entry["instrument"]),
    )
    items = tuple(
        AssessmentItem(
            item=name,
            present=value if isinstance(value, bool) else None,
            number=float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None,
            grade=value if isinstance(value, str) else None,
            evidence=evidence,
        )
        for name, value in entry.get("items", {}).items()
    )
    total = entry.get("total")
    return Assessment(
        instrument=str(entry["instrument"]),
        when=when,
        evidence=evidence,
        total=point(float(total)) if total is not None else None,
        items=items,
        complete=bool(entry.get("complete", False)),
    )


def _answer(entry: dict[str, Any], i: int) -> RecordedAnswer:
    when = date_span(entry["on"])
    evidence = Evidence(
        reference=f"QuestionnaireResponse/answer-{i}",
        path="item",
        date=str(when),
        recorded="yes" if entry["value"] else "no",
    )
    return RecordedAnswer(
        question=str(entry["question"]),
        value=bool(entry["value"]),
        when=when,
        by=entry.get("by", "clinician"),
        evidence=evidence,
    )


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
    course = Course(bound, chart, anchors, "en")
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
