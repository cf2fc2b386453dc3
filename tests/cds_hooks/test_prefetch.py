"""The states of a prefetch value: there, known to be nothing, missing, failed."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest

from cds_hooks.prefetch import Prefetched, read_value, reconcile

CONDITION = {"resourceType": "Condition", "id": "c1"}
OUTCOME = {"resourceType": "OperationOutcome"}


def read(value: Any, resource_type: str = "Condition") -> Prefetched:
    return read_value(json.dumps(value).encode(), resource_type)


def searchset(*resources: Any, **more: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


def issue(severity: str) -> dict[str, Any]:
    return {**OUTCOME, "issue": [{"severity": severity, "code": "processing"}]}


def test_a_searchset_with_matches_is_present() -> None:
    found = read(searchset(CONDITION, total=1))
    assert (found.state, found.truncated) == ("present", False)
    assert [msgspec.json.decode(raw) for raw in found.resources] == [CONDITION]


@pytest.mark.parametrize("value", [None, searchset(), searchset(total=0), {"resourceType": "Bundle"}])
def test_null_and_a_searchset_without_matches_are_known_to_be_nothing(value: Any) -> None:
    assert read(value) == Prefetched(state="empty")


def test_epics_empty_searchset_holds_a_warning_and_is_nothing() -> None:
    warning = {"resource": issue("warning"), "search": {"mode": "outcome"}}
    found = read({"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": [warning]})
    assert found == Prefetched(state="empty")


@pytest.mark.parametrize("severity", ["warning", "information"])
def test_a_remark_beside_matches_changes_nothing(severity: str) -> None:
    found = read(searchset(CONDITION, issue(severity)))
    assert (found.state, found.truncated, len(found.resources)) == ("present", False, 1)


@pytest.mark.parametrize("code", ["incomplete", "suppressed", "timeout", "too-costly", "throttled"])
@pytest.mark.parametrize("severity", ["warning", "information"])
def test_a_remark_that_results_are_lacking_means_that_more_may_be_missing(severity: str, code: str) -> None:
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}
    found = read(searchset(CONDITION, remark))
    assert (found.state, found.truncated, len(found.resources)) == ("present", True, 1)
    assert read(searchset(remark, total=0)).truncated


@pytest.mark.parametrize("severity", ["error", "fatal"])
def test_an_error_beside_matches_means_that_more_may_be_missing(severity: str) -> None:
    found = read(searchset(CONDITION, issue(severity)))
    assert (found.state, found.truncated, len(found.resources)) == ("present", True, 1)


def test_an_error_without_matches_is_a_failure() -> None:
    assert read(searchset(issue("error"))).state == "failed"


@pytest.mark.parametrize("value", [OUTCOME, issue("error"), issue("warning"), issue("information")])
def test_an_operation_outcome_in_place_of_data_is_a_failure(value: Any) -> None:
    assert read(value).state == "failed"


@pytest.mark.parametrize(
    "value",
    [
        "<html><head><title>Apache Tomcat – Error report</title></head></html>",
        "",
        0,
        True,
        [],
        [CONDITION],
        {},
        {"resourceType": None},
        {"resourceType": 5},
        {"response": {"status": "200 OK"}, "resource": CONDITION},
        {"resourceType": "Bundle", "entry": "none"},
        {"resourceType": "Observation"},
        searchset({"resourceType": "Observation"}),
    ],
)
def test_what_is_not_the_resource_asked_for_is_a_failure_with_a_reason(value: Any) -> None:
    found = read(value)
    assert (found.state, found.resources) == ("failed", ())
    assert found.why


@pytest.mark.parametrize("twice", ["total", "entry", "link", "type", "\\u0074otal"])
def test_a_searchset_that_tells_a_thing_twice_is_none_to_rely_on(twice: str) -> None:
    """RFC 8259, 4: of doubled names, readers take the last, the first, or none."""
    whole = json.dumps(searchset(CONDITION, total=1, link=[]))
    found = read_value(f'{{"{twice}": 0, {whole[1:]}'.encode(), "Condition")
    assert (found.state, found.in_vain, found.resources) == ("failed", False, ())
    assert found.why is not None
    assert found.why.endswith("' twice")


def test_a_next_page_means_that_there_is_more() -> None:
    links = [{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}]
    assert read(searchset(CONDITION, link=links)).truncated
    assert not read(searchset(CONDITION, link=links[:1])).truncated
    assert (read(searchset(CONDITION, link=links)).next_url, read(searchset(CONDITION)).next_url) == (
        "y",
        None,
    )


def test_a_next_page_whose_address_was_left_out_is_there_all_the_same() -> None:
    found = read(searchset(CONDITION, link=[{"relation": "next"}]))
    assert (found.truncated, found.next_url) == (True, None)


@pytest.mark.parametrize("url", [5, {}, ["y"], False, None])
def test_a_next_page_whose_address_is_no_text_is_there_all_the_same(url: Any) -> None:
    found = read(searchset(CONDITION, link=[{"relation": "next", "url": url}]))
    assert (found.truncated, found.next_url) == (True, None)


def test_what_has_faults_of_its_own_says_which() -> None:
    withheld = {**OUTCOME, "issue": [{"severity": "warning", "code": "suppressed"}]}
    for value in (searchset(CONDITION, withheld), searchset(withheld, total=0), searchset(None)):
        found = read(value)
        assert (found.truncated, found.flawed) == (True, True)
        assert found.why


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "https://ehr.example/Condition?patient=1&clinical-status=active",
            {("patient", "1"), ("clinical-status", "active")},
        ),
        (
            "Condition?patient=1&code:in=https://vs.example&_count=",
            {("patient", "1"), ("code:in", "https://vs.example"), ("_count", "")},
        ),
        ("Observation?category=a%2Cb&category=s%7Cc", {("category", "a,b"), ("category", "s|c")}),
        ("https://ehr.example/Condition/_search", set()),
        ("https://[ehr.example/Condition?code=1", set()),
        (5, set()),
    ],
)
def test_the_self_link_tells_by_which_parameters_was_searched(url: Any, told: set[tuple[str, str]]) -> None:
    """FHIR R4, search, "server conformance": which of the parameters the server used."""
    links = [{"relation": "next", "url": "https://ehr.example?page=2"}, {"relation": "self", "url": url}]
    assert read(searchset(CONDITION, link=links)).searched_by == told


def test_a_total_above_the_number_of_matches_means_that_there_is_more() -> None:
    assert (read(searchset(CONDITION, total=2)).truncated, read(searchset(CONDITION, total=2)).lacking) == (
        True,
        1,
    )
    assert read(searchset(total=2)) == Prefetched(state="present", truncated=True, lacking=2)


@pytest.mark.parametrize(("total", "lacking"), [(1, 0), (2, 1), ("2", 1)])
def test_a_match_that_was_sent_twice_counts_once_against_the_total(total: Any, lacking: int) -> None:
    again = {**CONDITION, "recordedDate": "2020-01-01"}
    found = read(searchset(CONDITION, again, total=total))
    assert (found.truncated, found.lacking) == (lacking > 0, lacking)


def test_a_client_that_was_refused_is_told_apart_from_one_that_sent_no_answer() -> None:
    # C46: an OperationOutcome is sent "to prevent an unneeded follow-up query".
    failure = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    assert read(failure).in_vain
    assert read(searchset(failure)).in_vain
    assert not read("<html>Tomcat</html>").in_vain


def test_keys_are_found_under_the_names_that_a_client_has_for_them() -> None:
    sent = {"problems": msgspec.Raw(b"null"), "conditions": msgspec.Raw(b"7")}
    expected = {"conditions": "Condition", "devices": "Device"}
    found = reconcile(sent, expected, {"conditions": "problems"})
    assert {key: value.state for key, value in found.items()} == {"conditions": "empty", "devices": "missing"}


def test_an_entry_that_is_no_resource_spoils_only_itself_and_leaves_the_answer_incomplete() -> None:
    bundle = searchset(CONDITION)
    bundle["entry"] += [None, "x", {"resource": None}, {"resource": {"id": "no type"}}, {"fullUrl": "urn:x"}]
    found = read(bundle)
    assert (found.state, found.truncated, len(found.resources)) == ("present", True, 1)


@pytest.mark.parametrize(
    "frame",
    [
        {"total": "1"},
        {"total": 1.0},
        {"total": True},
        {"total": {}},
        {"total": "many"},
        {"total": None},
        {"link": {"relation": "self", "url": "x"}},
        {"link": [None]},
        {"link": [{"relation": 5}]},
        {"link": "x"},
        {"entry": {"resource": CONDITION}},
        {"entry": [{"resource": CONDITION, "search": "match", "fullUrl": 5, "response": []}]},
        {"type": 5, "id": [], "meta": "x", "timestamp": {}},
    ],
)
def test_a_frame_that_departs_from_fhir_costs_no_resource(frame: dict[str, Any]) -> None:
    found = read({**searchset(CONDITION), **frame})
    assert (found.state, found.truncated) == ("present", False)
    assert [msgspec.json.decode(raw) for raw in found.resources] == [CONDITION]


@pytest.mark.parametrize(
    "frame",
    [
        {"total": "5"},
        {"total": 5.0},
        {"link": {"relation": "next", "url": "y"}},
        {"link": [None, {"relation": 5}, {"relation": "next"}]},
        {"entry": [{"resource": CONDITION}, {"search": "match"}]},
    ],
)
def test_a_frame_that_departs_from_fhir_still_tells_that_there_is_more(frame: dict[str, Any]) -> None:
    found = read({**searchset(CONDITION), **frame})
    assert (found.state, found.truncated, len(found.resources)) == ("present", True, 1)


@pytest.mark.parametrize("entries", ["none", 5, True])
def test_entries_that_are_neither_list_nor_object_are_a_failure_for_they_may_hide_resources(
    entries: Any,
) -> None:
    assert read({**searchset(), "entry": entries}).state == "failed"


def test_the_names_of_the_entries_are_kept_beside_their_resources() -> None:
    bundle = searchset(issue("warning"), CONDITION, CONDITION)
    bundle["entry"][1]["fullUrl"] = "urn:uuid:1"
    assert read(bundle).full_urls == ("urn:uuid:1", None)


def test_included_resources_are_kept_beside_the_matches() -> None:
    found = read(searchset(CONDITION, {"resourceType": "Practitioner"}))
    assert (len(found.resources), found.truncated) == (2, False)


def test_a_lone_resource_where_a_search_was_asked_for_may_be_one_of_several() -> None:
    found = read(CONDITION)
    assert (found.state, found.truncated) == ("present", True)
    patient = read({"resourceType": "Patient", "id": "1"}, "Patient")
    assert (patient.state, patient.truncated) == ("present", False)


def test_a_resource_whose_type_is_not_its_first_element_is_recognised() -> None:
    assert read({"id": "c1", "resourceType": "Condition"}).state == "present"


def test_a_value_nested_beyond_reason_is_a_failure_and_no_crash() -> None:
    deep = b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert read_value(deep, "Condition").state == "failed"
    bundle = b'{"resourceType": "Bundle", "entry": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert read_value(bundle, "Condition").state == "failed"


def test_keys_that_were_not_asked_for_are_ignored_and_those_that_did_not_come_are_missing() -> None:
    prefetch = {"conditions": msgspec.Raw(b"null"), "other": msgspec.Raw(b'{"resourceType": "Device"}')}
    received = reconcile(prefetch, {"conditions": "Condition", "patient": "Patient"})
    assert {key: found.state for key, found in received.items()} == {
        "conditions": "empty",
        "patient": "missing",
    }


def test_why_a_value_failed_repeats_nothing_of_it() -> None:
    for value in (
        "Mr Secret",
        {"resourceType": "OperationOutcome", "text": "Mr Secret"},
        {"name": "Mr Secret"},
    ):
        assert "Secret" not in (read(value).why or "")


def test_millions_of_entries_are_not_gone_through() -> None:
    body = b'{"resourceType":"Bundle","entry":[' + b",".join([b"0"] * 5_000_000) + b"]}"
    began = time.process_time()
    found = read_value(body, "Condition")
    assert time.process_time() - began < 3
    assert (found.resources, found.truncated, found.flawed) == ((), True, True)
