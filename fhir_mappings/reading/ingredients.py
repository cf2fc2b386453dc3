"""What a medication resource is a product of: its code, and its ingredients wherever they are told.

FHIR R4, Medication.ingredient.item[x]: a CodeableConcept, or a Reference to a Substance or another Medication
that is contained, among the resources at hand, or named by its words alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from fhir_mappings.bundles import read_document
from fhir_mappings.code_systems import code_in, system_of
from fhir_mappings.datatypes import CodeableConcept, CodingType, Ingredient, Ratio, Reference
from fhir_mappings.reading.sheet import Pool, Sheet
from fhir_mappings.reading.terms import names_no_drug, tells, texts_of
from fhir_mappings.references import Source
from fhir_mappings.resources import Medicated, Medication, Substance

_DEEPEST = 5
"""So many products are opened one within the other: a kit, its vials, what they are made up of."""

_SUBSTANCE = re.compile(r"[A-V]\d{2}[A-Z]{2}\d{2}")
"""An ATC code of one substance, or of one combination; shorter ones are groups of many."""

_PRODUCTS = frozenset({"Medication", "Substance"})
_Contained = tuple[msgspec.Raw, ...]


class Part(NamedTuple):
    """An ingredient. ``concept`` is ``None`` where nothing at hand tells what it is."""

    concept: CodeableConcept | None
    strength: Ratio | None = None
    active: bool = True


class Product(NamedTuple):
    """A product, as far as a Medication at hand tells.

    Attributes:
        code: of the Medication, if it tells anything.
        parts: its ingredients, those of its ingredients in their place.
        absent: it, or an ingredient, is a resource that is not at hand and that no words name.
    """

    code: CodeableConcept | None = None
    parts: tuple[Part, ...] = ()
    absent: bool = False


def product_of(resource: Medicated, sheet: Sheet) -> Product:
    """The product that a ``medicationReference`` names; an empty one where there is none."""
    reference = resource.medication_reference
    medication = sheet.pool.resolve(reference, Medication, resource.contained)
    if medication is None:
        return Product(absent=reference is not None and _is_absent(reference))
    walk = _Walk(sheet)
    contained = _container(reference, medication, resource.contained)
    parts = tuple(walk.parts(medication, contained, (_name(reference, contained, sheet.pool),)))
    code = medication.code
    return Product(code if code is not None and tells(code) else None, parts, walk.absent)


def products_among(resources: Iterable[msgspec.Raw | bytes]) -> Iterator[Source]:
    """The Medications and Substances among resources, by which other resources may name a product."""
    for raw in resources:
        written = bytes(raw)
        if b'"Medication"' in written or b'"Substance"' in written:
            yield from (one for one in read_document(written).sources if one.kind in _PRODUCTS)


def is_told(concept: CodeableConcept) -> bool:
    """Whether a code tells that the drug is another one, if it is none of ours.

    A code of ATC does: there is one for each substance, and those of the drugs that anything asks for are all
    known. Of any other system only beside words: a product or a brand may be newer than the codes at hand.
    """
    systems = [(system_of(system), code) for system, code in concept.pairs if system and code]
    if any(family == "atc" and _SUBSTANCE.fullmatch(code_in("atc", code)) for family, code in systems):
        return True
    return any(family for family, _ in systems) and not all(map(names_no_drug, texts_of(concept)))


class _Walk:
    """Through the ingredients of a product; ``absent``: see ``Product``."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.absent = False
        self._opened: set[str] = set()

    def parts(self, medication: Medication, contained: _Contained, path: tuple[str, ...]) -> Iterator[Part]:
        for ingredient in medication.ingredient:
            active = ingredient.is_active is not False
            item = ingredient.item_codeable_concept
            if item is not None:
                yield Part(item if tells(item) else None, ingredient.strength, active)
            elif ingredient.item_reference is None:
                yield Part(None, ingredient.strength, active)
            else:
                for part in self._referred(ingredient.item_reference, ingredient, contained, path):
                    yield part._replace(active=active and part.active)

    def _referred(
        self, reference: Reference, ingredient: Ingredient, contained: _Contained, path: tuple[str, ...]
    ) -> Iterator[Part]:
        pool = self.sheet.pool
        substance = pool.resolve(reference, Substance, contained)
        medication = pool.resolve(reference, Medication, contained)
        code = (
            substance.code if substance is not None else medication.code if medication is not None else None
        )
        code = code if code is not None and tells(code) else _in_words(reference)
        if substance is None and medication is None and code is None:
            self.absent |= _is_absent(reference)
        name = _name(reference, contained, pool)
        if medication is None or not medication.ingredient or (code is not None and self._says(code)):
            yield Part(code, ingredient.strength)
        elif name in path or len(path) >= _DEEPEST:
            yield Part(None)
        elif name not in self._opened:
            self._opened.add(name)
            within = _container(reference, medication, contained)
            # Their strengths are of that product, and not of this one.
            yield from (
                part._replace(strength=None) for part in self.parts(medication, within, (*path, name))
            )

    def _says(self, code: CodeableConcept) -> bool:
        found = self.sheet.terminology.concepts_of(code.pairs, code.label, kinds="drug")
        return bool(found.concepts) or is_told(code)


def _container(reference: Reference | None, found: Medication, contained: _Contained) -> _Contained:
    """Where references within a resource look for what is contained: in the outermost one that holds it."""
    is_contained = reference is not None and (reference.reference or "").startswith("#")
    return contained if is_contained else found.contained


def _name(reference: Reference | None, contained: _Contained, pool: Pool) -> str:
    written = (reference.reference if reference is not None else None) or ""
    if written.startswith("#"):
        return f"{written} {id(contained)}"
    source = pool.references.find(written)
    return source.reference if source is not None else written


def _in_words(reference: Reference) -> CodeableConcept | None:
    """What a reference says by itself: its display, and a code in place of an identifier."""
    identifier = reference.identifier
    coded = identifier is not None and identifier.value and system_of(identifier.system or "")
    coding = (CodingType(system=identifier.system, code=identifier.value),) if identifier and coded else ()
    said = CodeableConcept(coding=coding, text=reference.display)
    return said if tells(said) else None


def _is_absent(reference: Reference) -> bool:
    written = reference.reference or ""
    return bool(written) and not written.startswith("#") and not reference.display
