"""Forms of one active substance: records that do not tell the form, and switches from one form to another.

Which drugs these are is data (``one_substance`` in ``dosing.yaml``).
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence, Set
from datetime import date

import msgspec

from fhir_mappings.dosing_terms import dosing_terms
from fhir_mappings.facts import NO_STOP, Exposure, Therapy, TherapyChange
from fhir_mappings.intervals import shifted


def merge_unstated(by_drug: MutableMapping[str, list[Exposure]]) -> frozenset[str]:
    """Put records that do not tell the form to the only form that is told.

    Returns:
        The drugs with such records among theirs: another amount of one may be another form.
    """
    found = set[str]()
    for substance in dosing_terms().one_substance:
        told = sorted(substance.forms & by_drug.keys())
        if substance.unspecified in by_drug:
            drug = substance.unspecified
            if len(told) == 1:
                [drug] = told
                by_drug[drug] += by_drug.pop(substance.unspecified)
            found.add(drug)
    return frozenset(found)


def weigh_forms(therapies: Sequence[Therapy], unstated: Set[str]) -> Iterator[Therapy]:
    """The treatments; a change that may be a switch to another form is marked as such."""
    for therapy in therapies:
        others = [t for t in therapies if t.drug != therapy.drug and _one_substance(t.drug, therapy.drug)]
        changes = tuple(
            msgspec.structs.replace(change, change="form")
            if (change.change == "dose" and therapy.drug in unstated)
            or (change.change in ("start", "stop") and any(_near(other, change) for other in others))
            else change
            for change in therapy.changes
        )
        yield msgspec.structs.replace(therapy, changes=changes)


def _one_substance(one: str, other: str) -> bool:
    return any({one, other} <= substance.members for substance in dosing_terms().one_substance)


def _near(other: Therapy, change: TherapyChange) -> bool:
    """Whether another form was perhaps taken when one began or ended, with no gap that is a stop."""
    first = date.min if other.since is None else other.since.first
    last = date.max if other.until is None else other.until.last
    return first <= shifted(change.when.last, NO_STOP) and last >= shifted(change.when.first, -NO_STOP - 1)
