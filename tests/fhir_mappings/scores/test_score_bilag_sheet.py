"""The score sheet of BILAG-2004: each domain with its grade, what that rests on, and what lacks.

Isenberg DA, Rahman A, Allen E, et al. Rheumatology (Oxford) 2005;44:902-6.
"""

from __future__ import annotations

import pytest

from fhir_mappings.facts import Measurement, ScoreItem, ScoreSheet
from tests.fhir_mappings.scores.renal_charts import CASTS
from tests.fhir_mappings.scores.score_charts import ago, ask, chart, form, result


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
