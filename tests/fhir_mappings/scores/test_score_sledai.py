"""SLEDAI-2K from a chart: which results count, which wait for attribution, what remains open.

Items and weights: Gladman DD, Ibañez D, Urowitz MB. J Rheumatol 2002;29:288-91.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fhir_mappings.facts import Measurement, Unusable
from fhir_mappings.intervals import DateSpan, Interval
from fhir_mappings.scores.definitions import definitions
from tests.fhir_mappings.scores.score_charts import (
    ON,
    ago,
    ask,
    bounds,
    chart,
    diagnosis,
    exposure,
    form,
    result,
)

CULTURE = result("urine_culture", "negative", 6)


def sledai(*results: Measurement, **given: object) -> Measurement:
    return ask("sledai_2k", chart(*results, **given))  # type: ignore[arg-type]


def needed(measurement: Measurement) -> list[str]:
    return [need.input for need in measurement.needs]


def test_the_weights_add_up_to_105_of_which_22_are_laboratory_1_fever_and_82_bedside() -> None:
    items = definitions()["sledai_2k"].items
    laboratory = sum(item.weight for item in items if item.laboratory and item.id != "fever")
    fever = sum(item.weight for item in items if item.id == "fever")
    bedside = sum(item.weight for item in items if not item.laboratory)
    assert len(items) == 24
    assert (laboratory, fever, bedside, laboratory + fever + bedside) == (22, 1, 82, 105)


def test_upcr_and_low_complement_prove_six_points() -> None:
    assert bounds(sledai(result("upcr", 1.2), result("c3", 60), result("c4", 5)))[0] == 6


def test_upcr_alone_proves_four_and_leaves_the_rest_open() -> None:
    lower, likely, upper = bounds(sledai(result("upcr", 1.2)))
    assert (lower, likely) == (4, 4)
    assert upper >= 86


def test_a_complete_form_without_any_item_and_normal_results_give_zero() -> None:
    normal = [
        result("upcr", 0.1),
        result("urine_rbc_hpf", 1),
        result("urine_wbc_hpf", 2),
        result("c3", 110),
        result("c4", 20),
        result("anti_dsdna", 12),
        result("platelets", 210),
        result("wbc", 5.2),
    ]
    scored = sledai(*normal, forms=[form("sledai_2k", items={"rash": False}, complete=True)])
    assert scored.value == Interval(0, 0)
    assert scored.basis == "recorded"
    assert scored.needs == ()


def test_haematuria_without_a_culture_waits_for_attribution() -> None:
    scored = sledai(result("urine_rbc_hpf", 12), result("upcr", 0.8))
    assert bounds(scored)[:2] == (4, 8)
    assert needed(scored)[0] == "urine_culture"
    assert any("haematuria 4" in note and "culture" in note for note in scored.notes)


def test_nothing_on_record_leaves_every_point_open_and_asks_for_tests_and_the_form() -> None:
    scored = sledai()
    assert bounds(scored) == (0, 0, 105)
    assert scored.basis == "bounded"
    assert scored.needs[-1].input == "sledai_2k"
    assert {need.why for need in scored.needs} == {"never-measured"}
    assert {"urine_protein_24h", "c3", "anti_dsdna"} <= set(needed(scored))


@pytest.mark.parametrize(
    ("name", "shows", "normal", "weight"),
    [
        ("urine_protein_24h", 0.51, 0.5, 4),
        ("upcr", 0.51, 0.5, 4),
        ("c3", 89.9, None, 2),
        ("c4", 9.9, None, 2),
        ("anti_dsdna", 30.1, 30.0, 2),
        ("platelets", 99, 100, 1),
        ("wbc", 2.99, 3.0, 1),
        ("urine_rbc_casts", "positive", "negative", 4),
        ("anti_dsdna", "positive", "negative", 2),
        ("ch50", "low", None, 2),
    ],
)
def test_each_laboratory_item_at_its_boundary(
    name: str, shows: float | str, normal: float | str | None, weight: int
) -> None:
    lower, _, upper = bounds(sledai(result(name, shows)))
    assert (lower, upper) == (weight, 105)
    if normal is not None:
        assert bounds(sledai(result(name, normal))) == (0, 0, 105 - weight)


@pytest.mark.parametrize(("name", "weight"), [("urine_rbc_hpf", 4), ("urine_wbc_hpf", 4)])
def test_sediment_counts_above_five_cells_with_a_negative_culture(name: str, weight: int) -> None:
    assert bounds(sledai(result(name, 6), CULTURE))[0] == weight
    assert bounds(sledai(result(name, 5), CULTURE)) == (0, 0, 105 - weight)


def test_complement_is_normal_only_when_both_c3_and_c4_are() -> None:
    assert bounds(sledai(result("c3", 90), result("c4", 10))) == (0, 0, 103)
    assert bounds(sledai(result("c3", 90))) == (0, 0, 105)
    assert "c4" in needed(sledai(result("c3", 90)))


def test_complement_without_a_reference_range_is_not_judged() -> None:
    scored = sledai(result("c3", 60, lower_limit=None, upper_limit=None))
    assert bounds(scored) == (0, 0, 105)
    need = next(n for n in scored.needs if n.input == "c3")
    assert need.why == "too-coarse"
    assert "no reference range" in need.detail


def test_complement_without_a_range_is_judged_by_the_flag_of_the_laboratory() -> None:
    flagged = result("c3", 60, lower_limit=None, upper_limit=None, category="low")
    assert bounds(sledai(flagged))[0] == 2


def test_a_result_that_contradicts_its_own_category_decides_nothing() -> None:
    assert bounds(sledai(result("anti_dsdna", 90, category="negative"))) == (0, 0, 105)


def test_an_equivocal_antibody_is_neither_present_nor_absent() -> None:
    scored = sledai(result("anti_dsdna", "equivocal"))
    assert bounds(scored) == (0, 0, 105)
    assert next(n for n in scored.needs if n.input == "anti_dsdna").why == "too-coarse"


def test_a_range_of_cells_across_the_threshold_decides_nothing() -> None:
    scored = sledai(result("urine_rbc_hpf", Interval(2, 10)), CULTURE)
    assert bounds(scored) == (0, 0, 105)


def test_a_comparator_on_the_safe_side_decides() -> None:
    below = Interval(float("-inf"), 0.3, high_open=True)
    assert bounds(sledai(result("upcr", below))) == (0, 0, 101)


def test_albumin_shows_proteinuria_but_not_its_absence() -> None:
    assert bounds(sledai(result("uacr", 0.6)))[0] == 4
    assert bounds(sledai(result("uacr", 0.1))) == (0, 0, 105)


def test_either_measure_of_proteinuria_suffices_and_the_abnormal_one_wins() -> None:
    assert bounds(sledai(result("upcr", 0.9), result("urine_protein_24h", 0.3)))[0] == 4


def test_granular_casts_wait_for_a_word_on_whether_they_are_haem_granular() -> None:
    assert bounds(sledai(result("urine_granular_casts", "positive")))[:2] == (0, 4)


class TestWindow:
    def test_a_result_on_the_first_day_counts_and_one_day_earlier_it_is_stale(self) -> None:
        assert bounds(sledai(result("upcr", 1.2, 30)))[0] == 4
        scored = sledai(result("upcr", 1.2, 31))
        assert bounds(scored) == (0, 0, 105)

    def test_the_need_says_that_the_result_is_stale(self) -> None:
        scored = sledai(result("urine_protein_24h", 1.2, 31))
        need = next(n for n in scored.needs if n.input == "urine_protein_24h")
        assert need.why == "stale"
        assert ago(31).isoformat() in need.detail

    def test_a_result_after_the_day_does_not_count(self) -> None:
        assert bounds(sledai(result("upcr", 1.2, -1))) == (0, 0, 105)

    def test_a_shorter_window_can_be_asked_for(self) -> None:
        facts = chart(result("upcr", 1.2, 11))
        assert bounds(ask("sledai_2k", facts, since=ago(10))) == (0, 0, 105)
        assert bounds(ask("sledai_2k", facts, since=ago(11)))[0] == 4

    def test_present_at_some_time_in_the_window_counts_though_the_latest_is_normal(self) -> None:
        assert bounds(sledai(result("c3", 60, 20), result("c3", 120, 2), result("c4", 20, 2)))[0] == 2

    def test_a_month_that_reaches_out_of_the_window_is_too_coarse(self) -> None:
        may = DateSpan(date(2026, 5, 1), date(2026, 5, 31))
        scored = sledai(result("urine_protein_24h", 1.2, may))
        assert bounds(scored) == (0, 0, 105)
        assert next(n for n in scored.needs if n.input == "urine_protein_24h").why == "too-coarse"

    def test_the_value_changes_on_the_day_when_the_first_result_leaves_the_window(self) -> None:
        scored = sledai(result("upcr", 1.2, 25), result("c3", 60, 5))
        assert scored.changes_on == ago(25) + timedelta(days=31)
        after = ask("sledai_2k", chart(result("upcr", 1.2, 25)), on=ago(25) + timedelta(days=31))
        before = ask("sledai_2k", chart(result("upcr", 1.2, 25)), on=ago(25) + timedelta(days=30))
        assert (bounds(before)[0], bounds(after)[0]) == (4, 0)

    def test_of_two_abnormal_results_the_later_keeps_the_item_and_of_two_normal_ones_the_earlier_loses_it(
        self,
    ) -> None:
        low = sledai(result("c3", 60, 25), result("c4", 5, 5))
        normal = sledai(result("c3", 100, 25), result("c4", 20, 5))
        assert low.changes_on == ago(5) + timedelta(days=31)
        assert normal.changes_on == ago(25) + timedelta(days=31)


class TestUnknownIsNeverNo:
    def test_a_normal_result_is_no_absence_while_others_could_not_be_retrieved(self) -> None:
        scored = sledai(result("upcr", 0.1), retrieval={"Observation": "truncated"})
        assert bounds(scored) == (0, 0, 105)
        assert all(need.why == "not-retrieved" for need in scored.needs)

    def test_an_abnormal_result_counts_though_others_could_not_be_retrieved(self) -> None:
        assert bounds(sledai(result("upcr", 1.2), retrieval={"Observation": "truncated"}))[0] == 4

    def test_an_unreadable_result_in_the_window_is_named(self) -> None:
        unreadable = Unusable(why="unreadable", detail="no unit", when=result("upcr", 1.0).when)
        scored = sledai(unusable={"urine_protein_24h": [unreadable]})
        need = next(n for n in scored.needs if n.input == "urine_protein_24h")
        assert (need.why, "no unit" in need.detail) == ("unreadable", True)

    def test_a_normal_result_beside_an_unreadable_one_is_no_absence(self) -> None:
        unreadable = Unusable(why="unreadable", detail="no unit", when=result("platelets", 1.0).when)
        scored = sledai(result("platelets", 200), unusable={"platelets": [unreadable]})
        assert bounds(scored) == (0, 0, 105)

    def test_no_diagnosis_is_no_absence(self) -> None:
        assert bounds(sledai(retrieval={"Condition": "complete"}))[2] == 105


class TestAttribution:
    def test_without_coded_lupus_nothing_counts_by_itself(self) -> None:
        assert bounds(sledai(result("upcr", 1.2), result("c3", 60), sle=False))[:2] == (0, 6)

    def test_a_provisional_diagnosis_of_lupus_does_not_attribute(self) -> None:
        events = [diagnosis("cond_sle", confirmed=False)]
        assert bounds(sledai(result("upcr", 1.2), events=events, sle=False))[:2] == (0, 4)

    def test_a_biopsy_with_a_class_of_lupus_nephritis_attributes(self) -> None:
        biopsy = result("lupus_nephritis_class", "IV", 200)
        assert bounds(sledai(result("upcr", 1.2), biopsy, sle=False))[0] == 4

    @pytest.mark.parametrize(("days", "counts"), [(12, True), (13, False), (-2, True), (-3, False)])
    def test_the_culture_counts_within_seven_days_of_the_urine(self, days: int, counts: bool) -> None:
        scored = ask(
            "sledai_2k",
            chart(result("urine_rbc_hpf", 12, 5), result("urine_culture", "negative", days)),
        )
        assert bounds(scored)[:2] == ((4, 4) if counts else (0, 4))

    def test_a_positive_culture_stands_against_haematuria(self) -> None:
        scored = sledai(result("urine_rbc_hpf", 12), result("urine_culture", "positive"))
        assert bounds(scored)[:2] == (0, 4)
        assert "urine_culture" not in needed(scored)

    def test_a_strip_negative_for_nitrite_and_leukocytes_stands_in_for_the_culture(self) -> None:
        strip = [result("urine_nitrite", "negative"), result("urine_leukocyte_esterase", "negative")]
        assert bounds(sledai(result("urine_rbc_hpf", 12), *strip))[0] == 4
        assert bounds(sledai(result("urine_rbc_hpf", 12), strip[0]))[:2] == (0, 4)

    @pytest.mark.parametrize(
        "concept", ["cond_urinary_tract_infection", "cond_urinary_stone", "cond_menstruation"]
    )
    def test_infection_stone_and_menses_stand_against_it(self, concept: str) -> None:
        event = diagnosis(concept, 5)
        assert bounds(sledai(result("urine_rbc_hpf", 12), CULTURE, events=[event]))[:2] == (0, 4)

    def test_an_infection_that_was_over_does_not(self) -> None:
        over = diagnosis("cond_urinary_tract_infection", 60, end=result("x", 1, 50).when, ongoing=False)
        assert bounds(sledai(result("urine_rbc_hpf", 12), CULTURE, events=[over]))[0] == 4

    def test_a_resolved_one_without_an_end_is_dated_by_its_onset(self) -> None:
        old = diagnosis("cond_urinary_tract_infection", 60, ongoing=False, clinical="resolved")
        assert bounds(sledai(result("urine_rbc_hpf", 12), CULTURE, events=[old]))[0] == 4

    def test_without_the_problem_list_they_are_not_excluded(self) -> None:
        scored = sledai(result("urine_rbc_hpf", 12), CULTURE, retrieval={"Condition": "failed"})
        assert bounds(scored)[:2] == (0, 4)

    @pytest.mark.parametrize(
        "drug",
        ["drug_cyclophosphamide", "drug_azathioprine", "drug_mycophenolate_mofetil", "drug_methotrexate"],
    )
    def test_low_counts_wait_while_a_drug_may_explain_them(self, drug: str) -> None:
        counts = [result("wbc", 2.5), result("platelets", 80)]
        assert bounds(sledai(*counts))[:2] == (2, 2)
        assert bounds(sledai(*counts, events=[exposure(drug)]))[:2] == (0, 2)

    def test_a_pulse_explains_low_counts_for_four_weeks(self) -> None:
        counts = result("wbc", 2.5, 5)
        assert bounds(sledai(counts, events=[exposure("drug_cyclophosphamide", 33, 33)]))[:2] == (0, 1)
        assert bounds(sledai(counts, events=[exposure("drug_cyclophosphamide", 34, 34)]))[:2] == (1, 1)

    def test_without_a_drug_history_a_drug_cause_is_not_excluded(self) -> None:
        kinds = ("MedicationStatement", "MedicationRequest", "MedicationAdministration", "MedicationDispense")
        scored = sledai(result("wbc", 2.5), retrieval=dict.fromkeys(kinds, "failed"))
        assert bounds(scored)[:2] == (0, 1)
        for kind in kinds:  # a drug may be on record as any of these
            scored = sledai(result("wbc", 2.5), retrieval={kind: "not-asked"})
            assert bounds(scored)[:2] == (0, 1)
        assert bounds(sledai(result("wbc", 2.5)))[:2] == (1, 1)

    def test_fever_always_waits(self) -> None:
        assert bounds(sledai(result("body_temperature", 38.1)))[:2] == (0, 1)
        assert bounds(sledai(result("body_temperature", 38.0))) == (0, 0, 104)


class TestDiagnoses:
    def test_a_seizure_that_began_in_the_window_waits_for_a_clinician(self) -> None:
        scored = sledai(events=[diagnosis("cond_seizure", 10)])
        assert bounds(scored) == (0, 8, 105)
        assert any(e.reference == "Condition/cond_seizure" for e in scored.evidence)

    def test_a_chronic_one_on_the_problem_list_says_nothing_of_the_window(self) -> None:
        assert bounds(sledai(events=[diagnosis("cond_seizure", 31)])) == (0, 0, 105)
        assert bounds(sledai(events=[diagnosis("cond_seizure", None)])) == (0, 0, 105)

    def test_a_provisional_one_does_not_count(self) -> None:
        assert bounds(sledai(events=[diagnosis("cond_seizure", 10, confirmed=False)])) == (0, 0, 105)

    def test_a_headache_waits_only_where_it_is_called_lupus_headache(self) -> None:
        assert bounds(sledai(events=[diagnosis("cond_headache", 10)])) == (0, 0, 105)
        assert bounds(sledai(events=[diagnosis("cond_lupus_headache", 10)])) == (0, 8, 105)


def test_the_day_of_the_measurement_is_the_day_asked_for() -> None:
    assert sledai(result("upcr", 1.2)).when == DateSpan(ON, ON)
