"""Trials, consents, and what people answer in forms."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fhir_mappings.datatypes import (
    CodeableConcept,
    CodingType,
    Element,
    Identifier,
    Integer,
    OutOfRangeError,
    Period,
    Quantity,
    Reference,
    is_in_range,
)
from fhir_mappings.resources.base import Extension, Resource


class ResearchSubject(Resource, frozen=True, kw_only=True):
    """ResearchSubject."""

    status: str | None = None
    period: Period | None = None
    study: Reference | None = None
    individual: Reference | None = None
    consent: Reference | None = None


class ResearchArm(Element, frozen=True):
    """ResearchStudy.arm."""

    name: str | None = None
    description: str | None = None


class ResearchStudy(Resource, frozen=True, kw_only=True):
    """ResearchStudy."""

    title: str | None = None
    status: str | None = None
    phase: CodeableConcept | None = None
    primary_purpose_type: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    focus: tuple[CodeableConcept, ...] = ()
    keyword: tuple[CodeableConcept, ...] = ()
    description: str | None = None
    arm: tuple[ResearchArm, ...] = ()


class ConsentProvision(Element, frozen=True):
    """Consent.provision."""

    type: str | None = None
    period: Period | None = None


class Consent(Resource, frozen=True, kw_only=True):
    """Consent."""

    status: str | None = None
    scope: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    patient: Reference | None = None
    date_time: str | None = None
    source_reference: Reference | None = None
    provision: ConsentProvision | None = None


class AnswerCoding(CodingType, frozen=True):
    """A coded answer, perhaps with the points that it stands for."""

    extension: tuple[Weight, ...] = ()


class Weight(Element, frozen=True):
    """The points of an answer: the extensions ordinalValue (R4) and itemWeight (R5)."""

    url: str | None = None
    value_decimal: Decimal | None = None

    def __post_init__(self) -> None:
        if not is_in_range(self.value_decimal):
            raise OutOfRangeError


class QuestionnaireAnswer(Element, frozen=True):
    """QuestionnaireResponse.item.answer."""

    value_boolean: bool | None = None
    value_decimal: Decimal | None = None
    value_integer: Integer | None = None
    value_string: str | None = None
    value_coding: AnswerCoding | None = None
    value_quantity: Quantity | None = None
    extension: tuple[Weight, ...] = ()
    modifier_extension: tuple[Extension, ...] = ()
    item: tuple[QuestionnaireItem, ...] = ()

    def __post_init__(self) -> None:
        if not is_in_range(self.value_decimal):
            raise OutOfRangeError


class QuestionnaireItem(Element, frozen=True):
    """QuestionnaireResponse.item."""

    link_id: str | None = None
    text: str | None = None
    modifier_extension: tuple[Extension, ...] = ()
    answer: tuple[QuestionnaireAnswer, ...] = ()
    item: tuple[QuestionnaireItem, ...] = ()


class Meta(Element, frozen=True):
    """Resource.meta."""

    last_updated: str | None = None


class QuestionnaireResponse(Element, frozen=True, kw_only=True):
    """QuestionnaireResponse. Its ``identifier`` is a single one, unlike elsewhere."""

    id: str | None = None
    meta: Meta | None = None
    identifier: Identifier | None = None
    contained: tuple[msgspec.Raw, ...] = ()
    modifier_extension: tuple[Extension, ...] = ()
    questionnaire: str | None = None
    status: str | None = None
    subject: Reference | None = None
    authored: str | None = None
    author: Reference | None = None
    source: Reference | None = None
    item: tuple[QuestionnaireItem, ...] = ()
