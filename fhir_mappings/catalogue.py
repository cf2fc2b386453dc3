"""The catalogue of analytes: what each laboratory or bedside quantity is, in which units it may come.

An ``Analyte`` carries the name of the criterion input that it answers. Its definition is data:
``analytes/*.yaml`` (kind, canonical unit, accepted units, plausible range, words), ``analytes/units.yaml``
(each unit once: dimension, size, spellings) and ``codesets/loinc.csv`` (codes, each with its role).

A *role* says what a code reports: ``presence``, ``titre``, ``log``, ``copies`` … Where a role narrows the
units (``log``: a value of 3.2 is 10^3.2, never 3.2), the analyte of that role is a variant of its own, so
that a unit can only be read in a way which its code allows.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from fhir_mappings.facts import Coding
from fhir_mappings.intervals import Interval
from fhir_mappings.phrases import Phrase, from_data
from fhir_mappings.unit_spelling import fold

LOINC = "http://loinc.org"
FOLDER = Path(__file__).parent
YamlLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Kind = Literal["number", "category", "both"]


class CatalogueError(ValueError):
    """A data file of the catalogue contradicts itself; raised when it is loaded."""


class UnitRule(msgspec.Struct, frozen=True, kw_only=True):
    """How one unit of one analyte becomes the canonical unit.

    ``canonical = reported × factor + offset``, or ``10^reported × factor`` where ``log10``.

    Attributes:
        code: UCUM spelling.
        dimension: the physical dimension, e.g. ``mass/volume``; international units, copies and
            logarithms are dimensions of their own.
        own_scale: an assay's own unit, for which no conversion exists: the value may be compared with
            the reference range that came with it, and with nothing else.
        note: a remark that belongs beside a value that came in this unit.
    """

    code: str
    dimension: str
    factor: float = 1.0
    offset: float = 0.0
    log10: bool = False
    own_scale: bool = False
    note: Phrase | None = None


class AnalyteCode(msgspec.Struct, frozen=True):
    """A LOINC code that reports the analyte, and in which role."""

    code: str
    display: str
    role: str
    source: str
    confidence: str


class TextRule(msgspec.Struct, frozen=True, kw_only=True):
    """Words by which the analyte is known where no code says it.

    Attributes:
        names: names as a laboratory prints them, matched as a whole text (``only``) or as words in it.
        role: the role that these words imply.
        unless: words whose presence forbids the match, e.g. another specimen.
        only: the text must consist of the name and nothing else.
    """

    names: tuple[str, ...]
    role: str = ""
    unless: tuple[str, ...] = ()
    only: bool = False


class Analyte(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity or finding that a laboratory or a bedside measurement reports.

    Attributes:
        name: of the criterion input.
        kind: whether its results are numbers, categories, or both.
        unit: canonical unit, in UCUM.
        units: accepted units; the canonical one has factor 1.
        molar_mass: g/mol, where mass and amount of substance meet.
        plausible: physical range in the canonical unit; what lies wholly outside is a wrong unit.
        plausible_adult: the same of an adult, where that is narrower.
        plausible_upper_limit, plausible_lower_limit: where the limits of a normal range lie, in the
            canonical unit. A range with a limit elsewhere is none: it is therapeutic, or of something else.
        unitless: a number without a unit is understood (INR, titres, scores).
        self_reported: patients tell it of themselves, so that their own form is a source of it.
        codes: LOINC codes of all roles.
        role: the role of this variant; empty for the analyte as such.
        order: what a clinician would order to obtain it.
        categories: terms that a categorical result can take.
        high_means: what a number above the reference range that came with it says (``positive``);
            ``None`` where the range does not decide.
        positive_above: any number above this one says ``positive``, in whatever unit.
        refusal: why a number that comes with this role is never used; categories are unaffected.
    """

    name: str
    label: Phrase
    kind: Kind
    unit: str = "1"
    units: tuple[UnitRule, ...] = ()
    molar_mass: float | None = None
    plausible: Interval | None = None
    plausible_adult: Interval | None = None
    plausible_upper_limit: Interval | None = None
    plausible_lower_limit: Interval | None = None
    unitless: bool = False
    self_reported: bool = False
    codes: tuple[AnalyteCode, ...] = ()
    text: tuple[TextRule, ...] = ()
    role: str = ""
    order: Coding | None = None
    categories: tuple[str, ...] = ()
    high_means: str | None = None
    positive_above: float | None = None
    refusal: Phrase | None = None
    exact: Mapping[str, UnitRule] = {}
    folded: Mapping[str, UnitRule] = {}

    @property
    def in_steps(self) -> bool:
        """Whether its results are the steps of a test strip, told apart, and not merely positive."""
        return "1+" in self.categories


