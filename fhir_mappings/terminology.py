"""The terminology: which code sets a coding, or failing that a text, belongs to.

A *concept* is a named code set (``cond_sle``, ``drug_rituximab``, ``report_chest_ct``); a *class* is a
named union of concepts. All of it is data in ``codesets/``: codes by code system (``loinc.csv``,
``snomed_gps.csv``, ``snomed_licensed.csv``, ``icd10.csv``, ``rxnorm.csv``, ``products.csv``, ``atc.csv``,
``cvx.csv``, ``icd10pcs.csv``), concepts with their words (``concepts/*.yaml``), ``classes.yaml``,
``answers.csv``, ``instruments.yaml``, ``half_lives.csv``.

Codes speak first; words are asked only where no code was understood, and what they say is marked so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from fhir_mappings.analyte_words import analyte_rules
from fhir_mappings.catalogue import Analyte, Catalogue, load_catalogue
from fhir_mappings.code_sets import CodeIndex, CodeSets, Product, load_code_sets
from fhir_mappings.code_systems import code_in, system_of
from fhir_mappings.instruments import InstrumentMatch, instrument_of_text, instruments
from fhir_mappings.text_rules import Lexicon, folded

Codings = Iterable[tuple[str | None, str | None]]
"""(system, code) of each coding."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "condition": ("cond",),
    "procedure": ("proc",),
    "order": ("proc",),
    "drug": ("drug",),
    "vaccine": ("vaccine",),
    "observation": ("obs",),
    "report": ("report",),
    "device": ("device",),
    "allergen": ("allergen", "drug", "vaccine"),
}
"""Kinds of question, and the prefixes of the concepts that can answer it."""


class Match(msgspec.Struct, frozen=True):
    """The code sets that something belongs to.

    Attributes:
        concepts: empty if there are none.
        by_text: words, not a code, say so.
        suspected: the words call it possible, suspected, planned or the like.
        beside: what the words name besides, as a possibility or beside a code that does not say it. It is
            never certain.
    """

    concepts: frozenset[str] = frozenset()
    by_text: bool = False
    suspected: bool = False
    beside: frozenset[str] = frozenset()

    @property
    def sure(self) -> frozenset[str]:
        """The concepts, unless they are only suspected."""
        return frozenset() if self.suspected else self.concepts


class _Worded(msgspec.Struct, frozen=True):
    """What a text says of each code set that it names."""

    certain: frozenset[str]
    suspected: frozenset[str]
    denied: frozenset[str]


class AnalyteMatch(msgspec.Struct, frozen=True):
    """The analyte that a result reports, as the variant of its role, and whether words say so."""

    analyte: Analyte
    by_text: bool = False


NOTHING = Match()
_SILENT = _Worded(frozenset(), frozenset(), frozenset())


