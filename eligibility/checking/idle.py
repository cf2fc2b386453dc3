"""What is written and has no effect: its author may have meant something else."""

from __future__ import annotations

from collections.abc import Iterator

from eligibility.checking.walking import walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.kinds.stable_therapy import StableTherapyBody
from eligibility.protocol import Protocol, Statement
from fhir_mappings.facts import Vocabulary


def idle_words(protocol: Protocol, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    """All of them; an ``until`` without effect is told with the windows."""
    for location, model in walk(protocol):
        if isinstance(model, Statement) and "combine" in model.model_fields_set and not model.parts:
            yield ProtocolProblem(
                (*location, "combine"),
                "'combine' has no effect without 'parts'",
                severity="warning",
                mend="leave it out, or split the statement into parts",
            )
        if isinstance(model, StableTherapyBody):
            yield from _listed_twice(model, location, vocabulary)


def _listed_twice(
    body: StableTherapyBody, location: Location, vocabulary: Vocabulary
) -> Iterator[ProtocolProblem]:
    """What stands in both lists counts as listed, so that nobody is asked about it."""
    listed = frozenset[str]().union(*(vocabulary.expand(name) or () for name in body.of))
    for i, name in enumerate(body.open_list):
        both = listed & (vocabulary.expand(name) or frozenset())
        if both:
            told = f"'{name}'" if both == {name} else f"'{name}' ({', '.join(sorted(both))})"
            yield ProtocolProblem(
                (*location, "open_list", i),
                f"{told} is in 'of' already, so that no person is asked about it",
                severity="warning",
                mend="name it in one of the two only",
            )
