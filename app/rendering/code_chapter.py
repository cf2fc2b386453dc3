"""The names that protocols use, as chapters: inputs with codes and units, code sets with their codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from pydantic import BaseModel

from eligibility.checking.walking import fields_of, walk
from eligibility.protocol import Example
from eligibility.windows import LATEST
from fhir_mappings.code_listing import ListedCode, codes_of, codes_of_input, units_of_input
from fhir_mappings.facts import Vocabulary

BIG_CLASS = 12
"""Of a class with more members than this, only their labels are listed."""
_MATCH = {"prefix": " and below", "range": "", "pair": "", "except": " not"}


def inputs_chapter(names: Iterable[str], vocabulary: Vocabulary) -> Iterator[str]:
    """Each input: its name, unit, order, accepted units and codes."""
    for name in sorted(names):
        described = vocabulary.input(name)
        if described is None:
            continue
        units, codes = units_of_input(name), codes_of_input(name)
        yield f"<details><summary><code>{name}</code>: {described.label}</summary>"
        yield ""
        if described.kind != "category":
            yield f"- unit: `{described.unit}`" + (f"; read in: {_code(units)}" if units else "")
        if described.plausible is not None:
            yield f"- physical range: {described.plausible} `{described.unit}`"
        if described.categories:
            yield f"- categories: {', '.join(described.categories)}"
        if described.order is not None:
            yield f"- order that supplies it: {described.order.display} ({described.order.code})"
        yield from _codes(codes)
        if not codes:
            yield "- no code of its own: computed, or read from what other inputs and records show"
        yield ""
        yield "</details>"
        yield ""


def code_sets_chapter(names: Iterable[str], vocabulary: Vocabulary) -> Iterator[str]:
    """Each class with its members, then each code set with its codes, once."""
    listed: set[str] = set()
    classes: list[tuple[str, list[str]]] = []
    for name in sorted(names):
        members = sorted(vocabulary.expand(name) or ())
        if members == [name]:
            listed.add(name)
            continue
        classes.append((name, members))
        if len(members) <= BIG_CLASS:
            listed.update(members)
    for name, members in classes:
        count = f"{len(members)} code set{'s' * (len(members) != 1)}"
        yield f"<details><summary><code>{name}</code>: {vocabulary.concept_label(name)} ({count})</summary>"
        yield ""
        yield "; ".join(
            f"{vocabulary.concept_label(member)} (`{member}`)"
            if member in listed
            else vocabulary.concept_label(member)
            for member in members
        )
        yield ""
        yield "</details>"
        yield ""
    for name in sorted(listed):
        yield f"<details><summary><code>{name}</code>: {vocabulary.concept_label(name)}</summary>"
        yield ""
        codes = codes_of(name)
        yield from _codes(codes)
        if not codes:
            yield "- no code: known by its words only, which are marked so in a finding"
        yield ""
        yield "</details>"
        yield ""


def _codes(codes: Iterable[ListedCode]) -> Iterator[str]:
    ordered = sorted(codes, key=lambda code: (code.system, code.code))
    for system, group in groupby(ordered, key=lambda code: code.system):
        told = [f"{c.code}{_MATCH.get(c.match, '')} {c.display}".strip().replace("|", "/") for c in group]
        yield f"- {system}: {'; '.join(told)}"


def _code(items: Iterable[str]) -> str:
    return ", ".join(f"`{item}`" for item in items)


def names_in(models: Iterable[BaseModel], vocabulary: Vocabulary) -> tuple[set[str], set[str]]:
    """The inputs, and the code sets and classes, that the statements of protocols or criteria name."""
    inputs: set[str] = set()
    concepts: set[str] = set()
    for top in models:
        for _, model in walk(top):
            if isinstance(model, Example):
                continue
            for _, value in fields_of(model):
                for item in _strings(value):
                    if vocabulary.input(item.removeprefix(LATEST)) is not None:
                        inputs.add(item.removeprefix(LATEST))
                    elif "_" in item and vocabulary.expand(item) is not None:
                        concepts.add(item)
    return inputs, concepts


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
