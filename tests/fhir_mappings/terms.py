"""What words alone, and codes alone, name in the terminology."""

from __future__ import annotations

from fhir_mappings.terminology import load_terminology

T = load_terminology()

ATC = "http://www.whocc.no/atc"
SNOMED = "http://snomed.info/sct"
CM = "http://hl7.org/fhir/sid/icd-10-cm"


def named(text: str, kinds: str = "condition") -> frozenset[str]:
    """What words alone say."""
    found = T.concepts_of([], text, kinds=kinds)
    assert found.by_text == bool(found.concepts)
    return found.concepts


def coded(system: str, code: str, kinds: str) -> frozenset[str]:
    """What a code without any words says."""
    return T.concepts_of([(system, code)], None, kinds=kinds).concepts


def concepts(system: str | None, code: str, kinds: str = "condition", text: str | None = None) -> set[str]:
    """What a code says, with words beside it or none."""
    return set(T.concepts_of([(system, code)], text, kinds=kinds).concepts)


def members(name: str) -> frozenset[str]:
    found = T.expand(name)
    assert found
    return found
