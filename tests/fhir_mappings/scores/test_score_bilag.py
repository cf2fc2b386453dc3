"""BILAG-2004: recorded grades are counted, the renal grade that results support waits for a person.

Isenberg DA, Rahman A, Allen E, et al. Rheumatology (Oxford) 2005;44:902-6.
"""

from __future__ import annotations

import pytest

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import Interval, day
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.scores.bilag_rules import bilag
from tests.fhir_mappings.scores.score_charts import ago, ask, bounds, chart, diagnosis, form, result

A, B = "bilag_2004_a_count", "bilag_2004_b_count"
CULTURE = result("urine_culture", "negative", 6)


def counts(facts: PatientFacts) -> tuple[tuple[float, float], tuple[float, float]]:
    """What is recorded and what with the computed renal grade: of A, of B."""
    a, b = bounds(ask(A, facts)), bounds(ask(B, facts))
    assert a[2] == b[2] or a[2] >= a[1]
    return (a[0], a[1]), (b[0], b[1])


def renal(*results: Measurement) -> str | None:
    """The grade that results support."""
    a, b = counts(chart(*results))
    assert (a[0], b[0]) == (0, 0)
    return {(0, 0): None, (1, 0): "A", (0, 1): "B"}[(int(a[1]), int(b[1]))]


def test_there_are_nine_domains() -> None:
    assert len(bilag().domains) == 9


def test_nothing_on_record_leaves_nine_domains_open() -> None:
    scored = ask(A, chart())
    assert bounds(scored) == (0, 0, 9)
    assert scored.needs[0].input == A
    assert "mucocutaneous" in scored.needs[0].detail


class TestRecorded:
    complete = {
        "constitutional": "E",
        "mucocutaneous": "B",
        "neuropsychiatric": "E",
        "musculoskeletal": "B",
        "cardiorespiratory": "D",
        "gastrointestinal": "E",
        "ophthalmic": "E",
        "renal": "A",
        "haematological": "C",
    }

    def test_a_complete_form_gives_both_counts(self) -> None:
        facts = chart(forms=[form("bilag_2004", items=self.complete, complete=True, when=9)])  # type: ignore[arg-type]
        a, b = ask(A, facts), ask(B, facts)
        assert (a.value, a.basis, a.when) == (Interval(1, 1), "recorded", day(ago(9)))
        assert (b.value, b.basis) == (Interval(2, 2), "recorded")

    def test_a_domain_left_out_of_a_complete_form_is_neither_a_nor_b(self) -> None:
        facts = chart(forms=[form("bilag_2004", items={"renal": "A"}, complete=True)])
        assert ask(A, facts).value == Interval(1, 1)
        assert ask(B, facts).value == Interval(0, 0)

    def test_grades_of_single_domains_give_bounds(self) -> None:
        facts = chart(forms=[form("bilag_2004", items={"renal": "A", "general": "B", "Hematology": "c"})])
        assert bounds(ask(A, facts)) == (1, 1, 7)
        assert bounds(ask(B, facts)) == (1, 1, 7)

    def test_the_newest_grade_of_a_domain_counts(self) -> None:
        forms = [
            form("bilag_2004", items={"renal": "A"}, when=20),
            form("bilag_2004", items={"renal": "C"}, when=2),
        ]
        assert bounds(ask(A, chart(forms=forms))) == (0, 0, 8)

    @pytest.mark.parametrize(("days", "lower"), [(28, 1), (29, 0)])
    def test_grades_count_for_four_weeks(self, days: int, lower: int) -> None:
        facts = chart(forms=[form("bilag_2004", items={"renal": "A"}, when=days)])
        scored = ask(A, facts)
        assert bounds(scored)[0] == lower
        assert scored.needs[0].why == ("never-measured" if lower else "stale")

    def test_a_recorded_count_counts(self) -> None:
        scored = ask(A, chart(forms=[form(A, 2)]))
        assert (scored.value, scored.basis) == (Interval(2, 2), "recorded")

    def test_a_count_may_be_an_item_of_the_form(self) -> None:
        facts = chart(forms=[form("bilag_2004", items={"a_count": 1, "b_count": 2})])
        assert ask(A, facts).value == Interval(1, 1)
        assert ask(B, facts).value == Interval(2, 2)

    def test_an_index_of_another_version_is_told_and_not_taken(self) -> None:
        scored = ask(A, chart(forms=[form("bilag", items={"renal": "A"})]))
        assert bounds(scored) == (0, 0, 9)
        assert any("unstated version" in note for note in scored.notes)

    def test_a_count_that_does_not_fit_the_grades_needs_a_person(self) -> None:
        forms = [form(A, 0), form("bilag_2004", items={"renal": "A"})]
        scored = ask(A, chart(forms=forms))
        assert (scored.basis, scored.value) == ("policies", Interval(0, 9))


