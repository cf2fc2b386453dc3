"""Elements of every resource, and extensions."""

from __future__ import annotations

import msgspec

from fhir_mappings.datatypes import CodeableConcept, CodingType, Element, Identifier


class Extension(Element, frozen=True):
    """Extension; only the values that we look at."""

    url: str | None = None
    value_code: str | None = None
    value_coding: CodingType | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_boolean: bool | None = None
    extension: tuple[Extension, ...] = ()


class Resource(Element, frozen=True, kw_only=True):
    """Elements of every resource."""

    id: str | None = None
    identifier: tuple[Identifier, ...] = ()
    contained: tuple[msgspec.Raw, ...] = ()
    modifier_extension: tuple[Extension, ...] = ()
    implicit_rules: str | None = None
