"""Whatever is sent as a client token is read or refused (C90 to C94); nothing else ever comes of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.keys import key_set
from cds_hooks.tokens import ALGORITHMS, TokenRefusedError, check_audience, check_times, read_token
from tests.cds_hooks.signing import EC, HOOK_URL, ISSUER, NOW, RSA, assembled, claims, jwks

GOOD_HEADER = {"alg": "ES384", "kid": EC, "typ": "JWT"}
KEYS = key_set(jwks(EC, RSA))


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


NUMBERS = st.sampled_from(
    ["1e999", "-1e999", "1e-999", "9" * 400, "-0", "1.7976931348623159e308", "18446744073709551616"]
)
TEXTS = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["ES384", "RS384", "none", "JWT", "jwt", EC, ISSUER]
)
VALUES = st.recursive(
    st.sampled_from(["null", "true", "false", '"\\ud800"', '"\\u0000"', str(NOW), str(NOW + 60)])
    | NUMBERS
    | TEXTS.map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{','.join(each)}]")
        | st.dictionaries(TEXTS.map(json.dumps), inner, max_size=2).map(
            lambda each: "{" + ",".join(f"{key}:{value}" for key, value in each.items()) + "}"
        )
    ),
    max_leaves=6,
)
"""JSON as text, so that it can be what no encoder of JSON would write."""


def objects(good: Mapping[str, Any], *more: str) -> st.SearchStrategy[bytes]:
    """JSON objects that are good but for what is changed, left out, or given twice."""

    def written(changed: Mapping[str, str], twice: Sequence[tuple[str, str]]) -> bytes:
        kept = {**{key: json.dumps(value) for key, value in good.items()}, **changed}
        pairs = [*((key, value) for key, value in kept.items() if value != "null"), *twice]
        return ("{" + ", ".join(f"{json.dumps(key)}: {value}" for key, value in pairs) + "}").encode(
            "utf-8", "surrogatepass"
        )

    names = st.sampled_from([*good, *more])
    return st.builds(
        written,
        st.dictionaries(names, VALUES, max_size=4),
        st.lists(st.tuples(names | TEXTS, VALUES), max_size=1),
    )


HEADERS = objects(GOOD_HEADER, "jku", "crit", "x") | VALUES.map(
    lambda text: text.encode("utf-8", "surrogatepass")
)
CLAIMS = objects(claims(), "nbf", "tenant", "sub", "x") | VALUES.map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@given(HEADERS, CLAIMS, st.binary(min_size=1, max_size=100))
@settings(max_examples=1_000, deadline=None)
def test_whatever_json_its_parts_are_it_is_read_or_refused(
    header: bytes, payload: bytes, signature: bytes
) -> None:
    text = assembled(header, payload, lambda _: signature)
    with contextlib.suppress(TokenRefusedError):
        found = read_token(text)
        check_audience(found, [HOOK_URL])
        check_times(found, NOW)
        assert found.algorithm in ALGORITHMS
        assert not any(key.signed(found) for key in KEYS.of_id(found.key_id))


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(max_size=100))
def test_whatever_bytes_its_parts_are_it_is_refused(header: bytes, payload: bytes, signature: bytes) -> None:
    for first, second in (
        (header, payload),
        (as_bytes(GOOD_HEADER), payload),
        (header, as_bytes(claims())),
    ):
        with pytest.raises(TokenRefusedError):
            read_token(assembled(first, second, lambda _: signature))
