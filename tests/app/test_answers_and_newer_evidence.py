"""Answers of persons beside what the record came to say since, from whole FHIR resources."""

from __future__ import annotations

import pytest

from tests.app.answered_charts import A, Json, allergy, answer, finding, lab
from tests.fhir_mappings.reading.written import ICD10CM, concept, observation, resource

# SLEDAI-2K (NCT07517536 inclusion 5): proteinuria counts, red cells await attribution.
ACTIVE = (
    lab("2890-2", 1.2, "g/g", "2026-06-01"),
    lab("13945-1", 12, "/[HPF]", "2026-06-01"),
)
JUDGED = answer("I5/judged", True, "2026-06-05")


def test_a_judgement_of_a_score_holds_while_nothing_newer_bears_on_it() -> None:
    assert finding("I5", *ACTIVE, JUDGED).outcome == "pass"


@pytest.mark.parametrize(
    "newer",
    [
        observation("630-4", "culture", effectiveDateTime="2026-06-08", valueString="positive"),
        observation("630-4", "culture", effectiveDateTime="2026-06", valueString="positive"),
        observation("630-4", "culture", effectiveDateTime="2026", valueString="positive"),
        resource(
            "Condition",
            "uti",
            code=concept("N39.0", ICD10CM),
            onsetDateTime="2026-06-06",
            recordedDate="2026-06-06",
        ),
    ],
    ids=[
        "a culture that grows",
        "a culture of the month",
        "a culture of the year",
        "an infection of the urinary tract",
    ],
)
def test_what_casts_doubt_on_a_finding_after_the_judgement_calls_for_another(newer: Json) -> None:
    """SLEDAI-2K (Gladman 2002): haematuria counts if infection is excluded."""
    found = finding("I5", *ACTIVE, JUDGED, newer)
    assert found.outcome == "review"
    assert f"{newer['resourceType']}/{newer['id']} of" in found.reason
    assert found.questions == (f"{A}/I5/judged",)


ANC = "751-8"
LOW = lab(ANC, 0.7, "10*9/L", "2026-06-08")
LOWER = lab(ANC, 0.1, "10*9/L", "2026-06-14")


@pytest.mark.parametrize(("yes", "outcome"), [(True, "pass"), (False, "fail")])
def test_an_exception_is_answered_of_the_value_that_was_there(yes: bool, outcome: str) -> None:
    """NCT07517536 exclusion 9a.i: ANC < 0.8 x 10^9/L, except in cases attributable to SLE."""
    question = "E9a.i/attributable-to-sle"
    assert finding("E9a.i", LOW, answer(question, yes, "2026-06-09")).outcome == outcome
    assert finding("E9a.i", LOWER, LOW, answer(question, yes, "2026-06-09")).outcome == "review"
    assert finding("E9a.i", LOWER, LOW, answer(question, yes, "2026-06-14")).outcome == outcome


def test_an_exception_answered_on_the_form_of_another_version_is_not_answered() -> None:
    found = finding("E9a.i", LOW, answer("E9a.i/attributable-to-sle", True, "2026-06-09", "99"))
    assert found.outcome == "review"
    assert "another version" in found.reason


@pytest.mark.parametrize(
    "author",
    [{"reference": "Patient/p1"}, {"reference": "Device/d1"}, {"display": "Lin Mei"}, None],
)
@pytest.mark.parametrize("question", ["E13/other-reason", "I8/refractory", "I10/consent"])
def test_what_the_investigator_is_asked_nobody_else_answers(question: str, author: Json | None) -> None:
    """NCT07517536 exclusion 13: "deemed ineligible by the investigator"."""
    criterion = question.partition("/")[0]
    told = answer(question, question.startswith("I"), "2026-06-14", author=author)
    assert finding(criterion, told).outcome not in ("pass", "fail")


def test_refractory_disease_is_judged_anew_after_a_while_and_after_a_newer_result() -> None:
    """NCT07517536 inclusion 8."""
    assert finding("I8", answer("I8/refractory", True, "2026-06-09")).outcome == "pass"
    assert finding("I8", answer("I8/refractory", True, "2024-06-01")).outcome != "pass"
    assert finding("I8", answer("I8/refractory", True, "2026-06-09", "0")).outcome != "pass"
    newer = lab("2890-2", 0.1, "g/g", "2026-06-10")
    assert finding("I8", answer("I8/refractory", True, "2026-06-09"), newer).outcome != "pass"


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"onsetDateTime": "2024", "recordedDate": "2024-05-01"}, "pass"),
        ({"onsetDateTime": "2024"}, "pass"),
        ({"onsetDateTime": "2024", "recordedDate": "2026-06-14"}, "review"),
        ({"recordedDate": "2026-05-01"}, "pass"),
        ({}, "review"),
        ({"meta": {"lastUpdated": "2026-05-01T10:00:00Z"}}, "pass"),
        ({"recordedDate": "2026-06-01T08:00:00Z"}, "pass"),
        ({"recordedDate": "2026-06-01T16:00:00Z"}, "review"),
    ],
)
def test_a_judgement_does_not_cover_what_was_recorded_after_it_or_may_have_been(
    more: Json, outcome: str
) -> None:
    judged = answer("E1/judged", True, "2026-06-01T12:00:00Z")
    assert finding("E1", allergy(**more)).outcome == "review"
    assert finding("E1", allergy(**more), judged).outcome == outcome


@pytest.mark.parametrize(("issued", "outcome"), [("2026-06-09", "pass"), ("2026-06-12", "review")])
def test_a_result_is_known_from_the_day_on_which_it_was_issued(issued: str, outcome: str) -> None:
    """An answer of 10 June cannot be of a result that was reported on 12 June."""
    low = {**LOW, "issued": f"{issued}T10:00:00Z"}
    assert finding("E9a.i", low, answer("E9a.i/attributable-to-sle", True, "2026-06-10")).outcome == outcome


def test_a_newer_answer_that_cannot_be_read_takes_the_place_of_the_older_one() -> None:
    newer = answer("E13/other-reason", False, "2026-06-12")
    newer["item"][0]["answer"] = [{"valueString": "to be discussed"}]
    older = answer("E13/other-reason", False, "2026-06-10")
    assert finding("E13", older).outcome == "pass"
    found = finding("E13", older, newer)
    assert found.outcome == "attest"
    assert "cannot be read" in found.reason


def test_of_two_clinicians_who_disagree_the_newer_counts_and_the_other_is_told() -> None:
    first = answer("E13/other-reason", True, "2026-06-09", author={"reference": "Practitioner/d2"})
    found = finding("E13", first, answer("E13/other-reason", False, "2026-06-12"))
    assert found.outcome == "pass"
    assert "on 2026-06-09 Practitioner/d2 had answered otherwise; the newer answer counts" in found.reason
