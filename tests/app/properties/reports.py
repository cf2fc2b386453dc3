"""Reports of whole charts, reduced to what must not change when a chart is merely written otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app.demo.patients import demo_patients
from app.prefetch_table import RESOURCE_TYPES
from eligibility.course import Anchors
from eligibility.findings import ScreeningReport
from eligibility.judging import flattened
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, screening_service

PATIENTS = sorted(demo_patients())
Resource = dict[str, Any]


def chart_of(patient: str, as_of: date = AS_OF) -> list[Resource]:
    """A demonstration patient's resources."""
    return demo_patients()[patient].chart(as_of)


def bundle(resources: Iterable[Resource], kind: str = "collection") -> Resource:
    """The resources as a Bundle."""
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": r} for r in resources]}


def retrieved_of(patient: str) -> frozenset[str]:
    """The resource types that this patient's EHR hands over."""
    return frozenset(set(RESOURCE_TYPES.values()) - set(demo_patients()[patient].withheld))


def report_of(
    body: str, as_of: date = AS_OF, anchors: Anchors | None = None, retrieved: frozenset[str] | None = None
) -> ScreeningReport:
    """The report of a body that holds one patient."""
    [facts] = read_patients(body.encode(), retrieved=retrieved)
    return screening_service().screen_record(PatientRecord(facts), as_of, anchors or Anchors())


def report(
    resources: Sequence[Resource],
    as_of: date = AS_OF,
    anchors: Anchors | None = None,
    retrieved: frozenset[str] | None = None,
) -> ScreeningReport:
    """The report of a chart."""
    return report_of(json.dumps(bundle(resources)), as_of, anchors, retrieved)


def essence(of: ScreeningReport) -> dict[str, Any]:
    """What a clinician acts on: verdicts, dates, and of each finding its outcome, leaning, date and needs."""
    told: dict[str, Any] = {}
    for screening in of.screenings:
        told[screening.protocol] = (screening.verdict, screening.earliest, screening.stands_until)
        for finding in flattened(screening.findings):
            needs = sorted((need.input, need.why) for need in finding.needs)
            told[f"{screening.protocol} {finding.criterion}"] = (
                finding.outcome,
                finding.leaning,
                finding.clears_on,
                needs,
            )
    return told


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Where two essences differ."""
    return {key: (one[key], other.get(key)) for key in one if one[key] != other.get(key)}
