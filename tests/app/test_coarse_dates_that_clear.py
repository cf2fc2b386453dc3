"""When what is dated to the month or the year alone clears: on the first day on which it may be over.

``clearsOn`` is the first day on which what made a criterion fail no longer does, to the day; the criterion is
open then, until it surely is over.
"""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.medication_records import Json, drug, finding, given, record, standing
from tests.app.service import AS_OF, screening_service

ONE_DAY = timedelta(days=1)


def coded(kind: str, system: str, code: str, **elements: object) -> Json:
    return {"resourceType": kind, "code": {"coding": [{"system": system, "code": code}]}, **elements}


BYPASS = coded("Procedure", "http://snomed.info/sct", "232717009", status="completed")
THOUGHTS_OF_DEATH = coded(
    "Observation",
    "http://loinc.org",
    "44260-8",
    status="final",
    valueQuantity={"value": 2, "code": "{score}"},
)
TOCILIZUMAB = given(drug(None, "tocilizumab"), None, "2025-08")

A, B = "nct07517536", "nct05247203"


@pytest.mark.parametrize(
    ("resource", "trial", "criterion", "clears", "surely"),
    [
        # Six months before screening: from 2 September on the window begins after 1 March.
        (BYPASS | {"performedDateTime": "2026-03"}, A, "E3", "2026-09-02", "2026-10-01"),
        (BYPASS | {"performedDateTime": "2026-03-20"}, A, "E3", "2026-09-21", "2026-09-21"),
        (THOUGHTS_OF_DEATH | {"effectiveDateTime": "2026-04"}, B, "E15", "2026-07-01", "2026-07-30"),
        (TOCILIZUMAB, B, "E11", "2026-08-02", "2026-09-01"),
    ],
    ids=["bypass in March", "bypass on a day", "a questionnaire of April", "a drug given in August"],
)
def test_what_is_dated_to_the_month_clears_on_the_first_day_on_which_it_may_be_over(
    resource: Json, trial: str, criterion: str, clears: str, surely: str
) -> None:
    def on(day: str, days: int = 0) -> tuple[str, bool]:
        later = finding([resource], criterion, trial, date.fromisoformat(day) + days * ONE_DAY)
        return later.outcome, any(need.why == "too-coarse" for need in later.needs)

    now = finding([resource], criterion, trial, AS_OF)
    assert (now.outcome, now.clears_on) == ("fail", clears)
    assert on(clears, -1) == ("fail", False)
    if surely == clears:
        assert now.notes == ()
    else:
        assert any(f"it surely no longer counts from {surely} on" in note for note in now.notes)
        assert on(clears) == on(surely, -1) == ("missing", True)
    assert on(surely)[0] != "fail"
    assert not on(surely)[1]
    assert standing([resource], criterion, trial, AS_OF)[1] == date.fromisoformat(clears)


def test_the_earliest_day_is_not_deferred_by_what_may_be_over_by_then() -> None:
    """Nothing else fails in this chart: the verdict on the day is open, no longer against the patient."""
    bypass = BYPASS | {"performedDateTime": "2026-03"}
    chart = record([bypass])
    screening = screening_service().screen_record(chart, AS_OF, protocol_ids=[A]).screenings[0]
    assert (screening.verdict, screening.earliest) == ("ineligible-for-now", "2026-09-02")
    then = screening_service().screen_record(chart, date(2026, 9, 2), protocol_ids=[A]).screenings[0]
    assert then.verdict == "undetermined"
    [by_time] = [change for change in screening.changes if change.on is not None]
    assert by_time.on == "2026-09-02"
    assert "class_coronary_revascularisation" in {need.input for need in by_time.by_then}


def test_an_age_of_which_the_year_of_birth_is_known_clears_on_the_first_possible_birthday() -> None:
    """NCT07517536 I1, from 18 years: born in 2009, she may be 18 on 1 January 2027."""
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "2009"}
    chart = PatientRecord(read_patients(json.dumps(patient).encode())[0])

    def age_on(day: date) -> tuple[str, str | None]:
        [found] = [
            f
            for f in screening_service().screen_record(chart, day, protocol_ids=[A]).screenings[0].findings
            if f.criterion == "I1"
        ]
        return found.outcome, found.clears_on

    assert age_on(AS_OF) == ("fail", "2027-01-01")
    assert age_on(date(2026, 12, 31))[0] == "fail"
    assert age_on(date(2027, 1, 1))[0] == age_on(date(2027, 12, 30))[0] == "missing"
    assert age_on(date(2027, 12, 31))[0] == "pass"
