"""Protein in urine: which results make a ratio, and which must not."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.catalogue import LOINC
from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import DateSpan, Interval, point
from fhir_mappings.terminology import load_terminology
from fhir_mappings.units import Converted, to_canonical
from tests.fhir_mappings.inputs.input_charts import JUNE_1, above, ask, below, result, the, unusable, values

SPECIMEN = {"specimen": "Specimen/u1"}


def converted(code: str, value: Interval, unit: str) -> Interval:
    """A result under a LOINC code in the canonical unit of its analyte."""
    match = load_terminology().analyte_of([(LOINC, code)], None)
    assert match is not None
    found = to_canonical(match.analyte, value, "http://unitsofmeasure.org", unit, unit)
    assert isinstance(found, Converted)
    return found.value


def protein(value: float | Interval, **more: object) -> Measurement:
    return result("urine_protein_concentration", value, **more)  # type: ignore[arg-type]


def creatinine(value: float | Interval, **more: object) -> Measurement:
    return result("urine_creatinine", value, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("protein_value", "protein_unit", "creatinine_value", "creatinine_unit", "ratio", "reaches_one"),
    [
        (120, "mg/dL", 100, "mg/dL", 1.200, True),
        (45, "mg/dL", 50, "mg/dL", 0.900, False),
        (0.80, "g/L", 7.0, "mmol/L", 1.0103, True),
        (0.79, "g/L", 7.0, "mmol/L", 0.9977, False),
        (1500, "mg/L", 8840, "umol/L", 1.500, True),
    ],
)
def test_the_ratio_of_one_specimen_is_computed_in_any_units_and_not_rounded(
    protein_value: float,
    protein_unit: str,
    creatinine_value: float,
    creatinine_unit: str,
    ratio: float,
    reaches_one: bool,
) -> None:
    """A-I4: at least 1.0 g/g; molar mass of creatinine 113.12 g/mol."""
    measurement = the(
        ask(
            "upcr",
            protein(converted("2888-6", point(protein_value), protein_unit), **SPECIMEN),
            creatinine(converted("2161-8", point(creatinine_value), creatinine_unit), **SPECIMEN),
        )
    )
    assert measurement.value is not None
    assert measurement.value.low == pytest.approx(ratio, abs=0.0005)
    assert measurement.value.holds("at_least", 1.0) is reaches_one
    assert measurement.basis == "computed"
    assert len(measurement.evidence) == 2


@pytest.mark.parametrize(("value", "grams"), [(105, 0.9282), (100, 0.884), (113.12, 1.0), (339.36, 3.0)])
def test_mg_per_mmol_is_not_a_hundredth(value: float, grams: float) -> None:
    """1 g/g is 113.12 mg/mmol: 105 mg/mmol stays below 1.0 g/g."""
    assert converted("34366-5", point(value), "mg/mmol{creat}").low == pytest.approx(grams, abs=0.0001)


@pytest.mark.parametrize(
    ("protein_value", "creatinine_value", "ratio"),
    [(below(4), 100, "<0.04"), (above(600), 60, ">10"), (120, above(300), "0–0.4")],
)
def test_comparators_make_bounds(
    protein_value: float | Interval, creatinine_value: float | Interval, ratio: str
) -> None:
    assert values(ask("upcr", protein(protein_value), creatinine(creatinine_value))) == [ratio]


def test_a_reported_ratio_is_used_as_it_is() -> None:
    measurement = the(ask("upcr", result("upcr", 1.2)))
    assert measurement.basis == "measured"
    assert measurement.value == point(1.2)


@pytest.mark.parametrize("code", ["13801-6", "40486-3", "2890-2", "34366-5"])
def test_ratios_of_spot_samples_and_of_24_hours_are_the_same_input(code: str) -> None:
    match = load_terminology().analyte_of([(LOINC, code)], None)
    assert match is not None
    assert match.analyte.name == "upcr"


def test_an_albumin_ratio_is_never_a_protein_ratio() -> None:
    series = ask("upcr", result("uacr", 2.0))
    assert series.measurements == ()


def test_results_of_different_specimens_make_no_ratio() -> None:
    series = ask("upcr", protein(120, specimen="Specimen/a"), creatinine(100, specimen="Specimen/b"))
    assert series.measurements == ()
    assert [n.input for n in series.needs] == ["urine_creatinine"]


def test_the_same_instant_pairs_results_without_a_specimen() -> None:
    series = ask(
        "upcr", protein(120, hour=8), creatinine(100, hour=8), protein(50, hour=20), creatinine(100, hour=20)
    )
    assert values(series) == ["0.5", "1.2"]
    assert all("no specimen is named" in " ".join(m.notes) for m in series.measurements)


def test_one_result_of_each_on_a_day_is_paired_with_a_note() -> None:
    measurement = the(ask("upcr", protein(120), creatinine(100, hour=8)))
    assert measurement.value == point(1.2)
    assert "paired by the day of collection; no specimen is named" in measurement.notes


def test_results_collected_at_different_times_are_not_paired() -> None:
    assert ask("upcr", protein(120, hour=8), creatinine(100, hour=20)).measurements == ()


def test_several_results_of_a_day_without_specimens_are_not_paired_by_guess() -> None:
    series = ask("upcr", protein(120), creatinine(100, count=1), creatinine(40, count=2))
    assert series.measurements == ()
    assert "which of them are of one specimen" in series.unusable[0].detail


def test_copies_of_one_result_are_no_ambiguity() -> None:
    assert values(ask("upcr", protein(120), creatinine(100, count=1), creatinine(100, count=2))) == ["1.2"]


def test_a_spot_protein_is_not_divided_by_the_creatinine_of_a_collection() -> None:
    assert ask("upcr", protein(120), creatinine(100, role="24-hour")).measurements == ()


def test_a_reported_ratio_stands_for_its_specimen_where_rounding_explains_the_difference() -> None:
    """The laboratory's 1.0 is the rounded 0.9977; two answers from one specimen would be a conflict."""
    series = ask(
        "upcr", result("upcr", 1.0, **SPECIMEN), protein(79, **SPECIMEN), creatinine(79.184, **SPECIMEN)
    )
    assert values(series) == ["1"]


