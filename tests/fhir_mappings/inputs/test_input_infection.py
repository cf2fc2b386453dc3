"""Viral loads, HIV and syphilis: infection, none, and what nobody can tell from the result."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import Interval, point
from tests.fhir_mappings.inputs.input_charts import (
    JUNE_1,
    ON,
    above,
    ask,
    below,
    categories,
    diagnosis,
    result,
    the,
)

COPIES = {"reported_unit": "{copies}/mL", "role": "copies"}
TITRE = {"reported_unit": "{titer}", "role": "titre"}


@pytest.mark.parametrize(
    ("value", "said", "category"),
    [
        (None, "not-detected", "not-detected"),
        (None, "negative", "not-detected"),
        (below(20), "not-detected", "not-detected"),
        (below(20), "detected", "detected-below-quantification"),
        (below(20), "detected-below-quantification", "detected-below-quantification"),
        (below(20), None, None),
        (below(20), "normal", None),
        (None, "detected", "detected-below-quantification"),
        (None, None, None),
        (point(0), None, "not-detected"),
        (point(35), None, "quantified"),
        (point(1.2e5), "positive", "quantified"),
        (point(10**3.2), None, "quantified"),
        (above(1.7e8), None, "above-quantification"),
        (None, "above-quantification", "above-quantification"),
        (None, "equivocal", "equivocal"),
    ],
)
def test_hbv_dna_says_whether_it_was_detected_and_how_much(
    value: Interval | None, said: str | None, category: str | None
) -> None:
    """A-E8 and B-E4 part at "not detected", "detected", "quantified" and above the limit."""
    assert categories(ask("hbv_dna", result("hbv_dna", value, category=said))) == [category]


def test_a_bare_bound_tells_that_it_does_not_tell() -> None:
    notes = the(ask("hbv_dna", result("hbv_dna", below(20)))).notes
    assert notes == ("below 20: the report does not say whether the virus was detected",)


def test_detected_without_an_amount_says_so() -> None:
    assert "no amount" in the(ask("hbv_dna", result("hbv_dna", "detected"))).notes[0]


@pytest.mark.parametrize(
    ("reported", "category"), [(point(1000), "quantified"), (below(100), None), (point(0), "not-detected")]
)
def test_copies_say_only_whether_the_virus_is_there(reported: Interval, category: str | None) -> None:
    measurement = the(ask("hbv_dna", result("hbv_dna", None, reported=reported, **COPIES)))
    assert measurement.category == category
    assert measurement.value is None


@pytest.mark.parametrize(
    ("value", "said", "category"),
    [
        (None, "negative", "not-detected"),
        (None, "positive", "detected"),
        (None, "detected-below-quantification", "detected"),
        (below(12), None, None),
        (below(12), "not-detected", "not-detected"),
        (below(12), "detected", "detected"),
        (point(5000), None, "detected"),
        (above(1e8), None, "detected"),
    ],
)
def test_hcv_rna_is_detected_or_not(value: Interval | None, said: str | None, category: str | None) -> None:
    """A-E8: antibody and RNA."""
    assert categories(ask("hcv_rna", result("hcv_rna", value, category=said))) == [category]


def hiv(category: str, role: str, on: date = JUNE_1) -> Measurement:
    return result("hiv", category, on, role=role)


class TestHiv:
    """A-E8 and B-E14."""

    @pytest.mark.parametrize(
        ("role", "category"),
        [
            ("antigen-antibody", "reactive-unconfirmed"),
            ("", "reactive-unconfirmed"),
            ("antibody", "positive"),
            ("confirmatory", "positive"),
        ],
    )
    def test_a_reactive_result_counts_as_its_test_allows(self, role: str, category: str) -> None:
        assert categories(ask("hiv", hiv("positive", role))) == [category]

    @pytest.mark.parametrize("role", ["antigen-antibody", "antibody", "confirmatory"])
    def test_a_negative_result_is_negative(self, role: str) -> None:
        assert categories(ask("hiv", hiv("negative", role))) == ["negative"]

    def test_a_later_confirmation_settles_a_reactive_screen(self) -> None:
        screen = hiv("positive", "antigen-antibody", date(2026, 5, 1))
        assert categories(ask("hiv", screen, hiv("positive", "confirmatory"))) == ["positive"]
        refuted = ask("hiv", screen, hiv("negative", "confirmatory"))
        assert categories(refuted) == ["negative"]
        assert "was not confirmed" in the(refuted).notes[0]

    def test_a_confirmation_of_the_same_day_settles_it_too(self) -> None:
        series = ask("hiv", hiv("positive", "antigen-antibody"), hiv("negative", "confirmatory"))
        assert categories(series) == ["negative"]

    def test_an_earlier_negative_confirmation_does_not_settle_a_new_screen(self) -> None:
        series = ask(
            "hiv", hiv("negative", "confirmatory", date(2025, 1, 1)), hiv("positive", "antigen-antibody")
        )
        assert categories(series) == ["reactive-unconfirmed", "negative"]

    def test_rna_that_is_detected_is_positive(self) -> None:
        series = ask(
            "hiv", hiv("positive", "antigen-antibody"), result("hiv_rna", point(5000), date(2026, 6, 5))
        )
        assert categories(series) == ["positive", "reactive-unconfirmed"]
        assert series.measurements[0].input == "hiv"
        assert series.measurements[0].value is None

    def test_rna_that_is_not_detected_does_not_disprove_the_infection(self) -> None:
        assert ask("hiv", result("hiv_rna", "not-detected")).measurements == ()

    def test_a_coded_infection_is_positive_on_any_later_day(self) -> None:
        series = ask("hiv", diagnosis("cond_hiv", date(2010, 1, 1)), hiv("negative", "antibody"))
        assert categories(series) == ["positive", "negative"]
        assert series.measurements[0].when.first == ON

    def test_an_infection_without_a_date_is_positive(self) -> None:
        assert categories(ask("hiv", diagnosis("cond_hiv", None))) == ["positive"]

    def test_a_suspicion_is_no_infection_and_no_negative(self) -> None:
        series = ask("hiv", diagnosis("cond_hiv", JUNE_1, confirmed=False))
        assert series.measurements == ()
        assert "suspicion" in series.unusable[0].detail

    def test_an_infection_recorded_later_is_not_known_yet(self) -> None:
        assert ask("hiv", diagnosis("cond_hiv", date(2026, 7, 1))).measurements == ()


@pytest.mark.parametrize(
    ("titre", "category"),
    [(point(8), "positive"), (point(1), "positive"), (below(1), "negative"), (point(0), "negative")],
)
def test_a_reagin_titre_is_reactive_from_one_on(titre: Interval, category: str) -> None:
    given = result("syphilis_nontreponemal", None, reported=titre, **TITRE)
    assert categories(ask("syphilis_nontreponemal", given)) == [category]


@pytest.mark.parametrize(
    ("titre", "category"),
    [
        (point(80), "positive"),
        (Interval(320), "positive"),
        (point(40), "equivocal"),
        (point(20), "negative"),
        (below(80), "negative"),
    ],
)
def test_particle_agglutination_is_reactive_from_eighty_on(titre: Interval, category: str) -> None:
    given = result("syphilis_treponemal", None, reported=titre, **TITRE)
    assert categories(ask("syphilis_treponemal", given)) == [category]


def test_the_words_of_a_syphilis_test_come_first() -> None:
    given = result("syphilis_treponemal", "negative", reported=point(80), **TITRE)
    assert categories(ask("syphilis_treponemal", given)) == ["negative"]
