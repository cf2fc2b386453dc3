"""Questions to the record that nothing can answer with yes: attributes at odds, code sets all ruled out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from eligibility.checking.walking import walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.kinds.found_body import FoundBody
from eligibility.protocol import Protocol
from eligibility.suggestions import did_you_mean
from fhir_mappings.facts import ATTRIBUTE_VALUES, EVENT_TYPES, Vocabulary


def record_faults(protocol: Protocol, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    """All of them, and code sets that examples name but that do not exist."""
    for location, model in walk(protocol):
        if isinstance(model, FoundBody):
            yield from _attributes(model, location)
            yield from _ruled_out(model, location, vocabulary)
    for i, criterion in enumerate(protocol.criteria):
        for j, example in enumerate(criterion.examples):
            yield from _example(example.chart, ("criteria", i, "examples", j, "chart"), vocabulary)
    for j, example in enumerate(protocol.applies_to_examples):
        yield from _example(example.chart, ("applies_to_examples", j, "chart"), vocabulary)


def _attributes(body: FoundBody, location: Location) -> Iterator[ProtocolProblem]:
    for key, attributes in (("where", body.where), ("where_not", body.where_not)):
        for name, wanted in attributes.items():
            known = ATTRIBUTE_VALUES.get(name)
            for value in _listed(wanted):
                if known is not None and value not in known:
                    close = did_you_mean(str(value), (str(k) for k in known))
                    if key == "where" and body.unrecorded == "yes" and not close:
                        continue  # a value that none has asks for those where it is not recorded
                    yield ProtocolProblem(
                        (*location, key, name),
                        f"'{name}' is never '{value}'{close}",
                        mend=f"it is one of: {', '.join(str(k).lower() for k in known)}",
                    )
    for name in body.where.keys() & body.where_not.keys():
        if set(_listed(body.where[name])) <= set(_listed(body.where_not[name])):
            yield ProtocolProblem(
                (*location, "where_not", name),
                f"contradiction: every '{name}' that 'where' asks for is ruled out by 'where_not'",
                mend="leave one of the two out",
            )


def _ruled_out(body: FoundBody, location: Location, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    if body.of is None or not body.except_:
        return
    wanted, excepted = (_expanded(names, vocabulary) for names in (body.of, body.except_))
    if wanted and wanted <= excepted:
        yield ProtocolProblem(
            (*location, "except"),
            "contradiction: 'except' rules out every code set of 'of'",
            mend="leave some of them",
        )


def _expanded(names: Iterable[str], vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset[str]().union(*(vocabulary.expand(name) or () for name in names))


def _example(chart: dict[str, Any], location: Location, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    events = chart.get("events")
    for i, entry in enumerate(events if isinstance(events, list) else ()):
        if not isinstance(entry, dict):
            continue
        for kind in entry.keys() & EVENT_TYPES.keys():
            for name in _listed(entry[kind]):
                if vocabulary.expand(str(name)) is None:
                    yield ProtocolProblem(
                        (*location, "events", i, kind),
                        f"there is no code set '{name}'{did_you_mean(str(name), vocabulary.concept_names)}",
                        mend="an event of an example belongs to code sets, or to none: []",
                    )
                elif name not in (vocabulary.expand(str(name)) or ()):
                    yield ProtocolProblem(
                        (*location, "events", i, kind),
                        f"'{name}' is a class; an event belongs to code sets",
                        mend="name a member of the class",
                    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
