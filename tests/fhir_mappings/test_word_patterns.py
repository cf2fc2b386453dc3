"""Patterns that are tried only where one of their words stands match exactly what they would match anyway."""

import re
import sys

import pytest

from fhir_mappings.word_patterns import WordPattern, folded_case, words_of


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bcrescents?\b", ("crescent",)),
        (r"previous|prior", ("evious", "ior")),
        (r"class (?:IV|III)", ("class i",)),
        (r"(?:lupus|SLE) nephritis", (" nephritis",)),
        (r"[型类]", ("型", "类")),
        (r"\d+(?=\s*mg\b)", ("mg",)),
        (r"no(?:t|r)?", ("no",)),
    ],
)
def test_every_match_contains_one_of_the_words(pattern: str, words: tuple[str, ...]) -> None:
    assert words_of(pattern, re.IGNORECASE) == words


@pytest.mark.parametrize(
    "pattern",
    [r"\d+", r"a|lupus", r"(?:lupus)?", r"lupus|.*", r"[^a]", r"(?!lupus)", r"(?<!lupus)\s", r"[a-z]+"],
)
def test_a_pattern_that_can_match_without_a_word_of_its_own_is_always_tried(pattern: str) -> None:
    assert words_of(pattern) is None
    assert WordPattern(pattern).may_match("")


def test_no_sign_that_re_takes_for_an_ascii_letter_or_digit_is_another_when_folded() -> None:
    ascii_signs = re.compile(r"[a-z0-9]", re.IGNORECASE)
    for sign in map(chr, range(sys.maxunicode + 1)):
        if ascii_signs.match(sign):
            folded = folded_case(sign)
            assert folded.isascii(), hex(ord(sign))
            assert re.fullmatch(folded, sign, re.IGNORECASE), hex(ord(sign))


@pytest.mark.parametrize(
    "text", ["", "Nothing of it", "LUPUS nephritis", "lupuſ", "CLAſſ ıv", "狼疮性肾炎 IV 型"]
)
@pytest.mark.parametrize("pattern", [r"\blupus\b", r"class\s*IV", r"狼疮(?:性)?肾炎", r"(?=lupus)l(u)p"])
def test_search_finditer_and_substitution_give_what_the_bare_pattern_gives(pattern: str, text: str) -> None:
    bare, guarded = re.compile(pattern, re.IGNORECASE), WordPattern(pattern, re.IGNORECASE)
    one, other = bare.search(text), guarded.search(text)
    assert (one and one.span()) == (other and other.span())
    assert [m.span() for m in bare.finditer(text)] == [m.span() for m in guarded.finditer(text)]
    assert bare.sub(" ", text) == guarded.sub(" ", text)
    assert bare.subn(" ", text) == guarded.subn(" ", text)
