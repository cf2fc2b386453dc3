"""A client's public keys: JWK Sets (RFC 7517), pinned or published, and signatures held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jwt
import msgspec

from cds_hooks.errors import CdsHooksError
from cds_hooks.json_objects import members
from cds_hooks.tokens import ALGORITHMS, Token

_MOST_KEYS = 64
_SMALLEST_RSA = 2_048
"""Bits (NIST SP 800-131A)."""
_LARGEST_RSA = 8_192
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_TYPES = {"RSA": "RS384", "EC": "ES384"}


class KeySetError(Exception):
    """What should be a JWK Set is none, or has no key that could be used; the message says why."""


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


def key_set(document: object) -> KeySet:
    """A key set as a document.

    Raises:
        KeySetError: it is none, or holds no key that could be used.
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
    if not keys:
        raise KeySetError("; ".join(["it holds no key that could be used", *reasons]))
    return KeySet(tuple(keys))


def _key(item: object) -> Key:
    if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in item):
        raise KeySetError("it is not an object")
    # A private key in a set that others read is no secret any more, and proves nothing.
    if _PRIVATE & item.keys():
        raise KeySetError("it is a private key: only public keys belong here")
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
        raise KeySetError("its numbers are not those of a key") from None
    if algorithm == "RS384" and not _SMALLEST_RSA <= material.key_size <= _LARGEST_RSA:
        raise KeySetError(f"it has fewer than {_SMALLEST_RSA} or more than {_LARGEST_RSA} bits")
    return Key(key_id, algorithm, material)
