"""Filtration and clearance, with the weight, height, age and sex that they need."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fhir_mappings.catalogue import LOINC
from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import DateSpan, Interval, point
from fhir_mappings.terminology import load_terminology
from fhir_mappings.units import Converted, UnitProblem, to_canonical
from tests.fhir_mappings.inputs.input_charts import (
    JUNE_1,
    ON,
    above,
    ask,
    below,
    diagnosis,
    result,
    the,
    values,
)


def creatinine(value: float | Interval, on: date | DateSpan = JUNE_1, **more: object) -> Measurement:
    return result("serum_creatinine", value, on, **more)  # type: ignore[arg-type]


def weight(value: float, on: date = JUNE_1, **more: object) -> Measurement:
    return result("body_weight", value, on, **more)  # type: ignore[arg-type]


def height(value: float, on: date = JUNE_1) -> Measurement:
    return result("body_height", value, on)


def born(age: int) -> date:
    """A date of birth for an age on 1 June 2026."""
    return date(2026 - age, 1, 1)


def mg_per_dl(value: float, unit: str = "umol/L") -> float:
    match = load_terminology().analyte_of([(LOINC, "14682-9")], None)
    assert match is not None
    found = to_canonical(match.analyte, point(value), None, unit, None)
    assert isinstance(found, Converted)
    return found.value.low


def near(interval: Interval | None, low: float, high: float) -> bool:
    return interval is not None and (interval.low, interval.high) == (
        pytest.approx(low, abs=0.006),
        pytest.approx(high, abs=0.006),
    )


class TestClearance:
    @pytest.mark.parametrize(
        ("age", "sex", "kg", "cm", "value", "low", "high"),
        [
            (30, "female", 60, 165, 0.8, 92.38, 97.40),
            (65, "female", 50, 155, 2.0, 21.19, 22.14),
            (45, "male", 80, 178, mg_per_dl(221), 38.62, 42.22),
            (52, "female", 110, 160, 2.6, 20.93, 43.95),
            (60, "female", 45, 150, 1.9, 21.54, 22.37),
            (65, "male", 90, 170, 2.5, 27.47, 37.50),
            (40, "female", 55, 160, 1.53, 40.42, 42.44),
        ],
    )
    def test_it_spans_actual_ideal_and_adjusted_weight(
        self, age: int, sex: str, kg: float, cm: float, value: float, low: float, high: float
    ) -> None:
        """A-E9c: below 30 mL/min; where the weights disagree it is a question of judgement."""
        measurement = the(ask("crcl", creatinine(value), weight(kg), height(cm), born=born(age), sex=sex))
        assert near(measurement.value, low, high)
        assert measurement.basis == "policies"

    def test_below_ideal_weight_only_the_actual_weight_counts(self) -> None:
        measurement = the(
            ask("crcl", creatinine(mg_per_dl(70)), weight(70), height(175), born=born(18), sex="male")
        )
        assert near(measurement.value, 149.79, 149.79)

    def test_a_threshold_inside_the_span_is_not_decided(self) -> None:
        value = the(ask("crcl", creatinine(2.6), weight(110), height(160))).value
        assert value is not None
        assert value.holds("below", 30) is None

    def test_without_a_height_it_spans_the_weights_of_every_plausible_height(self) -> None:
        """A-E9c, B-E3.2: ideal weight at 140 cm (Devine): 45.5 + 2.3 × (140/2.54 - 60) = 34.3 kg."""
        measurement = the(ask("crcl", creatinine(2.6), weight(110)))
        assert near(measurement.value, 13.69, 43.95)
        assert measurement.basis == "bounded"
        assert [n.input for n in measurement.needs] == ["body_height"]
        assert any("without a height" in note for note in measurement.notes)

    def test_of_a_weight_that_no_plausible_height_makes_less_no_height_is_needed(self) -> None:
        measurement = the(ask("crcl", creatinine(1.0), weight(34)))
        assert measurement.basis == "computed"
        assert measurement.value is not None
        assert measurement.value.exact
        assert measurement.needs == ()

    def test_no_plausible_height_gives_more_than_the_actual_weight(self) -> None:
        """Ideal weight of 200 cm is above 60 kg, and an adjusted weight is for who is above the ideal."""
        alone = the(ask("crcl_actual_weight", creatinine(1.0), weight(60)))
        measurement = the(ask("crcl", creatinine(1.0), weight(60)))
        assert measurement.value is not None
        assert alone.value is not None
        assert measurement.value.high == alone.value.high

    def test_actual_weight_alone_is_an_input_too(self) -> None:
        measurement = the(ask("crcl_actual_weight", creatinine(2.6), weight(110), height(160)))
        assert near(measurement.value, 43.95, 43.95)

    def test_without_a_weight_there_is_no_value_but_a_need_with_its_order(self) -> None:
        series = ask("crcl", creatinine(2.6), height(160))
        assert series.measurements == ()
        assert [n.input for n in series.needs] == ["body_weight"]
        assert series.needs[0].order is not None
        assert series.order == series.needs[0].order

    def test_without_a_creatinine_the_creatinine_is_needed(self) -> None:
        series = ask("crcl", weight(60))
        assert [n.input for n in series.needs] == ["serum_creatinine"]
        assert series.order is not None
        assert series.order.code == "2160-0"

    def test_without_a_date_of_birth_the_age_is_needed(self) -> None:
        series = ask("crcl", creatinine(1.0), weight(60), born=None)
        assert series.measurements == ()
        assert [n.input for n in series.needs] == ["age"]

    def test_without_a_sex_it_holds_for_both_and_names_the_need(self) -> None:
        measurement = the(ask("crcl_actual_weight", creatinine(1.0), weight(60), sex=None, born=born(50)))
        assert near(measurement.value, 63.75, 75.0)
        assert measurement.basis == "bounded"
        assert [n.input for n in measurement.needs] == ["sex"]

    def test_a_year_of_birth_widens_it(self) -> None:
        year = DateSpan(date(1975, 1, 1), date(1975, 12, 31))
        measurement = the(ask("crcl_actual_weight", creatinine(1.0), weight(72), born=year, sex="male"))
        assert near(measurement.value, 89.0, 90.0)

    def test_a_bound_of_creatinine_makes_a_bound_of_clearance(self) -> None:
        measurement = the(
            ask("crcl_actual_weight", creatinine(below(0.5)), weight(72), born=born(40), sex="male")
        )
        assert str(measurement.value) == ">200"

    @pytest.mark.parametrize(("age", "measured"), [(17, 0), (18, 1)])
    def test_it_is_for_adults(self, age: int, measured: int) -> None:
        series = ask("crcl", creatinine(1.0), weight(60), born=born(age))
        assert len(series.measurements) == measured

    @pytest.mark.parametrize(("days", "measured"), [(90, 1), (91, 0), (-90, 0)])
    def test_a_weight_counts_within_ninety_days_and_never_from_after_the_day_asked(
        self, days: int, measured: int
    ) -> None:
        on = JUNE_1 if days > 0 else ON
        series = ask("crcl", creatinine(1.0), weight(60, JUNE_1 - timedelta(days=days)), on=on)
        assert len(series.measurements) == measured

    @pytest.mark.parametrize(("days", "measured"), [(90, 1), (91, 0), (115, 0)])
    def test_a_weight_must_not_be_stale_on_the_day_asked_either(self, days: int, measured: int) -> None:
        """A weight of 115 days with a creatinine of 26 days: within 90 days of it, but out of date."""
        given = creatinine(1.0, ON - timedelta(days=26)), weight(60, ON - timedelta(days=days))
        series = ask("crcl", *given)
        assert len(series.measurements) == measured
        if not measured:
            assert [(n.input, n.why) for n in series.needs] == [("body_weight", "stale")]
            assert series.needs[0].order is not None

    @pytest.mark.parametrize(("days", "measured"), [(30, 1), (31, 0)])
    def test_with_oedema_the_thirty_days_end_on_the_day_asked(self, days: int, measured: int) -> None:
        swollen = diagnosis("cond_nephrotic_syndrome", ON - timedelta(days=1))
        given = creatinine(1.0, ON - timedelta(days=26)), weight(60, ON - timedelta(days=days)), swollen
        assert len(ask("crcl", *given).measurements) == measured

    def test_a_fresh_weight_after_the_creatinine_replaces_a_stale_one_before_it(self) -> None:
        old, new = weight(90, ON - timedelta(days=100)), weight(60, ON - timedelta(days=5))
        found = the(ask("crcl", creatinine(1.0, ON - timedelta(days=26)), old, new))
        assert found.value == the(ask("crcl", creatinine(1.0, ON - timedelta(days=26)), new)).value

    def test_a_weight_soon_after_the_creatinine_will_do(self) -> None:
        assert len(ask("crcl", creatinine(1.0), weight(60, ON)).measurements) == 1

    def test_the_last_weight_before_the_creatinine_is_taken_before_one_after_it(self) -> None:
        measurement = the(
            ask(
                "crcl_actual_weight",
                creatinine(1.0),
                weight(72, date(2026, 5, 1)),
                weight(90, ON),
                born=born(40),
            )
        )
        assert near(measurement.value, 85.0, 85.0)

    @pytest.mark.parametrize(
        "condition",
        [
            diagnosis("cond_nephrotic_syndrome", date(2026, 1, 1)),
            diagnosis("cond_edema", date(2026, 1, 1)),
            diagnosis("", date(2026, 1, 1), label="Bilateral leg oedema"),
            diagnosis("", date(2026, 1, 1), label="双下肢水肿"),
            diagnosis("cond_nephrotic_syndrome", None),
        ],
    )
    @pytest.mark.parametrize(("days", "measured"), [(30, 1), (31, 0)])
    def test_with_oedema_a_weight_counts_for_thirty_days(
        self, condition: object, days: int, measured: int
    ) -> None:
        given = creatinine(1.0), weight(60, JUNE_1 - timedelta(days=days)), condition
        series = ask("crcl", *given, on=JUNE_1)  # type: ignore[arg-type]
        assert len(series.measurements) == measured
        if measured:
            assert any("fluid may add to the weight" in note for note in series.measurements[0].notes)

    @pytest.mark.parametrize(
        "condition",
        [
            diagnosis("cond_nephrotic_syndrome", date(2025, 1, 1), clinical="resolved"),
            diagnosis(
                "cond_nephrotic_syndrome",
                date(2025, 1, 1),
                end=DateSpan(JUNE_1 - timedelta(1), JUNE_1 - timedelta(1)),
            ),
            diagnosis("cond_nephrotic_syndrome", ON),
            diagnosis("", date(2026, 1, 1), label="Angioedema"),
            diagnosis("", date(2026, 1, 1), label="Cerebral edema"),
            diagnosis("", date(2026, 1, 1), label="Acute pulmonary oedema"),
            diagnosis("", date(2026, 1, 1), label="肺水肿"),
            diagnosis("", date(2026, 1, 1), label="Macular edema"),
            diagnosis("cond_nephrotic_syndrome", date(2026, 1, 1), confirmed=False),
        ],
    )
    def test_oedema_of_another_time_or_place_does_not_matter(self, condition: object) -> None:
        given = creatinine(1.0), weight(60, JUNE_1 - timedelta(days=80)), condition
        assert len(ask("crcl", *given, on=JUNE_1).measurements) == 1  # type: ignore[arg-type]

    def test_a_stated_weight_serves_where_none_was_measured(self) -> None:
        measured = the(ask("crcl", creatinine(1.0), weight(60, date(2026, 5, 1)), weight(99, role="stated")))
        stated = the(ask("crcl", creatinine(1.0), weight(60, role="stated")))
        assert measured.value == stated.value
        assert "body weight as stated, not as measured" in stated.notes

    def test_the_height_is_of_adult_life(self) -> None:
        """Height of any adult age serves; a child's does not."""
        grown = the(ask("crcl", creatinine(2.6), weight(110), height(160, date(1995, 1, 1))))
        child = the(ask("crcl", creatinine(2.6), weight(110), height(120, date(1982, 1, 1))))
        assert grown.basis == "policies"
        assert child.basis == "bounded"

    def test_a_weight_of_another_year_serves_neither_its_own_creatinine_nor_a_newer_one(self) -> None:
        old = date(2025, 6, 1)
        series = ask("crcl", creatinine(1.0, old), weight(60, old), creatinine(2.0))
        assert series.measurements == ()
        assert series.needs[0].detail == (
            "no body weight within 90 days of the creatinine of 2026-06-01 and of 2026-06-15; "
            "the last is of 2025-06-01"
        )
        assert series.order is not None
        assert series.order.code == "29463-7"

    def test_what_the_laboratory_reported_is_a_check_beside_it(self) -> None:
        measurement = the(ask("crcl", creatinine(1.0), weight(60), result("crcl_reported", 61)))
        assert "the laboratory reported 61 mL/min" in measurement.notes

    def test_a_wholly_missing_weight_that_could_not_be_retrieved_is_said_to_be_so(self) -> None:
        series = ask("crcl", creatinine(1.0), retrieval={"Observation": "truncated"})
        assert series.retrieval == "truncated"
        assert series.needs[0].why == "not-retrieved"


