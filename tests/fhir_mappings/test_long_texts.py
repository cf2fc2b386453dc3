"""Texts of no natural length: they are done with soon, and what cannot be looked at in them is doubted."""

from __future__ import annotations

import time

import pytest

from fhir_mappings.biopsy_specimen import day_taken
from fhir_mappings.inputs.imaging import read_chest_report
from fhir_mappings.intervals import day
from fhir_mappings.qualitative import category_of_text, quantity_of_text
from fhir_mappings.text_rules import Found, Lexicon, Rule
from tests.fhir_mappings.exposure_samples import on

LYMPHOMA = Lexicon({"lymphoma": [Rule(names=("lymphoma", "癌"))]}, "condition")


@pytest.mark.parametrize("piece", ["癌", "lymphoma ", "no lymphoma ", "lymphoma, mother, "])
def test_fifty_thousand_characters_of_names_are_searched_in_less_than_two_seconds(piece: str) -> None:
    # A sixth of a second on a quiet machine; time grew with the square of the length.
    began = time.process_time()
    assert LYMPHOMA.find(piece * (50_000 // len(piece)))
    assert time.process_time() - began < 2


def test_a_name_far_from_the_beginning_of_its_clause_is_not_certain() -> None:
    assert LYMPHOMA.find("no evidence whatsoever of any " + "kind of " * 200 + "lymphoma") == {
        Found("lymphoma", "suspected")
    }
    assert LYMPHOMA.find("x. " * 600 + "lymphoma") == {Found("lymphoma", "certain")}


def test_names_beyond_the_first_two_hundred_are_suspected_at_least() -> None:
    assert LYMPHOMA.find("no lymphoma. " * 250 + "lymphoma.") == {
        Found("lymphoma", "denied"),
        Found("lymphoma", "suspected"),
    }


def test_a_document_is_no_result() -> None:
    assert category_of_text("negative " * 1_000) is None
    assert quantity_of_text("5 " + "x" * 5_000) is None


def test_a_chest_report_of_no_natural_length_states_nothing() -> None:
    finding, notes = read_chest_report("No active tuberculosis. " + "x" * 20_000)
    assert finding == "not-stated"
    assert "too long" in notes[0]


@pytest.mark.parametrize("piece", ["05/01/2021 ", "2020年", "biopsy of 2021-01-05 ", "\n"])
def test_twelve_thousand_characters_of_dates_are_read_in_less_than_a_second(piece: str) -> None:
    began = time.process_time()
    day_taken(piece * (12_000 // len(piece)), day(on("2026-01-01")))
    assert time.process_time() - began < 1


def test_among_many_dates_of_one_sentence_any_may_be_that_of_the_biopsy() -> None:
    found = day_taken("2019-03-04 and " + "2021-01-05 and " * 40, day(on("2026-01-01")))
    assert found is not None
    assert (found.first, found.last) == (on("2019-03-04"), on("2021-01-05"))
