"""Tokens as clients make them, and as attackers would; keys are made anew in each run."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

ISSUER = "https://ehr.example"
HOOK_URL = "https://cds.example/cds-services/lupus-trials"
NOW = 1_780_000_000.0
EC, RSA = "ec-1", "rsa-1"


@cache
def private_key(key_id: str) -> Any:
    """A key pair; the id tells its kind."""
    if key_id.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=1024 if "weak" in key_id else 2048)
    return ec.generate_private_key(ec.SECP256R1() if "p256" in key_id else ec.SECP384R1())


def public_jwk(key_id: str, **more: Any) -> dict[str, Any]:
    algorithm = jwt.get_algorithm_by_name("RS384" if key_id.startswith("rsa") else "ES384")
    made = algorithm.to_jwk(private_key(key_id).public_key(), as_dict=True)
    return {**made, "kid": key_id, **more}


def rsa_jwk(e: int | None = None, n: Callable[[int], int] | None = None) -> dict[str, Any]:
    """An RSA key with another exponent, or another modulus made of its own."""
    numbers = private_key(RSA).public_key().public_numbers()
    made = {"e": e or numbers.e, "n": n(numbers.n) if n else numbers.n}
    written = {name: base64url(value.to_bytes((value.bit_length() + 7) // 8)) for name, value in made.items()}
    return {"kty": "RSA", "kid": RSA, **written}


def private_jwk(name: str, **changed: Any) -> dict[str, Any]:
    """The whole key pair; ``None`` leaves a member out."""
    algorithm = jwt.get_algorithm_by_name("RS384" if name.startswith("rsa") else "ES384")
    made = {**algorithm.to_jwk(private_key(name), as_dict=True), "kid": name, **changed}
    return {member: value for member, value in made.items() if value is not None}


def pem(key: Any, passphrase: bytes | None = None) -> bytes:
    """A private key as a file."""
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    found: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return found


def jwks(*key_ids: str) -> dict[str, Any]:
    return {"keys": [public_jwk(key_id) for key_id in key_ids]}


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good token; ``None`` leaves one out."""
    made = {
        "iss": ISSUER,
        "aud": HOOK_URL,
        "exp": NOW + 300,
        "iat": NOW,
        "jti": "ba7d6f2e-2a34-4f0e-9c5c-2d5d2e4a8c11",
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def token(key_id: str = EC, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """A signed token; ``header`` adds to its header, or changes it after signing was chosen."""
    algorithm = "RS384" if key_id.startswith("rsa") else "ES384"
    return assembled(
        {"alg": algorithm, "kid": key_id, "typ": "JWT", **(header or {})},
        claims(**changed),
        lambda signed: jwt.get_algorithm_by_name(algorithm).sign(signed, private_key(key_id)),
    )


def assembled(header: Any, payload: Any, sign: Any) -> str:
    """A token of whatever parts; text stands for itself."""
    signed = f"{encoded(header)}.{encoded(payload)}"
    return f"{signed}.{base64url(sign(signed.encode()))}"


def encoded(part: Any) -> str:
    return base64url(part if isinstance(part, bytes) else json.dumps(part).encode())


def base64url(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
