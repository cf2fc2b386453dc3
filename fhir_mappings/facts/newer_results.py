"""Whether a result that cannot be used is newer than those that can."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fhir_mappings.facts.measurements import Measurement, Unusable
from fhir_mappings.intervals import UNDATED

_COLLECTION = timedelta(days=1)
"""Urine of 24 hours is of two days, and is dated to both."""


def may_be_newer(item: Unusable, group: Sequence[Measurement], standing: Measurement) -> bool:
    """Whether it is newer than the value that stands, or may be.

    What can be read of a day, or of one collection over two, stands for what cannot, unless the instants of
    both tell otherwise. ``group``: the values of which each may be the latest; ``standing`` is one of them.
    """
    when = item.when or UNDATED
    if when.last < standing.when.first:
        return False
    short = when.last - when.first <= _COLLECTION
    same = short and any(m.when == when for m in group)
    if not same and when.last > standing.when.first:
        return True
    instants = [m.at for m in group if m.at is not None]
    return short and item.at is not None and len(instants) == len(group) and item.at > max(instants)
