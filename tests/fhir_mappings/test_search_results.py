"""Which OperationOutcomes among results say that these are not whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_mappings.search_results import how_many_new, names, told_by

SECURITY = ("security", "login", "unknown", "expired", "forbidden", "suppressed")
TRANSIENT = ("transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled")
OTHERS = ("too-costly", "too-long", "required", "business-rule", "conflict", "limited-filter", "of-our-own")
EPIC = "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369"


def issue(severity: Any = "warning", code: Any = "processing", **more: Any) -> dict[str, Any]:
    return {"severity": severity, "code": code, **more}


def outcome(*issues: Any) -> bytes:
    return json.dumps({"resourceType": "OperationOutcome", "issue": list(issues)}).encode()


def epic(number: str, words: str, code: str) -> dict[str, Any]:
    return issue("warning", code, details={"coding": [{"system": EPIC, "code": number, "display": words}]})


NO_RESULTS = epic("4101", "Resource request returns no results.", "processing")
WITHHELD = epic(
    "59204",
    "The authenticated client's search request applies to a sub-resource that the client is not authorized "
    "for. Results of this sub-type will not be returned.",
    "suppressed",
)
NOTE = epic(
    "4119",
    "This response includes information available to the authorized user at the time of the request. It may "
    "not contain the entire record available in the system.",
    "processing",
)


def test_epics_remarks_on_no_results_and_on_what_a_reader_may_see_come_with_whole_searches() -> None:
    assert told_by(outcome(NO_RESULTS)) == "nothing"
    assert told_by(outcome(NO_RESULTS, NOTE)) == "nothing"


def test_epics_remark_that_results_are_withheld_means_that_they_are_not_whole() -> None:
    assert told_by(outcome(WITHHELD)) == "cut"
    assert told_by(outcome(WITHHELD, NO_RESULTS)) == told_by(outcome(NO_RESULTS, WITHHELD)) == "cut"


@pytest.mark.parametrize("code", [*SECURITY, *TRANSIENT, *OTHERS])
@pytest.mark.parametrize("severity", ["warning", "information", "success"])
def test_a_code_that_is_not_known_to_be_harmless_cuts_the_search_whatever_its_severity(
    severity: str, code: str
) -> None:
    assert told_by(outcome(issue(severity, code))) == "cut"


@pytest.mark.parametrize("code", ["informational", "processing", "not-found", "not-supported", "value"])
@pytest.mark.parametrize("severity", ["warning", "information"])
def test_a_remark_on_nothing_found_or_a_parameter_ignored_takes_nothing_away(
    severity: str, code: str
) -> None:
    assert told_by(outcome(issue(severity, code))) == "nothing"


@pytest.mark.parametrize("severity", ["error", "fatal"])
@pytest.mark.parametrize("code", ["processing", "suppressed", None])
def test_an_error_means_that_the_search_broke_off_whatever_else_is_told(severity: str, code: Any) -> None:
    assert told_by(outcome(NO_RESULTS, issue(severity, code))) == "failed"


@pytest.mark.parametrize("told", [issue(None), issue("Error"), issue("warning", None), {}])
def test_an_issue_without_severity_or_code_that_fhir_knows_is_not_harmless(told: Any) -> None:
    assert told_by(outcome(told)) == "cut"


def test_an_outcome_without_issues_says_nothing_that_could_be_relied_on() -> None:
    assert told_by(outcome()) == told_by(b'{"resourceType": "OperationOutcome"}') == "cut"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"issue": 5}', b'{"issue": [5]}', b'{"issue": "\xff"}'])
def test_an_outcome_that_cannot_be_read_tells_a_failure(body: bytes) -> None:
    assert told_by(body) == "failed"


def test_resources_are_told_apart_by_id_and_those_without_one_by_all_that_they_say() -> None:
    found = names(
        [b'{"id": "a"}', b'{"id": "a", "x": 1}', b'{"x": 1}', b'{"x": 2}', b'{"x": 2}', b'{"id": 5}']
    )
    assert len(set(found)) == 5 - 1


def test_what_was_on_a_page_before_is_not_new_and_what_is_twice_on_one_counts_once() -> None:
    assert how_many_new(("a", "a", "b"), {"b"}) == 1
    assert how_many_new(("a", "a", "b")) == 2
