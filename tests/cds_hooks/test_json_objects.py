"""The envelope of a message is read strictly: one JSON object in UTF-8, each key once."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.errors import InvalidRequestError, MissingElementError, NotJsonError
from cds_hooks.json_objects import is_null, members, optional, required, text_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), JSON, max_size=6), st.sampled_from([None, 1, "\t"]))
def test_every_json_object_is_read_as_it_is(value: dict[str, Any], indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    assert {key: msgspec.json.decode(raw) for key, raw in members(text).items()} == value


@given(st.dictionaries(st.text(), JSON, min_size=1, max_size=5), JSON, st.data())
def test_a_key_given_twice_is_refused_wherever_it_stands(
    value: dict[str, Any], other: Any, data: st.DataObject
) -> None:
    pairs = list(value.items())
    doubled = data.draw(st.sampled_from(pairs))[0]
    pairs.insert(data.draw(st.integers(0, len(pairs))), (doubled, other))
    text = "{" + " , ".join(f"{json.dumps(k)} : {json.dumps(v)}" for k, v in pairs) + "}"
    with pytest.raises(NotJsonError, match="twice"):
        members(text.encode())


def test_a_key_that_is_spelt_with_escapes_is_the_same_key() -> None:
    with pytest.raises(NotJsonError, match="'hook' twice"):
        members(rb'{"hook": "patient-view", "h\u006fok": "order-sign"}')


@pytest.mark.parametrize("text", [b"[]", b"1", b'"x"', b"null"])
def test_what_is_json_but_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(NotJsonError, match="not a JSON object"):
        members(text)


@pytest.mark.parametrize("text", [b"{", b"hello", b'{"a": NaN}', b"{'a': 1}", b'{"a": 1,}', b"{} {}"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(NotJsonError, match="is not JSON"):
        members(text)


def test_lines_of_json_are_named_as_such() -> None:
    with pytest.raises(NotJsonError, match="not several lines"):
        members(b'{"a": 1}\n{"a": 2}')


@pytest.mark.parametrize("body", [b"", b"  \r\n"])
def test_an_empty_body_is_said_to_be_empty(body: bytes) -> None:
    with pytest.raises(NotJsonError, match="empty"):
        text_of(body)


def test_bytes_that_are_no_utf8_are_refused_with_their_place() -> None:
    with pytest.raises(NotJsonError, match="byte 6"):
        text_of(b'{"a":"\xff"}')


def test_utf16_is_refused() -> None:
    with pytest.raises(NotJsonError, match="not UTF-8"):
        text_of('{"a": 1}'.encode("utf-16"))


def test_a_byte_order_mark_is_no_fault() -> None:
    assert members(text_of(b'\xef\xbb\xbf{"a": 1}')).keys() == {"a"}


def test_a_required_member_that_lacks_is_null_or_is_empty_is_missing() -> None:
    for text in (b"{}", b'{"a": null}', b'{"a": ""}'):
        with pytest.raises(MissingElementError, match=r"'x\.a' is required"):
            required(members(text), "a", str, "x.a")


def test_a_member_of_the_wrong_kind_is_named_without_its_value() -> None:
    with pytest.raises(InvalidRequestError, match=r"Expected `str`, got `int`") as raised:
        required(members(b'{"a": 4711}'), "a", str, "a")
    assert "4711" not in raised.value.message
    assert raised.value.expression == "a"


def test_an_optional_member_may_lack_or_be_null() -> None:
    assert optional(members(b"{}"), "a", str, "a") is None
    assert optional(members(b'{"a": null}'), "a", str, "a") is None


def test_only_null_is_null() -> None:
    assert is_null(b"null")
    assert not any(is_null(value) for value in (b"nulls", b'"null"', b"{}", b"n"))


def test_an_object_of_more_than_a_thousand_members_is_refused_at_once() -> None:
    def of(count: int) -> bytes:
        return b"{" + b",".join(b'"k%d": 1' % number for number in range(count)) + b"}"

    assert len(members(of(1_000))) == 1_000
    with pytest.raises(NotJsonError, match="more than 1000 members"):
        members(of(1_001))
