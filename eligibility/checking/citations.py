"""Names that a protocol gives itself: ids of criteria, assumptions, windows, parts, questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from eligibility.checking.walking import fields_of, walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.gate import Grade
from eligibility.protocol import Criterion, Part, Protocol, part_ids
from eligibility.suggestions import did_you_mean
from eligibility.windows import Window


def broken_citations(protocol: Protocol) -> Iterator[ProtocolProblem]:
    """Assumptions that are cited but not there, and ids that are used twice: such a file cannot be used."""
    known = [assumption.id for assumption in protocol.assumptions]
    for location, name in _cited(protocol):
        if name not in known:
            yield ProtocolProblem(
                location,
                f"there is no assumption '{name}'{did_you_mean(name, known)}",
                mend="add it under 'assumptions', or cite another",
            )
    for place, what, ids in (
        ("assumptions", "assumption", [(("assumptions", i, "id"), k) for i, k in enumerate(known)]),
        ("criteria", "criterion or part", list(_ids(protocol))),
    ):
        seen: set[str] = set()
        for location, identifier in ids:
            if identifier in seen:
                yield ProtocolProblem(
                    location,
                    f"the id '{identifier}' is used twice",
                    mend=f"give each {what} an id of its own under '{place}'",
                )
            seen.add(identifier)


def unused_names(protocol: Protocol) -> Iterator[ProtocolProblem]:
    """Assumptions that nothing rests on, and windows that nothing uses."""
    cited = {name for _, name in _cited(protocol)}
    for i, assumption in enumerate(protocol.assumptions):
        if assumption.id not in cited:
            yield ProtocolProblem(
                ("assumptions", i, "id"),
                f"nothing rests on the assumption '{assumption.id}'",
                severity="warning",
                mend="cite it where it is used, in a criterion, a grade or a window, or remove it",
            )
    used = Counter(
        value
        for _, model in walk(protocol)
        if not isinstance(model, Window)
        for _, value in fields_of(model)
        if isinstance(value, str)
    )
    for name in protocol.freshness:
        if not used[name]:
            yield ProtocolProblem(
                ("freshness", name),
                f"the window '{name}' is never used",
                severity="warning",
                mend="name it in 'fresh' or 'during', or remove it",
            )


def _cited(protocol: Protocol) -> Iterator[tuple[Location, str]]:
    for location, model in walk(protocol):
        if isinstance(model, (Criterion, Part, Grade)):
            for i, name in enumerate(model.assumptions):
                yield (*location, "assumptions", i), name
        elif isinstance(model, Window) and model.assumption is not None:
            yield (*location, "assumption"), model.assumption


def _ids(protocol: Protocol) -> Iterator[tuple[Location, str]]:
    for location, model in walk(protocol):
        if isinstance(model, (Criterion, Part)):
            yield (*location, "id"), model.id


def parts_of(criterion: Criterion) -> frozenset[str]:
    """Ids of the parts of a criterion, and its own."""
    return frozenset((criterion.id, *part_ids(criterion)))
