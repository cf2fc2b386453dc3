"""ACR 1997: eleven items, counted once seen. Hochberg MC. Arthritis Rheum 1997;40:1725."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import Interval
from tests.fhir_mappings.scores.score_charts import ask, bounds, chart, diagnosis, exposure, form, result

ANA = result("ana", "positive", 2000)
PERSISTENT = (result("upcr", 0.8, 300), result("upcr", 0.9, 200))


def acr(*results: Measurement, **given: object) -> Measurement:
    return ask("acr_1997", chart(*results, **given))  # type: ignore[arg-type]


def test_the_laboratory_alone_can_show_four_items() -> None:
    results = [*PERSISTENT, result("platelets", 80, 900), result("anti_dsdna", "positive", 700), ANA]
    scored = acr(*results, sle=False)
    assert bounds(scored) == (4, 4, 11)
    assert scored.basis == "bounded"


class TestRenal:
    def test_proteinuria_has_to_persist_on_two_days(self) -> None:
        assert bounds(acr(*PERSISTENT))[0] == 1
        assert bounds(acr(result("upcr", 0.8, 200)))[:2] == (0, 0)
        assert bounds(acr(result("upcr", 0.8, 200), result("upcr", 0.9, 200)))[0] == 0

    def test_the_need_says_that_a_second_result_is_missing(self) -> None:
        scored = acr(result("urine_protein_24h", 0.8, 200))
        need = next(n for n in scored.needs if n.input == "urine_protein_24h")
        assert "2 abnormal results" in need.detail

    def test_the_boundary_is_above_half_a_gram(self) -> None:
        assert bounds(acr(result("upcr", 0.5, 300), result("upcr", 0.5, 200)))[0] == 0

    @pytest.mark.parametrize(
        "casts", ["urine_rbc_casts", "urine_granular_casts", "urine_mixed_cellular_casts"]
    )
    def test_cellular_casts_suffice(self, casts: str) -> None:
        assert bounds(acr(result(casts, "positive", 300)))[0] == 1

    def test_the_strip_counts_above_three_plus(self) -> None:
        strong = [result("urine_protein_dipstick", "4+", 300), result("urine_protein_dipstick", "4+", 200)]
        weaker = [result("urine_protein_dipstick", "3+", 300), result("urine_protein_dipstick", "3+", 200)]
        assert bounds(acr(*strong))[0] == 1
        assert bounds(acr(*weaker))[0] == 0


class TestHaematologic:
    @pytest.mark.parametrize(("name", "low", "normal"), [("wbc", 3.9, 4.0), ("lymphocytes", 1.4, 1.5)])
    def test_low_counts_are_needed_twice(self, name: str, low: float, normal: float) -> None:
        assert bounds(acr(result(name, low, 300), result(name, low, 200)))[0] == 1
        assert bounds(acr(result(name, low, 300)))[0] == 0
        assert bounds(acr(result(name, normal, 300), result(name, normal, 200)))[0] == 0

    def test_the_two_occasions_are_a_week_apart(self) -> None:
        assert bounds(acr(result("wbc", 3.0, 207), result("wbc", 3.0, 200)))[0] == 1
        assert bounds(acr(result("wbc", 3.0, 206), result("wbc", 3.0, 200)))[0] == 0

    def test_occasions_need_not_be_neighbours(self) -> None:
        series = [
            result("wbc", 3.0, 220),
            result("wbc", 6.0, 210),
            result("wbc", 3.0, 203),
            result("wbc", 3.0, 200),
        ]
        assert bounds(acr(*series))[0] == 1

    def test_occasions_under_cytotoxic_drugs_wait_for_attribution(self) -> None:
        counts = [result("wbc", 3.0, 300), result("wbc", 3.0, 200)]
        assert bounds(acr(*counts, events=[exposure("drug_cyclophosphamide", 310, 190)]))[:2] == (0, 1)
        assert bounds(acr(*counts, events=[exposure("drug_cyclophosphamide", 700, 600)]))[:2] == (1, 1)

    def test_platelets_suffice_once(self) -> None:
        assert bounds(acr(result("platelets", 99, 900)))[0] == 1
        assert bounds(acr(result("platelets", 100, 900)))[0] == 0

    def test_coded_haemolysis_waits(self) -> None:
        assert bounds(acr(events=[diagnosis("cond_hemolytic_anemia")]))[:2] == (0, 1)


class TestImmunologic:
    @pytest.mark.parametrize(
        "name", ["anti_dsdna", "anti_sm", "anticardiolipin_igg", "anticardiolipin_igm", "lupus_anticoagulant"]
    )
    def test_each_antibody_suffices(self, name: str) -> None:
        assert bounds(acr(result(name, "positive", 900)))[0] == 1

    @pytest.mark.parametrize("name", ["anti_b2gp1_igg", "anti_b2gp1_igm"])
    def test_anti_beta_2_glycoprotein_is_not_in_the_text_of_1997(self, name: str) -> None:
        assert bounds(acr(result(name, "positive", 900)))[:2] == (0, 0)

    def test_a_false_positive_test_for_syphilis_counts_after_six_months(self) -> None:
        lasting = [
            result("syphilis_nontreponemal", "positive", 400),
            result("syphilis_nontreponemal", "positive", 200),
        ]
        refuted = result("syphilis_treponemal", "negative", 200)
        assert bounds(acr(*lasting, refuted))[0] == 1
        assert bounds(acr(*lasting))[0] == 0
        assert bounds(acr(lasting[0], refuted))[0] == 0

    def test_true_syphilis_does_not(self) -> None:
        lasting = [
            result("syphilis_nontreponemal", "positive", 400),
            result("syphilis_nontreponemal", "positive", 200),
        ]
        treponemal = [
            result("syphilis_treponemal", "positive", 400),
            result("syphilis_treponemal", "negative", 200),
        ]
        assert bounds(acr(*lasting, *treponemal))[0] == 0


class TestAna:
    def test_a_positive_ana_counts_at_any_time_and_is_not_undone(self) -> None:
        assert bounds(acr(ANA, result("ana", "negative", 10)))[0] == 1

    @pytest.mark.parametrize(("titre", "counts"), [(80, 1), (40, 0)])
    def test_a_titre_counts_from_1_80(self, titre: int, counts: int) -> None:
        assert bounds(acr(result("ana_titre", titre, 900)))[0] == counts

    def test_drug_induced_lupus_leaves_it_in_doubt(self) -> None:
        assert bounds(acr(ANA, events=[diagnosis("cond_sle_drug_induced_exclude")]))[:2] == (0, 1)


class TestDiagnoses:
    @pytest.mark.parametrize("concept", ["cond_malar_rash", "cond_discoid_lupus", "cond_photosensitivity"])
    def test_what_the_criteria_accept_from_the_history_counts(self, concept: str) -> None:
        assert bounds(acr(events=[diagnosis(concept)]))[:2] == (1, 1)

    @pytest.mark.parametrize(
        "concept",
        [
            "cond_cutaneous_lupus",
            "cond_oral_or_mucosal_ulcer",
            "cond_arthritis",
            "cond_pleuritis",
            "cond_pericarditis",
            "cond_pleural_effusion",
            "cond_lupus_rash",
            "cond_seizure",
            "cond_psychosis",
        ],
    )
    def test_codes_that_are_wider_than_the_item_wait_for_a_clinician(self, concept: str) -> None:
        assert bounds(acr(events=[diagnosis(concept)]))[:2] == (0, 1)

    def test_a_code_of_lupus_is_no_item(self) -> None:
        assert bounds(acr())[:2] == (0, 0)


class TestHistoryIsNeverClosedByOneResult:
    def test_normal_results_leave_every_item_open(self) -> None:
        normal = [
            result("ana", "negative"),
            result("anti_dsdna", "negative"),
            result("wbc", 6.0),
            result("upcr", 0.1),
        ]
        assert bounds(acr(*normal)) == (0, 0, 11)

    def test_what_was_measured_and_normal_is_not_asked_for_again(self) -> None:
        scored = acr(result("ana", "negative"), result("ana_titre", 40))
        assert not {"ana", "ana_titre"} & {need.input for need in scored.needs}


class TestForms:
    def test_a_recorded_count_of_the_last_year_counts_as_it_stands(self) -> None:
        assert ask("acr_1997", chart(forms=[form("acr_1997", 3, complete=True, when=14)])).value == Interval(
            3, 3
        )

    def test_an_old_count_is_a_floor_for_good(self) -> None:
        scored = ask("acr_1997", chart(forms=[form("acr_1997", 4, when=1900)]))
        assert bounds(scored) == (4, 4, 11)

    def test_an_old_count_below_four_excludes_nothing(self) -> None:
        assert bounds(ask("acr_1997", chart(forms=[form("acr_1997", 3, when=366)])))[2] == 11

    @pytest.mark.parametrize("bound", [Interval(high=4, high_open=True), Interval()])
    def test_a_count_that_has_no_lower_bound_proves_nothing(self, bound: Interval) -> None:
        recorded = replace(form("acr_1997", 4, when=14), total=bound)
        scored = ask("acr_1997", chart(forms=[recorded])).value
        assert scored is not None
        assert scored.low == 0

    def test_items_add_up_over_several_forms(self) -> None:
        forms = [
            form("acr_1997", items={"malar_rash": True}, when=900),
            form("acr_1997", items={"ana": True}, when=400),
        ]
        assert bounds(ask("acr_1997", chart(forms=forms)))[0] == 2

    def test_an_item_that_was_once_present_is_not_undone_by_a_later_form(self) -> None:
        forms = [
            form("acr_1997", items={"arthritis": True}, when=300),
            form("acr_1997", items={"arthritis": False}, when=10),
        ]
        assert bounds(ask("acr_1997", chart(forms=forms)))[0] == 1

    def test_a_count_below_an_earlier_one_needs_a_person(self) -> None:
        forms = [form("acr_1997", 5, when=2000), form("acr_1997", 3, when=10)]
        assert ask("acr_1997", chart(forms=forms)).basis == "policies"

    def test_absence_on_an_old_form_does_not_count(self) -> None:
        forms = [form("acr_1997", items={"malar_rash": False}, when=366)]
        assert bounds(ask("acr_1997", chart(forms=forms))) == (0, 0, 11)
        forms = [form("acr_1997", items={"malar_rash": False}, when=365)]
        assert bounds(ask("acr_1997", chart(forms=forms))) == (0, 0, 10)

    def test_a_count_below_what_results_prove_needs_a_person(self) -> None:
        results = [*PERSISTENT, result("platelets", 80, 900), result("anti_dsdna", "positive", 700), ANA]
        scored = acr(*results, forms=[form("acr_1997", 3)])
        assert (scored.basis, scored.value) == ("policies", Interval(3, 11))
