"""Vaccines by their many names and codes: each must reach the code set that judges it."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import T, coded, members, named

CVX = "http://hl7.org/fhir/sid/cvx"


class TestLiveVaccines:
    """NCT05247203, exclusion 8: "live vaccine within 28 days of Day 0"."""

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("56", "vaccine_live"),  # dengue: every licensed one is live
            ("88", "vaccine_unspecified_may_be_live"),  # influenza
            ("129", "vaccine_unspecified_may_be_live"),  # Japanese encephalitis
            ("89", "vaccine_unspecified_may_be_live"),  # polio
            ("85", "vaccine_unspecified_may_be_live"),  # hepatitis A, which is live in China
            ("134", "vaccine_nonlive"),  # Japanese encephalitis, intramuscular: inactivated
        ],
    )
    def test_a_bare_code(self, code: str, expected: str) -> None:
        assert coded(CVX, code, "vaccine") == {expected}

    def test_a_code_and_its_name_agree(self) -> None:
        for code, words in (
            ("88", "influenza, unspecified formulation"),
            ("129", "Japanese Encephalitis, unspecified formulation"),
        ):
            found = T.concepts_of([(CVX, code)], words, kinds="vaccine")
            assert found.concepts == {"vaccine_unspecified_may_be_live"}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Ervebo", "vaccine_live"),
            ("rVSV-ZEBOV", "vaccine_live"),
            ("Ebola Zaire vaccine, live, recombinant, 1mL dose", "vaccine_live"),
            # There are Ebola vaccines whose vector does not replicate.
            ("Ebola", "vaccine_unspecified_may_be_live"),
            ("埃博拉疫苗", "vaccine_unspecified_may_be_live"),
            ("Dengue fever tetravalent", "vaccine_live"),
            ("登革热疫苗", "vaccine_live"),
            ("Japanese Encephalitis, unspecified formulation", "vaccine_unspecified_may_be_live"),
            ("Influenza, unspecified formulation", "vaccine_unspecified_may_be_live"),
            ("Zoster vaccine recombinant", "vaccine_nonlive_zoster_recombinant_exclude"),
        ],
    )
    def test_words(self, text: str, expected: str) -> None:
        assert named(text, "vaccine") == {expected}

    def test_words_carry_a_code_that_no_source_vouches_for(self) -> None:
        coding = (CVX, "214")
        assert T.concepts_of(
            [coding], "Ebola Zaire vaccine, live, recombinant", kinds="vaccine"
        ).concepts == {"vaccine_live"}

    def test_the_live_ebola_vaccine_is_known_by_its_code(self) -> None:
        """CDC's CDSi counts CVX 204 among the live viruses that conflict with each other."""
        assert T.concepts_of([(CVX, "204")], None, kinds="vaccine").concepts == {"vaccine_live"}

    @pytest.mark.parametrize(
        "text",
        [
            "Influenza, seasonal, injectable, preservative free",
            "Influenza, split virus, trivalent, PF",
            "Influenza, high dose seasonal",
        ],
    )
    def test_an_injected_influenza_vaccine_is_not_in_doubt(self, text: str) -> None:
        assert not named(text, "vaccine") & (
            members("class_live_vaccine") | members("class_possibly_live_vaccine")
        )
