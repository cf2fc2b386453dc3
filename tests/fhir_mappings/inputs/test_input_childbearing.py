"""hCG, pregnancy, childbearing potential, breastfeeding."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import DateSpan, Interval, point
from fhir_mappings.terminology import load_terminology
from tests.fhir_mappings.inputs.input_charts import (
    JUNE_1,
    ON,
    above,
    ask,
    below,
    categories,
    diagnosis,
    procedure,
    result,
    the,
)

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"


class TestHcg:
    @pytest.mark.parametrize(
        ("value", "more", "category"),
        [
            (below(5), {}, "negative"),
            (point(4.9), {}, "negative"),
            (point(5), {}, "equivocal"),
            (point(24), {}, "equivocal"),
            (point(25), {}, "positive"),
            (above(10000), {}, "positive"),
            (below(10), {}, "equivocal"),
            (point(7), {"upper_limit": 10}, "negative"),
            (point(11), {"upper_limit": 10}, "positive"),
            (point(5), {"upper_limit": 5}, "equivocal"),
            (below(10), {"upper_limit": 5}, None),
            (point(7), {"category": "normal"}, "negative"),
            (point(3), {"upper_limit": 2.9}, "positive"),
            (point(300), {"category": "negative"}, "negative"),
            (None, {"category": "positive"}, "positive"),
            (None, {"category": "high"}, "positive"),
        ],
    )
    def test_a_result_is_judged_by_its_words_its_range_or_usual_limits(
        self, value: Interval | None, more: dict[str, object], category: str | None
    ) -> None:
        """A-I9: negative serum hCG within seven days."""
        assert categories(ask("hcg_serum", result("hcg_serum", value, **more))) == [category]

    def test_urine_never_answers_for_serum(self) -> None:
        assert ask("hcg_serum", result("hcg_urine", "negative")).measurements == ()


class TestPregnancy:
    """A-E12, B-E6."""

    @pytest.mark.parametrize("name", ["hcg_serum", "hcg_urine", "pregnancy_status"])
    @pytest.mark.parametrize("category", ["positive", "negative"])
    def test_a_test_or_status_tells_it_on_its_day(self, name: str, category: str) -> None:
        measurement = the(ask("pregnancy", result(name, category)))
        assert (measurement.category, measurement.when.first) == (category, JUNE_1)

    def test_never_tested_is_unknown_and_names_the_test(self) -> None:
        series = ask("pregnancy")
        assert series.measurements == ()
        assert series.order is not None
        assert series.order.code == "2118-8"

    @pytest.mark.parametrize(("days", "measured"), [(300, ["positive"]), (301, [])])
    def test_an_open_entry_counts_for_three_hundred_days(self, days: int, measured: list[str]) -> None:
        series = ask("pregnancy", diagnosis("cond_pregnancy", ON - timedelta(days=days)))
        assert categories(series) == measured
        if measured:
            assert the(series).when.first == ON
            assert the(series).changes_on == ON + timedelta(days=1)
        else:
            assert "was never closed" in series.unusable[0].detail

    def test_a_stale_entry_is_a_note_beside_a_test(self) -> None:
        measurement = the(
            ask("pregnancy", diagnosis("cond_pregnancy", date(2024, 1, 1)), result("hcg_serum", "negative"))
        )
        assert measurement.category == "negative"
        assert "never closed" in measurement.notes[0]

    @pytest.mark.parametrize(
        "entry",
        [
            diagnosis("cond_pregnancy", date(2026, 1, 1), clinical="resolved"),
            diagnosis("cond_pregnancy", date(2026, 1, 1), end=DateSpan(JUNE_1, JUNE_1)),
            diagnosis("cond_pregnancy", date(2026, 7, 1)),
        ],
    )
    def test_an_ended_or_future_pregnancy_is_not_one_now(self, entry: Measurement) -> None:
        assert ask("pregnancy", entry).measurements == ()

    def test_an_entry_without_a_date_cannot_be_used(self) -> None:
        series = ask("pregnancy", diagnosis("cond_pregnancy", None))
        assert series.measurements == ()
        assert series.unusable[0].why == "too-coarse"

    def test_a_possible_pregnancy_is_neither(self) -> None:
        series = ask("pregnancy", diagnosis("cond_pregnancy", JUNE_1, confirmed=False))
        assert series.measurements == ()
        assert "possible" in series.unusable[0].detail

    @pytest.mark.parametrize("concept", ["cond_pregnancy_possible", "cond_pregnancy_or_puerperium"])
    def test_an_entry_that_may_mean_pregnancy_is_told_while_it_is_recent(self, concept: str) -> None:
        recent = ask("pregnancy", diagnosis(concept, JUNE_1))
        assert recent.measurements == ()
        assert recent.unusable[0].why == "too-coarse"
        assert ask("pregnancy", diagnosis(concept, date(2024, 1, 1))).unusable == ()

    def test_an_entry_without_an_onset_counts_from_the_day_it_was_recorded(self) -> None:
        unknown = DateSpan(date(1974, 3, 10), date(2026, 5, 1))
        assert categories(ask("pregnancy", diagnosis("cond_pregnancy", unknown))) == ["positive"]

    def test_an_open_entry_that_a_later_test_denies_is_equivocal(self) -> None:
        series = ask(
            "pregnancy", diagnosis("cond_pregnancy", date(2026, 3, 1)), result("hcg_serum", "negative")
        )
        assert categories(series) == ["equivocal", "negative"]
        assert "but a negative test of 2026-06-01" in series.measurements[0].notes[0]

    def test_a_test_before_the_entry_does_not_deny_it(self) -> None:
        series = ask(
            "pregnancy",
            diagnosis("cond_pregnancy", JUNE_1),
            result("hcg_serum", "negative", date(2026, 5, 1)),
        )
        assert categories(series) == ["positive", "negative"]

    def test_not_pregnant_on_record_is_negative_on_its_day(self) -> None:
        assert the(ask("pregnancy", diagnosis("cond_not_pregnant"))).when.first == JUNE_1
        assert ask("pregnancy", diagnosis("cond_not_pregnant", None)).measurements == ()

    def test_a_man_is_not_pregnant(self) -> None:
        assert categories(ask("pregnancy", sex="male")) == ["negative"]

    def test_a_record_that_says_otherwise_of_a_man_is_believed(self) -> None:
        assert categories(ask("pregnancy", result("hcg_serum", "positive"), sex="male")) == ["positive"]


class TestChildbearingPotential:
    """A-I9, B-E6: who has to be tested."""

    def test_a_man(self) -> None:
        assert categories(ask("childbearing_potential", sex="male")) == ["male"]

    def test_unknown_sex_is_a_need(self) -> None:
        series = ask("childbearing_potential", sex=None)
        assert series.measurements == ()
        assert [n.input for n in series.needs] == ["sex"]

    @pytest.mark.parametrize("age", [12, 30, 55, 70])
    def test_a_woman_without_any_entry_is_of_potential(self, age: int) -> None:
        measurement = the(ask("childbearing_potential", born=date(2026 - age, 1, 1)))
        assert measurement.category == "of-potential"
        assert bool(measurement.notes) is (age > 55)

    @pytest.mark.parametrize(
        "event",
        [
            procedure("proc_hysterectomy", date(2015, 1, 1)),
            procedure("proc_bilateral_oophorectomy", None),
            diagnosis("cond_hysterectomy_status cond_non_childbearing_potential", None),
            diagnosis("cond_oophorectomy_status", JUNE_1),
        ],
    )
    def test_without_womb_or_ovaries_she_is_not(self, event: Measurement) -> None:
        measurement = the(ask("childbearing_potential", event, born=date(1990, 1, 1)))
        assert measurement.category == "not-of-potential"

    def test_an_operation_still_to_come_does_not_count(self) -> None:
        series = ask("childbearing_potential", procedure("proc_hysterectomy", date(2026, 7, 1)))
        assert categories(series) == ["of-potential"]

    @pytest.mark.parametrize(
        ("start", "category", "changes"),
        [
            (date(2025, 6, 15), "not-of-potential", None),
            (date(2025, 6, 16), "of-potential", date(2026, 6, 16)),
        ],
    )
    def test_menopause_counts_after_twelve_months(
        self, start: date, category: str, changes: date | None
    ) -> None:
        measurement = the(
            ask("childbearing_potential", diagnosis("cond_menopause cond_non_childbearing_potential", start))
        )
        assert (measurement.category, measurement.changes_on) == (category, changes)

    @pytest.mark.parametrize(("age", "category"), [(54, "of-potential"), (55, "not-of-potential")])
    def test_undated_menopause_counts_from_fifty_five(self, age: int, category: str) -> None:
        event = diagnosis("cond_menopause cond_non_childbearing_potential", None)
        series = ask("childbearing_potential", event, born=date(2026 - age, 1, 1))
        assert categories(series) == [category]

    @pytest.mark.parametrize(
        "event",
        [
            procedure("proc_tubal_ligation_sterilization", date(2015, 1, 1)),
            diagnosis("cond_tubal_ligation_status", None),
            diagnosis("cond_contraception_status", None),
            diagnosis("cond_hysterectomy_status", None, confirmed=False),
        ],
    )
    def test_contraception_and_suspicions_change_nothing(self, event: Measurement) -> None:
        assert categories(ask("childbearing_potential", event)) == ["of-potential"]

    @pytest.mark.parametrize(
        ("system", "code"), [(SNOMED, "267020005"), (ICD10CM, "Z98.51"), (ICD10CM, "N97.9")]
    )
    def test_codes_of_tubal_ligation_and_infertility_are_not_among_its_code_sets(
        self, system: str, code: str
    ) -> None:
        match = load_terminology().concepts_of([(system, code)], None, kinds="condition")
        assert "cond_non_childbearing_potential" not in match.concepts
        assert "cond_hysterectomy_status" not in match.concepts

    def test_a_record_that_could_not_be_retrieved_is_noted(self) -> None:
        measurement = the(ask("childbearing_potential", retrieval={"Procedure": "failed"}))
        assert measurement.category == "of-potential"
        assert "could not be wholly retrieved" in measurement.notes[0]


class TestBreastfeeding:
    def test_it_is_as_observed(self) -> None:
        assert categories(ask("breastfeeding", result("breastfeeding", "negative"))) == ["negative"]

    def test_an_open_entry_counts_now(self) -> None:
        measurement = the(ask("breastfeeding", diagnosis("cond_lactation", date(2026, 1, 1))))
        assert (measurement.category, measurement.when.first) == ("positive", ON)

    @pytest.mark.parametrize(("start", "count"), [(date(2024, 6, 15), 1), (date(2024, 6, 14), 0)])
    def test_an_entry_counts_for_two_years(self, start: date, count: int) -> None:
        series = ask("breastfeeding", diagnosis("cond_lactation", start))
        assert len(series.measurements) == count
        assert len(series.unusable) == 1 - count

    def test_an_ended_entry_does_not_count(self) -> None:
        entry = diagnosis("cond_lactation", date(2026, 1, 1), clinical="resolved")
        assert ask("breastfeeding", entry).measurements == ()

    @pytest.mark.parametrize(
        "event",
        [
            procedure("proc_hysterectomy", date(2015, 1, 1), by_text=True),
            diagnosis("cond_hysterectomy_status cond_non_childbearing_potential", None, by_text=True),
            diagnosis("cond_menopause cond_non_childbearing_potential", date(2015, 1, 1), by_text=True),
            diagnosis("cond_menopause cond_non_childbearing_potential", None, by_text=True),
        ],
    )
    def test_words_alone_never_free_her_from_the_test(self, event: Measurement) -> None:
        # B-E6: "hysterectomy" in words may be a plan, or her mother's.
        measurement = the(ask("childbearing_potential", event, born=date(1960, 1, 1)))
        assert measurement.category == "of-potential"
        assert any("in words" in note for note in measurement.notes)
