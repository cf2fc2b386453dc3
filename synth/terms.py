"""The codes, units and words of each dialect, from the files in ``synth/terms``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from synth.errors import RecipeError

Dialect = Literal["us", "si"]
Texts = Mapping[str, str]
"""Words by language; English stands in where one lacks."""

T = TypeVar("T")


class Style(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one house writes its records.

    Attributes:
        share: of the patients of its dialect.
        offset: of its clocks from UTC, as FHIR writes it.
        treatment: the resource type of what a patient takes.
        medication: whether a drug is named in place, by reference to a Medication, or by words alone.
        us_core: whether race, ethnicity and sex at birth are recorded, as US Core has them.
    """

    dialect: Dialect
    language: str
    share: float
    offset: str
    treatment: Literal["MedicationRequest", "MedicationStatement"]
    medication: Literal["inline", "reference", "text"]
    us_core: bool = False


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test as one dialect writes it.

    Attributes:
        code: LOINC code and display; none where it has words alone.
        unit: as displayed, and in UCUM.
        times: by which the US value is multiplied.
        digits: behind the point.
        low, high: the reference range, in this unit.
    """

    code: tuple[str, str] | None = None
    unit: tuple[str, str] | None = None
    times: float = 1.0
    digits: int = 0
    low: float | None = None
    high: float | None = None


class Test(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is measured or asked. ``text`` stands beside the code; ``category`` is FHIR's."""

    us: Written
    si: Written
    category: str = "laboratory"
    text: Texts = {}


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A thing with codes, each as system, code and display; without ``si``, it is written as in ``us``."""

    us: tuple[tuple[str, str, str], ...] = ()
    si: tuple[tuple[str, str, str], ...] | None = None
    text: Texts = {}

    def codes(self, dialect: Dialect) -> tuple[tuple[str, str, str], ...]:
        """As that dialect writes it."""
        return self.us if dialect == "us" or self.si is None else self.si


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it; ``things`` are what is neither measured nor taken: diagnoses, procedures, reports and so on.

    ``races`` and ``ethnicities``: code, display and share.
    """

    systems: Mapping[str, str]
    styles: Mapping[str, Style]
    answers: Mapping[str, Term]
    words: Mapping[str, Texts]
    races: tuple[tuple[str, str, float], ...]
    ethnicities: tuple[tuple[str, str, float], ...]
    tests: Mapping[str, Test]
    drugs: Mapping[str, Term]
    things: Mapping[str, Term]

    def coded(self, term: Term, style: Style, *, words: str | None = None) -> dict[str, Any]:
        """A CodeableConcept."""
        coding = [self.coding(each) for each in term.codes(style.dialect)]
        text = words or said(term.text, style.language)
        concept: dict[str, Any] = {"coding": coding} if coding else {}
        return concept | ({"text": text} if text else {})

    def coding(self, code: tuple[str, str, str]) -> dict[str, str]:
        """A Coding."""
        system, value, display = code
        return {"system": self.systems[system], "code": value, "display": display}


def said(texts: Texts, language: str) -> str | None:
    """The words in that language, or in English."""
    return texts.get(language) or texts.get("en")


def read_all(folder: str) -> list[tuple[str, Any]]:
    """The YAML files of a folder of this package, by name."""
    files = resources.files("synth").joinpath(folder).iterdir()
    named = sorted((file.name, file) for file in files if file.name.endswith(".yaml"))
    return [(name, yaml.safe_load(file.read_text("utf-8"))) for name, file in named]


def shaped(data: Any, shape: type[T], place: str) -> T:
    """The data in that shape.

    Raises:
        RecipeError: they do not fit.
    """
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise RecipeError(f"{place}: {error}") from None


@functools.cache
def terms() -> Terms:
    """All terms of the package."""
    together: dict[str, Any] = {}
    for _, content in read_all("terms"):
        together |= content
    return shaped(together, Terms, "synth/terms")
