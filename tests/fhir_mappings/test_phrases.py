"""Phrases: English text that keeps its key and arguments, and can be said in another language."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from fhir_mappings.intervals import UNDATED, DateSpan, Duration, up_to
from fhir_mappings.phrases import Phrase, in_language, listed, phrase, said, term, without_stop


class Told(msgspec.Struct, frozen=True):
    """A structure with words, as reports are."""

    words: str
    more: tuple[str, ...] = ()


def test_a_phrase_is_its_english_text() -> None:
    made = phrase("asking.not-on-record", series=term("serum creatinine"))
    assert made == "serum creatinine: not on record"
    assert {made: 1}["serum creatinine: not on record"] == 1
    assert said(made, "zh-CN") == "血清肌酐：病历中没有"
    assert said(made, "en") == made


def test_plain_text_is_the_same_in_every_language() -> None:
    assert said("prednisone 5 MG Oral Tablet", "zh-CN") == "prednisone 5 MG Oral Tablet"


def test_a_term_that_has_no_translation_stays_english() -> None:
    assert said(term("something that nobody translated"), "zh-CN") == "something that nobody translated"


def test_a_list_is_said_with_the_separator_of_the_language() -> None:
    made = listed("names", [term("serum creatinine"), "as recorded"])
    assert made == "serum creatinine, as recorded"
    assert said(made, "zh-CN") == "血清肌酐、as recorded"
    assert listed("names", ["alone"]) == "alone"
    assert listed("names", []) == ""


def test_what_is_said_after_a_phrase_does_not_cost_it_its_languages() -> None:
    made: str = term("serum creatinine")
    made += phrase("asking.not-on-record", series=term("body weight"))
    assert said(made, "zh-CN") == "血清肌酐体重：病历中没有"


def test_a_sentence_loses_its_full_stop_as_a_part_of_another() -> None:
    made = without_stop(phrase("classification.still-open", lacking="x"))
    assert made == "Still open: x"
    assert said(made, "zh-CN") == "尚缺：x"


def test_a_document_is_put_into_one_language_and_plain_text() -> None:
    made = Told(term("serum creatinine"), (Duration(6, "mo").__str__(), "as recorded"))
    assert in_language(made, "zh-CN") == Told("血清肌酐", ("6 个月", "as recorded"))
    english = in_language(made, "en")
    assert english == made
    assert not any(isinstance(word, Phrase) for word in (english.words, *english.more))
    assert msgspec.json.encode(english)


@pytest.mark.parametrize(
    ("when", "english", "chinese"),
    [
        (UNDATED, "an unknown day", "日期不详"),
        (up_to(date(2026, 6, 1)), "an unknown day up to 2026-06-01", "日期不详，不晚于 2026-06-01"),
        (DateSpan.parse("2024-03"), "2024-03", "2024-03"),
    ],
)
def test_a_date_is_iso_8601_in_both_languages(when: DateSpan, english: str, chinese: str) -> None:
    assert when.in_words == english
    assert said(when.in_words, "zh-CN") == chinese


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        phrase("no.such-key")
