"""The code set files, loaded: which concepts a code of a code system belongs to.

Rows name a concept, a code and how the code is meant: ``exact``; ``prefix`` (a category of ICD-10 or ATC
with all below it); ``range`` (``C00-C96``); ``pair`` (a dagger and an asterisk code together); ``except``
(what a prefix or range of the same concept does not mean). The concept ``-`` stands for codes that speak
of somebody else or of a plan, and silence the words beside them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

import msgspec

from fhir_mappings.catalogue import FOLDER, CatalogueError, read_csv, read_yaml
from fhir_mappings.phrases import Phrase, from_data
from fhir_mappings.text_rules import Rule

DATA = FOLDER / "codesets"
SILENCED = "-"

PREFIX_SYSTEMS: Mapping[str, int] = {"icd10": 3, "icd10cm": 3, "atc": 1}
"""Code systems with categories, and the shortest category."""

NARROWEST_ONLY = frozenset({"atc"})
"""Code systems whose groups give way to the groups within them."""

EDITIONS: Mapping[str, tuple[str, ...]] = {"": ("icd10", "icd10cm"), "cm": ("icd10cm",), "who": ("icd10",)}
"""Editions of ICD-10 that a row holds for."""


class Concept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code set: its words for people, and the words by which it is known.

    Attributes:
        fallback: stands only where no more specific code set matched: none of ``yields_to``, or if that
            is empty, none at all.
        generic: its code says less than a name would; words may add to it.
        unless_coded: patterns in the words beside a code that speak against it, where the code is wider
            than the concept.
    """

    label: Phrase
    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    past: str | None = None
    only: tuple[str, ...] = ()
    fallback: bool = False
    yields_to: tuple[str, ...] = ()
    generic: bool = False
    unless_coded: tuple[str, ...] = ()

    @property
    def text(self) -> tuple[Rule, ...]:
        """Its words as rules."""
        rules = [Rule(names=self.names, patterns=self.patterns, unless=self.unless, past=self.past)]
        if self.only:
            rules.append(Rule(names=self.only, only=True))
        return tuple(rules)


class CodeClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named union of concepts or classes, and where the list comes from."""

    label: Phrase
    members: tuple[str, ...]
    source: str = ""


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What words may add beside a code (``add``), unless it is of the same family (``unless`` is, too)."""

    add: tuple[str, ...]
    unless: tuple[str, ...] = ()


class HalfLife(msgspec.Struct, frozen=True):
    """Upper published elimination half-life."""

    days: float
    source: str
    confidence: str


class Product(msgspec.Struct, frozen=True):
    """A product of RxNorm: ingredients, route class, and mg of the ingredient per solid unit if it is one."""

    concepts: frozenset[str]
    route: str | None
    strength_mg: float | None


class _Range(NamedTuple):
    first: str
    last: str
    concept: str


