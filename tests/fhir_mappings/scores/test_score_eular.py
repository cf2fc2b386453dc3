"""EULAR/ACR 2019: entry, clinical criterion, ten points. Aringer M, et al. Ann Rheum Dis 2019;78:1151-9."""

from __future__ import annotations

import pytest

from fhir_mappings.facts import Measurement
from fhir_mappings.intervals import Interval
from fhir_mappings.scores.counting import points
from fhir_mappings.scores.definitions import definitions
from tests.fhir_mappings.scores.score_charts import ask, bounds, chart, diagnosis, exposure, form, result

ANA = result("ana_titre", 320, 3000)
NAME = "eular_acr_2019"


def classified(*results: Measurement, **given: object) -> Measurement:
    return ask(NAME, chart(*results, **given))  # type: ignore[arg-type]


def test_the_best_items_of_all_domains_add_up_to_51() -> None:
    assert points(definitions()[NAME].items, "best-of-domain") == 51


def test_the_laboratory_alone_without_biopsy_reaches_20() -> None:
    results = [
        ANA,
        result("platelets", 80),
        result("wbc", 3.0),
        result("upcr", 0.9),
        result("anti_b2gp1_igg", "positive"),
        result("c3", 60),
        result("c4", 5),
        result("anti_dsdna", "positive"),
    ]
    scored = classified(*results)
    assert bounds(scored) == (20, 20, 51)
    assert scored.category == "met"


@pytest.mark.parametrize("found", ["III", "IV", "III+V", "IV+V", "III+IV"])
def test_class_iii_or_iv_and_ana_alone_classify(found: str) -> None:
    scored = classified(ANA, result("lupus_nephritis_class", found, 900), sle=False)
    assert (scored.category, bounds(scored)[0]) == ("met", 10)
    assert {e.reference.split("-")[0] for e in scored.evidence} == {
        "Observation/lupus_nephritis_class",
        "Observation/ana_titre",
    }


@pytest.mark.parametrize(("found", "value"), [("II", 8), ("V", 8), ("I", 0), ("VI", 0)])
def test_other_classes_do_not_reach_ten(found: str, value: int) -> None:
    scored = classified(ANA, result("lupus_nephritis_class", found, 900))
    assert (scored.category, bounds(scored)[0]) == (None, value)


def test_ten_points_without_a_clinical_criterion_do_not_classify() -> None:
    serology = [result("anti_dsdna", "positive"), result("c3", 60), result("c4", 5)]
    scored = classified(ANA, *serology)
    assert (scored.category, bounds(scored)[0]) == (None, 10)
    assert any("no clinical criterion" in note for note in scored.notes)
    assert classified(ANA, *serology, result("upcr", 0.8)).category == "met"


def test_the_best_item_of_a_domain_is_the_heaviest_in_whatever_order() -> None:
    items = [item for item in definitions()[NAME].items if item.domain == "renal"]
    assert points(items, "best-of-domain") == points(items[::-1], "best-of-domain") == 10


def test_only_the_best_item_of_a_domain_counts() -> None:
    assert bounds(classified(result("wbc", 3.0), result("platelets", 80)))[0] == 4
    assert bounds(classified(result("c3", 60)))[0] == 3
    assert bounds(classified(result("c3", 60), result("c4", 5)))[0] == 4


class TestEntry:
    biopsy = result("lupus_nephritis_class", "IV", 900)

    @pytest.mark.parametrize(("titre", "category"), [(80, "met"), (79, None), (40, None)])
    def test_ana_counts_from_1_80(self, titre: int, category: str | None) -> None:
        assert classified(self.biopsy, result("ana_titre", titre, 900)).category == category

    def test_a_titre_below_some_bound_decides_nothing(self) -> None:
        below = Interval(float("-inf"), 160, high_open=True)
        assert classified(self.biopsy, result("ana_titre", below)).category is None

    def test_a_positive_ana_without_a_titre_asks_for_it(self) -> None:
        scored = classified(self.biopsy, result("ana", "positive"))
        assert scored.category is None
        assert any("positive without a titre" in note for note in scored.notes)
        assert [(need.input, need.why) for need in scored.needs] == [("ana_titre", "never-measured")]

    def test_a_low_titre_beside_a_positive_ana_is_not_called_missing(self) -> None:
        scored = classified(self.biopsy, result("ana", "positive"), result("ana_titre", 40, 900))
        assert [(need.input, need.why) for need in scored.needs] == [("ana_titre", "too-coarse")]

    def test_without_any_ana_the_titre_is_the_first_thing_to_ask_for(self) -> None:
        scored = classified(self.biopsy)
        assert scored.category is None
        assert [need.input for need in scored.needs] == ["ana_titre"]
        assert classified().needs[0].input == "ana_titre"
        assert len(classified().needs) > 1

    def test_a_later_negative_does_not_undo_it(self) -> None:
        assert classified(self.biopsy, ANA, result("ana", "negative", 5)).category == "met"

    def test_a_negative_result_alone_excludes_nothing(self) -> None:
        assert classified(result("ana", "negative"), result("ana_titre", 40)).category is None

    def test_a_negative_result_and_a_statement_exclude(self) -> None:
        scored = classified(result("ana_titre", 40, 20), forms=[form(NAME, items={"ana": False})])
        assert scored.category == "not-met"

    def test_a_statement_against_a_positive_result_does_not(self) -> None:
        scored = classified(ANA, forms=[form(NAME, items={"ana": False})])
        assert scored.category is None


