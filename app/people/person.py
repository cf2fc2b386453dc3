"""A person who is signed in, and the roles that say what they may do (table in ``docs/sign-in.md``)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What somebody is to the trials; nobody has a role without being given it."""

    COORDINATOR = "coordinator"
    """Works through the screening list."""
    INVESTIGATOR = "investigator"
    """Judges criteria that need a clinician."""
    ADMINISTRATOR = "administrator"
    """Looks after who may sign in."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in.

    Attributes:
        id: a uuid of this service's own; it never changes, and stands in the audit trail.
        name: for people to read.
        roles: what they were given.
    """

    id: str
    name: str
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        """Whether they have one of these roles."""
        return not self.roles.isdisjoint(roles)


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """The roles of these names; names of no role are passed over."""
    known = set(Role)
    return frozenset(Role(name) for name in names if name in known)


def written(roles: Iterable[Role]) -> str:
    """The names of roles, in their own order, with blanks between."""
    given = set(roles)
    return " ".join(role.value for role in Role if role in given)
