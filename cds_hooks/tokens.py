"""The JSON Web Token by which a client says who it is: read strictly, then held against what is expected.

CDS Hooks 2.0, "Trusting CDS Clients": ``Authorization: Bearer <JWT>``, signed with ES384 or RS384, with the
claims ``iss``, ``aud``, ``exp``, ``iat``, ``jti`` and, if agreed, ``tenant``. Nothing that a token says of
itself is used before it was held against what the operator listed: neither its algorithm nor a URL in it.

Times are seconds since 1970 (UTC).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Sequence
from typing import TypeVar

import msgspec

from cds_hooks.errors import CdsHooksError
from cds_hooks.json_objects import members

LEEWAY = 60.0
"""Seconds by which clocks may differ."""

LONGEST_LIFE = 3_600.0
"""Seconds from ``iat`` to ``exp``, at most; as long a token could be replayed if it were not remembered."""

_LONGEST = 8_192
"""Characters of a token; one with a key of 4096 bits has some 1,200."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+\Z")
_Kind = TypeVar("_Kind")

ALGORITHMS = frozenset({"ES384", "RS384"})
"""What the specification recommends; neither ``none`` nor anything that signs with a shared secret."""


class TokenRefusedError(Exception):
    """A token that does not tell a client.

    Attributes:
        code: what was wrong, in a word for the log; nothing of the token.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as read, nothing of it verified. It does not show itself in ``repr``.

    Attributes:
        algorithm, key_id, jku: of the header; ``jku`` is the URL of the key set, if it names one.
        issuer, audiences, expires, issued, not_before, identifier, tenant, subject: of the claims.
        signed: the bytes that the signature is for.
    """

    algorithm: str
    key_id: str
    jku: str | None
    issuer: str
    audiences: tuple[str, ...]
    expires: float
    issued: float
    not_before: float | None
    identifier: str
    tenant: str | None
    subject: str | None
    signed: bytes
    signature: bytes

    def __repr__(self) -> str:
        return "Token(…)"


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str
    typ: str
    jku: str | None = None


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    aud: str | tuple[str, ...]
    exp: float
    iat: float
    jti: str
    nbf: float | None = None
    tenant: str | None = None
    sub: str | None = None


def bearer_token(authorization: Sequence[str]) -> str:
    """The token in the values of the header ``Authorization``.

    Raises:
        TokenRefusedError: there is none, or more than one.
    """
    if not authorization:
        raise TokenRefusedError("no-token")
    if len(authorization) > 1:
        raise TokenRefusedError("several-tokens")
    (value,) = authorization
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenRefusedError("no-bearer-token")
    return token


def read_token(text: str) -> Token:
    """A token from its compact form.

    Raises:
        TokenRefusedError: it is none, or not as CDS Hooks has it.
    """
    if len(text) > _LONGEST:
        raise TokenRefusedError("token-too-long")
    parts = text.split(".")
    if len(parts) != 3:
        raise TokenRefusedError("not-a-token")
    header_part, claims_part, signature_part = parts
    header = _header(_decoded(header_part))
    claims = _claims(_decoded(claims_part))
    return Token(
        algorithm=header.alg,
        key_id=header.kid,
        jku=header.jku,
        issuer=claims.iss,
        audiences=(claims.aud,) if isinstance(claims.aud, str) else claims.aud,
        expires=claims.exp,
        issued=claims.iat,
        not_before=claims.nbf,
        identifier=claims.jti,
        tenant=claims.tenant,
        subject=claims.sub,
        signed=f"{header_part}.{claims_part}".encode(),
        signature=_decoded(signature_part),
    )


def _header(text: bytes) -> _Header:
    found = _members(text, "header")
    # Before the rest, so that the log names an attempt to do without a signature.
    if not _is_allowed(found.get("alg", b"null")):
        raise TokenRefusedError("algorithm-not-allowed")
    # RFC 7515, 4.1.11: what is critical and not understood makes a token invalid; nothing critical is.
    if "crit" in found:
        raise TokenRefusedError("header-critical")
    header = _as(text, _Header, "header")
    if header.typ.upper() != "JWT":
        raise TokenRefusedError("header-type")
    if not header.kid:
        raise TokenRefusedError("header-incomplete")
    return header


def _claims(text: bytes) -> _Claims:
    _members(text, "claims")
    claims = _as(text, _Claims, "claims")
    if not claims.iss or not claims.jti or not claims.aud:
        raise TokenRefusedError("claims-incomplete")
    return claims


def check_audience(token: Token, audiences: Collection[str]) -> None:
    """One ``aud`` must be one of these, word for word.

    Raises:
        TokenRefusedError: none is.
    """
    if not any(audience in audiences for audience in token.audiences):
        raise TokenRefusedError("audience")


def check_times(token: Token, now: float) -> None:
    """It must hold now, and not for longer than an hour.

    Raises:
        TokenRefusedError: it does not.
    """
    if token.expires <= now - LEEWAY:
        raise TokenRefusedError("expired")
    if token.issued > now + LEEWAY:
        raise TokenRefusedError("issued-in-the-future")
    if token.not_before is not None and token.not_before > now + LEEWAY:
        raise TokenRefusedError("not-yet-valid")
    if token.issued < now - LONGEST_LIFE - LEEWAY:
        raise TokenRefusedError("issued-too-long-ago")
    if token.expires - token.issued > LONGEST_LIFE:
        raise TokenRefusedError("lives-too-long")


def _decoded(part: str) -> bytes:
    """The bytes of a part; no other spelling of them is taken, so that a token has but one."""
    if not _BASE64URL.match(part):
        raise TokenRefusedError("not-a-token")
    try:
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise TokenRefusedError("not-a-token") from None
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode():
        raise TokenRefusedError("not-a-token")
    return decoded


def _members(text: bytes, part: str) -> dict[str, msgspec.Raw]:
    try:
        text.decode("utf-8")
        return members(text, part)
    except (CdsHooksError, UnicodeDecodeError):
        raise TokenRefusedError(f"{part}-not-json") from None


def _is_allowed(raw: bytes | msgspec.Raw) -> bool:
    try:
        return msgspec.json.decode(raw, type=str) in ALGORITHMS
    except (msgspec.DecodeError, RecursionError):
        return False


def _as(text: bytes, kind: type[_Kind], part: str) -> _Kind:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise TokenRefusedError(f"{part}-incomplete") from None
