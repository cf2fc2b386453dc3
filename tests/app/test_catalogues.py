"""The catalogues of the languages say the same things: each has every key, and fills in the same."""

import re
from importlib.resources import files
from string import Formatter

import pytest
import yaml

from app.language import LANGUAGES

PLACES = [
    ("eligibility", "catalogue"),
    ("app.cards", "catalogue"),
    ("fhir_mappings", "words"),
    ("app.rendering", "catalogue"),
]
NAMES = {
    *(
        "LOINC",
        "Trialcards",
        "CD",
        "Cockcroft",
        "Gault",
        "DNA",
        "FHIR",
        "HBV",
        "HIV",
        "ISN",
        "JSON",
        "NYHA",
        "RNA",
        "RPS",
        "WHO",
    ),
    *("cm", "focus", "id", "intent", "mL", "mg", "min", "modifierExtension"),
}
"""What is written alike in Chinese: proper names, units, and elements of FHIR."""

OTHERS = [language for language in LANGUAGES if language != "en"]


def templates(place: tuple[str, str], language: str) -> dict[str, str]:
    text = files(place[0]).joinpath(place[1], f"{language}.yaml").read_text("utf-8")
    lines = [line.partition(":")[0] for line in text.splitlines() if re.match(r"[a-z]", line)]
    assert len(lines) == len(set(lines)), "a key is given twice"
    found: dict[str, str] = yaml.safe_load(text)
    return found


def places_to_fill(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("place", PLACES)
def test_a_language_has_the_keys_of_english_and_no_others(place: tuple[str, str], language: str) -> None:
    assert templates(place, language).keys() == templates(place, "en").keys()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("place", PLACES)
def test_each_sentence_fills_in_what_the_english_one_does(place: tuple[str, str], language: str) -> None:
    english, other = templates(place, "en"), templates(place, language)
    differing = {
        key for key, text in english.items() if places_to_fill(text) != places_to_fill(other.get(key, ""))
    }
    assert not differing


@pytest.mark.parametrize("place", PLACES)
def test_no_chinese_sentence_was_left_in_english(place: tuple[str, str]) -> None:
    """A template without a Chinese sign only arranges what is filled in."""
    for key, template in templates(place, "zh-CN").items():
        words = re.sub(r"\{\w+\}", "", template)
        assert set(re.findall(r"[A-Za-z]{2,}", words)) <= NAMES, key
