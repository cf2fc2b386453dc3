"""Passwords: hashed with Argon2id (RFC 9106, its second recommended set of parameters), and tried slowly.

A password has 12 characters or more and no rules beside (NIST SP 800-63B, 5.1.1: length, no composition).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 256
"""Characters."""
_FREE_TRIES = 4
_LONGEST_WAIT = timedelta(minutes=5)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, profiles

    return PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


def is_acceptable(password: str) -> bool:
    """Whether it is long enough, and no longer than what is hashed."""
    return SHORTEST <= len(password) <= LONGEST


def hashed(password: str) -> str:
    """What is kept of a password; takes some 50 ms and 64 MiB."""
    return _hasher().hash(password)


def matches(kept: str, password: str) -> bool:
    """Whether it is the password that was hashed; as slow."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return len(password) <= LONGEST and _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def may_try_from(failures: int, last: datetime | None) -> datetime | None:
    """When the next try is taken: after four failures 2 s, then twice as long each, five minutes at most."""
    if last is None or failures < _FREE_TRIES:
        return None
    return last + min(timedelta(seconds=2 ** min(failures - _FREE_TRIES + 1, 20)), _LONGEST_WAIT)
