"""The key of this client, and what it signs to prove who asks (SMART App Launch 2.2, ``private_key_jwt``)."""

from __future__ import annotations

import uuid
from typing import Any, Literal

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

Algorithm = Literal["RS384", "ES384"]
"""Those that SMART asks every server and client to know."""

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""RFC 7523, 2.2."""

ASSERTION_SECONDS = 240
"""SMART lets an assertion live for five minutes by the server's clock, which may be a little behind."""

_FEWEST_RSA_BITS = 2048
_KEY_TYPES: dict[str, Algorithm] = {"RSA": "RS384", "EC": "ES384"}


class SigningKeyError(ValueError):
    """A key that cannot be used. The message says why, and repeats nothing of the key."""


class SigningKey:
    """A private key, and how it signs. It does not show in ``repr``.

    Attributes:
        algorithm: ``RS384`` for RSA keys, ``ES384`` for keys on the curve P-384.
        key_id: the name by which the server finds the public key.
    """

    def __init__(self, private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, key_id: str) -> None:
        self.algorithm = _algorithm_of(private)
        self.key_id = key_id
        self._private = private

    def assertion(self, client_id: str, audience: str, now: float) -> str:
        """A token with which ``client_id`` asks ``audience`` (the token endpoint) for access, once.

        Args:
            now: seconds since 1970, by the server's clock as far as it is known.
        """
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "exp": int(now) + ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        return jwt.encode(claims, self._private, self.algorithm, {"kid": self.key_id})

    def __repr__(self) -> str:
        return f"SigningKey({self.algorithm}, …)"


def read_signing_key(body: bytes, key_id: str | None = None) -> SigningKey:
    """The private key in a file: a JWK, a JWK Set, or PEM without passphrase.

    Args:
        key_id: its name (``kid``), where the file does not tell it, or tells several.

    Raises:
        SigningKeyError: there is no such key, or none that SMART lets clients sign with.
    """
    if body.lstrip().startswith(b"-----"):
        if key_id is None:
            raise SigningKeyError("a PEM file does not name its key; the key's id must be told beside it")
        return SigningKey(_from_pem(body), key_id)
    told = _chosen(_keys_in(body), key_id)
    name = told.get("kid") or key_id
    if not isinstance(name, str):
        raise SigningKeyError("the key has no 'kid'; its id must be told beside it")
    algorithm = _KEY_TYPES.get(str(told.get("kty")))
    if algorithm is None or told.get("alg", algorithm) != algorithm:
        raise SigningKeyError("the key is for another algorithm than RS384 and ES384")
    try:
        private = jwt.PyJWK(told, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise SigningKeyError("the key is no JWK that can be read") from None
    return SigningKey(private, name)


def _keys_in(body: bytes) -> list[dict[str, Any]]:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise SigningKeyError("it is neither JSON (JWK, JWK Set) nor PEM") from None
    keys = told.get("keys", [told]) if isinstance(told, dict) else []
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _chosen(keys: list[dict[str, Any]], key_id: str | None) -> dict[str, Any]:
    """The only private key, or the one of this name."""
    private = [key for key in keys if "d" in key]
    if len(private) > 1 or (key_id is not None and len(keys) > 1):
        private = [key for key in private if key.get("kid") == key_id]
    if not private:
        raise SigningKeyError("it holds no private key, or none of the id that was told")
    if len(private) > 1:
        raise SigningKeyError("it holds several keys of that id")
    if key_id is not None and private[0].get("kid", key_id) != key_id:
        raise SigningKeyError("its key has another id than the one that was told")
    return private[0]


def _from_pem(body: bytes) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    try:
        found = load_pem_private_key(body, None)
    except TypeError:
        raise SigningKeyError("its key has a passphrase; take it off, and guard the file") from None
    except ValueError:
        raise SigningKeyError("it is no PEM with a private key") from None
    if not isinstance(found, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise SigningKeyError("the key is neither RSA nor on the curve P-384")
    return found


def _algorithm_of(private: object) -> Algorithm:
    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < _FEWEST_RSA_BITS:
            raise SigningKeyError(f"the RSA key is shorter than {_FEWEST_RSA_BITS} bits")
        return "RS384"
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name == "secp384r1":
        return "ES384"
    raise SigningKeyError("the key is neither a private RSA key nor one on the curve P-384")
