"""The renal domain of BILAG-2004, clause by clause, each threshold from both sides.

Isenberg DA, Rahman A, Allen E, et al. Rheumatology (Oxford) 2005;44:902-6: A, two or more of (1)
deteriorating proteinuria, (2) accelerated hypertension, (3) deteriorating renal function, (4) active
sediment, (5) active nephritis on biopsy within three months, (6) nephrotic syndrome, of which at least one
is 1, 4 or 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Event, Measurement, ScoreItem, ScoreSheet
from fhir_mappings.inputs import describe
from fhir_mappings.intervals import Interval
from fhir_mappings.scores.bilag_rules import bilag
from fhir_mappings.scores.renal_grade import RenalGrade, renal_grade
from fhir_mappings.scores.situation import Situation
from tests.fhir_mappings.scores.score_charts import (
    ON,
    ago,
    ask,
    chart,
    diagnosis,
    form,
    result,
    series_of,
)

CASTS = result("urine_rbc_casts", "positive")
CULTURE = result("urine_culture", "negative", 6)
RETINA = diagnosis("cond_hypertensive_retinopathy", 10)
OEDEMA = diagnosis("cond_edema", 10)


def graded(
    *results: Measurement, events: Sequence[Event] = (), sle: bool = True, **given_: object
) -> RenalGrade:
    facts = chart(*results, events=events, sle=sle, **given_)  # type: ignore[arg-type]
    return renal_grade(bilag().renal, Situation(facts, ON, ago(28), series_of(facts)))


def grade(*results: Measurement, events: Sequence[Event] = ()) -> str | None:
    return graded(*results, events=events).grade


def state(name: str, *results: Measurement, events: Sequence[Event] = (), **given_: object) -> str:
    found = graded(*results, events=events, **given_)  # type: ignore[arg-type]
    return next(c for c in found.clauses if c.id == name).state.name.lower()


def in_unit(name: str, value: float, unit: str, when: int = 5) -> Measurement:
    """A result as reported in another unit, converted as results are."""
    described = describe(name)
    assert described is not None
    return result(name, value * described.units[unit], when)


def pressure(systolic: float, diastolic: float, when: int = 5) -> tuple[Measurement, Measurement]:
    return result("systolic_pressure", systolic, when), result("diastolic_pressure", diastolic, when)


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


class TestHypertension:
    """Accelerated: above 170/110 with retinal changes of grade 3 or 4. Rising: above 140/90 by 30 and 15."""

    @pytest.mark.parametrize(
        ("systolic", "diastolic", "expected"),
        [(171, 111, "unattributed"), (170, 111, "absent"), (171, 110, "absent"), (120, 80, "absent")],
    )
    def test_both_values_have_to_be_above(self, systolic: float, diastolic: float, expected: str) -> None:
        assert state("accelerated_hypertension", *pressure(systolic, diastolic), events=[RETINA]) == expected

    def test_without_retinal_changes_fundoscopy_is_what_lacks(self) -> None:
        clause = graded(*pressure(190, 120)).clauses[1]
        assert clause.state.name == "UNKNOWN"
        assert [need.input for need in clause.needs] == ["fundoscopy"]
        assert clause.evidence

    def test_a_coded_diagnosis_of_the_window_waits_for_a_clinician_and_an_old_one_says_nothing(self) -> None:
        assert (
            state("accelerated_hypertension", events=[diagnosis("cond_hypertensive_crisis", 10)])
            == "unattributed"
        )
        assert (
            state("accelerated_hypertension", events=[diagnosis("cond_hypertensive_crisis", 60)]) == "unknown"
        )

    def test_values_of_different_times_are_no_pair(self) -> None:
        one = result("systolic_pressure", 190, 5), result("diastolic_pressure", 120, 9)
        assert state("accelerated_hypertension", *one, events=[RETINA]) == "unknown"

    def test_it_does_not_lead_to_a_by_itself(self) -> None:
        worse = [result("serum_creatinine", 2.5, 5), result("serum_creatinine", 1.5, 40)]
        assert grade(*pressure(190, 120), *worse, events=[RETINA]) == "B"
        assert grade(*pressure(190, 120), CASTS, events=[RETINA]) == "A"

    @pytest.mark.parametrize(
        ("now", "before", "expected"),
        [
            ((150, 95), (120, 80), "C"),
            ((150, 95), (121, 80), None),
            ((150, 95), (120, 81), None),
            ((140, 95), (110, 80), None),
            ((150, 90), (120, 75), None),
        ],
    )
    def test_rising_pressure_is_mild(
        self, now: tuple[float, float], before: tuple[float, float], expected: str | None
    ) -> None:
        assert grade(*pressure(*now), *pressure(*before, 40)) == expected


class TestNephroticSyndrome:
    def parts(self, per_mmol: float = 350.0, albumin: float = 28.0) -> list[Measurement]:
        return [in_unit("upcr", per_mmol, "mg/mmol"), result("albumin", albumin)]

    @pytest.mark.parametrize(
        ("per_mmol", "albumin", "expected"),
        [(350, 28, "present"), (349.9, 28, "absent"), (350, 34.9, "present"), (350, 35, "absent")],
    )
    def test_heavy_proteinuria_low_albumin_and_oedema(
        self, per_mmol: float, albumin: float, expected: str
    ) -> None:
        assert state("nephrotic_syndrome", *self.parts(per_mmol, albumin), events=[OEDEMA]) == expected

    @pytest.mark.parametrize(("grams", "expected"), [(3.5, "present"), (3.49, "absent")])
    def test_in_grams_a_day(self, grams: float, expected: str) -> None:
        results = [result("urine_protein_24h", grams), result("albumin", 28)]
        assert state("nephrotic_syndrome", *results, events=[OEDEMA]) == expected

    def test_oedema_that_nobody_recorded_is_not_absent(self) -> None:
        clause = next(c for c in graded(*self.parts()).clauses if c.id == "nephrotic_syndrome")
        assert clause.state.name == "UNKNOWN"
        assert [need.input for need in clause.needs] == ["oedema"]
        assert len(clause.evidence) == 2

    def test_a_coded_diagnosis_waits_for_a_clinician(self) -> None:
        assert (
            state("nephrotic_syndrome", events=[diagnosis("cond_nephrotic_syndrome", 10)]) == "unattributed"
        )
        assert state("nephrotic_syndrome", events=[diagnosis("cond_nephrotic_syndrome", 300)]) == "unknown"

    def test_with_heavy_proteinuria_that_has_not_improved_it_is_a(self) -> None:
        assert grade(*self.parts(), events=[OEDEMA]) == "A"


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


class TestSheet:
    def sheet(self, name: str, *results: Measurement, **given_: object) -> ScoreSheet:
        found = ask(name, chart(*results, **given_)).sheet  # type: ignore[arg-type]
        assert found is not None
        return found

    def domain(self, of: ScoreSheet, name: str) -> ScoreItem:
        return next(i for i in of.items if i.id == name)

    def test_every_clause_stands_below_the_renal_domain_with_values_and_the_previous_ones(self) -> None:
        of = self.sheet("bilag_2004_a_count", result("upcr", 1.5, 5), result("upcr", 1.4, 40), CASTS)
        renal = self.domain(of, "renal")
        assert [part.id for part in renal.parts] == [
            "proteinuria",
            "accelerated_hypertension",
            "renal_function",
            "sediment",
            "histology",
            "nephrotic_syndrome",
            "rising_pressure",
        ]
        assert renal.parts[0].remark == f"1.5 g/g{{creat}} on {ago(5)}, before 1.4 g/g{{creat}} on {ago(40)}"
        assert (renal.state, renal.grade, renal.effort) == ("unattributed", "A", "attribution")

    def test_what_rests_on_an_assumption_says_what_is_left_without_it(self) -> None:
        of = self.sheet("bilag_2004_a_count", result("upcr", 1.5), CASTS)
        remark = self.domain(of, "renal").remark
        assert remark is not None
        assert "without what is in doubt or assumed, B" in remark

    def test_a_test_that_could_make_a_b_an_a_is_asked_for(self) -> None:
        of = self.sheet("bilag_2004_a_count", result("upcr", 1.5, 5), result("upcr", 1.4, 40))
        renal = self.domain(of, "renal")
        assert (renal.state, renal.grade, renal.effort) == ("unknown", "B", "laboratory")
        assert [need.input for need in renal.needs] == ["urine_rbc_hpf"]

    def test_recorded_grades_are_present_or_absent_and_the_rest_is_not_known(self) -> None:
        of = self.sheet(
            "bilag_2004_b_count", forms=[form("bilag_2004", items={"mucocutaneous": "B", "renal": "C"})]
        )
        told = {i.id: (i.state, i.grade) for i in of.items}
        assert told["mucocutaneous"] == ("present", "B")
        assert told["renal"] == ("absent", "C")
        assert told["ophthalmic"] == ("unknown", None)
        assert len(told) == 9

    @pytest.mark.parametrize(("recorded", "told"), [("C", True), ("B", False), ("A", False)])
    def test_a_recorded_grade_that_is_better_than_results_support_says_so(
        self, recorded: str, told: bool
    ) -> None:
        course = [result("upcr", 1.5, 5), result("upcr", 1.4, 40)]
        of = self.sheet("bilag_2004_b_count", *course, forms=[form("bilag_2004", items={"renal": recorded})])
        remark = self.domain(of, "renal").remark
        assert remark is not None
        assert ("results support grade B" in remark) is told

    def test_counts_support_a_haematological_grade_and_haemolysis_shows_its_evidence(self) -> None:
        of = self.sheet(
            "bilag_2004_b_count",
            result("hemoglobin", 92),
            result("direct_coombs", "positive"),
            result("haptoglobin", "low"),
        )
        blood = self.domain(of, "haematological")
        assert (blood.state, blood.counted) == ("unknown", False)
        assert {part.id: (part.state, part.grade) for part in blood.parts} == {
            "hemoglobin": ("unattributed", "B"),
            "direct_coombs": ("unattributed", "C"),
            "haemolysis": ("present", None),
        }
        assert len(blood.parts[-1].evidence) == 2

    @pytest.mark.parametrize(
        ("hemoglobin", "haemolysis", "expected"),
        [
            (79, True, "A"),
            (80, True, "B"),
            (99, True, "B"),
            (100, True, "C"),
            (79, False, "B"),
            (80, False, "C"),
            (109, False, "C"),
            (110, False, None),
        ],
    )
    def test_haemoglobin_by_haemolysis(
        self, hemoglobin: float, haemolysis: bool, expected: str | None
    ) -> None:
        proof = [result("direct_coombs", "positive"), result("ldh", "high")] if haemolysis else []
        of = self.sheet("bilag_2004_b_count", result("hemoglobin", hemoglobin), *proof)
        parts = {part.id: part.grade for part in self.domain(of, "haematological").parts}
        assert parts.get("hemoglobin") == expected

    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("platelets", 24, "A"), ("platelets", 25, "B"), ("platelets", 50, "C"), ("platelets", 150, None),
            ("wbc", 0.9, "B"), ("wbc", 1.0, "C"), ("wbc", 4.0, None),
            ("anc", 0.4, "B"), ("anc", 0.5, "C"), ("anc", 2.0, None),
            ("lymphocytes", 0.9, "C"), ("lymphocytes", 1.0, None),
        ],
    )  # fmt: skip
    def test_counts_at_their_thresholds(self, name: str, value: float, expected: str | None) -> None:
        parts = self.domain(self.sheet("bilag_2004_a_count", result(name, value)), "haematological").parts
        assert {part.id: part.grade for part in parts}.get(name) == expected


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
