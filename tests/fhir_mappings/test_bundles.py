"""Finding the resources in whatever carries them: Bundles of any type, single resources, NDJSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.bundles import ANY_TYPE, Document, read_document, split_documents
from fhir_mappings.errors import UnreadableInputError

PATIENT = {"resourceType": "Patient", "id": "p1"}
RESULT = {"resourceType": "Observation", "id": "o1", "subject": {"reference": "Patient/p1"}}
CONDITION = {"resourceType": "Condition", "id": "c1"}
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
WARNED = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]}


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def bundle(*resources: Any, kind: str = "collection", **elements: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries, **elements}


def names(documents: list[Document]) -> list[str]:
    return [source.reference for document in documents for source in document.sources]


@pytest.mark.parametrize(
    "kind",
    ["collection", "searchset", "transaction", "batch", "document", "message", "transaction-response", None],
)
def test_a_bundle_of_any_type_holds_its_resources(kind: str | None) -> None:
    found = bundle(PATIENT, RESULT)
    found["type"] = kind
    assert names(split_documents(text(found))) == ["Patient/p1", "Observation/o1"]


def test_a_single_resource_is_a_document_of_its_own() -> None:
    assert names(split_documents(text(PATIENT))) == ["Patient/p1"]


def test_a_printed_bundle_over_many_lines_is_one_document() -> None:
    body = json.dumps(bundle(PATIENT, RESULT), indent=2).encode()
    assert names(split_documents(body)) == ["Patient/p1", "Observation/o1"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b"\n  \n"])
def test_each_line_of_ndjson_is_a_document_whatever_ends_the_lines(end: bytes) -> None:
    body = end.join([text(PATIENT), text(bundle(RESULT, CONDITION))]) + end
    documents = split_documents(body)
    assert len(documents) == 2
    assert names(documents) == ["Patient/p1", "Observation/o1", "Condition/c1"]


def test_a_bad_line_of_ndjson_costs_only_itself() -> None:
    body = b"\n".join([text(PATIENT), b"{broken", b"[1]", text(RESULT)])
    documents = split_documents(body)
    assert names(documents) == ["Patient/p1", "Observation/o1"]
    told = [unread for document in documents for unread in document.unread]
    assert [unread.reference for unread in told] == ["line 2", "line 3"]


def test_a_byte_order_mark_is_no_part_of_the_json() -> None:
    assert names(split_documents(b"\xef\xbb\xbf" + text(bundle(PATIENT)))) == ["Patient/p1"]


@pytest.mark.parametrize("garbage", [b"\x00\x00", b"\n<!-- cut -->", b"\n}", b"  ;"])
def test_what_trails_behind_the_json_is_told_and_costs_nothing_else(garbage: bytes) -> None:
    documents = split_documents(json.dumps(bundle(PATIENT, RESULT), indent=1).encode() + garbage)
    assert names(documents) == ["Patient/p1", "Observation/o1"]
    assert any(document.unread for document in documents)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n ",
        b"<html><body>502 Bad Gateway</body></html>",
        b"{",
        b"[]",
        b"12",
        b"{}",
        b'{"name": "not FHIR"}',
        b"\xff\xfe",
        b"a,b\n1,2\n",
        b"[" * 200_000,
        b'{"resourceType": 5}',
    ],
)
def test_what_is_no_fhir_is_refused_in_one_line_that_says_how_to_mend_it(body: bytes) -> None:
    with pytest.raises(UnreadableInputError) as caught:
        split_documents(body)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


def test_nested_bundles_are_opened() -> None:
    inner = bundle(RESULT, bundle(CONDITION), kind="searchset")
    assert names(split_documents(text(bundle(PATIENT, inner, kind="batch-response")))) == [
        "Patient/p1",
        "Observation/o1",
        "Condition/c1",
    ]


def test_an_empty_bundle_is_a_document_without_resources() -> None:
    for empty in ({"resourceType": "Bundle"}, bundle(), {"resourceType": "Bundle", "entry": None}):
        (document,) = split_documents(text(empty))
        assert document.bundle
        assert document.sources == []


def test_entries_that_hold_no_resource_cost_only_themselves() -> None:
    found = bundle(PATIENT)
    found["entry"] += [
        {"response": {"status": "201"}},
        {"resource": None},
        "garbage",
        {"resource": "text"},
        {"resource": {"id": "no type"}},
        {"resource": RESULT, "fullUrl": 7},
        None,
    ]
    (document,) = split_documents(text(found))
    assert names([document]) == ["Patient/p1", "Observation/o1"]
    assert document.unread


def test_an_entry_that_cannot_be_read_may_have_been_of_any_type_or_of_the_one_that_was_searched() -> None:
    collected, searched = bundle(PATIENT, RESULT), bundle(CONDITION, kind="searchset")
    collected["entry"].append({"resource": "garbage"})
    searched["entry"].append({"resource": "garbage"})
    searched["link"] = [{"relation": "self", "url": "https://x/Condition?patient=p1"}]
    assert {"Observation", "Condition", "Procedure"} <= split_documents(text(collected))[0].truncated
    assert split_documents(text(searched))[0].truncated == {"Condition"}


def test_a_match_that_a_searchset_holds_twice_counts_once_against_its_total() -> None:
    twice = [RESULT, {**RESULT, "issued": "2020-01-01T00:00:00Z"}]
    assert split_documents(text(bundle(*twice, kind="searchset", total=2)))[0].truncated == {"Observation"}
    assert split_documents(text(bundle(*twice, kind="searchset", total=1)))[0].truncated == set()


def test_a_searchset_that_holds_less_than_its_total_is_not_whole() -> None:
    assert split_documents(text(bundle(RESULT, kind="searchset", total=2)))[0].truncated == {"Observation"}
    assert split_documents(text(bundle(RESULT, kind="searchset", total=1)))[0].truncated == set()


def test_a_part_of_a_batch_that_failed_leaves_open_what_did_not_come() -> None:
    batch = bundle(PATIENT, bundle(RESULT, kind="searchset"), kind="batch-response")
    batch["entry"].append({"response": {"status": "500 Internal Server Error"}})
    (document,) = split_documents(text(batch))
    assert document.failed == {ANY_TYPE}
    assert document.unread


def test_a_resource_without_an_id_is_named_by_its_url_or_its_place() -> None:
    found = bundle({"resourceType": "Patient"})
    found["entry"].append({"fullUrl": "urn:uuid:0001", "resource": {"resourceType": "Condition"}})
    found["entry"].append({"resource": {"resourceType": "Condition"}})
    assert names(split_documents(text(found))) == ["Patient/#1", "urn:uuid:0001", "Condition/#3"]


def test_a_page_that_was_not_followed_truncates_the_types_of_the_search() -> None:
    links = [
        {"relation": "self", "url": "https://fhir.example.org/Observation?patient=p1&_count=1"},
        {"relation": "next", "url": "https://fhir.example.org/Observation?page=2"},
    ]
    (document,) = split_documents(text(bundle(RESULT, kind="searchset", link=links)))
    assert document.truncated == {"Observation"}


def test_an_empty_first_page_still_truncates_the_type_that_was_searched() -> None:
    links = [
        {"relation": "self", "url": "https://fhir.example.org/Condition?patient=p1"},
        {"relation": "next", "url": "https://fhir.example.org/Condition?page=2"},
    ]
    (document,) = split_documents(text(bundle(kind="searchset", link=links)))
    assert document.truncated == {"Condition"}


def test_the_last_page_truncates_nothing() -> None:
    links = [
        {"relation": "self", "url": "https://fhir.example.org/Observation?page=2"},
        {"relation": "previous", "url": "https://fhir.example.org/Observation"},
    ]
    (document,) = split_documents(text(bundle(RESULT, kind="searchset", link=links)))
    assert document.truncated == set()


def test_only_the_truncated_one_of_two_nested_searches_is_truncated() -> None:
    cut = bundle(RESULT, kind="searchset", link=[{"relation": "next", "url": "https://x/Observation?p=2"}])
    whole = bundle(CONDITION, kind="searchset")
    (document,) = split_documents(text(bundle(PATIENT, cut, whole)))
    assert document.truncated == {"Observation"}


def test_a_server_that_reports_an_error_among_the_results_did_not_return_them_all() -> None:
    links = [{"relation": "self", "url": "https://fhir.example.org/Observation?patient=p1"}]
    found = bundle(RESULT, kind="searchset", link=links)
    found["entry"].append({"resource": FAILED, "search": {"mode": "outcome"}})
    (document,) = split_documents(text(found))
    assert names([document]) == ["Observation/o1"]
    assert "Observation" in document.failed
    assert document.unread


def test_the_error_of_one_search_is_not_that_of_another() -> None:
    broken = bundle(FAILED, kind="searchset", link=[{"relation": "self", "url": "https://x/Observation?a=b"}])
    whole = bundle(CONDITION, kind="searchset", link=[{"relation": "self", "url": "https://x/Condition?a=b"}])
    (document,) = split_documents(text(bundle(PATIENT, broken, whole)))
    assert "Observation" in document.failed
    assert "Condition" not in document.failed
    assert "Patient" not in document.failed


def test_a_remark_among_the_results_is_no_resource_and_no_failure() -> None:
    found = bundle(RESULT, kind="searchset")
    found["entry"].append({"resource": WARNED, "search": {"mode": "outcome"}})
    (document,) = split_documents(text(found))
    assert names([document]) == ["Observation/o1"]
    assert document.failed == set()


@pytest.mark.parametrize("code", ["incomplete", "suppressed", "timeout", "too-costly", "throttled"])
@pytest.mark.parametrize("severity", ["warning", "information"])
def test_a_remark_that_results_are_lacking_cuts_the_search_short(severity: str, code: str) -> None:
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]}
    links = [{"relation": "self", "url": "https://fhir.example.org/Condition?patient=p1"}]
    found = bundle(CONDITION, kind="searchset", link=links)
    found["entry"].append({"resource": remark, "search": {"mode": "outcome"}})
    (document,) = split_documents(text(bundle(PATIENT, found, bundle(RESULT))))
    assert (document.truncated, document.failed) == ({"Condition"}, set())
    assert document.unread


def test_a_remark_that_results_are_lacking_beside_resources_of_no_search_concerns_them_all() -> None:
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]}
    for documents in (
        split_documents(text(bundle(PATIENT, CONDITION, remark))),
        split_documents(text(remark)),
    ):
        assert {"Condition", "Encounter", "Procedure"} <= documents[0].truncated


SEARCHED = [{"relation": "self", "url": "https://fhir.example.org/Procedure?patient=p1"}]


@pytest.mark.parametrize("entry", [{"fullUrl": "https://x/Procedure/1"}, {"resource": None}, {}, None])
@pytest.mark.parametrize("more", [{}, {"search": {"mode": "match"}, "response": {"status": "200 OK"}}])
def test_an_entry_without_a_resource_is_told_and_cuts_the_search_short(entry: Any, more: Any) -> None:
    found = bundle(kind="searchset", link=SEARCHED)
    found["entry"].append({**entry, **more} if entry is not None else None)
    (document,) = split_documents(text(bundle(PATIENT, found)))
    assert (document.truncated, len(document.unread)) == ({"Procedure"}, 1)


@pytest.mark.parametrize(
    "entry", [{"response": {"status": "204"}}, {"request": {"method": "DELETE", "url": "Procedure/1"}}]
)
def test_what_was_done_or_is_to_be_done_needs_no_resource(entry: Any) -> None:
    found = bundle(PATIENT, kind="transaction")
    found["entry"].append(entry)
    (document,) = split_documents(text(found))
    assert (document.truncated, document.unread) == (set(), [])


@pytest.mark.parametrize("url", [5, {}, None, ""])
def test_a_next_page_whose_address_is_no_text_is_there_all_the_same(url: Any) -> None:
    links = [*SEARCHED, {"relation": "next", "url": url}]
    (document,) = split_documents(text(bundle(PATIENT, bundle(kind="searchset", link=links))))
    assert document.truncated == {"Procedure"}


def test_a_count_in_quotes_is_one() -> None:
    (document,) = split_documents(text(bundle(kind="searchset", link=SEARCHED, total="7")))
    assert document.truncated == {"Procedure"}


def test_a_document_alone_is_read_like_a_file() -> None:
    assert names([read_document(text(bundle(PATIENT)))]) == ["Patient/p1"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["Bundle", "Patient", "next", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["resourceType", "entry", "resource", "link", "relation", "url", "id", "fullUrl"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_any_json_in_place_of_entries_is_read_or_told_and_never_raises(entries: Any) -> None:
    (document,) = split_documents(text({"resourceType": "Bundle", "entry": entries}))
    assert document.bundle
