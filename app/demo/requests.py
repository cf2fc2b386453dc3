"""The request that an EHR would send when a demonstration patient's chart is opened.

The EHR is played honestly: prefetch is filled from the service's own templates, by searching the chart as
a FHIR server would, and what the patient's EHR withholds comes back as an OperationOutcome.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from app.demo.patients import BASE, DemoPatient, Resource

_IGNORED = frozenset({"patient", "subject", "_count", "_sort", "_maxresults"})
"""Parameters that do not choose among the resources of one small chart."""


def hook_request(patient: DemoPatient, as_of: date, templates: Mapping[str, str]) -> dict[str, Any]:
    """A ``patient-view`` request with prefetch, as JSON-like data; ``templates`` are the service's own."""
    chart = patient.chart(as_of)
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/demo", "patientId": patient.id},
        "prefetch": {key: _result(template, patient, chart) for key, template in templates.items()},
    }


def _result(template: str, patient: DemoPatient, chart: list[Resource]) -> Resource:
    """What the EHR answers to one prefetch template: a resource, a searchset, or a refusal."""
    kind, _, query = template.replace("{{context.patientId}}", patient.id).partition("?")
    if kind == f"Patient/{patient.id}":
        return next(resource for resource in chart if resource["resourceType"] == "Patient")
    if kind in patient.withheld:
        return _refusal(kind)
    found = [resource for resource in chart if resource["resourceType"] == kind and _matches(resource, query)]
    entries = [
        {"fullUrl": f"{BASE}/{kind}/{resource['id']}", "resource": resource, "search": {"mode": "match"}}
        for resource in found
    ]
    searchset: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return {**searchset, "entry": entries} if entries else searchset


def _matches(resource: Resource, query: str) -> bool:
    return all(_holds(resource, name, value) for name, value in parse_qsl(query) if name not in _IGNORED)


def _holds(resource: Resource, parameter: str, wanted: str) -> bool:
    """Whether a token search parameter of a template selects the resource.

    Raises:
        ValueError: a parameter that this small search does not know; leaving it out would show more than
            an EHR returns.
    """
    if parameter == "status":
        return resource.get("status") in wanted.split(",")
    if parameter in ("category", "code"):
        value = resource.get(parameter) or {}
        concepts = value if isinstance(value, list) else [value]
        codings = [coding for concept in concepts for coding in concept.get("coding", ())]
        return any(_same(coding, token) for coding in codings for token in wanted.split(","))
    raise ValueError(f"prefetch template asks for '{parameter}', which the demonstration cannot search by")


def _same(coding: Mapping[str, str], token: str) -> bool:
    system, bar, code = token.rpartition("|")
    return coding.get("code") == code and (not bar or coding.get("system") == system)


def _refusal(kind: str) -> Resource:
    issue = {
        "severity": "error",
        "code": "forbidden",
        "diagnostics": f"This client may not search {kind} resources.",
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}
