"""The words of biopsy reports as compiled patterns: lists are data (``biopsy.yaml``), numerals are here."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from fhir_mappings.catalogue import FOLDER, read_yaml
from fhir_mappings.word_patterns import WordPattern


class BiopsyWords(NamedTuple):
    """The patterns of ``biopsy.yaml``, and the grammar of numerals."""

    heading: re.Pattern[str]
    sentence: re.Pattern[str]
    full_stop: re.Pattern[str]
    soft: re.Pattern[str]
    expression: re.Pattern[str]
    element: re.Pattern[str]
    tail: re.Pattern[str]
    alternative: WordPattern
    foreign_before: WordPattern
    foreign_after: WordPattern
    negated_before: WordPattern
    negated_after: WordPattern
    uncertain_before: WordPattern
    uncertain_after: WordPattern
    careful_before: WordPattern
    former_before: WordPattern
    former_after: WordPattern
    from_before: WordPattern
    today: WordPattern
    comparison: WordPattern
    activity_index: WordPattern
    inactive: WordPattern
    active: WordPattern


# A numeral with its subclass (IV-S, IV-G) and letters; longest numerals first: II must not be found in III.
_CAPITALS = r"(?:VI|IV|V|III|II|I)"
_ROMAN = r"(?:VI|IV|V|III|II|I|(?:vi|iv|v|iii|ii)\b)"
_ANY_NUMERAL = r"(?:(?i:VI|IV|V|III|II|I)|[1-6])"
_SUBCLASS = r"(?:\s?-?\s?[SG](?![A-Za-z]))"
_LETTER = r"(?i:A\s*/\s*C|A\s*\+\s*C|A|C|active(?:\s*(?:/|and)\s*chronic)?|chronic)"
_LETTERS = rf"(?:(?:\s*[型类])?\s*-?\s*[(\[]\s*{_LETTER}\s*[)\]]|\s*-?\s*A/C(?![A-Za-z]))"
_END = r"(?![A-Za-z0-9]|\.\d)"
# "III and I think": a lone I before a word is a pronoun.
_NOT_PRONOUN = r"(?!(?<=I)(?<![IV]I)\s+[a-z])"
_JOIN = (
    r"\s*[型类]?\s*(?:[,(]?\s*\b(?i:and/or|and|or|nor|with|plus|to|versus|vs\b\.?)|[+&/,、~-]|合并|伴有|伴发|伴|及|和|并|或|至)"
    r"\s*(?:(?i:class(?:es)?|type)\s*|LN\s*-?\s*)?"
)


_CLOSE = r"\s*[+&/]\s*(?:(?i:class)\s*)?"


def _element(numeral: str) -> str:
    return rf"(?<![A-Za-z0-9]){numeral}{_SUBCLASS}?{_END}{_NOT_PRONOUN}{_LETTERS}?"


def _expression(first: str, rest: str, join: str = _JOIN) -> str:
    return rf"{_element(first)}(?:{join}{_element(rest)}){{0,8}}"


@functools.cache
def biopsy_words() -> BiopsyWords:
    """All patterns, compiled once."""
    raw = read_yaml(FOLDER / "biopsy.yaml")
    anchors, cues, index, lesions = raw["anchors"], raw["cues"], raw["activity_index"], raw["lesions"]
    headings = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in raw["headings"].items())
    # Digits go with digits only, and closely: in "class III, 2 of 20 glomeruli" the 2 is no class.
    classed = f"{_expression('(?i:VI|IV|V|III|II|I)', _ROMAN)}|{_expression('[1-6]', '[1-6]', _CLOSE)}"
    capitals = _expression(_CAPITALS, _CAPITALS)
    pieces = (
        rf"(?i:\b{anchors['class']})\s*[:=#-]?\s*(?P<classed>{classed})",
        rf"(?i:(?:{anchors['disease']})[\s,:(/-]*(?:{anchors['noun']})?)[\s:(-]*(?P<weak>{capitals})",
        rf"(?i:\btype)\s*(?P<typed>{capitals})(?=\s*(?i:lupus|LN\b))",
        rf"(?P<sized>{capitals})(?=\s*[型类](?!\s*[a-z]))",
        rf"(?P<lettered>(?<![A-Za-z0-9])(?:IV|III)(?:{_SUBCLASS}{_END}{_LETTERS}?|{_LETTERS})(?:{_JOIN}{_element(_CAPITALS)}){{0,8}})",
    )
    simple = {name: WordPattern(pattern, re.IGNORECASE) for name, pattern in cues.items()}
    return BiopsyWords(
        heading=re.compile(rf"(?:(?<=^)|(?<=[\n.;。]))\s*(?:{headings})\s*[:：]", re.IGNORECASE),
        sentence=re.compile(r"[;。\n]|\.(?=\s|$)"),
        full_stop=re.compile(r"[。\n]|\.(?=\s|$)"),
        soft=re.compile(r",|\b(?:but|however|whereas|now|currently)\b|但", re.IGNORECASE),
        expression=re.compile("|".join(pieces)),
        element=re.compile(
            rf"(?<![A-Za-z0-9])(?P<numeral>{_ANY_NUMERAL}){_SUBCLASS}?{_END}"
            rf"(?:(?:\s*[型类])?\s*-?\s*[(\[]\s*(?P<letters>{_LETTER})\s*[)\]]|\s*-?\s*(?P<bare>A/C)(?![A-Za-z]))?"
        ),
        tail=re.compile(rf"\s*[型类]\s*[(\[]\s*(?P<letters>{_LETTER})\s*[)\]]"),
        alternative=WordPattern(r"\b(?:or|vs|versus)\b|或", re.IGNORECASE),
        foreign_before=WordPattern(raw["foreign"]["before"], re.IGNORECASE),
        foreign_after=WordPattern(
            r"^\s*[型类]?(?:" + raw["foreign"]["after"].removeprefix("^") + ")", re.IGNORECASE
        ),
        activity_index=WordPattern(
            rf"{index}\s*(?:\((?:AI|NIH)\)\s*)?(?:is|was|of|为)?\s*[:=]?\s*(?P<value>\d{{1,2}})(?![\d.])",
            re.IGNORECASE,
        ),
        inactive=WordPattern(lesions["inactive"], re.IGNORECASE),
        active=WordPattern(lesions["active"], re.IGNORECASE),
        **simple,
    )
