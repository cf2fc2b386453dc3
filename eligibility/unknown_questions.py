"""Answers to questions that a protocol does not ask: a misspelt name must not pass for no answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.suggestions import did_you_mean
from fhir_mappings.facts import Answer, Unread


def unknown_questions(answers: Iterable[Answer], protocols: Mapping[str, BoundProtocol]) -> list[Unread]:
    """The answers that no criterion will ever ask for, each with the names that there are.

    Answers about trials that are not among the protocols are passed over: they are another service's.
    """
    found = []
    for answer in answers:
        trial, _, name = answer.question.partition("/")
        bound = protocols.get(trial)
        if bound is None:
            continue
        known = _names(bound)
        if name not in known:
            told = f"item {name} is no question of {trial}{did_you_mean(name, known)}"
            found.append(Unread(answer.evidence.reference, f"{told}; {_listed(name, known)}"))
    return list(dict.fromkeys(found))


def _names(bound: BoundProtocol) -> list[str]:
    asked = [*bound.questions, *(c.judging.question for c in _criteria(bound.criteria))]
    return sorted({question.partition("/")[2] for question in asked})


def _criteria(criteria: Iterable[BoundCriterion]) -> Iterator[BoundCriterion]:
    for criterion in criteria:
        yield criterion
        yield from _criteria(criterion.parts)


def _listed(name: str, known: Sequence[str]) -> str:
    criterion = name.partition("/")[0]
    own = [one for one in known if one.partition("/")[0] == criterion]
    if own:
        return f"those of {criterion} are: {', '.join(own)}"
    return f"its questions are: {', '.join(known)}"