class _Unit(msgspec.Struct, frozen=True):
    dimension: str
    factor: str = "1"
    offset: str = "0"
    log10: bool = False
    aliases: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()


class _Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    units: tuple[str, ...] = ()
    own_scale: tuple[str, ...] = ()
    unitless: bool = False
    aliases: dict[str, tuple[str, ...]] = {}
    notes: dict[str, Phrase] = {}
    high_means: str | None = None
    refusal: Phrase | None = None


class _Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: Phrase
    kind: Kind
    unit: str = "1"
    units: tuple[str, ...] = ()
    own_scale: tuple[str, ...] = ()
    molar_mass: float | None = None
    plausible: tuple[float, float] | None = None
    plausible_adult: tuple[float, float] | None = None
    plausible_upper_limit: tuple[float, float] | None = None
    plausible_lower_limit: tuple[float, float] | None = None
    unitless: bool = False
    self_reported: bool = False
    aliases: dict[str, tuple[str, ...]] = {}
    notes: dict[str, Phrase] = {}
    roles: dict[str, _Role] = {}
    text: tuple[TextRule, ...] = ()
    order: str | None = None
    categories: tuple[str, ...] = ()
    bridges: tuple[str, ...] = ()
    high_means: str | None = None
    positive_above: float | None = None


class Catalogue(msgspec.Struct, frozen=True):
    """All analytes.

    Attributes:
        analytes: by name.
        by_role: the variant of an analyte for a role, by name and role.
        by_code: the variant that a LOINC code reports.
        refused: LOINC codes that must never answer for the patient (a donor's specimen, a control tube,
            a test strip where a quantity is meant), with the reason.
    """

    analytes: Mapping[str, Analyte]
    by_role: Mapping[tuple[str, str], Analyte]
    by_code: Mapping[str, Analyte]
    refused: Mapping[str, str]


@functools.cache
def load_catalogue() -> Catalogue:
    """The catalogue from the shipped data files.

    Raises:
        CatalogueError: a file names an unknown unit, analyte or role, or a code twice.
    """
    raw_units = read_yaml(FOLDER / "analytes" / "units.yaml")
    units = {code: msgspec.convert(raw, _Unit) for code, raw in raw_units.items()}
    codes, refused = _codes()
    analytes: dict[str, Analyte] = {}
    by_role: dict[tuple[str, str], Analyte] = {}
    by_code: dict[str, Analyte] = {}
    for path in sorted((FOLDER / "analytes").glob("*.yaml")):
        if path.name == "units.yaml":
            continue
        for name, raw in read_yaml(path).items():
            if name in analytes:
                raise CatalogueError(f"{path.name}: {name} is defined twice")
            definition = from_data(raw, _Definition)
            analyte = analytes[name] = _analyte(name, definition, tuple(codes.pop(name, ())), units)
            variants = _variants(analyte, definition, units)
            by_role.update({(name, role): variant for role, variant in variants.items()})
            by_code.update({code.code: variants[code.role] for code in analyte.codes})
    unknown = [name for name in codes if name.partition("_")[0] not in CONCEPT_PREFIXES]
    if unknown:
        raise CatalogueError(f"loinc.csv: no definition of {', '.join(sorted(unknown))}")
    return Catalogue(analytes, by_role, by_code, refused)


