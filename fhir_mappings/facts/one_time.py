"""Results of one time that differ: which of them holds is not known, so that they are one that spans them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec

from fhir_mappings.facts.measurements import Measurement
from fhir_mappings.phrases import phrase

T = TypeVar("T")

AT_ODDS = phrase("one-time.several-values-of-one-time")
"""The note on a result that spans several."""


def of_one_time(measurements: Iterable[Measurement]) -> list[Measurement]:
    """The results in their order, those of one time that differ joined to one that spans them.

    Of one time are results of one kind (``role``) and instant; of a day, all of them unless each carries its
    time. Results that each name another specimen are several. Numbers give their hull, categories that differ
    none at all.
    """
    results = list(measurements)
    untimed = {(m.when, m.role) for m in results if m.at is None}
    by_time: dict[object, list[Measurement]] = defaultdict(list)
    for m in results:
        day = (m.when, m.role)
        by_time[(day, None if day in untimed else m.at, m.value is None)].append(m)
    return [m for group in by_time.values() for m in _joined(group)]


def _joined(group: Sequence[Measurement]) -> Sequence[Measurement]:
    first = group[0]
    specimens = [m.specimen for m in group]
    if None not in specimens and len(set(specimens)) == len(specimens):
        return group
    if all((m.value, m.category) == (first.value, first.category) for m in group):
        return group[:1]
    value = first.value
    for m in group[1:]:
        value = value.hull(m.value) if value is not None and m.value is not None else value
    return [
        msgspec.structs.replace(
            first,
            value=value,
            category=_shared([m.category for m in group]),
            upper_limit=_shared([m.upper_limit for m in group if m.upper_limit is not None]),
            lower_limit=_shared([m.lower_limit for m in group if m.lower_limit is not None]),
            reported=None,
            reported_unit=None,
            evidence=tuple(dict.fromkeys(e for m in group for e in m.evidence)),
            notes=tuple(dict.fromkeys((*(n for m in group for n in m.notes), AT_ODDS))),
        )
    ]


def _shared(values: Sequence[T | None]) -> T | None:
    """What all of them are, if they are one."""
    return values[0] if values and all(value == values[0] for value in values) else None
