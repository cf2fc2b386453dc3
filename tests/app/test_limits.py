"""Limits that hold before anything is parsed."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.errors import MediaTypeError, TooDeepError
from app.limits import must_be_json, must_be_shallow


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


BRACKETS = st.text(alphabet='[]{}"\\ax', max_size=12)
NESTED = st.recursive(
    st.none() | BRACKETS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(BRACKETS, inner, max_size=3),
    max_leaves=25,
)


@given(NESTED, st.integers(1, 8), st.sampled_from([None, 2]))
def test_exactly_what_is_nested_beyond_the_limit_is_refused(
    value: Any, limit: int, indent: int | None
) -> None:
    body = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    if depth_of(value) > limit:
        with pytest.raises(TooDeepError):
            must_be_shallow(body, limit)
    else:
        must_be_shallow(body, limit)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'["]",' * 100_000,
        b'[{"a":' * 50_000,
        b'{"hook": "patient-view", "context": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_a_hundred_thousand_levels_are_refused(body: bytes) -> None:
    with pytest.raises(TooDeepError, match="128 levels"):
        must_be_shallow(body, 128)


@pytest.mark.parametrize(
    "body", [b"", b"]]]]", b"[}" * 10, b"hello", b'"', b'{"a": "[[[["}', b'"\\\\"', b"\xff[\xfe"]
)
def test_what_is_shallow_or_no_json_at_all_is_left_to_the_parser(body: bytes) -> None:
    must_be_shallow(body, 3)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 20_000_000,
        (b"[" * 100 + b"]" * 100) * 100_000,
        b"[]" * 10_000_000,
        b'{"a":[' + b'{"x":"abc","y":[1,2]},' * 900_000 + b"1]}",
    ],
    ids=["open", "nested", "flat", "ordinary"],
)
def test_twenty_megabytes_are_judged_in_less_than_two_seconds(body: bytes) -> None:
    # A quarter of a second on a quiet machine.
    began = time.process_time()
    with contextlib.suppress(TooDeepError):
        must_be_shallow(body, 128)
    assert time.process_time() - began < 2


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""})


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/fhir+json",
        "application/fhir+json;fhirVersion=4.0",
        "text/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "",
        "application/cds+json",
    ],
)
def test_what_may_be_json_is_let_through(media_type: str) -> None:
    must_be_json(request(content_type=media_type))


@pytest.mark.parametrize(
    "media_type",
    [
        "application/fhir+xml",
        "application/xml",
        "text/xml; charset=utf-8",
        "text/html",
        "text/turtle",
        "multipart/form-data; boundary=x",
        "image/png",
        "application/fhir+ndjson",
        "application/x-ndjson",
        "application/ndjson",
        "APPLICATION/XML",
    ],
)
def test_what_is_announced_as_something_else_is_refused(media_type: str) -> None:
    with pytest.raises(MediaTypeError):
        must_be_json(request(content_type=media_type))


def test_no_media_type_at_all_is_let_through() -> None:
    must_be_json(request())


def test_a_compressed_body_is_refused() -> None:
    with pytest.raises(MediaTypeError, match="content-encoding"):
        must_be_json(request(content_type="application/json", content_encoding="gzip"))
