"""A Questionnaire for each protocol: all that it leaves to persons, criterion by criterion."""

from __future__ import annotations

from collections.abc import Iterator

from app.questionnaires.resources import Json, display, group, help_text, question, questionnaire
from eligibility.bound import BoundProtocol
from eligibility.protocol import Criterion, Part, Protocol

_KINDS = {"inclusion": "Inclusion criterion", "exclusion": "Exclusion criterion"}


def protocol_questionnaire(bound: BoundProtocol) -> Json:
    """What persons are asked: attestations, exceptions, and judgements of what the record leaves to review.

    Each question has its full id as ``linkId``, so that an answer means the same in any form that asks it.
    """
    protocol = bound.protocol
    asked = _by_criterion(bound)
    items: list[Json] = []
    for criterion in protocol.criteria:
        items += _group(criterion, f"{_KINDS[criterion.kind]} {criterion.id}", protocol, asked)
    # What is left belongs to the gate, or is shared with a criterion of another name.
    rest = [question(link, words, "boolean") for questions in asked.values() for link, words in questions]
    if rest:
        items.append(group("further", "Further questions", rest))
    return questionnaire(
        protocol.id,
        version=protocol.version,
        title=f"What only a person can say: {protocol.short_title}",
        description=_description(protocol),
        items=items,
    )


def _by_criterion(bound: BoundProtocol) -> dict[str, list[tuple[str, str]]]:
    """The questions of each criterion or part, by its id: full id and words."""
    asked: dict[str, list[tuple[str, str]]] = {}
    for link, words in bound.questions.items():
        protocol, criterion = link.split("/")[:2]
        asked.setdefault(criterion if protocol == bound.protocol.id else link, []).append((link, words))
    return asked


def _group(
    criterion: Criterion | Part, heading: str, protocol: Protocol, asked: dict[str, list[tuple[str, str]]]
) -> Iterator[Json]:
    """The group of a criterion or part, if it or one of its parts is asked about."""
    items = [question(link, words, "boolean") for link, words in asked.pop(criterion.id, ())]
    for part in criterion.parts or ():
        items += _group(part, part.id, protocol, asked)
    if not items:
        return
    said = [display(f"{criterion.id}.text", " ".join(criterion.text.split()))]
    if criterion.reading:
        said.append(help_text(f"{criterion.id}.reading", f"Read as: {' '.join(criterion.reading.split())}"))
    yield group(f"{protocol.id}/{criterion.id}", heading, [*said, *items], prefix=criterion.id)


def _description(protocol: Protocol) -> str:
    return (
        f"{protocol.title} ({protocol.registry_url}). To be answered by a clinician, as author or source of"
        " the response. Leave open what you do not judge. An answer does not hold against newer evidence, and"
        " not for another version of this form."
    )
