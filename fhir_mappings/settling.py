"""Which results stand, once all have been read: corrections replace what they correct, copies collapse.

What was settled in this way, and what cannot be settled, is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from fhir_mappings.facts import Conflict, Measurement, Unusable
from fhir_mappings.same_results import (
    against_interpretation,
    at_odds,
    corrected,
    told_twice,
    without_copies,
)


class Issued(msgspec.Struct, frozen=True):
    """A result as it was issued.

    Attributes:
        input: the criterion input.
        result: usable or not: a correction that cannot be read still withdraws what it corrects.
        role: see ``Measurement.role``.
        correcting: its status says that it corrects an earlier one.
        identifiers: of the resource.
    """

    input: str
    result: Measurement | Unusable
    role: str = ""
    at: datetime | None = None
    specimen: str | None = None
    correcting: bool = False
    identifiers: frozenset[str] = frozenset()
    issued: datetime | None = None


class Settled(msgspec.Struct, frozen=True):
    """Usable and unusable results by criterion input, latest first, and what contradicts itself."""

    usable: dict[str, list[Measurement]]
    unusable: dict[str, list[Unusable]]
    conflicts: list[Conflict]


def settle(results: Iterable[Issued]) -> Settled:
    """Which results stand, whatever their order."""
    by_input: dict[str, list[Issued]] = defaultdict(list)
    for issued in results:
        by_input[issued.input].append(issued)
    settled = Settled({}, {}, [])
    for name, all_issued in by_input.items():
        standing = _standing(name, all_issued, settled.conflicts)
        copies = without_copies([r for r in standing if isinstance(r, Measurement)])
        refused = list(dict.fromkeys(r for r in standing if isinstance(r, Unusable)))
        if copies.kept:
            settled.usable[name] = sorted(copies.kept, key=_when, reverse=True)
        if refused:
            settled.unusable[name] = sorted(refused, key=_latest_day, reverse=True)
        settled.conflicts.extend(against_interpretation(name, refused))
        settled.conflicts.extend(at_odds(name, copies.kept))
        settled.conflicts.extend(told_twice(name, copies.groups))
    return settled


def _standing(name: str, issued: Sequence[Issued], conflicts: list[Conflict]) -> list[Measurement | Unusable]:
    corrections = [one for one in issued if one.correcting]
    if not corrections:
        return [one.result for one in issued]
    by = {id(one): [c for c in corrections if _replaces(c, one)] for one in issued}
    for one in issued:
        # What was corrected more than once is told with the correction that stands.
        for correction in [c for c in by[id(one)] if not by[id(c)]][:1]:
            conflicts.extend(corrected(name, one.result, correction.result))
    return [one.result for one in issued if not by[id(one)]]


def _replaces(correction: Issued, other: Issued) -> bool:
    if other is correction or _reference(other) == _reference(correction):
        return False
    if other.correcting and not (
        correction.issued is not None and other.issued is not None and correction.issued > other.issued
    ):
        return False
    if correction.identifiers & other.identifiers:
        return correction.role == other.role
    when = correction.result.when
    return (
        when is not None
        and not when.open_start
        and when == other.result.when
        and correction.at == other.at
        and correction.specimen == other.specimen
        and correction.role == other.role
    )


def _reference(issued: Issued) -> str:
    return issued.result.evidence[0].reference


def _when(result: Measurement) -> tuple[int, float]:
    return (result.when.last.toordinal(), result.at.timestamp() if result.at is not None else 0.0)


def _latest_day(result: Unusable) -> int:
    return result.when.last.toordinal() if result.when is not None else 0
