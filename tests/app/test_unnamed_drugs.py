"""NCT05247203 I6, 15 June 2026: a drug that nothing on record names may be the standard treatment."""

from __future__ import annotations

import pytest

from tests.app.medication_records import (
    HYDROXYCHLOROQUINE,
    RXNORM,
    Json,
    dose,
    finding,
    given,
    order,
    record,
    statement,
)
from tests.app.service import AS_OF, screening_service

SNOMED = "http://snomed.info/sct"


ATC = "http://www.whocc.no/atc"
AMLODIPINE_5_MG = "197361"  # a code of RxNorm that belongs to no drug asked for


def coded(system: str, code: str, text: str | None = None) -> Json:
    return {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})


LOCAL = coded("urn:local", "HCQ200")
UNNAMED: dict[str, Json] = {
    "a local code": statement(LOCAL, None, "2025-01-01"),
    "an unknown code of SNOMED CT": statement(coded(SNOMED, "999999999"), None, "2025-01-01"),
    "a code of RxNorm that belongs to no drug asked for": statement(
        coded(RXNORM, AMLODIPINE_5_MG), None, "2025-01-01"
    ),
    "the same beside words that name no drug": statement(
        coded(RXNORM, AMLODIPINE_5_MG, "Oral tablet"), None, "2025-01-01"
    ),
    "a group of ATC, of many drugs": statement(coded(ATC, "C08"), None, "2025-01-01"),
    "ordered": order(LOCAL, dose(200), "2025-01-01"),
    "perhaps taken": statement(LOCAL, None, "2025-01-01", status="unknown"),
    "nobody says until when": statement(LOCAL, None, "2025-01-01", None, "completed"),
}


@pytest.mark.parametrize("resource", UNNAMED.values(), ids=UNNAMED)
def test_that_no_standard_treatment_is_on_record_shows_nothing_beside_a_drug_that_cannot_be_told(
    resource: Json,
) -> None:
    found = finding([resource], "I6")
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["unreadable"]), found.reason
    assert "no known code or name tells which drugs these are" in found.reason
    assert len(found.evidence) == 1
    report = screening_service().screen_record(record([resource]), AS_OF, protocol_ids=["nct05247203"])
    assert ["no known code or name tells" in unread.why for unread in report.unread] == [True]


NONE: dict[str, list[Json]] = {
    "no drug at all": [],
    "it was over before": [statement(LOCAL, None, "2025-01-01", "2026-06-14", "completed")],
    "given once, long ago": [given(LOCAL, 200, "2025-01-01")],
    "it begins later": [order(LOCAL, dose(200), "2026-07-01")],
    "it was entered in error": [statement(LOCAL, None, "2025-01-01", status="entered-in-error")],
    "words beside a code of RxNorm name another drug": [
        statement(coded(RXNORM, AMLODIPINE_5_MG, "amlodipine 5 mg tablet"), None, "2025-01-01")
    ],
    "ATC names another substance": [statement(coded(ATC, "C08CA01"), None, "2025-01-01")],  # amlodipine
}


@pytest.mark.parametrize("resources", NONE.values(), ids=NONE)
def test_without_one_that_may_be_taken_on_the_day_there_is_no_standard_treatment(
    resources: list[Json],
) -> None:
    found = finding(resources, "I6")
    assert (found.outcome, found.needs) == ("fail", ()), found.reason


def test_beside_a_standard_treatment_it_changes_nothing() -> None:
    known = statement(HYDROXYCHLOROQUINE, dose(400), "2025-01-01")
    assert finding([known, statement(LOCAL, None, "2025-01-01")], "I6").outcome == "pass"
