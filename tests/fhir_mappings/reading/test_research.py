"""Trials that a patient takes part in, and consents to research."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import ConsentGiven, Participation
from fhir_mappings.intervals import day
from tests.fhir_mappings.reading.written import JUNE, concept, event, read, resource
from tests.fhir_mappings.reading.written_research import consent, study, subject


@pytest.mark.parametrize(
    "status", ["candidate", "eligible", "ineligible", "screening", "on-study", "off-study", "withdrawn"]
)
def test_a_participation_keeps_its_status_for_the_protocol_to_judge(status: str) -> None:
    found = event(Participation, subject(status), study())
    assert found.status == status
    assert found.study_ids == {"NCT01234567"}
    assert found.phase
    assert found.end == JUNE
    assert found.label


def test_a_participation_whose_study_is_not_at_hand_is_still_one() -> None:
    found = event(
        Participation, subject(study={"reference": "ResearchStudy/x", "display": "NCT09999999 trial"})
    )
    assert found.study_ids == {"NCT09999999"}


def test_a_participation_without_an_end_in_a_running_trial_goes_on() -> None:
    assert event(Participation, subject(period={"start": "2026-01"}), study()).ongoing
    assert not event(Participation, subject("off-study", period={"start": "2026-01"}), study()).ongoing


def test_the_drugs_of_a_study_are_told() -> None:
    found = event(Participation, subject(), study(focus=[concept(text="anifrolumab")]))
    assert found.drugs == {"drug_anifrolumab"}


def test_the_last_dose_of_a_trial_that_is_over_is_the_last_that_was_given() -> None:
    def dose(own_id: str, day_given: str) -> dict[str, Any]:
        return resource(
            "MedicationAdministration",
            own_id,
            status="completed",
            medicationCodeableConcept=concept(text="anifrolumab"),
            effectiveDateTime=day_given,
        )

    doses = (dose("m1", "2026-02-01"), dose("m2", "2026-04-01"), dose("m3", "2025-01-01"))
    written = study(focus=[concept(text="anifrolumab")])
    over = event(Participation, subject("off-study"), written, *doses)
    assert over.last_dose == day(date(2026, 4, 1))
    running = event(Participation, subject("on-study", period={"start": "2026-01"}), written, *doses)
    assert running.last_dose is None


def test_an_observational_study_is_told_by_its_words_or_type() -> None:
    found = event(Participation, subject(), study(category=[concept(text="observational")]))
    assert found.study_kind == "observational"


def test_a_consent_to_research_is_a_decision() -> None:
    found = event(ConsentGiven, consent())
    assert found.decision == "permit"
    assert found.start == JUNE


def test_a_consent_ends_with_the_period_of_its_provision() -> None:
    period = {"start": "2026-05-01", "end": "2026-06-01"}
    found = event(ConsentGiven, consent(provision={"type": "permit", "period": period}, dateTime=None))
    assert (found.start, found.end, found.ongoing) == (day(date(2026, 5, 1)), JUNE, False)


def test_a_consent_without_an_end_goes_on_while_it_is_active() -> None:
    assert event(ConsentGiven, consent(provision={"type": "permit"})).ongoing
    assert not event(ConsentGiven, consent(status="inactive")).ongoing


@pytest.mark.parametrize("elements", [{"status": "rejected"}, {"provision": {"type": "deny"}}])
def test_a_refusal_is_a_decision_too(elements: dict[str, Any]) -> None:
    assert event(ConsentGiven, consent(**elements)).decision == "deny"


@pytest.mark.parametrize("status", ["draft", "proposed", "entered-in-error"])
def test_a_consent_that_was_not_given_is_none(status: str) -> None:
    assert not read(consent(status=status)).events


def test_a_consent_to_treatment_is_none_to_research() -> None:
    treatment = concept("treatment", "http://terminology.hl7.org/CodeSystem/consentscope")
    assert not read(consent(scope=treatment, category=[concept(text="surgery")])).events
