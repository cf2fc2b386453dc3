"""Which resource types protocols need: from the kinds of events and the inputs that their statements name.

A protocol that asks for something new has its resource type asked for without a change here; one that no
longer asks leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.prefetch_table import PREFETCH, PrefetchQuery, searched
from app.settings import INDISPENSABLE
from eligibility.checking.walking import fields_of, walk
from eligibility.kinds.found_body import FoundBody
from eligibility.protocol import Protocol
from fhir_mappings.facts import EventKind
from fhir_mappings.inputs import input_names, is_score
from fhir_mappings.inputs.definitions import definitions
from fhir_mappings.record import RESOURCE_TYPES
from fhir_mappings.scores import RESOURCE_TYPES as SCORE_TYPES

_OF_EVERY_SCREENING = INDISPENSABLE | {"QuestionnaireResponse", "ServiceRequest"}
"""Beside what is indispensable: what persons answered, and the orders that are under way."""

_OF_DRUGS = ("dose_run", "exposed_for", "stable_therapy")
"""Kinds of statements that ask for courses of drugs."""


def needed_types(protocols: Iterable[Protocol]) -> frozenset[str]:
    """The resource types from which these protocols can be judged."""
    return _OF_EVERY_SCREENING.union(*(_types_of(protocol) for protocol in protocols))


def _types_of(protocol: Protocol) -> frozenset[str]:
    kinds: set[EventKind] = set()
    found: set[str] = set()
    for _, model in walk(protocol):
        if isinstance(model, FoundBody):
            kinds.update(model.kind)
        if getattr(type(model), "kind_name", None) in _OF_DRUGS:
            kinds.add("exposure")
        for _, value in fields_of(model):
            for name in _texts(value):
                found.update(_read_for(name))
    found.update(name for kind in kinds for name in RESOURCE_TYPES[kind])
    return frozenset(found)


def _read_for(name: str) -> Iterable[str]:
    """The resource types that an input is read from; none where the word names no input."""
    if name not in input_names():
        return ()
    if is_score(name):
        # Items of scores rest on treatment and diagnoses as well.
        return (*SCORE_TYPES, *RESOURCE_TYPES["exposure"], *RESOURCE_TYPES["diagnosis"])
    return definitions()[name].reads


def inputs_of(protocol: Protocol) -> frozenset[str]:
    """The criterion inputs that a protocol's statements name."""
    named = (text for _, model in walk(protocol) for _, value in fields_of(model) for text in _texts(value))
    return frozenset(named) & frozenset(input_names())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)


def queries_for(protocols: Iterable[Protocol]) -> tuple[PrefetchQuery, ...]:
    """What is asked of clients for these protocols: what the open ones need, or all where none is open."""
    given = tuple(protocols)
    return queries_for_types(needed_types([each for each in given if each.open] or given))


def unneeded_types(protocols: Iterable[Protocol]) -> frozenset[str]:
    """The types of the table that these protocols do not ask for."""
    asked = {query.resource_type for query in queries_for(protocols)}
    return frozenset(query.resource_type for query in PREFETCH) - asked


def queries_for_types(types: Iterable[str]) -> tuple[PrefetchQuery, ...]:
    """One query for each type, in the order of the table; a type that the table lacks is searched plainly."""
    wanted = frozenset(types)
    listed = tuple(query for query in PREFETCH if query.resource_type in wanted)
    others = sorted(wanted - {query.resource_type for query in PREFETCH})
    return (*listed, *(searched(kind) for kind in others))
