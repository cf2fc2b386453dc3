"""The override reasons as FHIR R4: a CodeSystem, the ValueSet of all its codes, and a ConceptMap to HL7's.

An EHR takes them in to map them to reasons of its own, and to read the feedback that it sends.
"""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B.codesystem import CodeSystem
from fhir.resources.R4B.conceptmap import ConceptMap
from fhir.resources.R4B.valueset import ValueSet

from app import __version__
from app.cards.override_reasons import HL7_SYSTEM, SYSTEM, Reason, reasons
from app.cards.wording import wording

Json = dict[str, Any]

ID = SYSTEM.rpartition("/")[2]
VALUE_SET = f"https://trialcards.org/fhir/ValueSet/{ID}"
CONCEPT_MAP = f"https://trialcards.org/fhir/ConceptMap/{ID}"

# FHIR R4's concept-map-equivalence tells of the target; our relation, of HL7's code, does so too.
_EQUIVALENCE = {"equivalent": "equivalent", "broader": "wider"}
_PROPERTIES = (
    ("card", "code", "Cards on which the reason is offered: on trials, or on draft orders."),
    ("silences", "boolean", "Whether the trial then stays silent for the patient for some time."),
)


def override_reason_resources(language: str) -> dict[str, Json]:
    """The resources by type, validated; displays are in the language of the cards.

    Raises:
        KeyError: the catalogue has no words for one of the reasons.
    """
    made: tuple[CodeSystem | ValueSet | ConceptMap, ...] = (
        CodeSystem.model_validate(_code_system(language)),
        ValueSet.model_validate(_value_set(language)),
        ConceptMap.model_validate(_concept_map(language)),
    )
    return {resource.get_resource_type(): resource.model_dump(mode="json") for resource in made}


def _code_system(language: str) -> Json:
    words = wording(language)
    return {
        **_head("CodeSystem", SYSTEM, language),
        "description": "Why a clinician puts a card on a trial aside. No code ever changes its meaning.",
        "caseSensitive": True,
        "valueSet": VALUE_SET,
        "content": "complete",
        "count": len(reasons()),
        "property": [{"code": code, "type": kind, "description": told} for code, kind, told in _PROPERTIES],
        "concept": [
            {"code": code, "display": words.say(f"reason.{code}"), "property": _properties(reason)}
            for code, reason in reasons().items()
        ],
    }


def _properties(reason: Reason) -> list[Json]:
    cards = [{"code": "card", "valueCode": subject} for subject in reason.cards]
    return [*cards, {"code": "silences", "valueBoolean": reason.silences}]


def _value_set(language: str) -> Json:
    return {
        **_head("ValueSet", VALUE_SET, language),
        "description": "All reasons that cards offer for putting them aside.",
        "compose": {"include": [{"system": SYSTEM}]},
    }


def _concept_map(language: str) -> Json:
    words = wording(language)
    return {
        **_head("ConceptMap", CONCEPT_MAP, language),
        "description": "The reasons of our cards among HL7's non-adherence reasons (trial use).",
        "group": [
            {
                "source": SYSTEM,
                "target": HL7_SYSTEM,
                "element": [
                    {
                        "code": code,
                        "display": words.say(f"reason.{code}"),
                        "target": [
                            {"code": reason.hl7.code, "equivalence": _EQUIVALENCE[reason.hl7.relation]}
                        ],
                    }
                    for code, reason in reasons().items()
                ],
            }
        ],
    }


def _head(kind: str, url: str, language: str) -> Json:
    return {
        "resourceType": kind,
        "id": ID,
        "language": language,
        "url": url,
        "version": __version__,
        "name": "OverrideReasons",
        "title": "Why a card on a trial is put aside",
        "status": "active",
        "experimental": False,
        "publisher": "Trialcards",
    }
