"""Signing calls as a client does, and as an attacker would.

CDS Hooks 2.0, "Trusting CDS Clients": a JSON Web Token in each call, signed with ES384 or RS384.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

_LIFE = 300
_HOUR = 3_600


class UnusableKeyError(ValueError):
    """A file that holds no private key for ES384 or RS384."""


class SigningKey(NamedTuple):
    """A client's private key, and what its tokens say of it. It does not show itself in ``repr``.

    Attributes:
        private: an EC key on P-384 or an RSA key.
        key_id: ``kid``.
        issuer: ``iss``.
        jku, tenant, subject: where the service wants them.
    """

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    key_id: str
    issuer: str
    jku: str | None = None
    tenant: str | None = None
    subject: str | None = None

    def __repr__(self) -> str:
        return "SigningKey(…)"

    @property
    def algorithm(self) -> str:
        """By the kind of key."""
        return "RS384" if isinstance(self.private, rsa.RSAPrivateKey) else "ES384"

    def header(self, **changed: Any) -> dict[str, Any]:
        """A good header; ``None`` leaves an element out."""
        return _given({"alg": self.algorithm, "kid": self.key_id, "typ": "JWT", "jku": self.jku, **changed})

    def claims(self, url: str, **changed: Any) -> dict[str, Any]:
        """Good claims for a call of this URL; ``None`` leaves one out."""
        now = int(time.time())
        made = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": url,
            "exp": now + _LIFE,
            "iat": now,
            "jti": str(uuid.uuid4()),
            "tenant": self.tenant,
        }
        return _given({**made, **changed})

    def token(self, url: str, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A signed token, as it should be or as changed."""
        return assembled(self.header(**(header or {})), self.claims(url, **claims), self._sign)

    def attacks(self, url: str) -> dict[str, tuple[str, str]]:
        """Tokens that a service must refuse: the rule that each breaks and the token, by what is wrong."""
        now = int(time.time())
        other = type(self)(_another(self.private), self.key_id, self.issuer, self.jku)
        unsigned = assembled(self.header(alg="none"), self.claims(url), lambda signed: b"")
        symmetric = assembled(self.header(alg="HS256"), self.claims(url), self._with_public_key_as_secret)
        good = self.token(url)
        head, _, signature = good.split(".")
        forged = encoded(self.claims(url, tenant="another", sub="another"))
        return {
            "alg none": ("C93", unsigned),
            "HS256 with the public key as secret": ("C93", symmetric),
            "no kid": ("C90", self.token(url, {"kid": None})),
            "typ is not JWT": ("C90", self.token(url, {"typ": "JOSE+JSON"})),
            "an unknown kid": ("C90", self.token(url, {"kid": f"unknown-{uuid.uuid4()}"})),
            "no iss": ("C91", self.token(url, iss=None)),
            "no aud": ("C91", self.token(url, aud=None)),
            "aud of another service": ("C91", self.token(url, aud="https://cds.invalid/cds-services/other")),
            "no exp": ("C91", self.token(url, exp=None)),
            "expired an hour ago": ("C91", self.token(url, iat=now - _HOUR - _LIFE, exp=now - _HOUR)),
            "no iat": ("C91", self.token(url, iat=None)),
            "issued in an hour": ("C91", self.token(url, iat=now + _HOUR, exp=now + _HOUR + _LIFE)),
            "no jti": ("C91", self.token(url, jti=None)),
            "signed with another key": ("C91", other.token(url)),
            "claims changed after signing": ("C91", f"{head}.{forged}.{signature}"),
            "an issuer that is not listed": ("C92", self.token(url, iss=f"https://{uuid.uuid4()}.invalid")),
            "a jku that is not listed": ("C92", self.token(url, {"jku": "https://keys.invalid/jwks.json"})),
            "no token at all": ("C89", ""),
        }

    def _sign(self, signed: bytes) -> bytes:
        return jwt.get_algorithm_by_name(self.algorithm).sign(signed, self.private)

    def _with_public_key_as_secret(self, signed: bytes) -> bytes:
        pem = self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        digest = hmac.HMAC(pem, hashes.SHA256())
        digest.update(signed)
        return digest.finalize()


def read_key(text: bytes) -> tuple[ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, str | None]:
    """A private key from PEM or from a JSON Web Key, and its ``kid`` if the latter has one.

    Raises:
        UnusableKeyError: it is neither, or for another algorithm than ES384 and RS384.
    """
    try:
        if text.lstrip().startswith(b"{"):
            told = json.loads(text)
            key = jwt.PyJWK(told, algorithm={"EC": "ES384", "RSA": "RS384"}[told["kty"]]).key
            key_id = told.get("kid")
        else:
            key, key_id = serialization.load_pem_private_key(text, password=None), None
    except (ValueError, TypeError, KeyError, jwt.PyJWTError):
        raise UnusableKeyError(
            "it is neither a private key in PEM, unencrypted, nor a JSON Web Key"
        ) from None
    fits = isinstance(key, rsa.RSAPrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1"
    )
    if not fits:
        raise UnusableKeyError("it is no private key for ES384 (P-384) or RS384")
    return key, key_id


def assembled(header: Any, claims: Any, sign: Callable[[bytes], bytes]) -> str:
    """A token of whatever parts."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{_base64url(sign(signed.encode()))}"


def encoded(part: Any) -> str:
    """A part of a token."""
    return _base64url(json.dumps(part).encode())


def _base64url(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _given(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if value is not None}


def _another(key: Any) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if isinstance(key, rsa.RSAPrivateKey):
        return rsa.generate_private_key(public_exponent=65537, key_size=key.key_size)
    return ec.generate_private_key(ec.SECP384R1())
