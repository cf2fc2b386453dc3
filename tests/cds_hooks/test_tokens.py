"""Client tokens, C90 to C94: read strictly, and refused for whatever the specification does not have."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.keys import key_set
from cds_hooks.tokens import (
    LEEWAY,
    LONGEST_LIFE,
    TokenRefusedError,
    bearer_token,
    check_audience,
    check_times,
    read_token,
)
from tests.cds_hooks.signing import (
    EC,
    HOOK_URL,
    ISSUER,
    NOW,
    RSA,
    assembled,
    base64url,
    claims,
    encoded,
    jwks,
    token,
)

GOOD_HEADER = {"alg": "ES384", "kid": EC, "typ": "JWT"}


def refusal_of(text: str) -> str:
    with pytest.raises(TokenRefusedError) as refusal:
        read_token(text)
    return refusal.value.code


def unsigned(header: Any, payload: Any) -> str:
    return assembled(header, payload, lambda _: b"x" * 96)


class TestAToken:
    """C90, C91."""

    @pytest.mark.parametrize("key_id", [EC, RSA])
    def test_tells_who_calls_whom_and_until_when(self, key_id: str) -> None:
        found = read_token(token(key_id, tenant="t", sub="s", nbf=NOW - 300))
        assert (found.issuer, found.audiences, found.expires) == (ISSUER, (HOOK_URL,), NOW + 300)
        assert (found.issued, found.not_before, found.tenant, found.subject) == (NOW, NOW - 300, "t", "s")
        assert (found.key_id, found.jku) == (key_id, None)

    def test_may_be_for_several_audiences(self) -> None:
        assert read_token(token(aud=["https://other.example", HOOK_URL])).audiences[1] == HOOK_URL

    def test_may_hold_claims_and_header_members_that_nobody_knows(self) -> None:
        assert read_token(token(header={"x5t": "AAAA"}, extra={"a": [1]})).issuer == ISSUER

    def test_may_have_a_key_id_that_ends_in_an_equals_sign_as_those_of_epic_do(self) -> None:
        assert read_token(token(header={"kid": "bXlLZXk="})).key_id == "bXlLZXk="

    def test_does_not_show_itself(self) -> None:
        assert repr(read_token(token())) == "Token(…)"

    @pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "jti"])
    def test_without_a_required_claim_is_refused(self, name: str) -> None:
        assert refusal_of(token(**{name: None})) == "claims-incomplete"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("iss", ""),
            ("iss", ["https://ehr.example"]),
            ("aud", []),
            ("aud", ""),
            ("aud", [1]),
            ("aud", {"a": 1}),
            ("exp", "1780000300"),
            ("exp", True),
            ("iat", [NOW]),
            ("jti", ""),
            ("jti", 5),
            ("nbf", "now"),
            ("tenant", {"a": 1}),
            ("sub", 7),
        ],
    )
    def test_with_a_claim_of_another_kind_is_refused(self, name: str, value: Any) -> None:
        assert refusal_of(token(**{name: value})) == "claims-incomplete"

    @pytest.mark.parametrize("name", ["kid", "typ"])
    def test_without_a_required_header_member_is_refused(self, name: str) -> None:
        header = {key: value for key, value in GOOD_HEADER.items() if key != name}
        assert refusal_of(unsigned(header, claims())) == "header-incomplete"

    def test_of_another_type_is_refused(self) -> None:
        assert refusal_of(token(header={"typ": "at+jwt"})) == "header-type"

    def test_with_a_critical_extension_is_refused_since_none_is_understood(self) -> None:
        assert refusal_of(token(header={"crit": ["b64"], "b64": False})) == "header-critical"


class TestTheAlgorithm:
    """C93."""

    @pytest.mark.parametrize(
        "name",
        [
            "none",
            "None",
            "NONE",
            "",
            None,
            5,
            ["ES384"],
            {"ES384": "ES384"},
            "HS256",
            "HS384",
            "HS512",
            "ES256",
            "RS256",
            "PS384",
            "es384",
        ],
    )
    def test_is_es384_or_rs384_and_nothing_else(self, name: Any) -> None:
        assert refusal_of(token(header={"alg": name})) == "algorithm-not-allowed"

    @pytest.mark.parametrize(
        "written",
        [
            "1e999",
            "-1e999",
            "1" * 3000,
            "[" * 3000,
            "[" * 90 + "]" * 90,
            '"\\ud800"',
            '"\\u0000"',
            "1e",
            "tru",
        ],
    )
    def test_that_no_reader_could_read_is_refused_too(self, written: str) -> None:
        header = f'{{"alg": {written}, "kid": "{EC}", "typ": "JWT"}}'.encode()
        assert refusal_of(unsigned(header, claims())) in ("algorithm-not-allowed", "header-not-json")

    def test_is_required(self) -> None:
        assert refusal_of(unsigned({"kid": EC, "typ": "JWT"}, claims())) == "algorithm-not-allowed"

    def test_is_that_of_the_key_so_that_no_public_key_passes_for_a_secret_or_for_another_kind(self) -> None:
        keys = key_set(jwks(EC, RSA))
        as_rsa = read_token(token(EC, header={"alg": "RS384"}))
        as_ec = read_token(token(RSA, header={"alg": "ES384"}))
        assert not any(key.signed(as_rsa) or key.signed(as_ec) for key in keys.keys)


class TestTheForm:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            ".",
            "..",
            "a.b",
            "a.b.c.d",
            "é.b.c",
            "\ud800.b.c",
            "ａｂ.b.c",
            " " + token(),
            token() + "\n",
            token() + "=",
            token().replace(".", ". "),
            token().rpartition(".")[0] + ".",
            token() + "A",
        ],
    )
    def test_is_three_parts_in_base64url_without_padding(self, text: str) -> None:
        assert refusal_of(text) == "not-a-token"

    def test_has_but_one_spelling_for_each_token(self) -> None:
        # The last character of 96 bytes carries no spare bits; that of 97 does.
        assert refusal_of(".".join([encoded(GOOD_HEADER), encoded(claims()), "AB"])) == "not-a-token"

    def test_has_at_most_8192_characters(self) -> None:
        assert refusal_of(token(extra="x" * 9_000)) == "token-too-long"
        assert refusal_of("." * 10_000_000) == "token-too-long"

    @pytest.mark.parametrize(
        "payload",
        [
            b"[]",
            b"null",
            b"{",
            b'{"iss": "\xff"}',
            b"{}{}",
            b"\xef\xbb\xbf{",
            b"[" * 4000,
            b'{"a":' * 1000,
        ],
    )
    def test_is_of_json_objects(self, payload: bytes) -> None:
        assert refusal_of(unsigned(GOOD_HEADER, payload)) in ("claims-not-json", "claims-incomplete")
        assert refusal_of(unsigned(payload, claims())) in ("header-not-json", "algorithm-not-allowed")

    def test_gives_no_claim_twice_lest_two_readers_read_two_tokens(self) -> None:
        doubled = json.dumps(claims()).replace('{"iss"', '{"iss": "https://evil.example", "iss"').encode()
        assert refusal_of(unsigned(GOOD_HEADER, doubled)) == "claims-not-json"
        escaped = (
            json.dumps(claims()).replace('{"iss"', '{"is\\u0073": "https://evil.example", "iss"').encode()
        )
        assert refusal_of(unsigned(GOOD_HEADER, escaped)) == "claims-not-json"

    def test_gives_no_header_member_twice(self) -> None:
        header = b'{"alg": "none", "alg": "ES384", "kid": "ec-1", "typ": "JWT"}'
        assert refusal_of(unsigned(header, claims())) == "header-not-json"

    @given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: f"{base64url(b)}.{base64url(b)}.AA"))
    def test_whatever_is_sent_is_read_or_refused(self, text: str) -> None:
        with pytest.raises(TokenRefusedError):
            read_token(text)

    @given(
        st.dictionaries(
            st.sampled_from(["iss", "aud", "exp", "iat", "jti", "x"]),
            st.recursive(
                st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
                lambda inner: st.lists(inner, max_size=3),
                max_leaves=4,
            ),
        )
    )
    def test_whatever_is_claimed_is_read_or_refused(self, payload: dict[str, Any]) -> None:
        text = unsigned(GOOD_HEADER, json.dumps(payload).replace("Infinity", "1e999").encode())
        with contextlib.suppress(TokenRefusedError):
            check_times(read_token(text), NOW)
            assert {"iss", "aud", "exp", "iat", "jti"} <= payload.keys()


class TestTheHeaderAuthorization:
    """C89."""

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_bears_the_token(self, scheme: str) -> None:
        assert bearer_token([f"{scheme} a.b.c"]) == "a.b.c"

    @pytest.mark.parametrize(
        ("values", "code"),
        [
            ([], "no-token"),
            (["Basic YTpi"], "no-bearer-token"),
            (["Bearer"], "no-bearer-token"),
            (["Bearer "], "no-bearer-token"),
            (["a.b.c"], "no-bearer-token"),
            (["Bearer a.b.c", "Bearer d.e.f"], "several-tokens"),
        ],
    )
    def test_that_bears_none_or_several_is_refused(self, values: list[str], code: str) -> None:
        with pytest.raises(TokenRefusedError) as refusal:
            bearer_token(values)
        assert refusal.value.code == code


class TestTheAudience:
    """C91."""

    @pytest.mark.parametrize("aud", [HOOK_URL, [HOOK_URL], ["https://other.example", HOOK_URL]])
    def test_is_the_url_that_was_called(self, aud: Any) -> None:
        check_audience(read_token(token(aud=aud)), [HOOK_URL])

    @pytest.mark.parametrize(
        "aud",
        [
            "https://cds.example",
            "https://cds.example/cds-services",
            HOOK_URL[:-1],
            HOOK_URL + "x",
            HOOK_URL + ".evil.example",
            HOOK_URL.upper(),
            HOOK_URL.replace("https", "http"),
            [HOOK_URL[:-1], HOOK_URL + "/feedback"],
            "*",
        ],
    )
    def test_is_compared_word_for_word(self, aud: Any) -> None:
        with pytest.raises(TokenRefusedError, match="audience"):
            check_audience(read_token(token(aud=aud)), [HOOK_URL])


class TestTheTimes:
    """C91, C94. Clocks may differ by a minute."""

    @pytest.mark.parametrize(
        "changed",
        [
            {"exp": NOW - LEEWAY + 1, "iat": NOW - 300},
            {"iat": NOW + LEEWAY},
            {"nbf": NOW + LEEWAY},
            {"nbf": NOW - 300},
            {"exp": NOW + 900},
            {"exp": NOW + LONGEST_LIFE},
            {"exp": NOW + 0.5, "iat": NOW - 0.5},
        ],
    )
    def test_within_them_the_token_holds(self, changed: dict[str, float]) -> None:
        check_times(read_token(token(**changed)), NOW)

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"exp": NOW - LEEWAY, "iat": NOW - 300}, "expired"),
            ({"exp": NOW - 86_400}, "expired"),
            ({"exp": 0}, "expired"),
            ({"exp": -1e300}, "expired"),
            ({"iat": NOW + LEEWAY + 1, "exp": NOW + 600}, "issued-in-the-future"),
            ({"iat": NOW + 1e9, "exp": NOW + 1e9 + 300}, "issued-in-the-future"),
            ({"nbf": NOW + LEEWAY + 1}, "not-yet-valid"),
            ({"iat": NOW - LONGEST_LIFE - LEEWAY - 1}, "issued-too-long-ago"),
            ({"iat": 0}, "issued-too-long-ago"),
            ({"exp": NOW + LONGEST_LIFE + 1}, "lives-too-long"),
            ({"exp": 1e300}, "lives-too-long"),
        ],
    )
    def test_outside_of_them_it_does_not(self, changed: dict[str, float], code: str) -> None:
        with pytest.raises(TokenRefusedError) as refusal:
            check_times(read_token(token(**changed)), NOW)
        assert refusal.value.code == code


class TestTheSignature:
    @pytest.mark.parametrize("key_id", [EC, RSA])
    def test_is_taken_from_its_key_alone(self, key_id: str) -> None:
        (key,) = key_set(jwks(key_id)).of_id(key_id)
        (other,) = key_set(jwks(f"{key_id}-other")).of_id(f"{key_id}-other")
        assert key.signed(read_token(token(key_id)))
        assert not other.signed(read_token(token(key_id)))

    @pytest.mark.parametrize("key_id", [EC, RSA])
    def test_does_not_hold_for_other_claims_or_another_header(self, key_id: str) -> None:
        (key,) = key_set(jwks(key_id)).of_id(key_id)
        header, payload, signature = token(key_id).split(".")
        other = encoded(claims(sub="somebody-else"))
        assert not key.signed(read_token(f"{header}.{other}.{signature}"))
        changed = json.loads(base64.urlsafe_b64decode(header + "==")) | {"x": 1}
        assert not key.signed(read_token(f"{encoded(changed)}.{payload}.{signature}"))

    @pytest.mark.parametrize("signature", [b"\0" * 96, b"\xff" * 96, b"\0", b"x" * 95, b"x" * 97, b"x" * 256])
    @pytest.mark.parametrize("key_id", [EC, RSA])
    def test_that_is_no_signature_is_none(self, key_id: str, signature: bytes) -> None:
        (key,) = key_set(jwks(key_id)).of_id(key_id)
        algorithm = "RS384" if key_id == RSA else "ES384"
        forged = assembled({**GOOD_HEADER, "alg": algorithm}, claims(), lambda _: signature)
        assert not key.signed(read_token(forged))


SPECIFIED = (
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVoci5leGFtcGxlLmNv"
    "bS9qd2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsInN1YiI6ImNsaWVudF9pZCIsImF1ZCI6Imh0dHBz"
    "Oi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwi"
    "anRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJhNWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIx"
    "MTFhZDMwMmEyIn0.CUFPkplnWd6YGIvzoHolWCQBDsCL8QtTWKGg_QFpS169WrqDGzktRi-_we6-6rVzbjerU27ZKww_SW0-b9RTz-dPJNcq"
    "sueMio8r6EqXUXhbLm_ch3XFSbDlGHDl_tqo"
)
"""The example of CDS Hooks 2.0, "Trusting CDS Clients", and its key; another library made it."""
SPECIFIED_KEY = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "example-kid",
    "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
    "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
    "alg": "ES384",
}


def test_the_example_of_the_specification_is_read_and_its_signature_verified() -> None:
    found = read_token(SPECIFIED)
    assert (found.issuer, found.subject) == ("https://fhir-ehr.example.com/", "client_id")
    assert found.jku == "https://fhir-ehr.example.com/jwk_uri"
    assert found.tenant == "2ddd6c3a-8e9a-44c6-a305-52111ad302a2"
    check_audience(found, ["https://cds.example.org/cds-services/some-service"])
    (key,) = key_set({"keys": [SPECIFIED_KEY]}).of_id("example-kid")
    assert key.signed(found)
