"""A report that names active tuberculosis without asserting it: whole resources, screened for trial A."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.test_undated_results import PATIENT, A, finding

Json = dict[str, Any]


def no_signs() -> Json:
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "subject": {"reference": f"Patient/{PATIENT['id']}"},
        "questionnaire": "https://trialcards.org/fhir/Questionnaire/nct07517536",
        "authored": "2026-06-10",
        "author": {"reference": "Practitioner/x", "display": "Dr X"},
        "item": [{"linkId": "nct07517536/E7/tuberculosis-signs", "answer": [{"valueBoolean": False}]}],
    }


def chest_ct(words: str) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "subject": {"reference": f"Patient/{PATIENT['id']}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "36643-5"}]},
        "effectiveDateTime": "2026-05-01",
        "conclusion": words,
    }


@pytest.mark.parametrize(
    ("words", "outcomes"),
    [
        ("Active TB is present.", {"fail"}),
        ("Active TB is unlikely.", {"review"}),
        ("Active tuberculosis is considered less likely.", {"review"}),
        ("Contact with active tuberculosis. Lungs clear.", {"review"}),
        ("活动性肺结核依据不足", {"review"}),
        ("Not consistent with active tuberculosis.", {"pass"}),
        ("Findings do not suggest active tuberculosis.", {"pass"}),
    ],
)
def test_only_what_a_report_asserts_excludes(words: str, outcomes: set[str]) -> None:
    """A-E7: imaging evidence of active pulmonary tuberculosis."""
    assert finding(A, "E7", no_signs(), chest_ct(words)).outcome in outcomes


def test_what_an_examination_was_made_for_is_like_silence() -> None:
    asked = finding(A, "E7", no_signs(), chest_ct("Screening for active tuberculosis."))
    silent = finding(A, "E7", no_signs(), chest_ct("Lungs clear."))
    assert (asked.outcome, asked.leaning) == (silent.outcome, silent.leaning)
