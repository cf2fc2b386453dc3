"""The renal domain of BILAG-2004, clause by clause, each threshold from both sides.

Isenberg DA, Rahman A, Allen E, et al. Rheumatology (Oxford) 2005;44:902-6: A, two or more of (1)
deteriorating proteinuria, (2) accelerated hypertension, (3) deteriorating renal function, (4) active
sediment, (5) active nephritis on biopsy within three months, (6) nephrotic syndrome, of which at least one
is 1, 4 or 5.
"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import Interval
from tests.fhir_mappings.scores.renal_charts import CASTS, CULTURE, grade, graded, in_unit, state
from tests.fhir_mappings.scores.score_charts import diagnosis, result


class TestProteinuria:
    @pytest.mark.parametrize("name", ["upcr", "uacr"])
    @pytest.mark.parametrize(
        ("per_mmol", "alone", "with_casts"),
        [
            (100.1, "B", "A"),
            (100.0, "B", "B"),
            (50.0, "B", "B"),
            (49.9, "C", "B"),
            (25.1, "C", "B"),
            (25.0, None, "B"),
        ],
    )
    def test_degrees_in_mg_per_mmol(
        self, name: str, per_mmol: float, alone: str | None, with_casts: str
    ) -> None:
        now = in_unit(name, per_mmol, "mg/mmol")
        assert grade(now) == alone
        assert grade(now, CASTS) == with_casts

    @pytest.mark.parametrize(
        ("ratio", "alone", "with_casts"),
        [
            (0.885, "B", "A"),
            (0.884, "B", "B"),
            (0.443, "B", "B"),
            (0.442, "C", "B"),
            (0.222, "C", "B"),
            (0.221, None, "B"),
        ],
    )
    def test_degrees_in_g_per_g(self, ratio: float, alone: str | None, with_casts: str) -> None:
        """100, 50 and 25 mg/mmol are 0.884, 0.442 and 0.221 g/g."""
        assert grade(result("upcr", ratio)) == alone
        assert grade(result("upcr", ratio), CASTS) == with_casts

    @pytest.mark.parametrize(
        ("grams", "alone", "with_casts"),
        [
            (1.01, "B", "A"),
            (1.0, "B", "B"),
            (0.5, "B", "B"),
            (0.49, "C", "B"),
            (0.26, "C", "B"),
            (0.25, None, "B"),
        ],
    )
    def test_degrees_in_g_a_day(self, grams: float, alone: str | None, with_casts: str) -> None:
        assert grade(result("urine_protein_24h", grams)) == alone
        assert grade(result("urine_protein_24h", grams), CASTS) == with_casts

    @pytest.mark.parametrize(
        ("now", "before", "expected"),
        [(75, 100, "C"), (76, 100, "B"), (150, 200, "C"), (151, 200, "B"), (300, 100, "B")],
    )
    @pytest.mark.parametrize("unit", ["mg/mmol", "g/g"])
    def test_a_fall_of_a_quarter_is_improvement(
        self, now: float, before: float, expected: str, unit: str
    ) -> None:
        """75 of 100 has fallen by exactly 25 %: improved, though still there (C)."""
        factor = 1.0 if unit == "mg/mmol" else 1 / 113.12
        course = [in_unit("upcr", now * factor, unit, 5), in_unit("upcr", before * factor, unit, 40)]
        assert grade(*course) == expected

    def test_improvement_in_one_measure_does_not_undo_another_that_has_not_improved(self) -> None:
        fallen = [result("upcr", 1.0, 5), result("upcr", 3.0, 40)]
        same = [result("urine_protein_24h", 2.0, 5), result("urine_protein_24h", 2.0, 40)]
        assert grade(*fallen) == "C"
        assert grade(*fallen, *same) == "B"

    def test_without_an_earlier_value_it_is_assumed_not_to_have_improved_and_says_so(self) -> None:
        found = graded(result("upcr", 1.2), CASTS)
        assert (found.grade, found.firm) == ("A", "B")
        assert found.clauses[0].assumed
        assert "no earlier value" in found.words
        firm = graded(result("upcr", 1.2, 5), result("upcr", 1.2, 40), CASTS)
        assert (firm.grade, firm.firm) == ("A", "A")

    def test_a_value_on_both_sides_of_every_threshold_is_not_known(self) -> None:
        assert state("proteinuria", result("upcr", Interval(0.1, 3.0))) == "unknown"

    def test_a_value_surely_of_a_lesser_degree_has_that_one(self) -> None:
        assert grade(result("upcr", Interval(0.6, 3.0))) == "B"


class TestStrip:
    """Used only where nothing else is measured; + is one level, ++ two, +++ three, and a trace none."""

    @pytest.mark.parametrize(
        ("now", "before", "alone", "with_casts"),
        [
            ("3+", "1+", "B", "A"),
            ("2+", "negative", "B", "A"),
            ("2+", "trace", "B", "A"),
            ("2+", "1+", "B", "B"),
            ("1+", "negative", "C", "B"),
            ("1+", "trace", "C", "B"),
            ("1+", "1+", "C", "B"),
            ("2+", "3+", "C", "B"),
            ("trace", "negative", None, "B"),
        ],
    )
    def test_levels(self, now: str, before: str, alone: str | None, with_casts: str) -> None:
        strips = [result("urine_protein_dipstick", now, 5), result("urine_protein_dipstick", before, 40)]
        assert grade(*strips) == alone
        assert grade(*strips, CASTS) == with_casts

    def test_without_an_earlier_strip_only_its_level_counts(self) -> None:
        assert grade(result("urine_protein_dipstick", "3+")) == "C"

    def test_any_measured_value_takes_its_place(self) -> None:
        strips = [result("urine_protein_dipstick", "3+", 5), result("urine_protein_dipstick", "negative", 40)]
        assert grade(*strips, result("urine_protein_24h", 0.1)) is None


class TestRenalFunction:
    def course(self, now: float, before: float | None, unit: str = "umol/L") -> list[Measurement]:
        values = [in_unit("serum_creatinine", now, unit, 5)]
        return values if before is None else [*values, in_unit("serum_creatinine", before, unit, 40)]

    @pytest.mark.parametrize(
        ("now", "before", "expected"),
        [
            (130, 80, None),  # not above 130
            (131, 100, "severe"),  # 131 %
            (143, 110, "moderate"),  # 130 % exactly
            (144, 110, "severe"),
            (138, 120, "moderate"),  # 115 % exactly
            (137, 120, None),
        ],
    )
    @pytest.mark.parametrize("unit", ["umol/L", "mg/dL"])
    def test_above_130_umol_per_l_and_risen(
        self, now: float, before: float, expected: str | None, unit: str
    ) -> None:
        factor = 1.0 if unit == "umol/L" else 0.011312
        found = graded(*self.course(now * factor, before * factor, unit))
        clause = next(c for c in found.clauses if c.id == "renal_function")
        assert (clause.degree.name.lower() if clause.degree else None) == expected

    def test_severe_with_proteinuria_is_a_and_moderate_is_b(self) -> None:
        protein = [result("upcr", 1.2, 5), result("upcr", 1.2, 40)]
        assert grade(*self.course(200, 100), *protein) == "A"
        assert grade(*self.course(140, 115), *protein) == "B"

    def test_without_an_earlier_value_it_is_assumed_to_have_risen(self) -> None:
        found = graded(*self.course(200, None))
        assert (found.grade, found.firm) == ("B", None)

    @pytest.mark.parametrize(
        ("now", "before", "shown"),
        [
            (79, 119, True),  # below 80 and 66 % of before
            (79, 117, False),  # 67.5 %
            (80, 130, False),  # not below 80
            (67, 100, False),  # 67 % exactly has not fallen below
            (49, 51, True),
            (49, 50, False),  # it was not above 50
            (50, 60, False),
        ],
    )
    def test_filtration_below_80_and_fallen_or_newly_below_50(
        self, now: float, before: float, shown: bool
    ) -> None:
        course = [result("egfr", now, 5), result("egfr", before, 40)]
        assert (grade(*course) == "B") is shown

    def test_a_rate_long_below_50_is_not_new(self) -> None:
        assert grade(result("egfr", 35, 5)) == "B"
        assert grade(result("egfr", 35, 5), result("egfr", 36, 400)) is None

    def test_without_anything_to_compare_with_another_result_now_is_not_what_lacks(self) -> None:
        clause = graded(result("egfr", 70, 5), *self.course(80, None)).clauses[2]
        assert (clause.state.name, clause.needs) == ("UNKNOWN", ())
        assert clause.remark is not None
        assert "no earlier value" in clause.remark
        assert [need.input for need in graded().clauses[2].needs] == ["serum_creatinine"]

    def test_a_moderate_rise_of_creatinine_does_not_hide_a_severe_fall_of_filtration(self) -> None:
        both = [*self.course(140, 120), result("egfr", 45, 5), result("egfr", 90, 40)]
        assert grade(*both, result("upcr", 1.2, 5), result("upcr", 1.2, 40)) == "A"


class TestSediment:
    @pytest.mark.parametrize("name", ["urine_rbc_hpf", "urine_wbc_hpf"])
    def test_more_than_five_cells_with_other_causes_excluded(self, name: str) -> None:
        assert state("sediment", result(name, 6), CULTURE) == "present"
        assert state("sediment", result(name, 5), CULTURE) == "unknown"

    def test_without_a_culture_it_is_in_doubt_and_casts_need_none(self) -> None:
        assert state("sediment", result("urine_rbc_hpf", 12)) == "unattributed"
        assert state("sediment", result("urine_rbc_hpf", 12), CASTS) == "present"

    def test_it_is_absent_only_when_cells_and_casts_are_all_normal(self) -> None:
        cells = [result("urine_rbc_hpf", 1), result("urine_wbc_hpf", 1)]
        assert state("sediment", *cells) == "unknown"
        assert state("sediment", *cells, result("urine_rbc_casts", "negative")) == "absent"

    def test_without_coded_lupus_it_waits(self) -> None:
        assert state("sediment", CASTS, sle=False) == "unattributed"


class TestHistology:
    @pytest.mark.parametrize(
        ("when", "expected"), [(date(2026, 3, 15), "present"), (date(2026, 3, 14), "unknown")]
    )
    def test_three_months_to_the_day(self, when: date, expected: str) -> None:
        assert state("histology", result("lupus_nephritis_activity", "active", when)) == expected

    def test_an_inactive_biopsy_shows_absence_and_no_biopsy_shows_nothing(self) -> None:
        assert state("histology", result("lupus_nephritis_activity", "inactive", 30)) == "absent"
        assert state("histology") == "unknown"

    def test_alone_it_is_b_and_with_proteinuria_a(self) -> None:
        biopsy = result("lupus_nephritis_activity", "active", 30)
        assert grade(biopsy) == "B"
        assert grade(biopsy, result("upcr", 1.2)) == "A"


class TestDAndE:
    quiet = (
        result("upcr", 0.1),
        result("serum_creatinine", 0.8),
        result("egfr", 100),
        result("urine_rbc_hpf", 1),
        result("urine_wbc_hpf", 1),
        result("urine_rbc_casts", "negative"),
    )

    def test_quiet_results_after_nephritis_are_d(self) -> None:
        assert grade(*self.quiet, events=[diagnosis("cond_lupus_nephritis_any", 900)]) == "D"
        assert grade(*self.quiet, result("lupus_nephritis_class", "IV", 900)) == "D"

    def test_e_is_never_computed_because_no_record_proves_it(self) -> None:
        assert grade(*self.quiet) is None

    def test_results_that_are_missing_leave_it_open(self) -> None:
        assert grade(*self.quiet[:3], events=[diagnosis("cond_lupus_nephritis_any", 900)]) is None


ORDER = (None, "D", "C", "B", "A")
worse = st.one_of(
    st.builds(lambda v, d: result("upcr", v, d), st.sampled_from([0.3, 0.6, 1.2, 4.0]), st.integers(0, 10)),
    st.builds(lambda d: result("urine_rbc_casts", "positive", d), st.integers(0, 28)),
    st.builds(lambda d: result("urine_rbc_hpf", 20, d), st.integers(0, 28)),
    st.builds(lambda d: result("lupus_nephritis_activity", "active", d), st.integers(0, 90)),
)


@given(results=st.lists(worse, max_size=5), added=worse)
@settings(max_examples=150, deadline=None)
def test_casts_cells_and_an_active_biopsy_never_lower_the_grade(
    results: list[Measurement], added: Measurement
) -> None:
    if added.input == "upcr":
        return  # a later, lower ratio may be an improvement
    before, after = graded(*results), graded(*results, added)
    assert ORDER.index(after.grade) >= ORDER.index(before.grade)
    assert ORDER.index(after.firm) <= ORDER.index(after.grade)
