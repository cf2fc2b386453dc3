"""SELENA-SLEDAI: proteinuria that is new or has risen, the strict wording, and the score without serology."""

from __future__ import annotations

import pytest

from fhir_mappings.facts import Measurement, Unusable
from fhir_mappings.intervals import DateSpan, Interval, day
from fhir_mappings.scores.definitions import definitions
from tests.fhir_mappings.scores.score_charts import ago, ask, bounds, chart, diagnosis, form, result

STRICT = "selena_sledai"
LENIENT = "selena_sledai_2k_proteinuria"
CLINICAL = "clinical_selena_sledai"


def strict(*results: Measurement, **given: object) -> Measurement:
    return ask(STRICT, chart(*results, **given))  # type: ignore[arg-type]


def test_items_and_weights_are_those_of_sledai_2k() -> None:
    base, selena = definitions()["sledai_2k"], definitions()[STRICT]
    assert [(i.id, i.weight) for i in selena.items] == [(i.id, i.weight) for i in base.items]


class TestStrictProteinuria:
    """ "New onset or recent increase of more than 0.5 g/24 h"."""

    def test_new_onset_counts(self) -> None:
        assert bounds(strict(result("upcr", 0.8, 5), result("upcr", 0.2, 200)))[0] == 4

    def test_new_onset_may_be_shown_by_the_other_measure(self) -> None:
        assert bounds(strict(result("upcr", 0.8, 5), result("urine_protein_24h", 0.2, 200)))[0] == 4

    def test_a_rise_of_more_than_half_a_gram_counts(self) -> None:
        assert bounds(strict(result("upcr", 1.51, 5), result("upcr", 1.0, 90)))[0] == 4

    def test_a_rise_of_exactly_half_a_gram_does_not(self) -> None:
        assert bounds(strict(result("upcr", 1.5, 5), result("upcr", 1.0, 90))) == (0, 0, 101)

    def test_the_rise_is_over_the_lowest_of_six_months(self) -> None:
        course = [result("upcr", 1.8, 5), result("upcr", 1.6, 40), result("upcr", 0.9, 150)]
        assert bounds(strict(*course))[0] == 4

    def test_stable_proteinuria_is_absent_here_and_four_points_in_sledai_2k(self) -> None:
        course = [result("upcr", 1.2, 5), result("upcr", 1.1, 60)]
        assert bounds(strict(*course)) == (0, 0, 101)
        assert bounds(ask(LENIENT, chart(*course)))[0] == 4
        assert bounds(ask("sledai_2k", chart(*course)))[0] == 4

    @pytest.mark.parametrize("when", [day(ago(100)), None])
    @pytest.mark.parametrize("before", [0.2, 0.6])
    def test_what_an_earlier_result_that_cannot_be_used_says_of_the_course_is_for_a_clinician(
        self, before: float, when: DateSpan | None
    ) -> None:
        """It may be above the threshold, so that nothing is new, or far below, so that it has risen."""
        course = [result("upcr", 0.65, 5), result("upcr", before, 60)]
        unread = Unusable(why="unreadable", detail="no unit", when=when)
        assert bounds(strict(*course, unusable={"upcr": (unread,)}))[:2] == (0, 4)

    def test_a_rise_stands_whatever_an_earlier_result_says_that_cannot_be_used(self) -> None:
        course = [result("upcr", 1.8, 5), result("upcr", 0.9, 60)]
        unread = Unusable(why="unreadable", detail="no unit", when=day(ago(100)))
        assert bounds(strict(*course, unusable={"upcr": (unread,)}))[0] == 4

    def test_an_entry_without_a_measurement_or_of_long_before_changes_no_comparison(self) -> None:
        course = [result("upcr", 1.2, 5), result("upcr", 1.1, 60)]
        nothing = Unusable(why="unreadable", detail="not done", when=day(ago(100)), measured=False)
        long_ago = Unusable(why="unreadable", detail="no unit", when=day(ago(400)))
        assert bounds(strict(*course, unusable={"upcr": (nothing, long_ago)})) == (0, 0, 101)

    def test_the_other_rule_is_shown_beside_it(self) -> None:
        scored = strict(result("upcr", 1.2, 5), result("upcr", 1.1, 60))
        assert any("SLEDAI-2K" in note and "4–105" in note for note in scored.notes)

    def test_a_recorded_total_stands_alone(self) -> None:
        assert strict(forms=[form(STRICT, 8)]).notes == ()

    def test_without_an_earlier_value_a_clinician_has_to_say(self) -> None:
        assert bounds(strict(result("upcr", 1.2, 5)))[:2] == (0, 4)

    def test_an_old_episode_with_nothing_since_leaves_it_open(self) -> None:
        assert bounds(strict(result("upcr", 1.2, 5), result("upcr", 1.1, 400)))[:2] == (0, 4)

    def test_new_onset_is_not_claimed_while_earlier_values_could_be_missing(self) -> None:
        facts = chart(
            result("upcr", 0.8, 5), result("upcr", 0.4, 200), retrieval={"Observation": "truncated"}
        )
        assert bounds(ask(STRICT, facts))[:2] == (0, 4)

    def test_an_earlier_value_across_the_threshold_leaves_it_open(self) -> None:
        course = [result("upcr", 0.9, 5), result("upcr", Interval(0.4, 0.6), 60)]
        assert bounds(strict(*course))[:2] == (0, 4)

    def test_a_value_at_the_threshold_is_absent(self) -> None:
        assert bounds(strict(result("upcr", 0.5, 5))) == (0, 0, 101)

    def test_a_value_across_the_threshold_is_open(self) -> None:
        assert bounds(strict(result("upcr", Interval(0.4, 0.6), 5))) == (0, 0, 105)

    def test_measures_are_not_subtracted_from_each_other(self) -> None:
        course = [result("urine_protein_24h", 2.0, 5), result("upcr", 1.0, 60)]
        assert bounds(strict(*course))[:2] == (0, 4)


