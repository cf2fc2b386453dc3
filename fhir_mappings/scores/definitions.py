"""Loading the score definitions and the exclusions, once, and refusing what contradicts itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec

from fhir_mappings import catalogue
from fhir_mappings.facts import Effort
from fhir_mappings.phrases import from_data
from fhir_mappings.scores.counting import points
from fhir_mappings.scores.rules import Definition, Exclusion, Extension, Item, ScoreDefinitionError

FOLDER = Path(__file__).parent
SCORES = (
    "sledai_2k",
    "selena_sledai",
    "selena_sledai_2k_proteinuria",
    "clinical_selena_sledai",
    "clinical_selena_sledai_2k_proteinuria",
    "selena_sledai_without_laboratory",
    "acr_1997",
    "eular_acr_2019",
)
"""In this order, so that what extends another comes after it."""


def read_yaml(name: str) -> Any:
    """The content of a data file of this package."""
    return catalogue.read_yaml(FOLDER / f"{name}.yaml")


@cache
def exclusions() -> Mapping[str, Exclusion]:
    """What leaves a finding in doubt, by name.

    Raises:
        ScoreDefinitionError: the file does not have the expected shape.
    """
    try:
        return from_data(read_yaml("exclusions"), dict[str, Exclusion])
    except msgspec.ValidationError as error:
        raise ScoreDefinitionError(f"exclusions.yaml: {error}") from error


@cache
def costs() -> Mapping[Effort, int]:
    """What it takes to settle an item, by kind of effort.

    Raises:
        ScoreDefinitionError: the file does not have the expected shape, or leaves an effort out.
    """
    try:
        found = msgspec.convert(read_yaml("costs"), dict[Effort, int])
    except msgspec.ValidationError as error:
        raise ScoreDefinitionError(f"costs.yaml: {error}") from error
    if set(found) != set(get_args(Effort)) or min(found.values()) < 1:
        raise ScoreDefinitionError("costs.yaml: every effort needs a cost of at least 1")
    return found


@cache
def definitions() -> Mapping[str, Definition]:
    """All scores that are counted from items, by name.

    Raises:
        ScoreDefinitionError: a file does not have the expected shape, or contradicts itself.
    """
    found: dict[str, Definition] = {}
    for name in SCORES:
        try:
            definition = _read(read_yaml(name), found)
        except msgspec.ValidationError as error:
            raise ScoreDefinitionError(f"{name}.yaml: {error}") from error
        check(definition, found)
        found[name] = definition
    for definition in found.values():
        for other in definition.also_shown:
            if other.score not in found:
                raise ScoreDefinitionError(f"{definition.name}: there is no score '{other.score}' to show")
    return found


def check(definition: Definition, known: Mapping[str, Definition]) -> None:
    """Refuse a definition that contradicts itself.

    Raises:
        ScoreDefinitionError: with the name of the score and the reason.
    """

    def refuse(reason: str) -> None:
        raise ScoreDefinitionError(f"{definition.name}: {reason}")

    ids = [item.id for item in (*definition.items, *definition.without)]
    if len(set(ids)) != len(ids):
        refuse("an item is defined twice")
    most = points(definition.items, definition.counting)
    if most != definition.maximum:
        refuse(f"the items add up to {most}, not to {definition.maximum}")
    for item in definition.items:
        for name in item.unless:
            if name not in exclusions():
                refuse(f"item {item.id}: there is no exclusion '{name}'")
    for borrowing in definition.borrows:
        for name in borrowing.wider | borrowing.narrower:
            if name not in ids:
                refuse(f"borrows from {borrowing.instrument}: there is no item '{name}'")
    rule = definition.classification
    if rule and not (rule.entry in ids and rule.clinical_domains <= {i.domain for i in definition.items}):
        refuse("the classification names an item or a domain that does not exist")
    if definition.lessened_from and definition.lessened_from not in known:
        refuse(f"there is no score '{definition.lessened_from}'")


def _read(raw: Any, known: Mapping[str, Definition]) -> Definition:
    if "extends" not in raw:
        return from_data(raw, Definition)
    extension = from_data(raw, Extension)
    base = known[extension.extends]
    ids = {item.id for item in base.items}
    for name in (*extension.changes, *extension.leaves_out):
        if name not in ids:
            raise ScoreDefinitionError(f"{extension.name}: {base.name} has no item '{name}'")
    items = [_changed(item, extension.changes.get(item.id)) for item in base.items]
    return msgspec.structs.replace(
        base,
        name=extension.name,
        label=extension.label,
        maximum=extension.maximum,
        source=extension.source,
        instruments=extension.instruments,
        items=tuple(item for item in items if item.id not in extension.leaves_out),
        without=tuple(item for item in items if item.id in extension.leaves_out),
        borrows=extension.borrows,
        akin=extension.akin,
        lessened_from=extension.lessened_from,
        also_shown=extension.also_shown,
        internal=extension.internal,
    )


def _changed(item: Item, change: dict[str, object] | None) -> Item:
    if change is None:
        return item
    return from_data({**msgspec.to_builtins(item, enc_hook=str), **change}, Item)