class CodeIndex:
    """Codes to concepts."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], set[str]] = {}
        self._prefix: dict[tuple[str, str], set[str]] = {}
        self._except: dict[tuple[str, str], set[str]] = {}
        self._ranges: dict[str, list[_Range]] = {}
        self._pairs: dict[str, list[tuple[str, str, str]]] = {}

    def add(self, system: str, code: str, match: str, concept: str) -> None:
        """Take in one row.

        Raises:
            CatalogueError: the row has an unknown ``match``.
        """
        key = code.replace(".", "") if system in {"icd10", "icd10cm"} else code
        if match in {"", "exact"}:
            self._exact.setdefault((system, key), set()).add(concept)
        elif match == "prefix":
            self._prefix.setdefault((system, key), set()).add(concept)
        elif match == "except":
            self._except.setdefault((system, key), set()).add(concept)
        elif match == "range":
            first, _, last = key.partition("-")
            self._ranges.setdefault(system, []).append(_Range(first, last, concept))
        elif match == "pair":
            first, _, second = key.partition("+")
            self._pairs.setdefault(system, []).append((first, second, concept))
        else:
            raise CatalogueError(f"{system} {code}: no such match {match!r}")

    def concepts(self, system: str, code: str) -> frozenset[str] | None:
        """The concepts of a code; ``None`` if it silences the words beside it."""
        first, _, second = code.partition("+")
        found = set(self._exact.get((system, first), ()))
        shortest = PREFIX_SYSTEMS.get(system)
        if shortest is not None:
            found |= self._by_category(system, first, shortest)
            found.update(
                concept
                for begin, end, concept in self._pairs.get(system, ())
                if second and first.startswith(begin) and second.startswith(end)
            )
        if SILENCED in found:
            return None
        return frozenset(found)

    def _by_category(self, system: str, code: str, shortest: int) -> set[str]:
        found = {r.concept for r in self._ranges.get(system, ()) if r.first <= code[:3] <= r.last}
        for length in range(shortest, len(code) + 1):
            key = (system, code[:length])
            named = self._prefix.get(key)
            if named:
                found = named.copy() if system in NARROWEST_ONLY else found | named
            found -= self._except.get(key, set())
        return found


class CodeSets(msgspec.Struct, frozen=True):
    """Everything that ``codesets/`` holds about concepts."""

    concepts: Mapping[str, Concept]
    classes: Mapping[str, CodeClass]
    codes: CodeIndex
    products: Mapping[str, Product]
    half_lives: Mapping[str, HalfLife]
    answers: Mapping[tuple[str, str], tuple[str | None, str | None]]
    routes: Mapping[str, Mapping[str, str]]
    families: tuple[Family, ...] = ()

    def contradicted(self, concept: str, text: str) -> bool:
        """Whether the words beside a code speak against a concept that the code is wider than."""
        against = self.concepts[concept].unless_coded
        return any(re.search(pattern, text, re.ASCII) for pattern in against)

    def atc_route(self, code: str) -> str | None:
        """The route that an ATC group implies."""
        table = self.routes["atc"]
        return next((table[code[:n]] for n in range(len(code), 2, -1) if code[:n] in table), None)

    def route_of_text(self, text: str) -> str | None:
        """The route that the words of a product imply."""
        for route, pattern in _route_patterns():
            if pattern.search(text):
                return route
        return None

    def names_specimen(self, text: str) -> bool:
        """Whether a text names the specimen of a laboratory result."""
        return _specimens().search(text) is not None


def load_code_sets(*, licensed_snomed: bool, recalled: bool = False) -> CodeSets:
    """Read the files.

    ``recalled`` also takes the rows whose code was not seen in any source.

    Raises:
        CatalogueError: a row or class names a concept that is not defined.
    """
    concepts: dict[str, Concept] = {}
    for path in sorted((DATA / "concepts").glob("*.yaml")):
        for name, raw in read_yaml(path).items():
            if name in concepts:
                raise CatalogueError(f"{path.name}: {name} is defined twice")
            concepts[name] = from_data(raw, Concept)
    codes = CodeIndex()
    for system, code, match, concept in _rows(licensed_snomed=licensed_snomed, recalled=recalled):
        if concept not in concepts and concept != SILENCED:
            raise CatalogueError(f"{system} {code}: no concept {concept}")
        codes.add(system, code, match, concept)
    products = _products(concepts)
    for rxcui, product in products.items():
        for concept in product.concepts:
            codes.add("rxnorm", rxcui, "exact", concept)
    classes = _classes(concepts)
    return CodeSets(
        concepts=concepts,
        classes=classes,
        codes=codes,
        products=products,
        half_lives=_half_lives(concepts),
        answers={
            (row["system"], row["code"]): (row["category"] or None, row["grade"] or None)
            for row in read_csv(DATA / "answers.csv")
        },
        routes=read_yaml(DATA / "routes.yaml"),
        families=_families(concepts.keys() | classes.keys()),
    )


_FILES = ("rxnorm", "atc", "cvx", "icd10pcs", "snomed_gps", "snomed_licensed")


def _rows(*, licensed_snomed: bool, recalled: bool) -> Iterable[tuple[str, str, str, str]]:
    def loaded(row: Mapping[str, str]) -> bool:
        return recalled or row["confidence"] != "recalled"

    for name in _FILES:
        if name == "snomed_licensed" and not licensed_snomed:
            continue
        system = name.partition("_")[0]
        for row in read_csv(DATA / f"{name}.csv"):
            if loaded(row):
                yield system, row["code"], row.get("match", ""), row["concept"]
    for row in read_csv(DATA / "icd10.csv"):
        if loaded(row):
            for system in EDITIONS[row["edition"]]:
                yield system, row["code"], row["match"], row["concept"]
    for row in read_csv(DATA / "loinc.csv"):
        if loaded(row) and row["target"].startswith(("report_", "obs_")):
            yield "loinc", row["code"], "exact", row["target"]


def _products(concepts: Mapping[str, Concept]) -> dict[str, Product]:
    products: dict[str, Product] = {}
    with (DATA / "products.csv").open(encoding="utf-8") as stream:
        next(stream)
        for line in stream:
            rxcui, names, route, strength = line.rstrip("\n").split(",")
            members = frozenset(names.split(" "))
            if not members <= concepts.keys():
                raise CatalogueError(f"products.csv: {rxcui} names an unknown concept in {names}")
            products[rxcui] = Product(members, route or None, float(strength) if strength else None)
    return products


def _classes(concepts: Mapping[str, Concept]) -> dict[str, CodeClass]:
    classes = {name: from_data(raw, CodeClass) for name, raw in read_yaml(DATA / "classes.yaml").items()}
    for name, group in classes.items():
        unknown = [m for m in group.members if m not in concepts and m not in classes]
        if unknown or name in group.members:
            raise CatalogueError(f"classes.yaml: {name} has the unknown member {', '.join(unknown) or name}")
    return classes


def _families(known: Set[str]) -> tuple[Family, ...]:
    families = tuple(
        msgspec.convert(raw, Family) for raw in read_yaml(DATA / "words_beside_codes.yaml").values()
    )
    unknown = {name for family in families for name in (*family.add, *family.unless)} - known
    if unknown:
        raise CatalogueError(f"words_beside_codes.yaml: no {', '.join(sorted(unknown))}")
    return families


def _half_lives(concepts: Mapping[str, Concept]) -> dict[str, HalfLife]:
    found = {}
    for row in read_csv(DATA / "half_lives.csv"):
        if row["concept"] not in concepts:
            raise CatalogueError(f"half_lives.csv: no concept {row['concept']}")
        found[row["concept"]] = HalfLife(float(row["days"]), row["source"], row["confidence"])
    return found


@functools.cache
def _route_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    raw = read_yaml(DATA / "routes.yaml")["words"]
    return tuple((route, re.compile("|".join(patterns), re.ASCII)) for route, patterns in raw.items())


@functools.cache
def _specimens() -> re.Pattern[str]:
    return re.compile("|".join(read_yaml(DATA / "routes.yaml")["specimens"]), re.ASCII)
