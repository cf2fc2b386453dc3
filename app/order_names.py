"""What a test to order is called for a person. Its coding keeps the English display of its code system."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from app.language import Language
from fhir_mappings.facts import Coding
from fhir_mappings.inputs.definitions import definitions
from fhir_mappings.phrases import said


def order_name(order: Coding, language: Language) -> str:
    """The display in English; else what the result is called in the language, where that is known."""
    if language == "en":
        return order.display
    return _names(language).get((order.system, order.code), order.display)


@cache
def _names(language: Language) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for definition in definitions().values():
        described = definition.description
        name = said(described.label, language)
        if described.order is not None and name != str(described.label):
            found.setdefault((described.order.system, described.order.code), name)
    return found
