"""What a launch asks leave to read, and what of it was granted (SMART App Launch 2.2, scopes)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from fhir_mappings.client import SmartConfiguration, scopes

_CONTEXT = ("launch", "openid", "fhirUser")
_SCOPE = re.compile(
    r"(?:patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]+)\."
    r"(?P<may>read|write|\*|c?r?u?d?s?)(?P<only>\?.*)?"
)
Spelling = Literal["as-offered", "v1", "v2"]


class Permitted(NamedTuple):
    """Resource types that may be searched.

    Attributes:
        types: all of them.
        parts: those of which only some may be seen (``patient/Observation.rs?category=…``).
    """

    types: frozenset[str]
    parts: frozenset[str]


def asked_for(configuration: SmartConfiguration, types: Collection[str], spelling: Spelling) -> str:
    """The scopes of a launch for reading these types, as the server spells them or the operator says."""
    old = spelling == "v1" or (spelling == "as-offered" and configuration.spells_as_before)
    return " ".join((*_CONTEXT, scopes(types, "read" if old else "rs", "patient")))


def permitted(granted: Iterable[str] | None, types: Collection[str]) -> Permitted:
    """Which of these types may be read and searched.

    Args:
        granted: scopes; ``None`` where the server does not tell, and granted what was asked for.
        types: those that were asked for.
    """
    if granted is None:
        return Permitted(frozenset(types), frozenset())
    whole: set[str] = set()
    parts: set[str] = set()
    for scope in granted:
        found = _SCOPE.fullmatch(scope)
        if found is not None and _may_search(found["may"]):
            named = set(types) if found["type"] == "*" else {found["type"]} & set(types)
            (parts if found["only"] else whole).update(named)
    return Permitted(frozenset(whole | parts), frozenset(parts - whole))


def _may_search(may: str) -> bool:
    return may in ("read", "*") or {"r", "s"} <= set(may)
