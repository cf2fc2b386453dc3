"""A response with nothing answered: where a person, or a form's programmer, may start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.questionnaires.resources import Json, canonical


def blank_response(resource: Mapping[str, Any], patient: str) -> Json:
    """A QuestionnaireResponse in progress, with every question and no answer.

    To count, it needs answers, ``authored``, an ``author`` (or ``source``) who is a Practitioner, and the
    status ``completed``.

    Args:
        resource: the Questionnaire.
        patient: ``Patient/123``, or the id alone.
    """
    subject = patient if "/" in patient or patient.startswith("urn:") else f"Patient/{patient}"
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": canonical(resource),
        "status": "in-progress",
        "subject": {"reference": subject},
        "item": list(_questions(resource["item"])),
    }


def _questions(items: Iterable[Mapping[str, Any]]) -> Iterator[Json]:
    for item in items:
        if item["type"] == "display":
            continue
        asked: Json = {"linkId": item["linkId"], "text": item["text"]}
        below = list(_questions(item.get("item", ()))) if item["type"] == "group" else []
        yield {**asked, "item": below} if below else asked
