"""Statements that can never be true or never be false, rungs that are never reached, criteria at odds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pydantic import BaseModel

from eligibility.checking.demands import Among, Demand, Plain, Range, Recorded
from eligibility.checking.logic import Alternatives, Reasoner
from eligibility.checking.walking import fields_of, statements, walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.kinds.cases import PASSING, CasesBody
from eligibility.kinds.number import NumberNode
from eligibility.protocol import Criterion, Part, Protocol

_OUTCOME_KINDS = ("cases", "table")


def contradictions(protocol: Protocol, reasoner: Reasoner) -> Iterator[ProtocolProblem]:
    """All of them."""
    impossible: set[Location] = set()
    for location, node in reversed(list(statements(protocol))):
        for problem in _of_statement(node, location, reasoner, impossible):
            impossible.add(location)
            yield problem
    for location, model in walk(protocol):
        if isinstance(model, CasesBody):
            yield from _of_ladder(model, location, reasoner, impossible)
    yield from _between_criteria(protocol, reasoner, impossible)


def _of_statement(
    node: BaseModel, location: Location, reasoner: Reasoner, known: set[Location]
) -> Iterator[ProtocolProblem]:
    below = any(place != location and place[: len(location)] == location for place in known)
    if below or getattr(node, "kind_name", "") in _OUTCOME_KINDS:
        return
    place = (*location, *_only_key(node))
    if not reasoner.of(node, location, True):
        clash = reasoner.clash
        if clash is not None and clash[0] != clash[1]:
            first, second = clash
            yield ProtocolProblem(
                _where(second),
                f"contradiction: {second.words} can never hold together with {first.words}",
                mend="change one of the two, or ask for either with 'any'",
            )
        else:
            yield ProtocolProblem(
                place,
                f"this can never hold: {_nothing(clash)}",
                mend="correct the threshold or its unit",
            )
    elif not reasoner.of(node, location, False):
        alone = isinstance(node, NumberNode)
        reason = (
            "this holds for every value within the physical range: it only asks whether there is one"
            if alone
            else "this can never be false, so it asks nothing"
        )
        yield ProtocolProblem(
            place,
            reason,
            severity="warning" if alone else "error",
            mend="correct the threshold or its unit" if alone else "leave it out, or correct a threshold",
        )


def _only_key(node: BaseModel) -> tuple[str, ...]:
    return (next(iter(fields_of(node)))[0],)


def _nothing(clash: tuple[Demand, Demand] | None) -> str:
    if clash is not None and isinstance(clash[0], Range):
        return f"no value within the physical range is {clash[0].words}"
    return clash[0].words if clash is not None else "its parts exclude each other"


def _where(demand: Demand) -> Location:
    """The key that decides: the threshold, the categories, the code sets."""
    return demand.location


# -- ladders ---------------------------------------------------------------------------------------


def _of_ladder(
    body: CasesBody, location: Location, reasoner: Reasoner, impossible: set[Location]
) -> Iterator[ProtocolProblem]:
    above: list[tuple[int, Alternatives]] = []
    for i, case in enumerate(body.of):
        place = (*location, "of", i, "when")
        holds = reasoner.of(case.when, place, True)
        broken = any(known[: len(place)] == place for known in impossible)
        if not broken and holds and not reasoner.both(*(rest for _, rest in above), holds):
            deciding = next((j for j, rest in above if not reasoner.both(rest, holds)), None)
            told = "the rungs above" if deciding is None else f"rung {deciding + 1}"
            yield ProtocolProblem(
                (*location, "of", i),
                f"this rung is never reached: {told} decides wherever its condition holds",
                mend="remove it, put it above, or correct its condition",
            )
        doubtful = any((later.then in PASSING) != (case.then in PASSING) for later in body.of[i + 1 :])
        above.append((i, reasoner.of(case.when, place, False, doubtful=doubtful)))
    outcomes = {case.then for case in body.of} | {body.otherwise}
    if len(outcomes) == 1:
        yield ProtocolProblem(
            (*location, "otherwise"),
            f"every rung and 'otherwise' say '{body.otherwise}', so the ladder decides nothing",
            mend="give the rungs the outcomes that they should have",
        )


# -- between criteria ------------------------------------------------------------------------------


def _between_criteria(
    protocol: Protocol, reasoner: Reasoner, impossible: set[Location]
) -> Iterator[ProtocolProblem]:
    leaves = [
        (place, leaf, passing)
        for i, criterion in enumerate(protocol.criteria)
        for place, leaf in _leaves(criterion, ("criteria", i))
        if not any(known[: len(place)] == place for known in impossible)
        and (passing := _passing(leaf, place, reasoner))
    ]
    for (_, first, one), (place, second, other) in combinations(leaves, 2):
        if not _variables(one) & _variables(other) or reasoner.both(one, other):
            continue
        clash = reasoner.clash
        told = f": {clash[1].words} against {clash[0].words}" if clash is not None else ""
        yield ProtocolProblem(
            place if clash is None or clash[1].location[: len(place)] != place else clash[1].location,
            f"contradiction: nobody can meet {second.id} together with {first.id}{told}",
            mend=f"correct {first.id} or {second.id}; both are asked of every patient",
        )


def _leaves(statement: Criterion | Part, location: Location) -> Iterator[tuple[Location, Criterion | Part]]:
    """The criteria and parts that every patient must meet by themselves."""
    if not statement.parts:
        yield location, statement
    elif statement.combine == "all":
        for i, part in enumerate(statement.parts):
            yield from _leaves(part, (*location, "parts", i))


def _passing(leaf: Criterion | Part, location: Location, reasoner: Reasoner) -> Alternatives:
    if leaf.requires is not None:
        return reasoner.of(leaf.requires, (*location, "requires"), True)
    if leaf.excludes is not None:
        return reasoner.of(leaf.excludes, (*location, "excludes"), False)
    body = leaf.cases or leaf.table
    if body is None:
        return ((),)
    return reasoner.passing(body, (*location, "cases" if leaf.cases else "table"))


def _variables(alternatives: Alternatives) -> set[str]:
    """What the demands are about, roughly: only criteria that share something can be at odds."""
    found: set[str] = set()
    for demands in alternatives:
        for demand in demands:
            if isinstance(demand, (Range, Among)):
                found.add("/".join(demand.variable))
            elif isinstance(demand, Recorded):
                found.update(demand.body.kind)
            elif isinstance(demand, Plain):
                found.add(demand.key)
    return found