def test_a_reported_ratio_that_its_own_specimen_contradicts_is_shown_beside_it() -> None:
    series = ask(
        "upcr", result("upcr", 2.0, **SPECIMEN), protein(100, **SPECIMEN), creatinine(100, **SPECIMEN)
    )
    assert sorted(values(series)) == ["1", "2"]


def test_no_creatinine_in_the_urine_gives_no_ratio() -> None:
    assert ask("upcr", protein(120), creatinine(0)).measurements == ()


def test_what_could_not_be_read_is_told() -> None:
    series = ask("upcr", unreadable={"urine_creatinine": [unusable("reported without a unit")]})
    assert series.unusable[0].detail == "reported without a unit"


def test_without_anything_the_order_is_named() -> None:
    series = ask("upcr", retrieval={"Observation": "failed"})
    assert series.retrieval == "failed"
    assert series.order is not None
    assert series.order.code == "2890-2"


class TestTwentyFourHours:
    @pytest.mark.parametrize(
        ("concentration", "volume", "grams"),
        [(100, 1000, 1.0), (55, 1800, 0.99), (350, 1750, 6.125), (60, 1700, 1.02), (40, 2500, 1.0)],
    )
    def test_concentration_times_volume(self, concentration: float, volume: float, grams: float) -> None:
        series = ask(
            "urine_protein_24h", protein(concentration, role="24-hour"), result("urine_volume_24h", volume)
        )
        assert the(series).value == point(pytest.approx(grams))  # type: ignore[arg-type]

    def test_six_grams_computed_are_not_above_six(self) -> None:
        """B-E1: proteinuria above 6 g/24 h; arithmetic must not decide."""
        series = ask("urine_protein_24h", protein(300, role="24-hour"), result("urine_volume_24h", 2000))
        value = the(series).value
        assert value is not None
        assert value.holds("above", 6.0) is False

    def test_a_spot_concentration_is_no_daily_amount(self) -> None:
        assert ask("urine_protein_24h", protein(100), result("urine_volume_24h", 1000)).measurements == ()

    def test_a_spot_code_of_the_same_specimen_as_the_volume_counts(self) -> None:
        series = ask(
            "urine_protein_24h",
            protein(100, **SPECIMEN),
            result("urine_volume_24h", 1000, role="", **SPECIMEN),
        )
        assert values(series) == ["1"]

    def test_a_collection_that_spans_two_days_is_one_collection(self) -> None:
        collected = DateSpan(date(2026, 5, 31), JUNE_1)
        series = ask(
            "urine_protein_24h",
            protein(100, on=collected, role="24-hour"),
            result("urine_volume_24h", 1500, collected),
        )
        assert values(series) == ["1.5"]
        assert the(series).when == collected

    def test_results_known_to_the_month_are_not_of_one_collection(self) -> None:
        may = DateSpan(date(2026, 5, 1), date(2026, 5, 31))
        series = ask(
            "urine_protein_24h", protein(100, on=may, role="24-hour"), result("urine_volume_24h", 1500, may)
        )
        assert series.measurements == ()

    def test_a_reported_amount_is_preferred_to_the_computed_one_of_its_specimen(self) -> None:
        series = ask(
            "urine_protein_24h",
            result("urine_protein_24h", 1.0, **SPECIMEN),
            protein(102, role="24-hour", **SPECIMEN),
            result("urine_volume_24h", 1000, **SPECIMEN),
        )
        assert values(series) == ["1"]

    def test_the_latest_is_first(self) -> None:
        series = ask(
            "urine_protein_24h",
            result("urine_protein_24h", 2.0, date(2026, 5, 1)),
            result("urine_protein_24h", 1.0, JUNE_1),
        )
        assert values(series) == ["1", "2"]
