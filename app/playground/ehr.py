"""The EHR that is played: what it sends along for each prefetch template of the service.

It is played honestly: prefetch is filled from the service's own templates, by searching the chart as a FHIR
server would, and what the EHR withholds comes back as an OperationOutcome.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

Resource = dict[str, Any]
"""A FHIR resource as JSON-like data."""

_IGNORED = frozenset({"patient", "subject", "_count", "_sort", "_maxresults"})
"""Parameters that do not choose among the resources of one patient."""


class Held(NamedTuple):
    """What the EHR holds of one patient.

    Attributes:
        patient_id: id of the Patient, who is among the ``resources``.
        base: where the resources live, for ``fullUrl``.
        withheld: resource types that it refuses to hand over.
        medications: Medications by reference, which come along with what names them.
        outcomes: OperationOutcomes that stand beside the results of every search.
    """

    patient_id: str
    resources: Sequence[Resource]
    base: str
    withheld: Collection[str] = ()
    medications: Mapping[str, Resource] = {}
    outcomes: Sequence[Resource] = ()


def prefetched(held: Held, templates: Mapping[str, str]) -> dict[str, Resource]:
    """What the EHR answers to each template: a resource, a searchset, or a refusal.

    Raises:
        ValueError: a template searches by a parameter that is not known here; leaving it out would show more
            than an EHR returns.
    """
    return {key: _result(template, held) for key, template in templates.items()}


def _result(template: str, held: Held) -> Resource:
    kind, _, query = template.replace("{{context.patientId}}", held.patient_id).partition("?")
    if kind == f"Patient/{held.patient_id}":
        return next(
            resource
            for resource in held.resources
            if resource["resourceType"] == "Patient" and resource["id"] == held.patient_id
        )
    if kind in held.withheld:
        return _refusal(kind)
    found = [
        resource
        for resource in held.resources
        if resource["resourceType"] == kind and _matches(resource, query)
    ]
    entries = [*_entries(held.base, found, "match"), *_entries(held.base, _named(found, held), "include")]
    entries += [{"resource": outcome, "search": {"mode": "outcome"}} for outcome in held.outcomes]
    searchset: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return {**searchset, "entry": entries} if entries else searchset


def _entries(base: str, resources: Sequence[Resource], mode: str) -> Iterator[Resource]:
    for resource in resources:
        address = f"{base}/{resource['resourceType']}/{resource['id']}"
        yield {"fullUrl": address, "resource": resource, "search": {"mode": mode}}


def _named(found: Sequence[Resource], held: Held) -> list[Resource]:
    """The Medications that the results name, each once."""
    told = (resource.get("medicationReference") for resource in found)
    names = (str(reference.get("reference")) for reference in told if isinstance(reference, dict))
    return [held.medications[name] for name in dict.fromkeys(names) if name in held.medications]


def _matches(resource: Resource, query: str) -> bool:
    return all(_holds(resource, name, value) for name, value in parse_qsl(query) if name not in _IGNORED)


def _holds(resource: Resource, parameter: str, wanted: str) -> bool:
    """Whether a token search parameter of a template selects the resource."""
    if parameter == "status":
        return resource.get("status") in wanted.split(",")
    if parameter in ("category", "code"):
        value = resource.get(parameter) or {}
        concepts = value if isinstance(value, list) else [value]
        codings = [coding for concept in concepts for coding in concept.get("coding", ())]
        return any(_same(coding, token) for coding in codings for token in wanted.split(","))
    raise ValueError(f"prefetch template asks for '{parameter}', which the played EHR cannot search by")


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