class TestAttribution:
    @pytest.mark.parametrize(("celsius", "likely"), [(38.4, 2), (38.3, 0)])
    def test_fever_waits_above_38_3(self, celsius: float, likely: int) -> None:
        assert bounds(classified(result("body_temperature", celsius)))[:2] == (0, likely)

    def test_low_counts_under_cytotoxic_drugs_wait(self) -> None:
        events = [exposure("drug_mycophenolate_mofetil")]
        assert bounds(classified(result("platelets", 80), events=events))[:2] == (0, 4)

    @pytest.mark.parametrize(
        ("concept", "points_"),
        [
            ("cond_seizure", 5),
            ("cond_psychosis", 3),
            ("cond_organic_brain_syndrome", 2),
            ("cond_alopecia", 2),
            ("cond_oral_or_mucosal_ulcer", 2),
            ("cond_cutaneous_lupus", 4),
            ("cond_malar_rash", 6),
            ("cond_pleural_effusion", 5),
            ("cond_pericarditis", 6),
            ("cond_arthritis", 6),
            ("cond_autoimmune_hemolytic_anemia", 4),
        ],
    )
    def test_coded_diagnoses_wait_for_a_clinician(self, concept: str, points_: int) -> None:
        scored = classified(events=[diagnosis(concept)])
        assert bounds(scored)[:2] == (0, points_)

    @pytest.mark.parametrize("concept", ["cond_discoid_lupus", "cond_subacute_cutaneous_lupus"])
    def test_diagnoses_that_are_lupus_count(self, concept: str) -> None:
        assert bounds(classified(events=[diagnosis(concept)]))[:2] == (4, 4)

    def test_a_positive_coombs_test_with_haemolysis_waits(self) -> None:
        coombs = result("direct_coombs", "positive")
        assert bounds(classified(coombs))[:2] == (0, 0)
        assert bounds(classified(coombs, result("ldh", "high")))[:2] == (0, 4)

    @pytest.mark.parametrize(("units", "expected"), [(41, (2, 2)), (40, (0, 2)), (15, (0, 2))])
    def test_anticardiolipin_counts_above_40_units(self, units: int, expected: tuple[int, int]) -> None:
        scored = classified(result("anticardiolipin_igg", units, category="positive"))
        assert bounds(scored)[:2] == expected

    def test_anticardiolipin_in_units_of_the_assay_waits(self) -> None:
        foreign = result("anticardiolipin_igg", 90, category="positive", unit="{CU}")
        assert bounds(classified(foreign))[:2] == (0, 2)


class TestForms:
    def test_too_few_points_left_exclude(self) -> None:
        scored = classified(ANA, forms=[form(NAME, items={"ana": True, "proteinuria": True}, complete=True)])
        assert (scored.category, scored.value) == ("not-met", Interval(4, 4))

    def test_a_recorded_total_of_nine_excludes(self) -> None:
        assert classified(ANA, forms=[form(NAME, 9)]).category == "not-met"

    def test_a_total_that_serology_alone_could_reach_still_needs_a_clinical_criterion(self) -> None:
        assert classified(ANA, forms=[form(NAME, 12)]).category is None
        assert classified(ANA, forms=[form(NAME, 13)]).category == "met"
        assert classified(ANA, result("upcr", 0.8), forms=[form(NAME, 12)]).category == "met"

    def test_a_recorded_total_needs_the_entry_criterion(self) -> None:
        assert classified(forms=[form(NAME, 20)]).category is None

    def test_a_complete_form_classifies_by_itself(self) -> None:
        items = {"ana": True, "joint_involvement": True, "proteinuria": True}
        scored = classified(forms=[form(NAME, items=items, complete=True)], sle=False)  # type: ignore[arg-type]
        assert (scored.category, scored.value) == ("met", Interval(10, 10))

    def test_an_old_total_is_a_floor(self) -> None:
        assert classified(ANA, forms=[form(NAME, 20, when=2000)]).category == "met"

    def test_a_total_below_what_the_chart_proves_is_left_to_a_person(self) -> None:
        scored = classified(ANA, result("lupus_nephritis_class", "IV"), forms=[form(NAME, 4)])
        assert (scored.category, scored.basis) == (None, "policies")

    def test_a_contradiction_above_ten_points_on_both_sides_changes_nothing(self) -> None:
        items = {"seizure": True, "acute_pericarditis": True, "joint_involvement": True}
        scored = classified(ANA, forms=[form(NAME, 12, items)])  # type: ignore[arg-type]
        assert (scored.category, scored.basis) == ("met", "policies")

    def test_no_clinical_criterion_left_excludes(self) -> None:
        clinical = definitions()[NAME].classification
        assert clinical is not None
        absent = {i.id: False for i in definitions()[NAME].items if i.domain in clinical.clinical_domains}
        assert classified(ANA, forms=[form(NAME, items=absent)]).category == "not-met"  # type: ignore[arg-type]


def test_nothing_on_record_is_open() -> None:
    scored = classified(sle=False)
    assert (scored.category, bounds(scored)) == (None, (0, 0, 51))
