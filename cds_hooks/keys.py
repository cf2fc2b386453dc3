"""A client's public keys: JWK Sets (RFC 7517), pinned or published, and signatures held against them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from cds_hooks.errors import CdsHooksError
from cds_hooks.json_objects import members
from cds_hooks.tokens import ALGORITHMS, Token

_MOST_KEYS = 64
_SMALLEST_RSA = 2_048
"""Bits (NIST SP 800-131A)."""
_LARGEST_RSA = 8_192
_LARGEST_EXPONENT = 256
"""Bits (NIST SP 800-89, 5.3.3)."""
_SMALL_PRIMES = math.prod(
    number for number in range(2, 752) if all(number % divisor for divisor in range(2, number))
)
"""A modulus has no factor smaller than 752 (NIST SP 800-89, 5.3.3): anybody could divide it."""
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_TYPES = {"RSA": "RS384", "EC": "ES384"}


class KeySetError(Exception):
    """What should be a JWK Set is none, or has no key that could be used; the message says why."""


class _UnsafeKeyError(KeySetError):
    """A key for these very signatures that anybody may be able to sign with."""


class Key(msgspec.Struct, frozen=True):
    """One public key, with the only algorithm that it is used for."""

    key_id: str
    algorithm: str
    material: Any

    def signed(self, token: Token) -> bool:
        """Whether the token's signature was made with this key's private half."""
        if token.algorithm != self.algorithm:
            return False
        return jwt.get_algorithm_by_name(self.algorithm).verify(token.signed, self.material, token.signature)


class KeySet(msgspec.Struct, frozen=True):
    """Public keys. Keys of other types and uses are left out."""

    keys: tuple[Key, ...]

    def of_id(self, key_id: str) -> tuple[Key, ...]:
        """The keys with this ``kid``; ids should be unique, but nothing holds a publisher to it."""
        return tuple(key for key in self.keys if key.key_id == key_id)


def key_set_from_json(text: bytes) -> KeySet:
    """A key set as it is published.

    Raises:
        KeySetError: it is none, or holds no key that could be used.
    """
    try:
        members(text, "the key set")
        return key_set(msgspec.json.decode(text))
    except (CdsHooksError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise KeySetError("it is not a JSON object") from None


def key_set(document: object, *, pinned: bool = False) -> KeySet:
    """A key set as a document.

    Args:
        pinned: the operator wrote it down, and is told of each key that is unsafe. In a set that somebody
            publishes such keys are left out.

    Raises:
        KeySetError: it is none, holds no key that could be used, or, if ``pinned``, an unsafe one.
    """
    found = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise KeySetError("a key set is an object with the list 'keys'")
    if len(found) > _MOST_KEYS:
        raise KeySetError(f"it has more than {_MOST_KEYS} keys")
    reasons: list[str] = []
    keys: list[Key] = []
    for number, item in enumerate(found, 1):
        try:
            keys.append(_key(item))
        except KeySetError as error:
            reasons.append(f"key {number}: {error}")
            if pinned and isinstance(error, _UnsafeKeyError):
                raise KeySetError(reasons[-1]) from None
    if not keys:
        raise KeySetError("; ".join(["it holds no key that could be used", *reasons]))
    return KeySet(tuple(keys))


def _key(item: object) -> Key:
    if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in item):
        raise KeySetError("it is not an object")
    # A private key in a set that others read is no secret any more, and proves nothing.
    if _PRIVATE & item.keys():
        raise _UnsafeKeyError("it is a private key: only public keys belong here")
    key_id, algorithm = item.get("kid"), _TYPES.get(str(item.get("kty")))
    if not isinstance(key_id, str) or not key_id:
        raise KeySetError("'kid' is required")
    if algorithm is None or (algorithm == "ES384" and item.get("crv") != "P-384"):
        raise KeySetError("it is neither an RSA key nor one of the curve P-384")
    if item.get("alg", algorithm) != algorithm:
        raise KeySetError(f"it is for another algorithm than {' or '.join(sorted(ALGORITHMS))}")
    uses = item.get("key_ops", ["verify"])
    if item.get("use", "sig") != "sig" or not (isinstance(uses, list) and "verify" in uses):
        raise KeySetError("it is not for signatures")
    try:
        material = jwt.PyJWK(dict(item), algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise _UnsafeKeyError("its numbers are not those of a key") from None
    if algorithm == "RS384":
        _must_be_safe(material.public_numbers())
    return Key(key_id, algorithm, material)


def _must_be_safe(numbers: RSAPublicNumbers) -> None:
    """Refuse what can be told from the public half; that the exponent is odd and above 1 is known before.

    Raises:
        KeySetError: the key is too short, or could not be made as RSA keys are.
    """
    if not _SMALLEST_RSA <= numbers.n.bit_length() <= _LARGEST_RSA:
        raise _UnsafeKeyError(f"it has fewer than {_SMALLEST_RSA} or more than {_LARGEST_RSA} bits")
    if math.gcd(numbers.n, _SMALL_PRIMES) > 1:
        raise _UnsafeKeyError("its modulus 'n' is even, or has another small factor")
    if numbers.e.bit_length() > _LARGEST_EXPONENT:
        raise _UnsafeKeyError(f"its exponent 'e' has more than {_LARGEST_EXPONENT} bits")
