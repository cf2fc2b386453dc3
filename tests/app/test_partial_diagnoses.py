"""Diagnoses that came only in part are no sign that the disease is absent: 412, and the log says why."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr
from typing import Any

import httpx
import pytest

from tests.app.draft_orders import intravenous, order_request
from tests.app.ehr import BASE, NETWORK, Ehr, hook_beside, request_without
from tests.app.service import LUPUS, NO_LUPUS, cards_of, fire, outcome_of, request_of, searchset

HYPERTENSION = {
    "resourceType": "Condition",
    "id": "ht",
    "subject": {"reference": f"Patient/{request_of(NO_LUPUS)['context']['patientId']}"},
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]},
}
FRAME = {"resourceType": "Bundle", "type": "searchset"}


def remark(severity: str, code: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}


WITHHELD = remark("warning", "suppressed")
NO_RESULTS = remark("warning", "processing")
NEXT = [{"relation": "next", "url": "https://elsewhere.example/Condition?page=2"}]
PARTS = {
    "a next page that is not followed": searchset(HYPERTENSION, link=NEXT),
    "a next page whose address is no text": searchset(link=[{"relation": "next", "url": 5}]),
    "one of forty": {**searchset(HYPERTENSION), "total": 40},
    "a count without entries": {**FRAME, "total": 7},
    "an entry that is null": {**FRAME, "entry": [None]},
    "an entry without a resource": {**FRAME, "entry": [{"fullUrl": f"{BASE}/Condition/1"}]},
    "results withheld": searchset(HYPERTENSION, WITHHELD),
    "nothing but results withheld": searchset(WITHHELD, total=0),
    "a lone Condition": HYPERTENSION,
    "a Condition that cannot be read": searchset({"resourceType": "Condition", "id": "c", "code": [[5]]}),
}
WHOLE = {
    "one of one": searchset(HYPERTENSION),
    "known to be none": None,
    "a remark that there are no results": searchset(NO_RESULTS, total=0),
}


def prefetched(value: Any, patient: str = NO_LUPUS) -> dict[str, Any]:
    request = request_of(patient)
    request["prefetch"]["conditions"] = value
    return request


@pytest.mark.parametrize("value", PARTS.values(), ids=PARTS)
def test_no_disease_among_a_part_of_the_diagnoses_is_not_known_to_be_no_disease(value: Any) -> None:
    issue = outcome_of(fire(prefetched(value)), 412)
    assert issue["code"] == "incomplete"
    assert issue["expression"] == ["prefetch.conditions"]


@pytest.mark.parametrize("value", WHOLE.values(), ids=WHOLE)
def test_no_disease_among_all_diagnoses_is_no_card(value: Any) -> None:
    assert cards_of(prefetched(value)) == []


def test_the_answer_says_in_what_way_the_diagnoses_are_not_whole() -> None:
    issue = outcome_of(fire(prefetched(searchset(WITHHELD))), 412)
    assert "came only in part" in issue["diagnostics"]
    assert "results may be lacking" in issue["diagnostics"]


def test_a_disease_that_is_among_a_part_of_the_diagnoses_is_enough_for_cards() -> None:
    bundle = request_of(LUPUS)["prefetch"]["conditions"]
    assert cards_of(prefetched({**bundle, "total": 40}, LUPUS))


def test_the_dead_get_no_card_whatever_diagnoses_came() -> None:
    request = prefetched(searchset(WITHHELD))
    request["prefetch"]["patient"]["deceasedBoolean"] = True
    assert cards_of(request) == []


@pytest.mark.parametrize("value", PARTS.values(), ids=PARTS)
def test_that_no_trial_would_be_closed_by_an_order_is_not_known_from_a_part_either(value: Any) -> None:
    request = order_request([intravenous("rituximab")], NO_LUPUS)
    request["prefetch"]["conditions"] = value
    outcome_of(fire(request), 412)


def fetched(value: Any) -> Ehr:
    """A server that answers so when it is asked for Conditions."""

    def instead(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.path.endswith("/Condition")
        return httpx.Response(200, json=value) if asked else None

    return Ehr(NO_LUPUS, instead=instead)


@pytest.mark.parametrize("value", PARTS.values(), ids=PARTS)
def test_what_is_fetched_in_part_is_judged_alike_and_the_log_says_why(value: Any) -> None:
    stream = io.StringIO()
    with NETWORK, redirect_stderr(stream):
        http = hook_beside(fetched(value))
        outcome_of(fire(request_without("conditions", patient=NO_LUPUS), http), 412)
    line = json.loads(stream.getvalue().splitlines()[-1])
    assert (line["status"], line["hook"], line["screenings"], line["prefetch_missing"]) == (
        412,
        "patient-view",
        0,
        1,
    )
    unreadable = value == PARTS["a Condition that cannot be read"]
    assert line["unread"] if unreadable else (line["fetch"], line["fetch_truncated"]) == ("partly", 1)
    assert unreadable or line["fetch_why"] in ("incomplete", "foreign-link")


@pytest.mark.parametrize("value", [value for value in WHOLE.values() if value], ids=list(WHOLE)[::2])
def test_what_is_fetched_as_a_whole_is_no_card(value: Any) -> None:
    with NETWORK:
        http = hook_beside(fetched(value))
        assert cards_of(request_without("conditions", patient=NO_LUPUS), http) == []


def test_the_log_of_a_hook_without_a_patient_says_why_as_well() -> None:
    stream = io.StringIO()
    with redirect_stderr(stream):
        http = hook_beside(fhir_servers=())
        outcome_of(fire(request_without("patient", patient=NO_LUPUS), http), 412)
    line = json.loads(stream.getvalue().splitlines()[-1])
    expected = {"hook": "patient-view", "prefetch_missing": 1, "fetch": "not-listed"}
    assert line.items() >= expected.items()
