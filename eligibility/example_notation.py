"""The charts of examples in a short notation, which names facts directly, without FHIR around them::

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

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from eligibility.example_results import read_result
from eligibility.protocol import Example
from eligibility.quantities import parse_date
from fhir_mappings.facts import (
    ATTRIBUTE_VALUES,
    EVENT_TYPES,
    Answer,
    Assessment,
    AssessmentItem,
    DoseSegment,
    Event,
    Evidence,
    Measurement,
    Unusable,
    Vocabulary,
)
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
    "refutation": "Condition",
}
_NOT_WRITTEN = frozenset({"reference", "concepts", "evidence", "doses"})
"""Fields of events that the notation fills by itself."""


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
    answers: tuple[Answer, ...] = ()
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
        read = read_result(entry, i, vocabulary)
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
        born=parse_date(born) if born is not None else None,
        sex=patient.get("sex"),
        deceased=bool(patient.get("deceased", False)),
        measurements=tuple(measurements),
        unusable=unusable,
        events=events,
        assessments=assessments,
        answers=answers,
        not_retrieved=not_retrieved,
    )


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
            values[key] = parse_date(values[key])
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
    when = parse_date(entry["on"])
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


def _answer(entry: dict[str, Any], i: int) -> Answer:
    when = parse_date(entry["on"])
    evidence = Evidence(
        reference=f"QuestionnaireResponse/answer-{i}",
        path="item",
        date=str(when),
        recorded="yes" if entry["value"] else "no",
    )
    return Answer(
        question=str(entry["question"]),
        value=bool(entry["value"]),
        when=when,
        by=entry.get("by", "clinician"),
        evidence=evidence,
    )
