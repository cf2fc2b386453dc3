"""A vocabulary and charts made by hand: the engine is tested without FHIR."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from eligibility.bound import BoundProtocol
from eligibility.course import Anchors
from eligibility.findings import Finding
from eligibility.loading import bind_text
from eligibility.screening import screen
from fhir_mappings.facts import (
    EVENT_TYPES,
    Answer,
    Coding,
    Diagnosis,
    DoseHistory,
    Entered,
    Event,
    EventKind,
    Events,
    Evidence,
    InputDescription,
    Measurement,
    Retrieval,
    Series,
    Therapies,
    Unusable,
)
from fhir_mappings.intervals import DateSpan, Interval, day, point

AS_OF = date(2026, 6, 15)
JUNE_1 = date(2026, 6, 1)
ORDER = Coding("http://loinc.org", "0-0", "An order")

INPUTS = {
    "upcr": InputDescription(
        name="upcr",
        label="UPCR",
        kind="number",
        unit="g/g",
        units={"mg/mmol": 1 / 113.12},
        plausible=Interval(0, 100),
        order=ORDER,
    ),
    "protein_24h": InputDescription(
        name="protein_24h", label="24-h protein", kind="number", unit="g", order=ORDER
    ),
    "alt": InputDescription(
        name="alt", label="ALT", kind="number", unit="U/L", plausible=Interval(0, 20000), order=ORDER
    ),
    "score": InputDescription(name="score", label="Score", kind="number", unit="{score}"),
    "age": InputDescription(name="age", label="Age", kind="number", unit="a", dated=False, changes="rises"),
    "hbsag": InputDescription(
        name="hbsag", label="HBsAg", kind="category", categories=("positive", "negative"), order=ORDER
    ),
    "anti_hbc": InputDescription(
        name="anti_hbc", label="Anti-HBc", kind="category", categories=("positive", "negative"), order=ORDER
    ),
    "hbv_dna": InputDescription(
        name="hbv_dna", label="HBV DNA", kind="category", categories=("detected", "not-detected"), order=ORDER
    ),
    "anti_sm": InputDescription(
        name="anti_sm", label="Anti-Sm", kind="category", categories=("positive", "negative", "equivocal")
    ),
}
CLASSES = {
    "cond_mi": frozenset({"cond_mi"}),
    "cond_skin_cancer": frozenset({"cond_skin_cancer"}),
    "cond_lymphoma": frozenset({"cond_lymphoma"}),
    "class_cancer": frozenset({"cond_skin_cancer", "cond_lymphoma"}),
    "drug_a": frozenset({"drug_a"}),
    "drug_b": frozenset({"drug_b"}),
}


class HandVocabulary:
    """A small vocabulary."""

    input_names = tuple(INPUTS)
    concept_names = tuple(CLASSES)

    def input(self, name: str) -> InputDescription | None:
        return INPUTS.get(name)

    def expand(self, name: str) -> frozenset[str] | None:
        return CLASSES.get(name)

    def concept_label(self, name: str) -> str:
        return name.removeprefix("cond_").removeprefix("class_")

    def event_kinds(self, concept: str) -> frozenset[EventKind]:
        return frozenset(EVENT_TYPES)

    def half_life_days(self, concept: str) -> float | None:
        return {"drug_a": 20.0}.get(concept)

    def is_dose_history(self, name: str) -> bool:
        return name == "prednisone_equivalent"


class HandChart:
    """A chart whose facts are given directly."""

    def __init__(
        self,
        measurements: Sequence[Measurement] = (),
        events: Sequence[Event] = (),
        *,
        unusable: dict[str, tuple[Unusable, ...]] | None = None,
        answers: Sequence[Answer] = (),
        retrieval: Retrieval = "complete",
        searched: Retrieval = "complete",
        doses: DoseHistory | None = None,
        therapies: Therapies | None = None,
        deceased: bool = False,
    ) -> None:
        self._measurements = sorted(measurements, key=lambda m: m.when.last, reverse=True)
        self._events = events
        self._unusable = unusable or {}
        self._answers = answers
        self._retrieval: Retrieval = retrieval
        self._searched: Retrieval = searched
        self._doses = doses
        self._therapies = therapies
        self.deceased = deceased
        self.reference = "Patient/hand"

    def series(self, name: str, on: date, since: date | None = None) -> Series:
        described = INPUTS[name]
        return Series(
            input=name,
            label=described.label,
            unit=described.unit,
            measurements=tuple(m for m in self._measurements if m.input == name),
            unusable=self._unusable.get(name, ()),
            retrieval=self._retrieval,
            searched=self._searched,
            order=described.order,
        )

    def events(self, kinds: Sequence[EventKind], concepts: frozenset[str] | None) -> Events:
        chosen = tuple(
            e
            for e in self._events
            if e.__struct_config__.tag in kinds and (concepts is None or concepts & e.concepts)
        )
        return Events(chosen, self._retrieval, tuple(kinds))

    def dose_history(self, name: str, first: date, last: date) -> DoseHistory:
        assert self._doses is not None
        return self._doses

    def therapies(self, concepts: frozenset[str], first: date, last: date) -> Therapies:
        assert self._therapies is not None
        found = tuple(
            msgspec.structs.replace(
                t, changes=tuple(c for c in t.changes if c.when.last > first and c.when.first <= last)
            )
            for t in self._therapies.therapies
        )
        return msgspec.structs.replace(self._therapies, therapies=found)

    def answers(self, question: str) -> Sequence[Answer]:
        return [a for a in self._answers if a.question == question]

    def entered(self, reference: str) -> Entered | None:
        return None

    def retrieval_of(self, resource_types: Sequence[str]) -> Retrieval:
        return self._retrieval


def evidence(reference: str) -> Evidence:
    """Evidence that only names its resource."""
    return Evidence(reference=reference, path="value")


def value(name: str, number: float | Interval, on: date | DateSpan, **more: object) -> Measurement:
    """A numeric measurement."""
    when = on if isinstance(on, DateSpan) else day(on)
    interval = number if isinstance(number, Interval) else point(number)
    told = msgspec.structs.replace(evidence(f"Observation/{name}-{when}"), date=str(when))
    fields = {"evidence": (told,), **more}
    return Measurement(input=name, when=when, value=interval, unit=INPUTS[name].unit, **fields)  # type: ignore[arg-type]


def category(name: str, term: str, on: date) -> Measurement:
    """A categorical measurement."""
    return Measurement(
        input=name, when=day(on), category=term, evidence=(evidence(f"Observation/{name}-{on}"),)
    )


def diagnosis(
    concept: str = "cond_mi",
    start: date | DateSpan | None = None,
    end: date | None = None,
    **more: object,
) -> Diagnosis:
    """An infarction, unless told otherwise."""
    began = start if isinstance(start, DateSpan) or start is None else day(start)
    return Diagnosis(
        reference="Condition/c",
        concepts=frozenset([concept]),
        label="Myocardial infarction",
        evidence=evidence("Condition/c"),
        start=began,
        end=day(end) if end else None,
        **more,  # type: ignore[arg-type]
    )


PROTOCOL_HEAD = """\
id: nct00000000
version: "1"
title: A trial
short_title: Trial
registry_url: https://example.org/trial
source: made by hand
status: recruiting
condition: a disease
"""
"""What each protocol file begins with."""


def protocol(statement: str, *, kind: str = "I1", freshness: str = "", frame: str = "") -> BoundProtocol:
    """A protocol of one criterion whose YAML is given; ``frame``: a further key of the protocol."""
    indented = "\n".join(f"    {line}" for line in statement.strip().splitlines())
    text = f"""{PROTOCOL_HEAD}
freshness: {{lab: {{anchor: screening, before: 28 d}}{freshness}}}
{frame}
applies_to: {{found: {{kind: [diagnosis], of: [cond_mi], absent: "no"}}}}
criteria:
  - id: {kind}
    text: The words
    reading: The reading
{indented}
"""
    return bind_text(text, "hand.yaml", HandVocabulary())


def judged(
    statement: str, chart: HandChart, *, kind: str = "I1", as_of: date = AS_OF, **anchors: date
) -> Finding:
    """The finding of a criterion with that statement."""
    return screen(protocol(statement, kind=kind), chart, as_of, Anchors(**anchors)).findings[0]
