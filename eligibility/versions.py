"""Earlier versions of the bundled protocols: for comparing, never for screening at the bedside.

They are the files as they were, without their examples and translations, in ``protocols/earlier``.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from eligibility.bound import BoundProtocol
from eligibility.loading import bind_text, bundled_files, parse_protocol
from eligibility.protocol import Protocol
from fhir_mappings.facts import Vocabulary


class UnknownVersionError(LookupError):
    """There is no such version of a protocol."""


def earlier_files() -> list[Path]:
    """The files of all earlier versions, named ``ID@VERSION.yaml``."""
    return sorted((Path(str(files("eligibility"))) / "protocols" / "earlier").glob("*@*.yaml"))


def earlier_versions(identifier: str) -> list[str]:
    """The earlier versions of a protocol, oldest first."""
    found = [file.stem.split("@", 1) for file in earlier_files()]
    return sorted((version for of, version in found if of == identifier), key=_age)


def text_of(identifier: str, version: str) -> str:
    """The file of a version of a bundled protocol, the present one or an earlier one.

    Raises:
        UnknownVersionError: there is none.
    """
    for file in bundled_files():
        if file.stem == identifier:
            text = file.read_text(encoding="utf-8")
            if parse_protocol(text, file)[0].version == version:
                return text
    return _file(identifier, version).read_text(encoding="utf-8")


@cache
def earlier(identifier: str, version: str) -> Protocol:
    """An earlier version of a protocol.

    Raises:
        UnknownVersionError: there is none.
    """
    file = _file(identifier, version)
    return parse_protocol(file.read_text(encoding="utf-8"), file)[0]


def bound_earlier(identifier: str, version: str, vocabulary: Vocabulary) -> BoundProtocol:
    """An earlier version of a protocol, ready to judge.

    Raises:
        UnknownVersionError: there is none.
    """
    file = _file(identifier, version)
    return bind_text(file.read_text(encoding="utf-8"), file, vocabulary)


def _file(identifier: str, version: str) -> Path:
    for file in earlier_files():
        if file.stem == f"{identifier}@{version}":
            return file
    known = ", ".join(earlier_versions(identifier)) or "none"
    raise UnknownVersionError(f"there is no earlier version '{version}' of {identifier}; there are: {known}")


def _age(version: str) -> tuple[tuple[bool, int, str], ...]:
    """Numbers count as numbers: 10 comes after 9."""
    return tuple(
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in version.split(".")
    )
