"""NYHA class from codes and words."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.inputs.cardiac import read_nyha_class
from fhir_mappings.intervals import UNDATED, DateSpan
from tests.fhir_mappings.inputs.input_charts import JUNE_1, YEAR_2026, ask, categories, diagnosis, result, the


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NYHA III", "III"),
        ("NYHA class IV", "IV"),
        ("NYHA functional class 2", "II"),
        ("Heart failure, NYHA class I", "I"),
        ("NYHA II-III", "III"),
        ("NYHA Ⅲ级", "III"),
        ("NYHA心功能分级Ⅳ级", "IV"),
        ("心功能Ⅱ级", "II"),
        ("纽约心脏病协会心功能分级III级", "III"),
    ],
)
def test_a_stated_class_is_read_and_the_higher_of_a_range(text: str, expected: str) -> None:
    """A-E3: congestive heart failure of NYHA class III or IV."""
    found = read_nyha_class(text)
    assert found is not None
    assert found[0] == expected


@pytest.mark.parametrize(
    "text", ["Heart failure", "Lupus nephritis class IV", "NYHA not assessed", "NYHA 2024"]
)
def test_other_words_state_no_class(text: str) -> None:
    assert read_nyha_class(text) is None


def test_codes_words_and_stages_of_diagnoses_are_read() -> None:
    assert categories(ask("nyha_class", diagnosis("cond_heart_failure cond_nyha_class_3"))) == ["III"]
    assert categories(ask("nyha_class", diagnosis("cond_heart_failure", label="CHF, NYHA IV"))) == ["IV"]
    staged = diagnosis("cond_heart_failure", stage="NYHA class II", label="NYHA class IV in 2019")
    assert categories(ask("nyha_class", staged)) == ["II"]


def test_it_is_dated_as_the_entry_is() -> None:
    assert the(ask("nyha_class", diagnosis("cond_nyha_class_2"))).when.first == JUNE_1


def test_without_an_onset_it_is_of_the_day_it_was_recorded() -> None:
    unknown = DateSpan(date(1974, 3, 10), JUNE_1)
    assert the(ask("nyha_class", diagnosis("cond_nyha_class_2", unknown))).when == DateSpan(JUNE_1, JUNE_1)


def test_a_year_stays_a_year() -> None:
    assert the(ask("nyha_class", diagnosis("cond_nyha_class_2", YEAR_2026))).when == YEAR_2026


def test_an_undated_entry_may_be_of_any_day() -> None:
    assert the(ask("nyha_class", diagnosis("cond_nyha_class_3", None))).when == UNDATED


def test_a_doubtful_entry_cannot_be_used() -> None:
    assert ask("nyha_class", diagnosis("cond_nyha_class_3", confirmed=False)).measurements == ()


def test_an_observation_of_the_class_is_used() -> None:
    assert categories(ask("nyha_class", result("nyha_class", "III"))) == ["III"]


def test_heart_failure_without_a_class_has_none() -> None:
    assert ask("nyha_class", diagnosis("cond_heart_failure")).measurements == ()
