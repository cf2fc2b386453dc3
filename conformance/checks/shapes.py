"""Small questions to JSON of which nothing is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

_ALLOWED_EMPTY = ("cards", "services")
REVERSE_DNS = re.compile(r"[a-z][a-z0-9-]*(\.[A-Za-z0-9_-]+)+")


def is_text(value: Any) -> bool:
    """A string with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_absolute(value: Any) -> bool:
    """A web address with scheme and host."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def is_uuid(value: Any) -> bool:
    """A UUID, with or without ``urn:uuid:``."""
    try:
        UUID(value)
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def is_coding(value: Any) -> bool:
    """An object with code and system."""
    return isinstance(value, dict) and is_text(value.get("code")) and is_text(value.get("system"))


def objects(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of an array, each with its place; what else is in it is passed over."""
    for i, each in enumerate(value if isinstance(value, list) else ()):
        if isinstance(each, dict):
            yield f"{path}[{i}]", each


def empties(value: Any, path: str = "", name: str = "") -> Iterator[str]:
    """Places of elements that are null or empty where CDS Hooks does not allow it.

    What is in an extension has been agreed by two parties, and may be anything.
    """
    if value is None or (isinstance(value, str | list | dict) and not value):
        if not (value == [] and name in _ALLOWED_EMPTY):
            yield path or "the body"
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != "extension" or not inner or not isinstance(inner, dict):
                yield from empties(inner, f"{path}.{key}" if path else key, key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from empties(inner, f"{path}[{i}]")


def extensions(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every ``extension`` of CDS Hooks with its place; those within FHIR resources are another thing."""
    if isinstance(value, dict) and "resourceType" not in value:
        for key, inner in value.items():
            place = f"{path}.{key}" if path else key
            if key == "extension":
                yield place, inner
            else:
                yield from extensions(inner, place)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from extensions(inner, f"{path}[{i}]")
