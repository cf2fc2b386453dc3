"""An answer to a question that a trial does not ask is told as unread, with the names that there are."""

from __future__ import annotations

import pytest

from tests.app.medication_records import Json, record
from tests.app.service import AS_OF, screening_service

TRIAL = "nct07517536"


def unread(*links: str, form: str = TRIAL) -> list[str]:
    response: Json = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": f"https://trials.example/Questionnaire/{form}",
        "authored": "2026-06-10",
        "item": [{"linkId": link, "answer": [{"valueBoolean": True}]} for link in links],
    }
    report = screening_service().screen_record(record([response]), AS_OF, protocol_ids=["nct05247203"])
    assert all(one.reference.startswith("QuestionnaireResponse/") for one in report.unread)
    return [one.why for one in report.unread]


def test_a_misspelt_question_is_told_with_the_questions_of_its_criterion() -> None:
    [why] = unread("I5/judgd")
    assert why == (
        f"item I5/judgd is no question of {TRIAL} (did you mean 'I5/judged'?); those of I5 are: I5/judged"
    )


def test_so_is_one_with_the_name_of_the_trial_in_it() -> None:
    [why] = unread(f"{TRIAL}/I5/judgd", form="another-form")
    assert "did you mean 'I5/judged'?" in why


def test_a_criterion_that_does_not_exist_is_told_with_all_questions() -> None:
    [why] = unread("I99/judged")
    assert "its questions are: " in why
    assert "I5/judged" in why


@pytest.mark.parametrize("trial", screening_service().protocols)
def test_no_question_that_a_trial_asks_is_told_as_unknown(trial: str) -> None:
    questions = screening_service().protocols[trial].questions
    assert questions
    assert unread(*questions, form="another-form") == []


def test_a_question_of_a_trial_that_is_not_held_is_another_services() -> None:
    assert unread("nct00000001/I5/judgd", form="another-form") == []
