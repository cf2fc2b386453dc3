"""CD19 and CD70 on B cells."""

from __future__ import annotations

from datetime import date

import pytest

from tests.fhir_mappings.inputs.input_charts import ask, categories, result, the


@pytest.mark.parametrize("name", ["cd19_expression", "cd70_expression"])
@pytest.mark.parametrize("category", ["positive", "negative", "equivocal"])
def test_expression_is_as_reported(name: str, category: str) -> None:
    """A-I7: positive expression of CD19 and CD70 on peripheral B cells."""
    assert categories(ask(name, result(name, category))) == [category]


@pytest.mark.parametrize(("count", "category"), [(4.9, "equivocal"), (5, "negative")])
def test_a_negative_result_among_too_few_cells_says_nothing(count: float, category: str) -> None:
    series = ask(
        "cd70_expression", result("cd70_expression", "negative"), result("cd19_count", count, unit="/uL")
    )
    assert categories(series) == [category]


def test_a_positive_result_among_few_cells_stays_positive() -> None:
    assert categories(
        ask("cd70_expression", result("cd70_expression", "positive"), result("cd19_count", 1))
    ) == ["positive"]


@pytest.mark.parametrize(
    ("on", "category"), [(date(2026, 5, 4), "equivocal"), (date(2026, 5, 3), "negative")]
)
def test_a_count_speaks_for_results_within_four_weeks(on: date, category: str) -> None:
    series = ask("cd70_expression", result("cd70_expression", "negative"), result("cd19_count", 0, on))
    assert categories(series) == [category]


def test_too_few_cells_explain_a_missing_result() -> None:
    series = ask("cd70_expression", result("cd19_count", 0, unit="/uL"))
    assert series.measurements == ()
    assert "too few to judge their markers (0 /uL" in series.unusable[0].detail


def test_cells_counted_as_cd19_positive_carry_cd19() -> None:
    measurement = the(ask("cd19_expression", result("cd19_count", 150)))
    assert (measurement.category, measurement.basis) == ("positive", "computed")
    assert measurement.value is None


def test_a_count_of_b_cells_says_nothing_of_cd70() -> None:
    assert ask("cd70_expression", result("cd19_count", 150)).measurements == ()


def test_a_reported_expression_is_preferred_to_the_count_of_the_same_draw() -> None:
    series = ask("cd19_expression", result("cd19_expression", "negative"), result("cd19_count", 150))
    assert categories(series) == ["negative"]


def test_count_and_share_of_one_draw_are_one_result() -> None:
    series = ask("cd19_expression", result("cd19_count", 150), result("cd19_percent", 9))
    assert categories(series) == ["positive"]
