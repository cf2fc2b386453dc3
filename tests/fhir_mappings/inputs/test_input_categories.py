"""Plain results: what a flag, a reference range or a titre says where the words say nothing."""

from __future__ import annotations

import pytest

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import Interval, point
from tests.fhir_mappings.inputs.input_charts import above, ask, below, categories, result, the, values


@pytest.mark.parametrize(
    ("given", "category"),
    [
        (result("anti_dsdna", 40, upper_limit=30), "positive"),
        (result("anti_dsdna", 30, upper_limit=30), "negative"),
        (result("anti_dsdna", below(10), upper_limit=30), "negative"),
        (result("anti_dsdna", above(20), upper_limit=30), None),
        (result("anti_dsdna", 40), None),
        (result("anti_dsdna", 40, upper_limit=30, category="equivocal"), "equivocal"),
        (result("anti_dsdna", 40, category="high"), "positive"),
        (result("anti_dsdna", 4, category="normal"), "negative"),
        (result("anti_sm", None, category="high"), "positive"),
        (result("anti_sm", "negative"), "negative"),
        (result("hbsag", None, category="high"), "positive"),
        (result("hbsag", None, category="normal"), "negative"),
        (result("anticardiolipin_igg", 45, upper_limit=20), "positive"),
        # Competitive assays run the other way: a number says nothing without an interpretation.
        (result("anti_hbc", None, category="low"), None),
        (result("anti_hbc", None, category="high"), None),
        (result("anti_hbc", "positive"), "positive"),
        (result("ch50", None, category="low"), "low"),
        (result("urine_rbc_casts", None, reported=point(2), reported_unit="/[LPF]"), "positive"),
        (result("urine_rbc_casts", None, reported=point(0), reported_unit="/[LPF]"), "negative"),
        (result("anti_dsdna", None, reported=below(10), reported_unit="{titer}", role="titre"), "negative"),
        (result("anti_dsdna", None, reported=point(40), reported_unit="{titer}", role="titre"), None),
    ],
)
def test_a_result_is_judged_by_its_own_words_flag_or_range(given: Measurement, category: str | None) -> None:
    assert categories(ask(given.input, given)) == [category]


def test_a_number_keeps_the_flag_of_the_laboratory() -> None:
    assert categories(ask("c3", result("c3", 60, category="low", lower_limit=90))) == ["low"]


def test_anti_hbs_never_answers_for_anti_hbc() -> None:
    assert ask("anti_hbc", result("anti_hbs", "positive")).measurements == ()


class TestAntinuclear:
    @pytest.mark.parametrize(
        ("given", "category"),
        [
            (result("ana", "positive"), "positive"),
            (result("ana_titre", below(80)), "negative"),
            (result("ana_titre", "negative"), "negative"),
            (result("ana_titre", 320, category="positive"), "positive"),
            (result("ana_titre", 320, category="high"), "positive"),
            (result("ana_titre", 40, upper_limit=80), "negative"),
            (result("ana_titre", 160, upper_limit=80), "positive"),
        ],
    )
    def test_words_and_judged_titres_make_a_category(self, given: Measurement, category: str) -> None:
        assert categories(ask("ana", given)) == [category]

    @pytest.mark.parametrize("titre", [point(40), point(80), point(1280), Interval(320, low_open=False)])
    def test_a_titre_that_nothing_judges_is_left_to_the_threshold_of_the_protocol(
        self, titre: Interval
    ) -> None:
        """B-I5 asks for 1:80 or more."""
        assert ask("ana", result("ana_titre", titre)).measurements == ()
        assert the(ask("ana_titre", result("ana_titre", titre))).value == titre

    def test_a_titre_at_the_limit_of_its_own_range_is_left_to_the_threshold_too(self) -> None:
        """A range below 1:80 and one up to 1:80 arrive alike."""
        assert ask("ana", result("ana_titre", 80, upper_limit=80)).measurements == ()

    def test_a_titre_under_a_code_for_presence_is_a_titre(self) -> None:
        given = result("ana", None, reported=point(320), reported_unit="{titer}", role="presence")
        assert values(ask("ana_titre", given)) == ["320"]
        assert ask("ana", given).measurements == ()

    def test_a_titre_below_the_first_dilution_is_negative_as_a_titre_too(self) -> None:
        assert the(ask("ana_titre", result("ana_titre", below(80)))).category == "negative"
