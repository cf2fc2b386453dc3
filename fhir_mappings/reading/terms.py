"""The codes and words in ``terms.yaml``, by which the readers know what a resource means."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fhir_mappings.catalogue import read_yaml
from fhir_mappings.datatypes import CodeableConcept, CodingType
from fhir_mappings.phrases import Phrase, phrase

_FILE = Path(__file__).with_name("terms.yaml")
_WORD = re.compile(r"[\w.,/%]*\w[\w%]*")


class Remark(msgspec.Struct, frozen=True):
    """Words that make a result unusable; ``analytes`` empty: any result."""

    words: re.Pattern[str]
    analytes: frozenset[str] = frozenset()
    doubtful: bool = False


class Terms(msgspec.Struct, frozen=True):
    """Codes and words, lower case, by what they mean; patterns that ignore case."""

    refuted: frozenset[str]
    mistaken: frozenset[str]
    unconfirmed: frozenset[str]
    sex: Mapping[str, str]
    encounter: Mapping[str, str]
    vaccine_not_told: frozenset[str]
    allergy_statement: Mapping[str, str]
    research_codes: frozenset[str]
    research_words: re.Pattern[str]
    registry_numbers: re.Pattern[str]
    study_kind: Mapping[str, re.Pattern[str]]
    investigational_codes: frozenset[str]
    investigational_words: re.Pattern[str]
    withheld_systems: frozenset[str]
    withheld_words: re.Pattern[str]
    nameless_drug: re.Pattern[str]
    nameless_result: re.Pattern[str]
    not_measured: frozenset[str]
    not_measured_words: Remark
    unreliable: tuple[Remark, ...]
    denied_before: re.Pattern[str]
    denied_after: re.Pattern[str]
    nyha: Mapping[str, str]
    answer_points: Mapping[str, str]
    vaccine_dates: tuple[frozenset[str], ...]
    vaccine_deadlines: frozenset[str]


@functools.cache
def terms() -> Terms:
    """The terms, loaded once."""
    raw = read_yaml(_FILE)
    return Terms(
        refuted=frozenset(raw["verification"]["refuted"]),
        mistaken=frozenset(raw["verification"]["mistaken"]),
        unconfirmed=frozenset(raw["verification"]["unconfirmed"]),
        sex=_meanings(raw["sex"]),
        encounter=_meanings(raw["encounter"]),
        vaccine_not_told=frozenset(raw["vaccine_not_told"]),
        allergy_statement=_meanings(raw["allergy_statement"]),
        research_codes=frozenset(raw["research_consent"]["codes"]),
        research_words=_pattern(raw["research_consent"]["words"]),
        registry_numbers=_pattern(raw["registry_numbers"]),
        study_kind={kind: _pattern(words) for kind, words in raw["study_kind"].items()},
        investigational_codes=frozenset(raw["investigational"]["codes"]),
        investigational_words=_any_of(raw["investigational"]["words"]),
        withheld_systems=frozenset(raw["withheld"]["systems"]),
        withheld_words=_pattern("|".join(raw["withheld"]["words"])),
        nameless_drug=_pattern("|".join(raw["nameless_drug"])),
        nameless_result=_pattern("|".join(raw["nameless_result"])),
        not_measured=frozenset(raw["not_measured"]["codes"]),
        not_measured_words=Remark(_any_of(raw["not_measured"]["words"])),
        unreliable=tuple(
            Remark(_any_of(one["words"]), frozenset(one.get("analytes", ())), one.get("doubtful", False))
            for one in raw["unreliable"]
        ),
        denied_before=_any_of(raw["denied"]["before"]),
        denied_after=_any_of(raw["denied"]["after"]),
        nyha=_meanings(raw["nyha"]),
        answer_points=_meanings(raw["answer_points"]),
        vaccine_dates=tuple(frozenset(raw["vaccine_dates"][kind]) for kind in ("due", "earliest")),
        vaccine_deadlines=frozenset(raw["vaccine_dates"]["deadline"]),
    )


def _meanings(raw: Mapping[str, list[str]]) -> dict[str, str]:
    return {word: meaning for meaning, words in raw.items() for word in words}


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    # ASCII, so that a Chinese sign bounds a Latin word.
    return re.compile("|".join(patterns), re.IGNORECASE | re.ASCII)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


def words_of(concept: CodeableConcept | None) -> tuple[str, ...]:
    """Codes, displays and text of a concept, lower case."""
    if concept is None:
        return ()
    codes = [coding.code for coding in concept.coding]
    displays = [coding.display for coding in concept.coding]
    return tuple(word.strip().lower() for word in (*codes, concept.text, *displays) if word)


def meaning_of(concept: CodeableConcept | None, meanings: Mapping[str, str]) -> str | None:
    """What a concept means by any of its codes or words."""
    return next((meanings[word] for word in words_of(concept) if word in meanings), None)


def points_of(concept: CodeableConcept | None) -> float | None:
    """The points of a coded answer to an item of a score."""
    said = meaning_of(concept, terms().answer_points)
    return None if said is None else float(said)


def is_any(concept: CodeableConcept | None, codes: frozenset[str]) -> bool:
    """Whether a concept is one of these, by any of its codes or words."""
    return not codes.isdisjoint(words_of(concept))


def code_of(concept: CodeableConcept | None, known: frozenset[str] = frozenset()) -> str | None:
    """Which of the ``known`` codes a concept is; failing them, its first code or text, lower case."""
    words = words_of(concept)
    return next((word for word in words if word in known), words[0] if words else None)


def tells(concept: CodeableConcept) -> bool:
    """Whether a concept says what something is: by a code that is no reason for having none, or in words."""
    known = terms()
    if is_coded(concept):
        return True
    return any(not known.withheld_words.fullmatch(word.strip()) for word in texts_of(concept))


def texts_of(concept: CodeableConcept) -> tuple[str, ...]:
    """The text, then the displays, without those of reasons for having no code."""
    words = (concept.text, *(coding.display for coding in _codings(concept)))
    return tuple(word for word in words if word)


def is_coded(concept: CodeableConcept) -> bool:
    """Whether a concept has a code that is no reason for having none."""
    withheld = terms().withheld_words
    return any(coding.code and not withheld.fullmatch(coding.code) for coding in _codings(concept))


def _codings(concept: CodeableConcept) -> list[CodingType]:
    """The codings of systems whose codes are no reasons for having none."""
    withheld = terms().withheld_systems
    return [coding for coding in concept.coding if coding.system is None or coding.system not in withheld]


def status_told(what: str, status: str | None) -> Phrase:
    """That ``the-finding``, ``the-report`` or ``a-recorded-score`` is not final, by its status."""
    key = f"status.{what}"
    return phrase(f"{key}-is-not-final", status=status) if status else phrase(f"{key}-has-no-status")


def names_no_drug(words: str) -> bool:
    """Whether words in the place of a drug's name are of settings, forms, strengths and remarks alone."""
    return _are_all(terms().nameless_drug, words)


def names_no_result(words: str) -> bool:
    """Whether words in the place of a result's name do not tell what was measured."""
    return _are_all(terms().nameless_result, words)


def _are_all(nameless: re.Pattern[str], words: str) -> bool:
    return all(nameless.fullmatch(word) for word in _WORD.findall(words))
