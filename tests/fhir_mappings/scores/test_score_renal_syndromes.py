"""Hypertension and nephrotic syndrome in the renal domain of BILAG-2004, each threshold from both sides.

Isenberg DA, Rahman A, Allen E, et al. Rheumatology (Oxford) 2005;44:902-6.
"""

from __future__ import annotations

import pytest

from fhir_mappings.facts import Measurement
from tests.fhir_mappings.scores.renal_charts import (
    CASTS,
    OEDEMA,
    RETINA,
    grade,
    graded,
    in_unit,
    pressure,
    state,
)
from tests.fhir_mappings.scores.score_charts import diagnosis, result


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
