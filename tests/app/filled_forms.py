"""Questionnaires of this installation, and responses that fill them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from app.questionnaires import Library
from app.questionnaires.blank import blank_response
from tests.app.service import (
    AS_OF,
    screening_service,
)

Json = dict[str, Any]


@cache
def library() -> Library:
    return Library(screening_service().protocols.values())


def flat(items: list[Json]) -> Iterator[Json]:
    for item in items:
        yield item
        yield from flat(item.get("item", []))


def fill(
    identifier: str, answer: Callable[[Json], Json | None], patient: str = "lin-mei", **more: Any
) -> Json:
    """A completed response to a questionnaire; ``answer`` gives what is answered to each question."""
    questions = {item["linkId"]: item for item in flat(library().one(identifier)["item"])}
    response = blank_response(library().one(identifier), patient)
    for item in flat(response["item"]):
        given = answer(questions[item["linkId"]]) if questions[item["linkId"]]["type"] != "group" else None
        if given is not None:
            item["answer"] = [given]
    return {
        **response,
        "id": "filled",
        "status": "completed",
        "authored": f"{AS_OF}T10:00:00+08:00",
        "author": {"reference": "Practitioner/p1", "display": "Dr Ada Okoye"},
        **more,
    }