class TestMeasuredClearance:
    def test_it_is_used_as_reported(self) -> None:
        assert values(ask("crcl_measured", result("crcl_measured", 29))) == ["29"]

    def test_one_per_body_surface_is_put_back(self) -> None:
        """B-E3.2 is in mL/min; 12195-4 is per 1.73 m²."""
        measurement = the(ask("crcl_measured", result("crcl_measured_indexed", 30), weight(60), height(165)))
        assert near(measurement.value, 28.757, 28.763)
        assert measurement.unit == "mL/min"

    def test_without_a_body_surface_it_cannot_be_used(self) -> None:
        series = ask("crcl_measured", result("crcl_measured_indexed", 30), weight(60))
        assert series.measurements == ()
        assert "no body height" in series.unusable[0].detail


class TestFiltration:
    @pytest.mark.parametrize(
        ("value", "age", "sex", "rate"),
        [
            (0.5, 25, "female", 133.40),
            (2.0, 65, "female", 27.21),
            (2.5, 45, "male", 31.4997),
            (4.0, 60, "male", 16.32),
        ],
    )
    def test_it_is_computed_by_ckd_epi_2021_from_eighteen_on(
        self, value: float, age: int, sex: str, rate: float
    ) -> None:
        measurement = the(ask("egfr", creatinine(value), born=born(age), sex=sex))
        assert near(measurement.value, rate, rate)
        assert measurement.basis == "computed"
        assert "computed by CKD-EPI 2021" in measurement.notes

    def test_the_age_is_that_of_the_creatinine(self) -> None:
        old, new = ask(
            "egfr", creatinine(1.0, date(2016, 6, 1)), creatinine(1.0), born=born(50)
        ).measurements[::-1]
        assert old.value is not None
        assert new.value is not None
        assert new.value.low == pytest.approx(old.value.low * 0.9938**10)

    def test_without_a_sex_it_holds_for_both(self) -> None:
        measurement = the(ask("egfr", creatinine(1.0), born=born(30), sex=None))
        assert measurement.value is not None
        assert (round(measurement.value.low, 1), round(measurement.value.high, 1)) == (77.7, 103.8)
        assert [n.input for n in measurement.needs] == ["sex"]

    def test_a_bound_of_creatinine_makes_a_bound(self) -> None:
        assert str(the(ask("egfr", creatinine(above(4.0)), born=born(60), sex="male")).value) == "0–16.3248"

    def test_children_are_computed_by_the_bedside_schwartz_formula(self) -> None:
        measurement = the(ask("egfr", creatinine(0.7), height(140), born=born(10)))
        assert near(measurement.value, 82.60, 82.60)
        assert len(measurement.evidence) == 2

    @pytest.mark.parametrize("age", [0, 10])
    def test_a_child_without_a_height_or_below_one_year_has_no_value(self, age: int) -> None:
        series = ask("egfr", creatinine(0.7), born=born(age))
        assert series.measurements == ()
        assert len(series.unusable) == 1

    def test_a_reported_value_of_the_same_specimen_is_told_beside_the_computed_one(self) -> None:
        measurement = the(
            ask(
                "egfr",
                creatinine(2.5, specimen="Specimen/1"),
                result("egfr", 28, unit="mL/min/{1.73_m2}", specimen="Specimen/1"),
                born=born(45),
                sex="male",
            )
        )
        assert measurement.basis == "computed"
        assert "the laboratory reported 28 mL/min/{1.73_m2}" in measurement.notes

    def test_a_reported_value_of_another_day_stands_by_itself(self) -> None:
        series = ask("egfr", creatinine(2.5, date(2026, 5, 1)), result("egfr", above(60)))
        assert [m.basis for m in series.measurements] == ["measured", "computed"]

    def test_without_a_date_of_birth_the_reported_value_is_used(self) -> None:
        series = ask("egfr", creatinine(2.5), result("egfr", 28), born=None)
        assert values(series) == ["28"]

    def test_without_anything_the_creatinine_is_needed(self) -> None:
        assert [n.input for n in ask("egfr").needs] == ["serum_creatinine"]


@pytest.mark.parametrize("code", ["11041-1", "11042-9", "51619-5", "51620-3"])
def test_creatinine_around_a_dialysis_session_is_refused(code: str) -> None:
    match = load_terminology().analyte_of([(LOINC, code)], None)
    assert match is not None
    assert isinstance(to_canonical(match.analyte, point(2.0), None, "mg/dL", None), UnitProblem)


class TestBodyMeasures:
    def test_index_and_surface_are_computed_from_weight_and_height(self) -> None:
        given = (weight(60), height(165))
        assert near(the(ask("bmi", *given)).value, 22.04, 22.04)
        assert near(the(ask("bsa", *given)).value, 1.658, 1.658)

    def test_a_reported_value_of_the_day_is_preferred(self) -> None:
        assert values(ask("bmi", weight(60), height(165), result("bmi", 22.0))) == ["22"]

    def test_without_a_height_the_height_is_needed(self) -> None:
        assert [n.input for n in ask("bsa", weight(60)).needs] == ["body_height"]