CONCEPT_PREFIXES = frozenset({"report", "obs", "score"})
"""Rows of ``loinc.csv`` with these prefixes name code sets of the terminology, not analytes."""


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file."""
    with path.open(encoding="utf-8") as stream:
        content = yaml.load(stream, Loader=YamlLoader)  # noqa: S506 - a safe loader
    if not isinstance(content, dict):
        raise CatalogueError(f"{path.name}: not a mapping")
    return content


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _codes() -> tuple[dict[str, list[AnalyteCode]], dict[str, str]]:
    codes: dict[str, list[AnalyteCode]] = {}
    refused: dict[str, str] = {}
    for row in read_csv(FOLDER / "codesets" / "loinc.csv"):
        if row["role"] == "refused":
            refused[row["code"]] = row["note"]
        elif row["confidence"] != "recalled":
            code = AnalyteCode(row["code"], row["display"], row["role"], row["source"], row["confidence"])
            codes.setdefault(row["target"], []).append(code)
    return codes, refused


def _analyte(
    name: str, definition: _Definition, codes: tuple[AnalyteCode, ...], units: Mapping[str, _Unit]
) -> Analyte:
    order = None
    if definition.order:
        display = next((code.display for code in codes if code.code == definition.order), None)
        if display is None:
            raise CatalogueError(f"{name}: the order {definition.order} is not among its codes")
        order = Coding(LOINC, definition.order, display)
    base = Analyte(
        name=name,
        label=definition.label,
        kind=definition.kind,
        unit=definition.unit,
        molar_mass=definition.molar_mass,
        plausible=_span(definition.plausible),
        plausible_adult=_span(definition.plausible_adult),
        plausible_upper_limit=_span(definition.plausible_upper_limit),
        plausible_lower_limit=_span(definition.plausible_lower_limit),
        codes=codes,
        text=definition.text,
        order=order,
        categories=definition.categories,
        positive_above=definition.positive_above,
        self_reported=definition.self_reported,
    )
    whole = _Role(
        definition.units,
        definition.own_scale,
        unitless=definition.unitless,
        high_means=definition.high_means,
    )
    return _in_role(base, whole, definition, units)


def _span(bounds: tuple[float, float] | None) -> Interval | None:
    return None if bounds is None else Interval(*bounds)


def _variants(base: Analyte, definition: _Definition, units: Mapping[str, _Unit]) -> dict[str, Analyte]:
    """The analyte as each of its roles reports it, by role."""
    variants = {"": base}
    roles = (*(code.role for code in base.codes), *(rule.role for rule in base.text))
    for role in roles:
        if role not in variants:
            variant = msgspec.structs.replace(base, role=role)
            narrowed = definition.roles.get(role)
            variants[role] = _in_role(variant, narrowed, definition, units) if narrowed else variant
    unused = definition.roles.keys() - variants.keys()
    if unused:
        raise CatalogueError(f"{base.name}: no code has the role {', '.join(sorted(unused))}")
    return variants


def _in_role(base: Analyte, role: _Role, definition: _Definition, units: Mapping[str, _Unit]) -> Analyte:
    rules: list[UnitRule] = []
    exact: dict[str, UnitRule] = {}
    folded: dict[str, UnitRule] = {}
    for code in (*role.units, *role.own_scale):
        unit = units.get(code)
        if unit is None:
            raise CatalogueError(f"{base.name}: units.yaml has no unit {code}")
        note = role.notes.get(code) or definition.notes.get(code)
        rule = _rule(base, code, definition, units, own=code in role.own_scale, note=note)
        rules.append(rule)
        aliases = (*unit.aliases, *definition.aliases.get(code, ()), *role.aliases.get(code, ()))
        for spelling in (code, *aliases, *unit.exact):
            exact.setdefault(spelling, rule)
        for spelling in (code, *aliases):
            other = folded.setdefault(fold(spelling), rule)
            if (other.factor, other.own_scale, other.log10) != (rule.factor, rule.own_scale, rule.log10):
                raise CatalogueError(f"{base.name}: {spelling} means both {other.code} and {code}")
    return msgspec.structs.replace(
        base,
        units=tuple(rules),
        exact=exact,
        folded=folded,
        unitless=role.unitless,
        high_means=role.high_means or definition.high_means,
        refusal=role.refusal,
    )


def _rule(
    base: Analyte,
    code: str,
    definition: _Definition,
    units: Mapping[str, _Unit],
    *,
    own: bool,
    note: Phrase | None,
) -> UnitRule:
    unit = units[code]
    if own:
        return UnitRule(code=code, dimension=unit.dimension, own_scale=True, note=note)
    canonical = units[base.unit]
    factor = Fraction(unit.factor) / Fraction(canonical.factor)
    if code not in definition.bridges:
        factor *= _bridge(base, code, unit, canonical)
    offset = (Fraction(unit.offset) - Fraction(canonical.offset)) / Fraction(canonical.factor)
    return UnitRule(
        code=code,
        dimension=unit.dimension,
        factor=float(factor),
        offset=float(offset),
        log10=unit.log10,
        note=note,
    )


def _bridge(base: Analyte, code: str, unit: _Unit, canonical: _Unit) -> Fraction:
    """What joins two dimensions: nothing if they are the same, the molar mass between mass and amount."""
    if unit.dimension == canonical.dimension:
        return Fraction(1)
    if unit.log10 and unit.dimension == f"log {canonical.dimension}":
        return Fraction(1)
    pair = (unit.dimension, canonical.dimension)
    if base.molar_mass is not None:
        mass = Fraction(str(base.molar_mass))
        if pair in {("amount/volume", "mass/volume"), ("amount/time", "mass/time")}:
            return mass
        if pair == ("mass/amount", "mass/mass"):
            return 1 / mass
    raise CatalogueError(f"{base.name}: {code} ({unit.dimension}) cannot become {base.unit}")