class Terminology:
    """Code sets, analytes and instruments, with the words by which they are known."""

    def __init__(self, code_sets: CodeSets, catalogue: Catalogue) -> None:
        self._sets = code_sets
        self._codes: CodeIndex = code_sets.codes
        self._catalogue = catalogue
        self._labels = {name: concept.label for name, concept in code_sets.concepts.items()}
        self._labels.update({name: group.label for name, group in code_sets.classes.items()})
        self._expanded: dict[str, frozenset[str]] = {}
        self._lexicons: dict[str, Lexicon] = {}
        self._coded: dict[tuple[str, str, str], frozenset[str] | None] = {}
        self._worded: dict[tuple[str, str], _Worded] = {}
        self._worded_analytes: dict[tuple[str, bool], Analyte | None] = {}

    @property
    def concept_names(self) -> tuple[str, ...]:
        """All code sets."""
        return tuple(self._sets.concepts)

    @property
    def class_names(self) -> tuple[str, ...]:
        """All classes."""
        return tuple(self._sets.classes)

    def concepts_of(self, codings: Codings, text: str | None, *, kinds: str) -> Match:
        """The code sets that codings, or failing them a text, belong to.

        Args:
            codings: (system, code) of each coding; a code without a system is not understood.
            text: the words of the CodeableConcept.
            kinds: what is asked for (the keys of ``KINDS``), several of them separated by blanks.
        """
        concepts: set[str] = set()
        for system, code in codings:
            found = self._of_code(system, code, kinds) if system and code else frozenset()
            if found is None:
                return NOTHING
            concepts |= found
        coded = self._most_specific(self._without_contradicted(concepts, text))
        said = self._of_text(text, kinds) if text else _SILENT
        defined = self._sets.concepts
        if any(not (defined[name].generic or defined[name].fallback) for name in coded):
            return self._by_code(coded, said)
        worded = said.certain or said.suspected
        if worded <= coded:
            return self._by_code(coded, said)
        return Match(
            self._most_specific(coded | worded),
            by_text=True,
            suspected=not said.certain,
            beside=self._most_specific(said.certain | said.suspected) - worded,
        )

    def _by_code(self, coded: frozenset[str], said: _Worded) -> Match:
        """What codes say: in doubt where the words beside them doubt or deny it, and what the words add."""
        doubted = not coded.isdisjoint(said.suspected | said.denied) and coded.isdisjoint(said.certain)
        return Match(coded, suspected=doubted, beside=self._added(coded, said))

    def _added(self, coded: frozenset[str], said: _Worded) -> frozenset[str]:
        """Grave findings that the words name and that no code of their family speaks of."""
        named = said.certain | said.suspected
        if not coded or not named:
            return frozenset()
        added = set[str]()
        for family in self._sets.families:
            if coded.isdisjoint(self._union((*family.add, *family.unless))):
                added |= named & self._union(family.add)
        return self._most_specific(added) if added else frozenset()

    def analyte_of(self, codings: Codings, text: str | None) -> AnalyteMatch | None:
        """The analyte that codings, or failing them a text, report.

        A LOINC code that is none of ours overrules the words, unless they name the specimen themselves
        ("Creatinine [Mass/volume] in Serum or Plasma by Jaffe"): a bare "Creatinine" under an unknown
        code may be of any body fluid. Refused codes (a donor's specimen …) are never answered by words.
        """
        foreign = False
        for system, code in codings:
            if not system or not code or system_of(system) != "loinc":
                continue
            key = code_in("loinc", code)
            analyte = self._catalogue.by_code.get(key)
            if analyte is not None:
                return AnalyteMatch(analyte)
            if key in self._catalogue.refused:
                return None
            foreign = True
        if not text:
            return None
        found = self._analyte_of_text(text, foreign)
        return None if found is None else AnalyteMatch(found, by_text=True)

    def refused(self, codings: Codings) -> str | None:
        """Why a LOINC code must never answer for the patient (a donor's specimen, a control tube …)."""
        for system, code in codings:
            if system and code and system_of(system) == "loinc":
                reason = self._catalogue.refused.get(code.strip())
                if reason is not None:
                    return reason
        return None

    def expand(self, name: str) -> frozenset[str] | None:
        """The code sets that a name stands for: itself, or the members of a class; ``None`` if unknown."""
        if name in self._sets.concepts:
            return frozenset({name})
        group = self._sets.classes.get(name)
        if group is None:
            return None
        found = self._expanded.get(name)
        if found is None:
            found = self._union(group.members)
            self._expanded[name] = found
        return found

    def label(self, name: str) -> str:
        """Words for a code set or a class; the name itself if it is unknown."""
        return self._labels.get(name, name)

    def half_life_days(self, concept: str) -> float | None:
        """Upper published elimination half-life of a drug, in days; ``None`` where there is none."""
        found = self._sets.half_lives.get(concept)
        return None if found is None else found.days

    def category_of_codings(self, codings: Codings) -> str | None:
        """What a coded answer or interpretation says.

        ``positive``, ``negative``, ``equivocal``, ``low``, ``high`` or ``normal``, from SNOMED CT
        qualifiers, LOINC answers and HL7 interpretation codes; ``None`` for none of these, or for
        contradicting ones.
        """
        said = {category for category, _ in self._answers(codings) if category}
        if len(said) > 1:
            said &= {"positive", "negative", "equivocal"}
        return said.pop() if len(said) == 1 else None

    def grade_of_codings(self, codings: Codings) -> str | None:
        """The step of a test strip: ``negative``, ``trace``, ``1+`` … ``4+``."""
        said = {grade for _, grade in self._answers(codings) if grade}
        return said.pop() if len(said) == 1 else None

    def product_of(self, codings: Codings) -> Product | None:
        """What an RxNorm product code says of its product: ingredients, route class, strength."""
        for system, code in codings:
            if system and code and system_of(system) == "rxnorm":
                found = self._sets.products.get(code.strip())
                if found is not None:
                    return found
        return None

    def route_of(self, codings: Codings, text: str | None) -> str | None:
        """The route class that product codes or words imply.

        ``oral``, ``intravenous``, ``injectable``, ``topical``, ``ophthalmic``, ``otic``, ``nasal``,
        ``inhaled``, ``rectal``, ``transdermal``, ``vaginal``, ``implant``, ``intraarticular``, ``other``, or
        ``None``. The words of a product speak where its code does not.
        """
        pairs = tuple(codings)
        product = self.product_of(pairs)
        if product is not None and product.route is not None:
            return product.route
        for system, code in pairs:
            if system and code and system_of(system) == "atc":
                route = self._sets.atc_route(code_in("atc", code))
                if route is not None:
                    return route
        return self._sets.route_of_text(folded(text)) if text else None

    def instrument_of(self, codings: Codings, text: str | None) -> InstrumentMatch | None:
        """The score, or the item or domain of one, that an observation or a question records."""
        for system, code in codings:
            if system and code and system_of(system) in {"loinc", "snomed"}:
                found = instruments().by_code.get(code.strip())
                if found is not None:
                    return found
        return instrument_of_text(text) if text else None

    def _most_specific(self, concepts: AbstractSet[str]) -> frozenset[str]:
        """Without the fallbacks that something more specific among them replaces."""
        defined = self._sets.concepts
        fallbacks = [name for name in concepts if defined[name].fallback]
        if not fallbacks or len(concepts) == 1:
            return frozenset(concepts)
        kept = set(concepts)
        specific = concepts - set(fallbacks)
        for name in fallbacks:
            others = defined[name].yields_to
            before = specific if not others else concepts & self._union(others)
            if before - {name}:
                kept.discard(name)
        return frozenset(kept)

    def _union(self, names: tuple[str, ...]) -> frozenset[str]:
        return frozenset[str]().union(*(self.expand(name) or () for name in names))

    def _without_contradicted(self, concepts: set[str], text: str | None) -> set[str]:
        if not text:
            return concepts
        return {name for name in concepts if not self._sets.contradicted(name, folded(text))}

    def _answers(self, codings: Codings) -> list[tuple[str | None, str | None]]:
        answers = self._sets.answers
        found = []
        for system, code in codings:
            family = system_of(system) if system and code else None
            if family is not None and code:
                answer = answers.get((family, code_in(family, code)))
                if answer is not None:
                    found.append(answer)
        return found

    def _of_code(self, system: str, code: str, kinds: str) -> frozenset[str] | None:
        key = (system, code, kinds)
        if key in self._coded:
            return self._coded[key]
        family = system_of(system)
        found: frozenset[str] | None = frozenset()
        if family is not None:
            named = self._codes.concepts(family, code_in(family, code))
            prefixes = _prefixes(kinds)
            found = None if named is None else frozenset(n for n in named if n.partition("_")[0] in prefixes)
        if len(self._coded) < _REMEMBERED:
            self._coded[key] = found
        return found

    def _of_text(self, text: str, kinds: str) -> _Worded:
        key = (text, kinds)
        found = self._worded.get(key)
        if found is None:
            hits = [hit for kind in kinds.split() for hit in self._lexicon(kind).find(text)]
            given = {hit.verdict for hit in hits if hit.target == _GIVING} - {"denied"}
            hits = [hit for hit in hits if hit.target != _GIVING]
            if given and kinds in {"procedure", "order"}:
                for hit in self._lexicon("drug").find(text):
                    doubted = "certain" not in given and hit.verdict == "certain"
                    hits.append(hit._replace(verdict="suspected") if doubted else hit)

            def of(*verdicts: str) -> set[str]:
                return {hit.target for hit in hits if hit.verdict in verdicts}

            certain = self._most_specific(of("certain"))
            possible = self._most_specific(of("certain", "suspected"))
            found = _Worded(certain, possible - certain, frozenset(of("denied")))
            if len(self._worded) < _REMEMBERED:
                self._worded[key] = found
        return found

    def _lexicon(self, kind: str) -> Lexicon:
        found = self._lexicons.get(kind)
        if found is None:
            prefixes = _prefixes(kind)
            rules = {
                name: concept.text
                for name, concept in self._sets.concepts.items()
                if name.partition("_")[0] in prefixes
            }
            prose = kind not in {"report", "observation", "vaccine"}
            found = self._lexicons[kind] = Lexicon(rules, kind, clauses=prose)
        return found

    def _analyte_of_text(self, text: str, foreign: bool) -> Analyte | None:
        key = (text, foreign)
        if key not in self._worded_analytes:
            found = self._named_analyte(text, foreign)
            if len(self._worded_analytes) >= _REMEMBERED:
                return found
            self._worded_analytes[key] = found
        return self._worded_analytes[key]

    def _named_analyte(self, text: str, foreign: bool) -> Analyte | None:
        if foreign and not self._sets.names_specimen(folded(text)):
            return None
        lexicon = self._lexicons.get("analyte")
        if lexicon is None:
            lexicon = self._lexicons["analyte"] = Lexicon(
                analyte_rules(self._catalogue), "analyte", clauses=False
            )
        targets = {hit.target for hit in lexicon.find(text) if hit.verdict == "certain"}
        if len(targets) != 1:
            return None
        name, _, role = targets.pop().partition("/")
        return self._catalogue.by_role[name, role]


_GIVING = "proc_drug_administration"
"""A word such as "infusion": a procedure that says it is what the drug words in its text say."""
_REMEMBERED = 50_000
"""How many codes and texts are remembered; beyond that they are looked up each time."""


@functools.cache
def _prefixes(kinds: str) -> frozenset[str]:
    return frozenset(prefix for kind in kinds.split() for prefix in KINDS[kind])


@functools.cache
def load_terminology(*, licensed_snomed: bool = True, recalled: bool = False) -> Terminology:
    """The terminology from the shipped data files, loaded once.

    Args:
        licensed_snomed: whether to use the SNOMED CT codes outside the Global Patient Set, for which the
            site may need an affiliate licence.
        recalled: whether to use the codes whose meaning was not seen in any source.

    Raises:
        CatalogueError: a data file contradicts itself.
    """
    return Terminology(load_code_sets(licensed_snomed=licensed_snomed, recalled=recalled), load_catalogue())


__all__ = ["KINDS", "AnalyteMatch", "InstrumentMatch", "Match", "Product", "Terminology", "load_terminology"]
