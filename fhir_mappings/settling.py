"""Which results stand, once all have been read: corrections replace what they correct, copies collapse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from fhir_mappings.facts import Measurement, Unusable
from fhir_mappings.intervals import Interval


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


def settle(results: Iterable[Issued]) -> tuple[dict[str, list[Measurement]], dict[str, list[Unusable]]]:
    """Usable and unusable results by criterion input, latest first."""
    by_input: dict[str, list[Issued]] = defaultdict(list)
    for issued in results:
        by_input[issued.input].append(issued)
    usable: dict[str, list[Measurement]] = {}
    unusable: dict[str, list[Unusable]] = {}
    for name, all_issued in by_input.items():
        standing = _standing(all_issued)
        measured = _without_copies([r for r in standing if isinstance(r, Measurement)])
        refused = [r for r in standing if isinstance(r, Unusable)]
        if measured:
            usable[name] = sorted(measured, key=_when, reverse=True)
        if refused:
            unusable[name] = sorted(dict.fromkeys(refused), key=_latest_day, reverse=True)
    return usable, unusable


def _standing(issued: Sequence[Issued]) -> list[Measurement | Unusable]:
    corrections = [one for one in issued if one.correcting]
    if not corrections:
        return [one.result for one in issued]
    return [one.result for one in issued if not any(_replaces(c, one) for c in corrections)]


def _replaces(correction: Issued, other: Issued) -> bool:
    if other is correction or _reference(other) == _reference(correction):
        return False
    if other.correcting and not (
        correction.issued is not None and other.issued is not None and correction.issued > other.issued
    ):
        return False
    if correction.identifiers & other.identifiers:
        return correction.role == other.role
    same_time = correction.result.when is not None and correction.result.when == other.result.when
    return (
        same_time
        and correction.at == other.at
        and correction.specimen == other.specimen
        and correction.role == other.role
    )


def _reference(issued: Issued) -> str:
    return issued.result.evidence[0].reference


def _without_copies(results: Sequence[Measurement]) -> list[Measurement]:
    """One of several results of the same specimen, time and value; one that has a reference range, if any."""
    kept: dict[tuple[object, ...], Measurement] = {}
    for result in results:
        own_scale = (result.reported, result.reported_unit) if result.value is None else None
        said = result.category if result.value is None else None
        key = (result.when, result.at, _rounded(result.value), said, own_scale, result.specimen, result.role)
        first = kept.setdefault(key, result)
        if _has_limits(result) and not _has_limits(first):
            kept[key] = result
    return list(kept.values())


def _rounded(value: Interval | None) -> tuple[object, ...] | None:
    """Units are converted by floating point: 8.4 g/dL and 84 g/L are the same value."""
    if value is None:
        return None
    return (f"{value.low:.9g}", f"{value.high:.9g}", value.low_open, value.high_open)


def _has_limits(result: Measurement) -> bool:
    return result.upper_limit is not None or result.lower_limit is not None


def _when(result: Measurement) -> tuple[int, float]:
    return (result.when.last.toordinal(), result.at.timestamp() if result.at is not None else 0.0)


def _latest_day(result: Unusable) -> int:
    return result.when.last.toordinal() if result.when is not None else 0
