"""Answers to questions that a protocol does not ask: a misspelt name must not pass for no answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.messages import Message, in_words, message
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
            told = message(
                "unread.question",
                name=name,
                trial=trial,
                close=did_you_mean(name, known),
                known=_listed(name, known),
            )
            found.append(Unread(answer.evidence.reference, in_words(told)))
    return list(dict.fromkeys(found))


def _names(bound: BoundProtocol) -> list[str]:
    asked = [*bound.questions, *(c.judging.question for c in _criteria(bound.criteria))]
    return sorted({question.partition("/")[2] for question in asked})


def _criteria(criteria: Iterable[BoundCriterion]) -> Iterator[BoundCriterion]:
    for criterion in criteria:
        yield criterion
        yield from _criteria(criterion.parts)


def _listed(name: str, known: Sequence[str]) -> Message:
    criterion = name.partition("/")[0]
    own = [one for one in known if one.partition("/")[0] == criterion]
    if own:
        return message("unread.of-criterion", criterion=criterion, names=", ".join(own))
    return message("unread.questions", names=", ".join(known))