class TestFormOfSledai2k:
    """The 24 items are the same; where SLEDAI-2K is wider, its ticks need a second look."""

    def test_items_of_the_same_meaning_count(self) -> None:
        facts = chart(forms=[form("sledai_2k", items={"seizure": True, "pyuria": False})])
        assert bounds(ask(STRICT, facts)) == (8, 8, 101)

    def test_a_wider_item_waits_and_its_absence_counts(self) -> None:
        facts = chart(forms=[form("sledai_2k", items={"rash": True, "arthritis": False})])
        assert bounds(ask(STRICT, facts)) == (0, 2, 101)

    def test_a_narrower_item_counts_and_its_absence_says_nothing(self) -> None:
        facts = chart(
            forms=[form("sledai_2k", items={"visual_disturbance": False, "cranial_nerve_disorder": True})]
        )
        assert bounds(ask(STRICT, facts)) == (8, 8, 105)

    def test_its_total_is_not_taken_over(self) -> None:
        assert ask(STRICT, chart(forms=[form("sledai_2k", 12)])).basis == "bounded"

    def test_proteinuria_on_it_is_overruled_by_a_course_that_is_stable(self) -> None:
        course = [result("upcr", 1.2, 5), result("upcr", 1.1, 60)]
        facts = chart(*course, forms=[form("sledai_2k", items={"proteinuria": True})])
        assert bounds(ask(STRICT, facts)) == (0, 0, 101)

    def test_the_own_form_comes_first(self) -> None:
        forms = [form("sledai_2k", items={"rash": True}), form(STRICT, items={"rash": False})]
        assert bounds(ask(STRICT, chart(forms=forms))) == (0, 0, 103)


class TestWithoutSerology:
    """B-I4: the clinical score is the total less low complement and anti-dsDNA (at most 101)."""

    @pytest.mark.parametrize(
        ("total", "items", "clinical"),
        [
            (10, {"low_complement": True, "increased_dna_binding": True, "arthritis": True, "rash": True}, 6),
            (8, {"low_complement": True, "increased_dna_binding": True, "arthritis": True}, 4),
            (8, {"low_complement": True, "arthritis": True, "alopecia": True}, 6),
            (8, {"seizure": True}, 8),
        ],
    )
    def test_a_complete_form_gives_it_exactly(
        self, total: int, items: dict[str, bool], clinical: int
    ) -> None:
        facts = chart(forms=[form(STRICT, total, items, complete=True)])  # type: ignore[arg-type]
        scored = ask(CLINICAL, facts)
        assert (scored.value, scored.basis) == (Interval(clinical, clinical), "recorded")

    def test_a_total_without_items_leaves_the_four_points_open(self) -> None:
        scored = ask(CLINICAL, chart(forms=[form(STRICT, 8)]))
        assert scored.value == Interval(4, 8)
        assert [need.input for need in scored.needs] == ["c3", "c4", "anti_dsdna", CLINICAL]

    def test_results_close_them(self) -> None:
        normal = [result("c3", 120), result("c4", 20), result("anti_dsdna", "negative")]
        assert ask(CLINICAL, chart(*normal, forms=[form(STRICT, 8)])).value == Interval(8, 8)
        low = [result("c3", 60), result("anti_dsdna", "positive")]
        assert ask(CLINICAL, chart(*low, forms=[form(STRICT, 8)])).value == Interval(4, 4)

    def test_a_total_that_serology_alone_exceeds_is_a_conflict_here_too(self) -> None:
        scored = ask(CLINICAL, chart(result("c3", 60), forms=[form(STRICT, 0)]))
        assert (scored.basis, scored.value) == ("policies", Interval(0, 101))

    def test_it_is_never_negative(self) -> None:
        assert ask(CLINICAL, chart(forms=[form(STRICT, 2)])).value == Interval(0, 2)

    def test_its_own_record_comes_first(self) -> None:
        assert ask(CLINICAL, chart(forms=[form(STRICT, 14), form(CLINICAL, 10)])).value == Interval(10, 10)

    def test_bounds_leave_serology_out(self) -> None:
        scored = ask(CLINICAL, chart(result("c3", 60), result("anti_dsdna", "positive")))
        assert bounds(scored) == (0, 0, 101)

    def test_the_score_without_any_laboratory_item_is_shown_beside_it(self) -> None:
        items = {"arthritis": True, "proteinuria": True}
        scored = ask(CLINICAL, chart(forms=[form(STRICT, 8, items, complete=True)]))  # type: ignore[arg-type]
        assert any("Without any laboratory item, the score would be 4" in note for note in scored.notes)

    def test_a_contradiction_of_the_whole_score_is_one_of_this(self) -> None:
        facts = chart(events=[diagnosis("cond_seizure")], forms=[form(STRICT, 4, {"seizure": True})])
        assert ask(CLINICAL, facts).basis == "policies"
