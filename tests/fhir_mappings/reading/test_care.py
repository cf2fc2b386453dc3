"""Procedures, vaccines and devices: what was done and what was given."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Implant, Planned, Procedure, Vaccination
from fhir_mappings.intervals import DateSpan
from tests.fhir_mappings.reading.written import CVX, JUNE, SNOMED, concept, event, events, quantity, resource
from tests.fhir_mappings.reading.written_care import procedure, vaccine


@pytest.mark.parametrize("status", ["completed", "in-progress", "stopped"])
def test_a_procedure_that_was_done_is_dated_locally(status: str) -> None:
    found = event(Procedure, procedure(status=status))
    assert found.start == JUNE
    assert found.concepts
    assert found.reference == "Procedure/x1"
    assert found.confirmed


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation"])
def test_a_procedure_that_was_not_done_is_none(status: str) -> None:
    assert events(Procedure, procedure(status=status)) == []


@pytest.mark.parametrize("status", ["preparation", "on-hold"])
def test_a_procedure_that_is_being_prepared_or_on_hold_lies_ahead(status: str) -> None:
    found = event(Planned, procedure(status=status))
    assert found.concepts == event(Procedure, procedure()).concepts
    assert (found.ongoing, found.status) == (True, status)


def test_a_procedure_on_hold_may_have_begun() -> None:
    assert not event(Procedure, procedure(status="on-hold")).confirmed
    assert events(Procedure, procedure(status="on-hold", performedDateTime=None)) == []


def test_a_procedure_of_unknown_status_is_unconfirmed() -> None:
    assert not event(Procedure, procedure(status="unknown")).confirmed


def test_a_procedure_over_a_period_has_both_ends() -> None:
    found = event(
        Procedure,
        procedure(performedDateTime=None, performedPeriod={"start": "2026-05", "end": "2026-06-01"}),
    )
    assert found.start == DateSpan(date(2026, 5, 1), date(2026, 5, 31))
    assert found.end == JUNE


def test_a_procedure_at_an_age_is_dated_by_the_birth_date() -> None:
    found = event(Procedure, procedure(performedDateTime=None, performedAge=quantity(20, "a")))
    assert found.start == DateSpan(date(2010, 4, 2), date(2011, 4, 1))


def test_a_procedure_dated_in_words_is_undated_and_says_so() -> None:
    found = event(Procedure, procedure(performedDateTime=None, performedString="last spring"))
    assert found.start is None
    assert any("last spring" in note for note in found.notes)


def test_a_vaccine_that_was_given_is_an_event() -> None:
    found = event(Vaccination, vaccine())
    assert found.start == JUNE
    assert found.confirmed
    assert found.label == "MMR"


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_a_vaccine_that_was_not_given_is_none(status: str) -> None:
    assert events(Vaccination, vaccine(status=status)) == []


@pytest.mark.parametrize(
    "code",
    [
        concept("999", CVX),
        concept("V-12", "https://hospital.example.org/vaccines"),
        concept(text="unknown vaccine"),
        concept("masked", "http://terminology.hl7.org/CodeSystem/data-absent-reason"),
        {},
    ],
)
def test_a_vaccine_that_is_not_named_may_be_any(code: dict[str, Any]) -> None:
    """NCT05247203 E8: it may have been live."""
    found = event(Vaccination, vaccine(vaccineCode=code))
    assert found.concepts == {"vaccine_unknown"}
    assert found.start == JUNE


@pytest.mark.parametrize("code", ["998", "208"])
def test_a_code_of_another_vaccine_or_of_none_is_not_one_that_may_be_any(code: str) -> None:
    assert all(
        "vaccine_unknown" not in found.concepts
        for found in events(Vaccination, vaccine(vaccineCode=concept(code, CVX)))
    )


def test_a_vaccine_dated_in_words_is_undated_and_says_so() -> None:
    found = event(Vaccination, vaccine(occurrenceDateTime=None, occurrenceString="childhood"))
    assert found.start is None
    assert any("childhood" in note for note in found.notes)


def test_a_pacemaker_is_a_device_of_the_patient() -> None:
    written = resource("Device", "v1", status="active", type=concept("14106009", SNOMED, "Cardiac pacemaker"))
    assert event(Implant, written).concepts
    assert events(Implant, {**written, "status": "entered-in-error"}) == []
