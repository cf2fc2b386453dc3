"""The pieces that every Questionnaire is made of, as JSON objects of FHIR R4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]

BASE = "https://trialcards.org/fhir/Questionnaire"
"""Where the canonical URLs of Questionnaires begin; a name, not an address."""

_CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
_CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"


def questionnaire(
    identifier: str, *, version: str, title: str, description: str, items: Iterable[Json]
) -> Json:
    """A Questionnaire about a patient, filled in by staff."""
    return {
        "resourceType": "Questionnaire",
        "id": identifier,
        "url": f"{BASE}/{identifier}",
        "version": version,
        "name": _computable(identifier),
        "title": title,
        "status": "active",
        "subjectType": ["Patient"],
        "description": description,
        "item": list(items),
    }


def _computable(identifier: str) -> str:
    """A name that a program may use, as FHIR asks: it begins with a capital and has no separators."""
    return "".join(word[:1].upper() + word[1:] for word in identifier.split("-"))


def group(link: str, text: str, items: Iterable[Json], prefix: str | None = None) -> Json:
    """A group of items."""
    start: Json = {"linkId": link}
    if prefix is not None:
        start["prefix"] = prefix
    return {**start, "text": text, "type": "group", "item": list(items)}


def display(link: str, text: str) -> Json:
    """Words that ask nothing."""
    return {"linkId": link, "text": text, "type": "display"}


def help_text(link: str, text: str) -> Json:
    """Words that a form shows as help to the item above them."""
    control = {"coding": [{"system": _CONTROLS, "code": "help", "display": "Help-Button"}]}
    return {
        "extension": [{"url": _CONTROL, "valueCodeableConcept": control}],
        **display(link, text),
    }


def question(link: str, text: str, kind: str, *, options: Iterable[Json] = (), helped_by: str = "") -> Json:
    """An item that is answered once, or left open."""
    asked: Json = {"linkId": link, "text": text, "type": kind, "required": False, "repeats": False}
    if choices := list(options):
        asked["answerOption"] = choices
    if helped_by:
        asked["item"] = [help_text(f"{link}.help", helped_by)]
    return asked


def canonical(resource: Mapping[str, Any]) -> str:
    """How a response names the Questionnaire that it answers."""
    return f"{resource['url']}|{resource['version']}"
