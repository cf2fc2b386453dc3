"""Recorded forms: a total counts as it stands, items count one by one, and contradictions are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fhir_mappings.facts import Evidence
from fhir_mappings.intervals import DateSpan, Interval, day
from tests.fhir_mappings.scores.score_charts import ON, ago, ask, bounds, chart, form, result


def test_a_recorded_total_in_the_window_counts_with_its_own_date() -> None:
    scored = ask("sledai_2k", chart(forms=[form("sledai_2k", 8, when=10)]))
    assert (scored.value, scored.basis, scored.when) == (Interval(8, 8), "recorded", day(ago(10)))
    assert scored.evidence[0].reference.startswith("QuestionnaireResponse/sledai_2k")


def test_a_total_that_came_as_a_plain_result_counts_too() -> None:
    scored = ask("sledai_2k", chart(result("sledai_2k", 8.0, 10, unit="{score}")))
    assert (scored.value, scored.basis) == (Interval(8, 8), "recorded")


@pytest.mark.parametrize(
    ("days", "value"), [(30, Interval(8, 8)), (31, Interval(0, 105)), (-1, Interval(0, 105))]
)
def test_a_total_counts_on_the_first_day_of_the_window_and_not_outside(days: int, value: Interval) -> None:
    assert ask("sledai_2k", chart(forms=[form("sledai_2k", 8, when=days)])).value == value


def test_an_older_total_is_named_as_stale() -> None:
    scored = ask("sledai_2k", chart(forms=[form("sledai_2k", 8, when=31)]))
    need = scored.needs[-1]
    assert (need.input, need.why) == ("sledai_2k", "stale")
    assert "8 on " + ago(31).isoformat() in need.detail


def test_a_total_of_an_uncertain_day_is_not_taken_for_current() -> None:
    around = DateSpan(ago(40), ago(20))
    assert ask("sledai_2k", chart(forms=[form("sledai_2k", 8, when=around)])).basis == "bounded"


def test_the_latest_of_several_totals_counts() -> None:
    forms = [form("sledai_2k", 12, when=20), form("sledai_2k", 4, when=2)]
    assert ask("sledai_2k", chart(forms=forms)).value == Interval(4, 4)


@pytest.mark.parametrize(
    ("instrument", "words"), [("sledai", "unstated version"), ("selena_sledai", "SELENA")]
)
def test_a_total_of_another_version_is_told_and_not_taken(instrument: str, words: str) -> None:
    scored = ask("sledai_2k", chart(forms=[form(instrument, 8, when=10)]))
    assert scored.value == Interval(0, 105)
    assert any(words in note and "does not stand in" in note for note in scored.notes)
    own = [form(instrument, 8, when=10), form("sledai_2k", 6, when=10)]
    assert ask("sledai_2k", chart(forms=own)).notes == ()
    assert not any(
        words in note for note in ask("sledai_2k", chart(forms=[form(instrument, 8, when=31)])).notes
    )


def test_an_impossible_total_is_left_out_and_named() -> None:
    scored = ask("sledai_2k", chart(forms=[form("sledai_2k", 200)]))
    assert scored.basis == "bounded"
    assert any("200" in note for note in scored.notes)


def test_the_sum_of_a_complete_form_is_its_total() -> None:
    scored = ask(
        "sledai_2k", chart(forms=[form("sledai_2k", items={"arthritis": True, "rash": 2}, complete=True)])
    )
    assert (scored.value, scored.basis) == (Interval(6, 6), "recorded")


def test_a_complete_form_with_a_tick_that_is_not_understood_has_no_sum_and_denies_nothing() -> None:
    forms = [form("sledai_2k", items={"arthritis": True, "tiredness": True}, complete=True)]
    assert bounds(ask("sledai_2k", chart(forms=forms))) == (4, 4, 105)


def test_items_are_known_by_other_spellings() -> None:
    items = {"Hematuria": True, "mucosal-ulcer": True, "Low complement": True}
    scored = ask("sledai_2k", chart(forms=[form("sledai_2k", items=items)]))  # type: ignore[arg-type]
    assert bounds(scored)[0] == 8


def test_items_of_a_partial_form_give_bounds() -> None:
    scored = ask("sledai_2k", chart(forms=[form("sledai_2k", items={"arthritis": True, "seizure": False})]))
    assert bounds(scored) == (4, 4, 97)
    assert scored.basis == "bounded"


def test_a_recorded_item_is_attributed_by_the_clinician_who_recorded_it() -> None:
    facts = chart(result("urine_rbc_hpf", 12), forms=[form("sledai_2k", items={"haematuria": True})])
    assert bounds(ask("sledai_2k", facts))[0] == 4


def test_an_item_recorded_as_absent_closes_what_waited_for_attribution() -> None:
    facts = chart(
        result("urine_rbc_hpf", 12, 5), forms=[form("sledai_2k", items={"haematuria": False}, when=3)]
    )
    assert bounds(ask("sledai_2k", facts)) == (0, 0, 101)


def test_a_newer_result_is_not_closed_by_an_older_form() -> None:
    facts = chart(result("upcr", 1.2, 2), forms=[form("sledai_2k", items={"proteinuria": False}, when=3)])
    assert bounds(ask("sledai_2k", facts))[0] == 4


def test_a_form_that_denies_what_a_result_shows_is_told_and_does_not_decide() -> None:
    facts = chart(result("upcr", 1.2, 5), forms=[form("sledai_2k", items={"proteinuria": False}, when=3)])
    scored = ask("sledai_2k", facts)
    assert bounds(scored) == (0, 4, 105)
    assert any("records it as absent" in note for note in scored.notes)


def test_a_result_of_the_day_of_the_form_is_not_newer_than_it() -> None:
    facts = chart(result("upcr", 1.2, 3), forms=[form("sledai_2k", items={"proteinuria": False}, when=3)])
    assert bounds(ask("sledai_2k", facts))[0] == 0


class TestConflict:
    """A-I5: a recorded total below what the chart proves needs a person, not an exclusion."""

    facts = chart(result("upcr", 1.2), result("c3", 60), forms=[form("sledai_2k", 4)])

    def test_it_becomes_a_range_to_be_judged(self) -> None:
        scored = ask("sledai_2k", self.facts)
        assert scored.basis == "policies"
        assert scored.attributed is None
        assert scored.value is not None
        assert (scored.value.low, scored.value.holds("at_least", 6)) == (4, None)

    def test_it_never_falls_below_a_threshold_by_itself(self) -> None:
        value = ask("sledai_2k", self.facts).value
        assert value is not None
        assert value.holds("at_least", 8) is None

    def test_it_is_told_with_the_evidence_of_both(self) -> None:
        scored = ask("sledai_2k", self.facts)
        assert "4 recorded on" in scored.notes[0]
        assert "6 points" in scored.notes[0]
        references = [e.reference for e in scored.evidence]
        assert references[0].startswith("QuestionnaireResponse/")
        assert any(r.startswith("Observation/upcr") for r in references)

    def test_a_total_that_the_results_do_not_exceed_is_no_conflict(self) -> None:
        facts = chart(result("upcr", 1.2), result("c3", 60), forms=[form("sledai_2k", 6)])
        assert ask("sledai_2k", facts).basis == "recorded"

    def test_a_total_that_contradicts_its_own_items_is_a_conflict(self) -> None:
        less = form("sledai_2k", 4, {"seizure": True})
        assert ask("sledai_2k", chart(forms=[less])).basis == "policies"
        assert (
            "contradicts its own form: its items add up to 8"
            in ask("sledai_2k", chart(forms=[less])).notes[0]
        )

    def test_a_total_above_its_items_says_that_not_all_were_transmitted(self) -> None:
        more = form("sledai_2k", 20, {"seizure": True, "rash": False}, complete=True)
        scored = ask("sledai_2k", chart(forms=[more]))
        assert (scored.basis, scored.value) == ("recorded", Interval(20, 20))

    def test_a_total_above_what_the_record_leaves_possible_is_a_conflict(self) -> None:
        forms = [
            form("sledai_2k", 20, when=2),
            form("sledai_2k", items={"rash": True}, complete=True, when=3),
        ]
        scored = ask("sledai_2k", chart(forms=forms))
        assert (scored.basis, scored.value) == ("policies", Interval(2, 20))


def test_a_total_given_as_a_range_is_narrowed_by_the_items() -> None:
    vague = form("sledai_2k", 8)
    vague = type(vague)(
        instrument="sledai_2k",
        when=vague.when,
        total=Interval(2, 105),
        evidence=Evidence(reference="Observation/s", path="valueQuantity"),
    )
    scored = ask("sledai_2k", chart(result("upcr", 1.2), forms=[vague]))
    assert scored.value == Interval(4, 105)
    assert scored.needs


def test_the_bounds_change_when_the_form_leaves_the_window() -> None:
    facts = chart(forms=[form("sledai_2k", items={"arthritis": True}, when=20)])
    first_without = ago(20) + timedelta(days=31)
    assert ask("sledai_2k", facts).changes_on == first_without
    assert bounds(ask("sledai_2k", facts, on=first_without - timedelta(days=1)))[0] == 4
    assert bounds(ask("sledai_2k", facts, on=first_without))[0] == 0
    assert first_without > ON
