"""Every resource of a deck is FHIR R4 and says that nobody's data are in it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from synth.patients import DeckPlan, Patients
from synth.recipes import recipes
from synth.terms import terms

from .judged import AS_OF


@pytest.fixture(scope="module")
def patients() -> Patients:
    return Patients(DeckPlan(as_of=AS_OF, seed=3))


def _of_every_recipe(patients: Patients) -> Iterator[dict[str, Any]]:
    """The resources of a chart for every deviation and every group, each in a dialect of its turn."""
    styles = list(terms().styles)
    for number, deviation in enumerate(recipes().deviations):
        possible = (
            patients.combined(recipes().groups[0], variant, (deviation,), styles[number % len(styles)])
            for variant in recipes().variants
        )
        chosen = next(each for each in possible if each is not None)
        for _, line in patients.written(chosen, number, random.Random(number))[0]:
            yield json.loads(line)
    for number in range(60):
        for _, line in patients.made(number)[0]:
            yield json.loads(line)
    for line in patients.medications().values():
        yield json.loads(line)


def test_every_resource_is_valid_fhir(patients: Patients) -> None:
    seen: set[str] = set()
    checked: set[str] = set()
    for resource in _of_every_recipe(patients):
        # What differs by patient and day alone is not validated twice.
        entry = resource["id"].split("-", 3)[-1]
        shape = f"{resource['resourceType']}/{entry}/{sorted(resource)}/{resource.get('status')}"
        seen.add(resource["resourceType"])
        if shape not in checked:
            checked.add(shape)
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert {"Patient", "Observation", "Condition", "MedicationRequest", "MedicationStatement"} <= seen
    assert {"MedicationAdministration", "Medication", "DiagnosticReport", "Procedure", "Encounter"} <= seen
    assert {"Immunization", "AllergyIntolerance", "ResearchSubject", "Consent", "ServiceRequest"} <= seen


def test_every_resource_is_marked_as_test_data(patients: Patients) -> None:
    for resource in _of_every_recipe(patients):
        assert [tag["code"] for tag in resource["meta"]["tag"]] == ["HTEST"]


def test_names_are_nobodys(patients: Patients) -> None:
    people = [json.loads(patients.made(number)[0][0][1]) for number in range(50)]
    assert {person["name"][0]["family"] for person in people} == {"Synthetic"}


def test_the_us_dialect_records_race_ethnicity_and_sex_at_birth_and_si_does_not() -> None:
    us, si = (Patients(DeckPlan(as_of=AS_OF, dialect=dialect)) for dialect in ("us", "si"))
    charted = [json.loads(us.made(number)[0][0][1]) for number in range(80)]
    urls = {extension["url"].rsplit("/", 1)[-1] for person in charted for extension in person["extension"]}
    assert urls == {"us-core-race", "us-core-ethnicity", "us-core-birthsex"}
    assert all("extension" not in json.loads(si.made(number)[0][0][1]) for number in range(80))


def _resources(patients: Patients, count: int) -> list[dict[str, Any]]:
    return [json.loads(line) for number in range(count) for _, line in patients.made(number)[0]]


def test_the_dialects_differ_in_units_codes_and_resources() -> None:
    us = _resources(Patients(DeckPlan(as_of=AS_OF, dialect="us", background=0)), 40)
    si = _resources(Patients(DeckPlan(as_of=AS_OF, dialect="si", background=0)), 40)

    def units(resources: list[dict[str, Any]], code: str) -> set[str]:
        found = (each for each in resources if each["resourceType"] == "Observation")
        return {
            each["valueQuantity"]["code"]
            for each in found
            if code in {coding["code"] for coding in each["code"].get("coding", [])}
        }

    assert units(us, "2160-0") == {"mg/dL"}
    assert units(si, "14682-9") == {"umol/L"}
    assert units(us, "2890-2") <= {"mg/g{creat}"}
    assert units(si, "34366-5") <= {"mg/mmol"}
    assert units(si, "718-7") == {"g/L"}
    assert "MedicationStatement" not in {each["resourceType"] for each in us}
    assert "MedicationRequest" not in {each["resourceType"] for each in si}
    assert any("medicationReference" in each for each in us)
    assert any(
        not each["medicationCodeableConcept"].get("coding")
        for each in si
        if each["resourceType"] == "MedicationStatement"
    )
