"""The shape of ``bilag_2004.yaml``."""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec

from fhir_mappings.phrases import Phrase, from_data
from fhir_mappings.scores.definitions import exclusions, read_yaml
from fhir_mappings.scores.rules import ResultRule, Rule, ScoreDefinitionError


class _Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Count(_Shape, frozen=True, kw_only=True):
    """A criterion input that counts the domains of one grade; ``item``: its name on a form."""

    grade: Literal["A", "B"]
    label: Phrase
    item: str


class Domain(_Shape, frozen=True, kw_only=True):
    """An organ system; ``aliases``: other names under which forms record it."""

    id: str
    label: Phrase
    aliases: tuple[str, ...] = ()


class PreviousRule(_Shape, frozen=True, kw_only=True):
    """How far before the current result the previous one may lie."""

    from_days: int
    to_days: int


class ProteinRule(_Shape, frozen=True, kw_only=True):
    """A measure of proteinuria, with its degrees in ``unit``."""

    input: str
    unit: str
    severe_above: float
    moderate_from: float
    mild_above: float


class DipstickRule(_Shape, frozen=True, kw_only=True):
    """The strip: the level of each result, and by how many levels it has to rise or which it has to reach."""

    input: str
    levels: dict[str, int]
    severe_rise: int
    moderate_from: int
    mild_from: int


class CreatinineRule(_Shape, frozen=True, kw_only=True):
    """Creatinine above a level, and risen above a share of the previous value."""

    input: str
    unit: str
    above: float
    severe_share: float
    moderate_share: float


class FiltrationRule(_Shape, frozen=True, kw_only=True):
    """Filtration rate below a level and below a share of the previous value, or newly below another level."""

    input: str
    unit: str
    below: float
    share: float
    below_absolute: float


class SedimentRule(_Shape, frozen=True, kw_only=True):
    """Cells, unless something else explains them (``unless``: names of exclusions), or casts."""

    unless: tuple[str, ...]
    cells: Rule
    casts: Rule


class HistologyRule(_Shape, frozen=True, kw_only=True):
    """Active nephritis on a biopsy of the last ``months``."""

    input: str
    shown_by: frozenset[str]
    refuted_by: frozenset[str]
    months: int


class PressureRule(_Shape, frozen=True, kw_only=True):
    """Blood pressure, systolic then diastolic: accelerated hypertension, and a milder rise.

    ``retina``: diagnoses of the retinal changes that accelerated hypertension asks for; ``coded``: diagnoses
    of it as a whole.
    """

    systolic: str
    diastolic: str
    unit: str
    severe_above: tuple[float, float]
    retina: tuple[str, ...]
    coded: tuple[str, ...]
    mild_above: tuple[float, float]
    mild_rise: tuple[float, float]


class NephroticRule(_Shape, frozen=True, kw_only=True):
    """Nephrotic syndrome: its three parts, and diagnoses of it as a whole (``coded``)."""

    proteinuria: Rule
    albumin: Rule
    oedema: tuple[str, ...]
    coded: tuple[str, ...]


class InvolvementRule(_Shape, frozen=True, kw_only=True):
    """What shows that the kidney was involved before: diagnoses, or any category of an input."""

    concepts: tuple[str, ...]
    inputs: tuple[str, ...]


class RenalRule(_Shape, frozen=True, kw_only=True):
    """The clauses of the renal domain that a chart can fulfil."""

    previous: PreviousRule
    proteinuria: tuple[ProteinRule, ...]
    improved_to_share: float
    dipstick: DipstickRule
    creatinine: CreatinineRule
    filtration: FiltrationRule
    sediment: SedimentRule
    histology: HistologyRule
    hypertension: PressureRule
    nephrotic: NephroticRule
    involved_before: InvolvementRule


class CountRule(_Shape, frozen=True, kw_only=True):
    """A blood count below which a grade is shown, if need be only with active haemolysis."""

    grade: Literal["A", "B", "C"]
    input: str
    below: float
    unit: str
    with_haemolysis: bool = False


class HaematologicalRule(_Shape, frozen=True, kw_only=True):
    """What supports a haematological grade; ``antiglobulin``: a positive test by itself supports grade C."""

    haemolysis: Rule
    antiglobulin: ResultRule
    grades: tuple[CountRule, ...]


class BilagDefinition(_Shape, frozen=True, kw_only=True):
    """BILAG-2004.

    ``instruments``: names under which forms are recorded; ``akin``: others, told only; ``grades``: what each
    letter means.
    """

    label: Phrase
    window_days: int
    source: str
    instruments: tuple[str, ...]
    akin: dict[str, str]
    counts: dict[str, Count]
    grades: dict[str, str]
    domains: tuple[Domain, ...]
    renal: RenalRule
    haematological: HaematologicalRule


@cache
def bilag() -> BilagDefinition:
    """The definition of BILAG-2004.

    Raises:
        ScoreDefinitionError: the file does not have the expected shape, or names an unknown exclusion.
    """
    try:
        definition = from_data(read_yaml("bilag_2004"), BilagDefinition)
    except msgspec.ValidationError as error:
        raise ScoreDefinitionError(f"bilag_2004.yaml: {error}") from error
    for name in definition.renal.sediment.unless:
        if name not in exclusions():
            raise ScoreDefinitionError(f"bilag_2004.yaml: there is no exclusion '{name}'")
    return definition
