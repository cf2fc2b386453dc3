"""Charts that others wrote, read as a whole: nothing crashes, nothing is lost, and no unit is misread.

The counts in ``sample_counts.json`` are what reading gave when it was last looked through. After
a change that is meant to alter them, look through the difference of::

    python scripts/read_corpus.py tests/data --json tests/fhir_mappings/sample_counts.json
"""

from __future__ import annotations

import functools
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fhir_mappings.bundles import split_documents
from fhir_mappings.catalogue import load_catalogue
from fhir_mappings.facts import Diagnosis, Exposure
from fhir_mappings.intervals import day, point
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts
from scripts.read_corpus import body_of, count_source

DATA = Path(__file__).parent.parent / "data"
EXPECTED: dict[str, dict[str, Any]] = {
    counted["source"]: counted
    for counted in msgspec.json.decode(Path(__file__).with_name("sample_counts.json").read_bytes())
}
SOURCES = (
    "au-core",
    "carebundle",
    "carebundle-bulk",
    "clinosim-us",
    "ecqm-qicore",
    "hl7-r4-examples",
    "mcode-trial-matching",
    "ms-converter-hl7v2",
    "pysynthea-us",
    "synthea-smart-2021",
    "us-core",
)


@functools.cache
def patients(source: str) -> tuple[PatientFacts, ...]:
    return tuple(read_patients(body_of(DATA / source)))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", ["patients", "resources", "facts", "measured", "unusable", "unread"])
def test_reading_gives_what_it_gave_before(source: str, name: str) -> None:
    counted = count_source(DATA / source, DATA)
    assert counted.error is None
    assert getattr(counted, name) == EXPECTED[source][name]


@pytest.mark.parametrize("source", SOURCES)
def test_every_number_is_in_the_canonical_unit_and_possible(source: str) -> None:
    analytes = load_catalogue().analytes
    for facts in patients(source):
        for name, results in facts.measurements.items():
            for result in results:
                if result.value is None or name not in analytes:
                    continue
                analyte = analytes[name]
                assert result.unit == analyte.unit
                assert result.evidence[0].recorded
                if analyte.plausible is not None:
                    assert result.value.high >= analyte.plausible.low
                    assert result.value.low <= analyte.plausible.high


@pytest.mark.parametrize("source", SOURCES)
def test_every_fact_names_a_resource_that_is_there(source: str) -> None:
    there = {s.reference for document in split_documents(body_of(DATA / source)) for s in document.sources}
    for facts in patients(source):
        named = [event.reference for event in facts.events]
        named += [m.evidence[0].reference for results in facts.measurements.values() for m in results]
        named += [assessment.evidence.reference for assessment in facts.assessments]
        assert {name.partition("#")[0] if "/#" not in name else name for name in named} <= there


@pytest.mark.parametrize("source", SOURCES)
def test_no_resource_is_of_two_patients(source: str) -> None:
    there = Counter(
        s.reference for document in split_documents(body_of(DATA / source)) for s in document.sources
    )
    owners = Counter(
        reference for facts in patients(source) for reference in {event.reference for event in facts.events}
    )
    # Some sets use one id for two resources.
    assert not [reference for reference, count in owners.items() if count > there[reference]]


@pytest.mark.parametrize("source", SOURCES)
def test_results_come_latest_first(source: str) -> None:
    for facts in patients(source):
        for results in facts.measurements.values():
            days = [result.when.last for result in results]
            assert days == sorted(days, reverse=True)


# By hand: a few facts that can be checked against the files


def test_the_synthetic_patient_has_lupus_of_unstated_kind_which_is_not_systemic_lupus() -> None:
    (facts,) = patients("pysynthea-us")
    diagnoses = [e for e in facts.events if isinstance(e, Diagnosis)]
    assert any("cond_lupus_unspecified" in e.concepts for e in diagnoses)
    assert not any("cond_sle" in e.concepts for e in diagnoses)
    steroids = [e for e in facts.events if isinstance(e, Exposure) and e.drug == "drug_prednisone"]
    assert steroids


def test_temperatures_in_fahrenheit_are_read_in_celsius() -> None:
    found = [
        result
        for facts in patients("ecqm-qicore")
        for result in facts.measurements.get("body_temperature", ())
        if result.reported_unit == "[degF]"
    ]
    for result in found:
        assert result.value is not None
        assert 35 < result.value.low < 43


def test_results_without_the_date_of_a_specimen_may_be_of_any_day() -> None:
    found = [m for facts in patients("hl7-r4-examples") for m in facts.measurements.get("alt", ())]
    assert found
    assert {str(m.when) for m in found} == {"../.."}


def test_who_has_no_known_allergy_has_said_so() -> None:
    statements = Counter(
        event.statement  # type: ignore[attr-defined]
        for facts in patients("au-core")
        for event in facts.events
        if str(event.__struct_config__.tag) == "allergy"
    )
    assert statements["none-known"] >= 3


def test_a_record_in_pieces_is_put_together() -> None:
    for facts in patients("carebundle-bulk"):
        assert facts.birth_date is not None
        assert len(facts.measurements["serum_creatinine"]) == 1
        assert any(isinstance(event, Diagnosis) for event in facts.events)


def test_a_creatinine_is_the_one_in_the_file() -> None:
    (result,) = patients("carebundle")[0].measurements["serum_creatinine"]
    assert result.value == point(0.82)
    assert result.when == day(date(2026, 1, 1))
    assert result.evidence[0].recorded == "0.82 mg/dL"
