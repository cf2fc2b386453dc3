"""Feedback comes in batches, late and doubled; what is malformed is told by place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cds_hooks.errors import CdsHooksError, InvalidRequestError, MissingElementError, NotJsonError
from cds_hooks.feedback import read_feedback

ACCEPTED = {
    "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
    "outcomeTimestamp": "2026-11-22T07:28:42.038Z",
}
OVERRIDDEN = {
    "card": "123456",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-11-22T07:28:46Z",
    "overrideReason": {"reason": {"code": "pt-declined", "system": "http://example.org/or"}},
}


def body(*items: Any) -> bytes:
    return json.dumps({"feedback": items}).encode()


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


def test_a_batch_with_repeated_and_unknown_cards_is_read() -> None:
    items = read_feedback(body(ACCEPTED, OVERRIDDEN, ACCEPTED)).items
    assert [item.outcome for item in items] == ["accepted", "overridden", "accepted"]
    assert items[1].card == "123456"


def test_a_null_is_an_element_that_is_left_out() -> None:
    """As some clients write what they have nothing for."""
    (item,) = read_feedback(body({**OVERRIDDEN, "acceptedSuggestions": None})).items
    assert not item.accepted_suggestions
    assert read_feedback(body({**ACCEPTED, "overrideReason": None})).items[0].reasons == ()
    with pytest.raises(MissingElementError, match="acceptedSuggestions"):
        read_feedback(body({**ACCEPTED, "acceptedSuggestions": None}))


@pytest.mark.parametrize(
    "reason",
    [
        {"userComment": "not now"},
        {"reason": {"code": "a", "system": "urn:x", "display": "A"}, "userComment": "x"},
        {"extension": {"com.epic.cdshooks.feedback.overrideReason.reasonDisplay": "Other"}},
    ],
)
def test_a_reason_is_a_code_or_words_or_the_clients_extension(reason: dict[str, Any]) -> None:
    assert read_feedback(body({**OVERRIDDEN, "overrideReason": reason})).items[0].override_reason


def test_epics_spelling_in_the_plural_is_accepted() -> None:
    item = {**without(OVERRIDDEN, "overrideReason"), "overrideReasons": [{"reason": {"code": "1"}}]}
    assert read_feedback(body(item)).items[0].override_reasons is not None


EPIC = "com.epic.cdshooks.feedback.overrideReason."


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"overrideReason": {"reason": {"code": "a", "system": "s"}}}, ["a"]),
        ({"overrideReasons": {"reason": {"code": "a", "system": "s"}}}, ["a"]),
        ({"overrideReasons": [{"reason": {"code": "a"}}, {"reason": {"code": "b"}}]}, ["a", "b"]),
        (
            {
                "overrideReason": {"reason": {"code": "a"}},
                "overrideReasons": [{"reason": {"code": "a"}}, {"reason": {"code": "b"}}],
            },
            ["a", "b"],
        ),
        ({"overrideReason": {"extension": {f"{EPIC}reasonCategory": "45"}}}, ["45"]),
        (
            {"overrideReasons": {"extension": {f"{EPIC}reasonTitle": "Does not meet criteria"}}},
            ["Does not meet criteria"],
        ),
        ({"overrideReasons": {"extension": {f"{EPIC}reasonCategory": 45, "other": "x"}}}, []),
        ({"overrideReason": {"userComment": "words"}}, []),
        ({"overrideReasons": "words"}, []),
        ({}, []),
    ],
)
def test_coded_reasons_are_found_in_every_spelling(given: dict[str, Any], codes: list[str]) -> None:
    item = read_feedback(body({**without(OVERRIDDEN, "overrideReason"), **given})).items[0]
    assert [reason.code for reason in item.reasons] == codes


def test_it_is_told_whether_the_user_added_words_in_either_spelling() -> None:
    for name in ("overrideReason", "overrideReasons"):
        item = {**without(OVERRIDDEN, "overrideReason"), name: {"userComment": "words"}}
        assert read_feedback(body(item)).items[0].commented
    assert not read_feedback(body(OVERRIDDEN)).items[0].commented


def test_an_overridden_card_needs_no_reason() -> None:
    assert read_feedback(body(without(OVERRIDDEN, "overrideReason"))).items[0].override_reason is None


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),  # RFC 3339, appendix D
        ("2016-12-31t15:59:60.5-08:00", datetime(2016, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)),
        ("2026-11-22T07:28:42.1234567890Z", datetime(2026, 11, 22, 7, 28, 42, 123_456, tzinfo=UTC)),
        ("2026-11-22T07:28:42-00:00", datetime(2026, 11, 22, 7, 28, 42, tzinfo=UTC)),
    ],
)
def test_every_instant_of_rfc_3339_is_read(told: str, meant: datetime) -> None:
    """C84."""
    assert read_feedback(body({**OVERRIDDEN, "outcomeTimestamp": told})).items[0].acted_at == meant


@pytest.mark.parametrize("name", ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions"])
def test_a_required_element_that_lacks_is_told_by_place(name: str) -> None:
    with pytest.raises(MissingElementError) as raised:
        read_feedback(body(OVERRIDDEN, without(ACCEPTED, name)))
    assert raised.value.expression == f"feedback[1].{name}"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"outcome": "ignored"}, InvalidRequestError),
        ({"outcome": 1}, InvalidRequestError),
        ({"card": 1}, InvalidRequestError),
        ({"acceptedSuggestions": [{}]}, InvalidRequestError),
        ({"acceptedSuggestions": []}, MissingElementError),
        ({"outcomeTimestamp": "yesterday"}, InvalidRequestError),
        ({"outcomeTimestamp": "2026-11-22"}, InvalidRequestError),
        ({"outcomeTimestamp": "2026-11-22T07:28:42"}, InvalidRequestError),
        ({"outcomeTimestamp": "2026-13-45T07:28:42Z"}, InvalidRequestError),
        ({"outcomeTimestamp": "2026-11-22T07:60:42Z"}, InvalidRequestError),
        ({"outcomeTimestamp": "2026-11-22T07:28:61Z"}, InvalidRequestError),
        ({"overrideReason": {}}, InvalidRequestError),
        ({"overrideReason": {"reason": {"system": "urn:x"}}}, MissingElementError),
    ],
)
def test_a_malformed_item_is_refused(changed: dict[str, Any], error: type[CdsHooksError]) -> None:
    with pytest.raises(error) as raised:
        read_feedback(body({**ACCEPTED, **changed}))
    assert (raised.value.expression or "").startswith("feedback[0]")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"", NotJsonError),
        (b"[]", NotJsonError),
        (b"{}", MissingElementError),
        (b'{"feedback": {}}', InvalidRequestError),
        (b'{"feedback": []}', InvalidRequestError),
        (b'{"feedback": [1]}', NotJsonError),
    ],
)
def test_what_is_no_feedback_is_refused(text: bytes, error: type[CdsHooksError]) -> None:
    with pytest.raises(error):
        read_feedback(text)
