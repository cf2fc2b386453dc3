"""Private keys as operators have them: JWK, JWK Set or PEM; only what SMART lets clients sign with."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from fhir_mappings.client import SigningKeyError, read_signing_key
from tests.cds_hooks.signing import EC, RSA, pem, private_jwk, private_key, public_jwk

P256, WEAK = "ec-p256", "rsa-weak"


def as_file(document: Any) -> bytes:
    return json.dumps(document).encode()


@pytest.mark.parametrize(("name", "algorithm"), [(EC, "ES384"), (RSA, "RS384")])
@pytest.mark.parametrize("form", ["jwk", "set", "pem"])
def test_a_key_signs_with_the_algorithm_of_its_kind(form: str, name: str, algorithm: str) -> None:
    body = {
        "jwk": as_file(private_jwk(name, alg=algorithm)),
        "set": as_file({"keys": [public_jwk("ec-other"), private_jwk(name)]}),
        "pem": pem(private_key(name)),
    }[form]
    key = read_signing_key(body, name if form == "pem" else None)
    assert (key.algorithm, key.key_id) == (algorithm, name)
    assertion = key.assertion("me", "https://login.example/token", 1_780_000_000)
    assert jwt.get_unverified_header(assertion) == {"alg": algorithm, "kid": name, "typ": "JWT"}
    public = private_key(name).public_key()
    options: Any = {"verify_exp": False}
    claims = jwt.decode(assertion, public, [algorithm], options, audience="https://login.example/token")
    assert claims["iss"] == claims["sub"] == "me"


def test_of_several_private_keys_the_named_one_signs() -> None:
    body = as_file({"keys": [private_jwk(EC), private_jwk(RSA)]})
    assert read_signing_key(body, RSA).algorithm == "RS384"


@pytest.mark.parametrize(
    ("body", "key_id", "why"),
    [
        (b"", None, "neither JSON"),
        (b"[]", None, "no private key"),
        (b'{"keys": {}}', None, "no private key"),
        (as_file(public_jwk(EC)), None, "no private key"),
        (as_file({"keys": [private_jwk(EC), private_jwk(RSA)]}), None, "none of the id"),
        (as_file({"keys": [private_jwk(EC), private_jwk(EC)]}), EC, "several keys"),
        (as_file(private_jwk(EC)), "another", "another id"),
        (as_file(private_jwk(EC, kid=None)), None, "no 'kid'"),
        (as_file(private_jwk(EC, alg="ES256")), None, "another algorithm"),
        (as_file(private_jwk(EC, kty="oct")), None, "another algorithm"),
        (as_file(private_jwk(EC, d="%")), None, "no JWK that can be read"),
        (as_file(private_jwk(EC, crv="P-999")), None, "no JWK that can be read"),
        (pem(private_key(P256)), P256, "P-384"),
        (as_file(private_jwk(P256)), None, "P-384"),
        (pem(private_key(WEAK)), WEAK, "shorter than 2048"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "ed", "neither RSA nor"),
        (pem(private_key(EC)), None, "does not name its key"),
        (pem(private_key(EC), b"pass"), EC, "passphrase"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "k", "no PEM"),
    ],
)
def test_other_keys_are_refused_with_the_reason(body: bytes, key_id: str | None, why: str) -> None:
    with pytest.raises(SigningKeyError, match=why) as refused:
        read_signing_key(body, key_id)
    assert "BEGIN" not in str(refused.value)