class TestRenalGrade:
    """A: two features of which one is proteinuria, sediment or histology. B: one feature, or a lesser one."""

    def test_the_threshold_of_a_i4_is_at_least_b(self) -> None:
        assert renal(result("upcr", 1.0)) == "B"

    def test_with_sediment_it_is_a(self) -> None:
        assert renal(result("upcr", 1.0), result("urine_rbc_hpf", 12), CULTURE) == "A"

    def test_with_a_biopsy_of_the_last_three_months_it_is_a(self) -> None:
        assert renal(result("upcr", 1.0), result("lupus_nephritis_activity", "active", 80)) == "A"
        assert renal(result("upcr", 1.0), result("lupus_nephritis_activity", "active", 100)) == "B"
        assert renal(result("upcr", 1.0), result("lupus_nephritis_activity", "not-stated", 80)) == "B"

    def test_proteinuria_that_fell_by_a_quarter_is_no_feature(self) -> None:
        assert renal(result("upcr", 0.9, 5), result("upcr", 1.2, 40)) is None
        assert renal(result("upcr", 0.91, 5), result("upcr", 1.2, 40)) == "B"

    @pytest.mark.parametrize(
        ("days", "counts_as_previous"), [(25, False), (26, True), (125, True), (126, False)]
    )
    def test_the_previous_value_lies_three_weeks_to_four_months_before(
        self, days: int, counts_as_previous: bool
    ) -> None:
        grade = renal(result("upcr", 0.9, 5), result("upcr", 3.0, days))
        assert grade == (None if counts_as_previous else "B")

    def test_the_thresholds_are_100_and_50_mg_per_mmol(self) -> None:
        severe = [result("upcr", 101 / 113.12), result("urine_rbc_casts", "positive")]
        moderate = [result("upcr", 99 / 113.12), result("urine_rbc_casts", "positive")]
        assert renal(*severe) == "A"
        assert renal(*moderate) == "B"
        assert renal(result("upcr", 50 / 113.12)) == "B"
        assert renal(result("upcr", 49 / 113.12)) is None

    @pytest.mark.parametrize(("grams", "grade"), [(1.01, "A"), (1.0, "B"), (0.5, "B"), (0.49, "B")])
    def test_the_thresholds_in_grams_a_day(self, grams: float, grade: str) -> None:
        assert renal(result("urine_protein_24h", grams), result("urine_rbc_casts", "positive")) == grade

    def test_the_strip_counts_only_where_nothing_is_measured(self) -> None:
        rise = [result("urine_protein_dipstick", "3+", 5), result("urine_protein_dipstick", "1+", 40)]
        assert renal(*rise, result("urine_rbc_casts", "positive")) == "A"
        assert renal(*rise) == "B"
        assert renal(*rise, result("upcr", 0.1)) is None
        assert (
            renal(result("urine_protein_dipstick", "1+", 5), result("urine_protein_dipstick", "trace", 40))
            is None
        )

    def test_renal_function_alone_does_not_lead_to_a(self) -> None:
        worse = [result("serum_creatinine", 2.0, 5), result("serum_creatinine", 1.5, 40)]
        assert renal(*worse) == "B"
        assert renal(*worse, result("upcr", 1.0)) == "A"

    @pytest.mark.parametrize(
        ("now", "before", "grade"), [(1.96, 1.5, "A"), (1.95, 1.5, "B"), (1.726, 1.5, "B"), (1.47, 1.0, "B")]
    )
    def test_creatinine_above_130_umol_per_l_and_risen_by_30_percent(
        self, now: float, before: float, grade: str
    ) -> None:
        course = [result("serum_creatinine", now, 5), result("serum_creatinine", before, 40)]
        assert renal(*course, result("upcr", 1.0)) == grade

    def test_a_fall_of_the_filtration_rate(self) -> None:
        assert renal(result("egfr", 60, 5), result("egfr", 95, 40)) == "B"
        assert renal(result("egfr", 65, 5), result("egfr", 95, 40)) is None
        assert renal(result("egfr", 49, 5), result("egfr", 55, 40)) == "B"
        assert renal(result("egfr", 49, 5)) == "B"
        assert renal(result("egfr", 51, 5)) is None

    def test_a_grade_without_an_earlier_value_says_so(self) -> None:
        scored = ask(B, chart(result("upcr", 1.0)))
        assert any("no earlier value" in note for note in scored.notes)
        assert not any(
            "no earlier value" in note
            for note in ask(B, chart(result("upcr", 1.0), result("upcr", 0.9, 40))).notes
        )

    def test_sediment_in_doubt_is_told(self) -> None:
        scored = ask(A, chart(result("upcr", 1.0), result("urine_rbc_hpf", 12)))
        assert bounds(scored)[:2] == (0, 1)
        assert any("no negative urine culture" in note for note in scored.notes)

    def test_values_that_are_not_exact_count_only_where_they_decide(self) -> None:
        assert renal(result("upcr", Interval(0.3, 2.0))) is None
        assert renal(result("upcr", Interval(0.9, float("inf"), low_open=True))) == "B"


class TestComputedGradeIsNoRecord:
    def test_it_counts_only_with_attribution(self) -> None:
        facts = chart(result("upcr", 1.0), result("urine_rbc_casts", "positive"))
        assert bounds(ask(A, facts)) == (0, 1, 9)
        assert bounds(ask(B, facts)) == (0, 0, 9)
        assert any("renal grade A" in note for note in ask(A, facts).notes)

    def test_a_recorded_grade_comes_first_and_the_difference_is_told(self) -> None:
        facts = chart(
            result("upcr", 1.0),
            result("urine_rbc_casts", "positive"),
            forms=[form("bilag_2004", items={"renal": "C"})],
        )
        scored = ask(A, facts)
        assert bounds(scored) == (0, 0, 8)
        assert any("grades it C" in note for note in scored.notes)

    def test_a_computed_b_beside_a_recorded_b_waits_for_a_person(self) -> None:
        facts = chart(result("upcr", 1.0), forms=[form("bilag_2004", items={"mucocutaneous": "B"})])
        assert bounds(ask(B, facts)) == (1, 2, 9)

    def test_haematology_is_told_and_never_counted(self) -> None:
        scored = ask(B, chart(result("platelets", 30)))
        assert bounds(scored) == (0, 0, 9)
        assert any("platelets 30" in note and "not counted" in note for note in scored.notes)
        assert bounds(ask(A, chart(result("platelets", 20)))) == (0, 0, 9)


def test_coded_lupus_is_no_grade() -> None:
    assert counts(chart(events=[diagnosis("class_lupus_nephritis")])) == ((0, 0), (0, 0))
