"""The timeline of a chart of a few facts."""

from __future__ import annotations

from datetime import date
from typing import Any

from eligibility.reported import ReportedTimeline
from fhir_mappings.facts import Event, Evidence, Exposure, Measurement
from fhir_mappings.intervals import DateSpan
from tests.eligibility.charts import AS_OF, HandChart, judged

STATEMENT = """
timeline:
  of: [drug_a]
  besides: [drug_b]
  routes: [oral, intravenous]
  response:
    input: upcr
    remission: {below: 0.5 g/g}
    relapse: {at_least: 1.0 g/g}
    no_response: {after: 6 mo, fall_below: 50}
  recorded:
    relapse: [{of: [cond_mi], clinical: [relapse]}]
    remission: [{of: [cond_skin_cancer]}]
requires: {attest: {question: refractory, ask: Is it refractory?}}
"""


def span(text: str) -> DateSpan:
    first, _, last = text.partition("/")
    return DateSpan(date.fromisoformat(first), date.fromisoformat(last or first))


def taken(start: str | None, end: str | None = None, drug: str = "drug_a", **more: Any) -> Exposure:
    reference = f"MedicationRequest/{drug}-{start}-{end}"
    given: dict[str, Any] = {
        "reference": reference,
        "concepts": frozenset({drug}),
        "drug": drug,
        "label": "as recorded",
        "evidence": Evidence(reference=reference, path="medication[x]"),
        "start": span(start) if start else None,
        "end": span(end) if end else None,
        "ongoing": end is None,
        "status": "active" if end is None else "completed",
        "route": "oral",
    }
    return Exposure(**{**given, **more})


def timeline(*facts: Event | Measurement, as_of: date = AS_OF, **chart: Any) -> ReportedTimeline:
    events = [f for f in facts if isinstance(f, Event)]
    values = [f for f in facts if isinstance(f, Measurement)]
    found = judged(STATEMENT, HandChart(values, events, **chart), as_of=as_of)
    assert found.outcome == "attest"  # a timeline decides nothing
    assert found.timeline is not None
    return found.timeline
