"""Medication resources for tests, as an EHR would send them, and the findings that rest on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
import pytest

from eligibility.bound import BoundCriterion
from eligibility.findings import Finding
from eligibility.judging import flattened
from eligibility.screening import screen
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, screening_service

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
PREDNISONE, PREDNISOLONE, METHYLPREDNISOLONE, HYDROXYCHLOROQUINE = "8640", "8638", "6902", "5521"
CYCLOPHOSPHAMIDE, MYCOPHENOLATE = "3002", "68149"
ORAL, INTRAVENOUS = "26643006", "47625008"
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}

Json = dict[str, Any]
Expected = tuple[str, str | None]
"""Outcome and leaning."""
Case = tuple[str, list[Json], Expected]
"""What a record shows, in words and as resources, and what is to be found of it."""


def finding(
    resources: list[Json], criterion: str, trial: str = "nct05247203", as_of: date = AS_OF
) -> Finding:
    """The finding of one criterion for a patient whose record is these resources."""
    report = screening_service().screen_record(record(resources), as_of, protocol_ids=[trial])
    [found] = [f for f in flattened(report.screenings[0].findings) if f.criterion == criterion]
    return found


def each(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """Runs a test of ``resources`` and what is ``expected`` for each case, by its words."""
    return pytest.mark.parametrize(
        ("resources", "expected"), [case[1:] for case in cases], ids=[case[0] for case in cases]
    )


def standing(
    resources: list[Json], criterion: str, trial: str = "nct05247203", as_of: date = AS_OF
) -> tuple[Finding, date | None]:
    """The same, were it the trial's only criterion, with the day until which it stands."""
    bound = screening_service().protocols[trial]
    [only] = [c for c in _with_parts(bound.criteria) if c.id == criterion]
    found = screen(msgspec.structs.replace(bound, criteria=(only,)), record(resources), as_of)
    until = found.stands_until
    return found.findings[0], date.fromisoformat(until) if until is not None else None


def _with_parts(criteria: Iterable[BoundCriterion]) -> Iterator[BoundCriterion]:
    for criterion in criteria:
        yield criterion
        yield from _with_parts(criterion.parts)


def record(resources: list[Json]) -> PatientRecord:
    """The record of a patient that holds these resources."""
    patient = {"resourceType": "Patient", "id": "p", "birthDate": "1990-01-01", "gender": "female"}
    entries = []
    for number, resource in enumerate([patient, *resources]):
        named = {"id": f"r{number}", **resource}
        if named["resourceType"] not in ("Patient", "Medication"):
            named.setdefault("subject", {"reference": "Patient/p"})
        entries.append({"resource": named})
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    [facts] = read_patients(json.dumps(bundle).encode())
    return PatientRecord(facts)


def quantity(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def dose(value: float, unit: str = "mg", timing: Json | None = None, **more: Any) -> Json:
    """A dosage: an amount, daily unless another timing is given."""
    amount = [{"doseQuantity": quantity(value, unit)}]
    return {"timing": timing or DAILY, "doseAndRate": amount, **_route(more), **more}


def every(frequency: int, period: float, unit: str, **more: Any) -> Json:
    return {"repeat": {"frequency": frequency, "period": period, "periodUnit": unit, **more}}


def ends(dosage: Json, start: str | None, end: str | None) -> Json:
    """The dosage with a period."""
    period = {k: v for k, v in (("start", start), ("end", end)) if v}
    timing = dosage["timing"]
    return dosage | {"timing": {**timing, "repeat": {**timing.get("repeat", {}), "boundsPeriod": period}}}


def drug(code: str | None, words: str | None = None) -> Json:
    coding = [{"system": RXNORM, "code": code, **({"display": words} if words else {})}] if code else []
    return {"coding": coding, **({"text": words} if words else {})}


def order(
    what: Json | str,
    dosage: Json | list[Json] | None,
    written: str | None,
    status: str = "active",
    **more: Any,
) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "status": status,
        "intent": "order",
        **_medication(what),
        **({"authoredOn": written} if written else {}),
        **_dosages("dosageInstruction", dosage),
        **more,
    }


def course(mg: float, first: str, last: str | None, what: Json | str = PREDNISONE, **more: Any) -> Json:
    """An order with its days, completed on the last; without a last day it goes on."""
    return order(what, ends(dose(mg, **more), first, last), first, "completed" if last else "active")


def statement(
    what: Json | str,
    dosage: Json | list[Json] | None,
    start: str | None,
    end: str | None = None,
    status: str = "active",
    **more: Any,
) -> Json:
    period = {k: v for k, v in (("start", start), ("end", end)) if v}
    return {
        "resourceType": "MedicationStatement",
        "status": status,
        **_medication(what),
        **({"effectivePeriod": period} if period else {}),
        **_dosages("dosage", dosage),
        **more,
    }


def taken(mg: float | None, on: str, what: Json | str = HYDROXYCHLOROQUINE, status: str = "active") -> Json:
    """A statement that names the day for which it tells that the drug was taken, not since when."""
    dosage = dose(mg) if mg is not None else None
    return statement(what, dosage, None, status=status, effectiveDateTime=on)


def given(
    what: Json | str,
    mg: float | None,
    when: str,
    route: str = INTRAVENOUS,
    status: str = "completed",
    **more: Any,
) -> Json:
    dosage = {"route": {"coding": [{"system": "http://snomed.info/sct", "code": route}]}}
    if mg is not None:
        dosage["dose"] = quantity(mg, "mg")
    return {
        "resourceType": "MedicationAdministration",
        "status": status,
        **_medication(what),
        "effectiveDateTime": when,
        "dosage": dosage,
        **more,
    }


def supplied(what: Json | str, dosage: Json | None, on: str, days: int | None, **more: Any) -> Json:
    return {
        "resourceType": "MedicationDispense",
        "status": "completed",
        **_medication(what),
        "whenHandedOver": on,
        **({"daysSupply": {"value": days, "unit": "d", "system": UCUM, "code": "d"}} if days else {}),
        **_dosages("dosageInstruction", dosage),
        **more,
    }


def _medication(what: Json | str) -> Json:
    return {"medicationCodeableConcept": drug(what) if isinstance(what, str) else what}


def _dosages(name: str, dosage: Json | list[Json] | None) -> Json:
    return {} if dosage is None else {name: dosage if isinstance(dosage, list) else [dosage]}


def _route(more: Json) -> Json:
    code = more.pop("route", ORAL)
    return {} if code is None else {"route": {"coding": [{"system": "http://snomed.info/sct", "code": code}]}}
