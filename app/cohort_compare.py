"""From versions as people name them to what a run over a population judges aside, for comparing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from app.cli_errors import ArgumentError, InvalidProtocolError, UnreadableFileError, one_line
from app.cli_service import bundled_service
from app.named_protocols import UnknownNameError, version_of, versions_of
from cohort.plan import Chosen, Plan
from eligibility.bound import BoundProtocol
from eligibility.errors import ProtocolError
from eligibility.loading import bind_text
from eligibility.protocol import Protocol
from eligibility.versions import earlier_versions
from fhir_mappings.vocabulary import vocabulary

_SUFFIXES = (".yaml", ".yml")


def comparing(plan: Plan, names: Sequence[str]) -> Plan:
    """The plan, which judges the named versions aside.

    Raises:
        As ``compared_with``.
    """
    if not names:
        return plan
    asides = compared_with(names, plan.protocols, bundled_service().protocols)
    return msgspec.structs.replace(plan, protocols=(*plan.protocols, *asides))


def compared_with(
    names: Sequence[str], chosen: Sequence[Chosen], bundled: Mapping[str, BoundProtocol]
) -> tuple[Chosen, ...]:
    """The versions to judge aside, one for each protocol that is compared.

    Args:
        names: ``ID@VERSION``; ``VERSION`` alone, of each chosen protocol that has it; or a protocol file.
            A file is the newer version of the two, a version by name the older one.
        chosen: what the run screens against.
        bundled: the protocols that come with the package, by id.

    Raises:
        ArgumentError: there is no such version, or nothing to compare it with.
        InvalidProtocolError, UnreadableFileError: a file cannot be used, or read.
    """
    asides: dict[str, Chosen] = {}
    for name in names:
        for aside in _named(name, {one.id: one for one in chosen}, bundled):
            if aside.id in asides:
                raise ArgumentError(
                    f"--compare {name}: {aside.id} is compared with version {asides[aside.id].version} "
                    "already; compare one version of a protocol in each run"
                )
            asides[aside.id] = aside
    return tuple(asides.values())


def _named(name: str, chosen: Mapping[str, Chosen], bundled: Mapping[str, BoundProtocol]) -> Iterator[Chosen]:
    if name.lower().endswith(_SUFFIXES):
        yield _from_file(name, chosen)
        return
    identifier, at, version = name.lower().partition("@")
    if at:
        one = chosen.get(identifier)
        if one is None:
            raise ArgumentError(_not_screened(name, identifier, chosen))
        yield _of_version(name, one, version, bundled)
        return
    found = [one for one in chosen.values() if name in _others(one, bundled)]
    if not found:
        known = "; ".join(
            f"{one.id}: {', '.join(_others(one, bundled)) or 'none'}" for one in chosen.values()
        )
        raise ArgumentError(
            f"--compare {name}: no protocol of this run has another version '{name}'; there are: {known}"
        )
    for one in found:
        yield Chosen(id=one.id, version=name, aside=True)


def _others(one: Chosen, bundled: Mapping[str, BoundProtocol]) -> list[str]:
    """The versions that come with the package, other than the one that is screened against."""
    present = bundled.get(one.id)
    versions = versions_of(present.protocol) if present is not None else earlier_versions(one.id)
    return [version for version in versions if version != one.version]


def _of_version(name: str, one: Chosen, version: str, bundled: Mapping[str, BoundProtocol]) -> Chosen:
    if version == one.version:
        others = ", ".join(_others(one, bundled)) or "none"
        raise ArgumentError(
            f"--compare {name}: that is the version that is screened against; there are besides: {others}"
        )
    present = bundled.get(one.id)
    try:
        if present is None:
            raise UnknownNameError(f"no version of {one.id} comes with the package; give a file")
        version_of(present.protocol, version)
    except UnknownNameError as error:
        raise ArgumentError(f"--compare {name}: {error}") from None
    return Chosen(id=one.id, version=version, aside=True)


def _from_file(name: str, chosen: Mapping[str, Chosen]) -> Chosen:
    text, protocol = _read(name)
    one = chosen.get(protocol.id)
    if one is None:
        raise ArgumentError(_not_screened(name, protocol.id, chosen))
    if protocol.version == one.version:
        raise ArgumentError(
            f"--compare {name}: its version is '{one.version}', as that of the protocol it is compared with; "
            "give it one of its own ('version:')"
        )
    return Chosen(id=protocol.id, version=protocol.version, text=text, source=name, aside=True)


def _read(name: str) -> tuple[str, Protocol]:
    try:
        text = Path(name).read_text(encoding="utf-8")
        return text, bind_text(text, name, vocabulary()).protocol
    except ProtocolError as error:
        more = len(error.problems) - 1
        further = f" (and {more} more; see trialcards protocols check)" if more else ""
        raise InvalidProtocolError(one_line(error.problems[0].told(name)) + further) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UnreadableFileError(f"{name}: cannot be read: {reason}") from None


def _not_screened(name: str, identifier: str, chosen: Mapping[str, Chosen]) -> str:
    return (
        f"--compare {name}: this run does not screen against {identifier}, so there is nothing to compare; "
        f"it screens against: {', '.join(chosen)} (see --protocol)"
    )
