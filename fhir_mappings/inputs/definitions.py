"""What each criterion input is: label, unit, categories, order, and where it is read from."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from fhir_mappings.catalogue import Analyte, CatalogueError, Kind, load_catalogue, read_yaml
from fhir_mappings.facts import Coding, InputDescription
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import Phrase, from_data


class Definition(msgspec.Struct, frozen=True):
    """A criterion input as protocols know it, and the resource types that it is read from.

    ``renewed_by``: for a computed input, the analyte of which a newer result gives a newer value.
    """

    description: InputDescription
    reads: tuple[str, ...]
    renewed_by: str | None = None


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reads: tuple[str, ...] = ("Observation",)
    label: Phrase | None = None
    kind: Kind | None = None
    unit: str = "1"
    units_of: str | None = None
    categories: tuple[str, ...] = ()
    plausible: tuple[float, float] | None = None
    order: Coding | None = None
    order_of: str | None = None
    renewed_by: str | None = None
    given_as: str | None = None
    judged: bool = False
    changes: Literal["freely", "rises", "fixed"] = "freely"


@functools.cache
def definitions() -> Mapping[str, Definition]:
    """All criterion inputs but the scores, by name: every analyte, and what ``definitions.yaml`` adds.

    Raises:
        CatalogueError: ``definitions.yaml`` names an unknown analyte, or leaves out a label or kind.
    """
    analytes = load_catalogue().analytes
    written = {
        name: from_data(raw, _Written)
        for name, raw in read_yaml(Path(__file__).with_name("definitions.yaml")).items()
    }
    found = {name: Definition(_of_analyte(analyte), ("Observation",)) for name, analyte in analytes.items()}
    for name, entry in written.items():
        found[name] = Definition(_described(name, entry, analytes), entry.reads, entry.renewed_by)
    return found


def _of_analyte(analyte: Analyte) -> InputDescription:
    return InputDescription(
        name=analyte.name,
        label=analyte.label,
        kind=analyte.kind,
        unit=analyte.unit,
        units=_units(analyte),
        categories=analyte.categories,
        plausible=analyte.plausible,
        order=analyte.order,
    )


def _units(analyte: Analyte) -> dict[str, float]:
    """Spellings of the linear units: what a threshold may be written in."""
    return {
        spelling: rule.factor
        for spelling, rule in analyte.exact.items()
        if not (rule.own_scale or rule.log10 or rule.offset)
    }


def _described(name: str, entry: _Written, analytes: Mapping[str, Analyte]) -> InputDescription:
    order, ordered = entry.order, entry.order_of or entry.renewed_by
    if ordered is not None:
        order = _analyte(name, ordered, analytes).order
    if name in analytes:
        base = _of_analyte(analytes[name])
        return msgspec.structs.replace(base, order=order or base.order)
    if entry.label is None or entry.kind is None:
        raise CatalogueError(f"definitions.yaml: {name} has no label or no kind")
    units_of = _analyte(name, entry.units_of, analytes) if entry.units_of is not None else None
    plausible = Interval(*entry.plausible) if entry.plausible is not None else None
    return InputDescription(
        name=name,
        label=entry.label,
        kind=entry.kind,
        unit=entry.unit,
        units=_units(units_of) if units_of is not None else {},
        categories=entry.categories,
        plausible=units_of.plausible if units_of is not None else plausible,
        order=order,
        dated=entry.reads != ("Patient",),
        given_as=entry.given_as,
        judged=entry.judged,
        changes=entry.changes,
    )


def _analyte(name: str, wanted: str, analytes: Mapping[str, Analyte]) -> Analyte:
    if wanted not in analytes:
        raise CatalogueError(f"definitions.yaml: {name} refers to {wanted}, which is no analyte")
    return analytes[wanted]
