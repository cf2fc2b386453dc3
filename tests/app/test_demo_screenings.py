"""What each demonstration chart is there to show, it shows, whatever the day on which it is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import get_args

import pytest

from app.demo.patients import demo_patients
from app.prefetch_table import RESOURCE_TYPES
from eligibility.findings import Finding, Outcome, ScreeningReport, Verdict
from eligibility.judging import flattened
from fhir_mappings.facts import WhyMissing
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import TRIAL_A, TRIAL_B, screening_service

DAYS = [
    date(2026, 1, 1),
    date(2026, 2, 28),
    date(2026, 3, 31),
    date(2026, 6, 15),
    date(2026, 8, 31),
    date(2026, 12, 31),
    date(2028, 2, 29),
    date(2028, 3, 1),
]
VERDICTS: dict[str, tuple[Verdict, Verdict]] = {
    "amara-diallo": ("undetermined", "undetermined"),
    "daniel-okafor": ("potentially-eligible", "potentially-eligible"),
    "hanna-lindqvist": ("ineligible", "ineligible"),
    "lin-mei": ("undetermined", "undetermined"),
    "nguyen-lan": ("probably-ineligible", "ineligible"),
    "sofia-reyes": ("ineligible-for-now", "ineligible-for-now"),
    "wang-jianguo": ("undetermined", "probably-ineligible"),
}


@cache
def report(name: str, as_of: date) -> ScreeningReport:
    """The report of a patient whose EHR withholds what it withholds."""
    patient = demo_patients()[name]
    retrieved = set(RESOURCE_TYPES.values()) - set(patient.withheld)
    [facts] = read_patients(json.dumps(patient.bundle(as_of)).encode(), retrieved=retrieved)
    return screening_service().screen_record(PatientRecord(facts), as_of)


def findings(name: str, as_of: date, trial: str | None = None) -> Iterator[Finding]:
    for screening in report(name, as_of).screenings:
        if trial in (None, screening.protocol):
            yield from flattened(screening.findings)


@pytest.mark.parametrize("as_of", DAYS, ids=str)
@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdicts_do_not_drift_with_the_calendar(name: str, as_of: date) -> None:
    verdicts = {screening.protocol: screening.verdict for screening in report(name, as_of).screenings}
    assert (verdicts[TRIAL_A], verdicts[TRIAL_B]) == VERDICTS[name]


def test_between_them_they_show_every_verdict() -> None:
    shown = {verdict for pair in VERDICTS.values() for verdict in pair}
    assert shown == set(get_args(Verdict))


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_between_them_they_show_every_outcome_and_every_kind_of_need(as_of: date) -> None:
    shown = [finding for name in VERDICTS for finding in findings(name, as_of)]
    assert {finding.outcome for finding in shown} == set(get_args(Outcome))
    assert {finding.leaning for finding in shown} == {None, "pass", "fail"}
    assert {need.why for finding in shown for need in finding.needs} == set(get_args(WhyMissing))


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_one_blood_test_alone_stands_between_lin_mei_and_both_trials(as_of: date) -> None:
    missing = [finding for finding in findings("lin-mei", as_of) if finding.outcome == "missing"]
    assert {finding.criterion for finding in missing} == {"E8", "E8.hbv", "E4", "E4.hbv"}
    assert {need.input for finding in missing for need in finding.needs} == {"hbv_dna"}


def test_time_alone_repairs_sofia_reyes_and_the_report_says_when() -> None:
    by_trial = {
        screening.protocol: screening for screening in report("sofia-reyes", date(2026, 6, 15)).screenings
    }
    # Pneumonia in hospital until 27 May; a month must pass: 27 June still counts, the 28th does not.
    assert by_trial[TRIAL_A].earliest == "2026-06-28"
    # The second rituximab infusion was on 15 November 2025; twelve months must pass.
    assert by_trial[TRIAL_B].earliest == "2026-11-16"


@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_no_gap_in_amara_diallos_chart_is_taken_for_an_answer(as_of: date) -> None:
    outcomes = {f.criterion: f.outcome for f in findings("amara-diallo", as_of, TRIAL_B)}
    for criterion in ("E1b", "E3.3", "E4.hbv", "E8", "E10", "E14.hiv"):
        assert outcomes[criterion] == "missing", criterion
