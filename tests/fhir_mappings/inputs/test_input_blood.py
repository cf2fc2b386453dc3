"""Neutrophils: counted, or from leukocytes and the differential of one specimen."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.intervals import point
from tests.fhir_mappings.inputs.input_charts import JUNE_1, ask, below, result, the, unusable, values


def test_a_reported_count_is_used_as_it_is() -> None:
    """A-E9a.i: absolute neutrophil count below 0.8 × 10⁹/L."""
    assert values(ask("anc", result("anc", 0.8), result("wbc", 2.0), result("neutrophil_percent", 50))) == [
        "0.8"
    ]


def test_leukocytes_times_per_cent_of_the_same_specimen() -> None:
    measurement = the(
        ask("anc", result("wbc", 2.0, specimen="S/1"), result("neutrophil_percent", 40, specimen="S/1"))
    )
    assert measurement.value == point(pytest.approx(0.8))  # type: ignore[arg-type]
    assert measurement.basis == "computed"
    assert len(measurement.evidence) == 2


def test_segmented_and_band_forms_add_up() -> None:
    measurement = the(
        ask(
            "anc",
            result("wbc", 2.0),
            result("segmented_neutrophil_percent", 30),
            result("band_neutrophil_percent", 10),
        )
    )
    assert measurement.value == point(pytest.approx(0.8))  # type: ignore[arg-type]
    assert len(measurement.evidence) == 3


def test_segmented_forms_alone_are_a_lower_bound() -> None:
    measurement = the(ask("anc", result("wbc", 2.0), result("segmented_neutrophil_percent", 45)))
    assert measurement.value is not None
    assert measurement.value.holds("at_least", 0.8) is True
    assert measurement.value.holds("at_least", 1.0) is None
    assert measurement.basis == "bounded"
    assert [n.input for n in measurement.needs] == ["band_neutrophil_percent"]


def test_leukocytes_and_differential_of_different_days_or_specimens_do_not_meet() -> None:
    days = ask("anc", result("wbc", 2.0), result("neutrophil_percent", 40, date(2026, 6, 2)))
    specimens = ask(
        "anc", result("wbc", 2.0, specimen="S/1"), result("neutrophil_percent", 40, specimen="S/2")
    )
    assert days.measurements == specimens.measurements == ()
    assert [n.input for n in days.needs] == ["neutrophil_percent"]


def test_a_bound_of_leukocytes_makes_a_bound() -> None:
    measurement = the(ask("anc", result("wbc", below(0.5)), result("neutrophil_percent", 50)))
    assert measurement.value is not None
    assert measurement.value.holds("below", 0.8) is True


def test_an_older_reported_count_does_not_hide_a_newer_computed_one() -> None:
    series = ask(
        "anc", result("anc", 3.0, date(2026, 5, 1)), result("wbc", 2.0), result("neutrophil_percent", 25)
    )
    assert values(series) == ["0.5", "3"]
    assert series.measurements[0].when.first == JUNE_1


def test_unreadable_parts_are_told_where_nothing_was_counted() -> None:
    series = ask("anc", unreadable={"wbc": [unusable("without a unit")]})
    assert [u.detail for u in series.unusable] == ["without a unit"]
