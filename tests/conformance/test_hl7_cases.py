"""The cases of HL7's validator, file by file: what it says of them, and what we do.

Three differ from it on purpose; ``docs/conformance.md`` says why.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.cards import check_cards
from conformance.checks.discovery import check_document
from conformance.checks.shapes import empties
from conformance.report import Ledger
from tests.app.service import HOOK, default_client

CASES = Path(__file__).parents[1] / "data" / "cds-hooks" / "hl7-validator"

ANSWERS: dict[str, tuple[bool, set[str]]] = {
    "response-empty": (True, set()),
    "response-empty-bad": (False, {"C2", "C54"}),
    "response-empty-good": (True, set()),
    "response-empty-source": (False, {"C2", "C62", "C73"}),
    "response-empty2": (False, {"C2", "C54"}),
    "response-good": (True, set()),
    "response-link": (True, set()),
    "response-no-link": (True, set()),
    # 169 characters of summary, and a link without type: the text forbids both.
    "response-source-link": (True, {"C59", "C73"}),
    "response-suggestion": (False, {"C59", "C67"}),
    "response-two-cards": (True, set()),
    "services-good": (True, set()),
    # The validator knows no such extension; the text lets extensions be anything that two parties agree.
    "services-order-select-extensions": (False, set()),
}
"""By file: whether the validator accepts it, and the rules that our suite finds broken."""

REQUESTS: dict[str, tuple[bool, int]] = {
    "request-order-select-bad": (False, 200),
    "request-order-select-extensions": (False, 400),
    "request-order-select-good": (True, 200),
    "request-order-sign-bad-1": (False, 200),
    "request-order-sign-bad-2": (False, 200),
    "request-order-sign-good": (True, 200),
    "request-patient-view-bad": (False, 412),
    "request-patient-view-good": (True, 412),
    "request-pv-good": (True, 412),
}
"""By file: whether the validator accepts it, and our status. 412: our own templates were not filled."""


def case(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def accepted_by_the_validator(name: str) -> bool:
    """As its recorded outcome has it; the two without one are told by their names."""
    recorded = CASES / "outcomes" / f"{name}.json"
    if not recorded.exists():
        return name.endswith("-good")
    issues = json.loads(recorded.read_text("utf-8")).get("issue", [])
    return not any(issue["severity"] in ("fatal", "error") for issue in issues)


def broken_rules(name: str) -> set[str]:
    ledger = Ledger()
    body = case(name)
    (check_cards if name.startswith("response") else check_document)(body, name, ledger)
    for place in empties(body):
        ledger.check("C2", False, place, "it is empty")
    return {result.number for result in ledger.results() if result.status == "failed"}


def test_no_case_is_left_out() -> None:
    assert {file.stem for file in CASES.glob("*.json")} == ANSWERS.keys() | REQUESTS.keys()


@pytest.mark.parametrize("name", [*ANSWERS, *REQUESTS])
def test_the_table_has_what_the_validator_says(name: str) -> None:
    accepted = (ANSWERS[name] if name in ANSWERS else REQUESTS[name])[0]
    assert accepted_by_the_validator(name) == accepted


@pytest.mark.parametrize("name", ANSWERS)
def test_the_suite_finds_what_is_wrong_with_answers_and_discovery(name: str) -> None:
    assert broken_rules(name) == ANSWERS[name][1]


@pytest.mark.parametrize("name", REQUESTS)
def test_our_service_answers_each_request(name: str) -> None:
    assert default_client().post(HOOK, json=case(name)).status_code == REQUESTS[name][1]
