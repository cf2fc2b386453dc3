"""Protocols as people name them: ``nct07517536``, an earlier version ``nct07517536@1``, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eligibility.bound import BoundProtocol
from eligibility.loading import parse_protocol
from eligibility.protocol import Protocol
from eligibility.versions import UnknownVersionError, earlier, earlier_versions

_SUFFIXES = (".yaml", ".yml")


class UnknownNameError(LookupError):
    """No protocol, and no version of one, has that name."""


def named_protocol(name: str, current: Mapping[str, BoundProtocol]) -> Protocol:
    """The protocol of that name.

    Args:
        name: an id, an id with a version, or a YAML file.
        current: the protocols that this installation screens against.

    Raises:
        UnknownNameError: there is none.
        eligibility.errors.ProtocolError: the file is no protocol.
        OSError, UnicodeDecodeError: the file cannot be read.
    """
    if name.lower().endswith(_SUFFIXES):
        return parse_protocol(Path(name).read_text(encoding="utf-8"), name)[0]
    identifier, _, version = name.lower().partition("@")
    bound = current.get(identifier)
    if bound is None:
        raise UnknownNameError(f"there is no protocol '{identifier}'; there are: {', '.join(current)}")
    return version_of(bound.protocol, version or bound.protocol.version)


def version_of(protocol: Protocol, version: str) -> Protocol:
    """A version of a protocol, its present one among them.

    Raises:
        UnknownNameError: there is no such version.
    """
    if version == protocol.version:
        return protocol
    try:
        return earlier(protocol.id, version)
    except UnknownVersionError:
        known = ", ".join(versions_of(protocol))
        raise UnknownNameError(
            f"there is no version '{version}' of {protocol.id}; there are: {known}"
        ) from None


def versions_of(protocol: Protocol) -> list[str]:
    """All versions of a protocol, oldest first; the last is the present one."""
    return [*earlier_versions(protocol.id), protocol.version]
