"""The sheet of a score: every item with its state, its evidence and what would settle it.

Bounds by items: Gladman DD, Ibañez D, Urowitz MB. J Rheumatol 2002;29:288-91 (SLEDAI-2K);
Hochberg MC. Arthritis Rheum 1997;40:1725 (ACR 1997); Aringer M, et al. Ann Rheum Dis 2019;78:1151-9.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Measurement, ScoreItem, ScoreSheet
from fhir_mappings.intervals import Interval
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.scores import Situations, compute_score, score_names
from fhir_mappings.scores.definitions import costs, definitions
from tests.fhir_mappings.scores.score_charts import (
    ON,
    ago,
    ask,
    chart,
    diagnosis,
    exposure,
    form,
    result,
    series_of,
)
from tests.fhir_mappings.scores.test_score_properties import abnormal, charts, with_result

CULTURE = result("urine_culture", "negative", 6)


def sheet(name: str, *results: Measurement, **given_: object) -> ScoreSheet:
    found = ask(name, chart(*results, **given_)).sheet  # type: ignore[arg-type]
    assert found is not None
    return found


def item(of: ScoreSheet, name: str) -> ScoreItem:
    return next(i for i in of.items if i.id == name)


def states(of: ScoreSheet) -> dict[str, str]:
    return {i.id: i.state for i in of.items}


class TestItems:
    def test_every_item_of_the_definition_is_on_the_sheet(self) -> None:
        for name, definition in definitions().items():
            if not definition.internal:
                assert [(i.id, i.weight) for i in sheet(name).items] == [
                    (i.id, i.weight) for i in definition.items
                ]

    def test_a_result_that_proves_an_item_is_its_evidence(self) -> None:
        found = item(sheet("sledai_2k", result("upcr", 1.2)), "proteinuria")
        assert (found.state, found.counted, found.effort) == ("present", True, None)
        assert found.evidence[0].reference.startswith("Observation/upcr")

    def test_a_finding_in_doubt_tells_what_has_to_be_judged_and_what_would_settle_it(self) -> None:
        found = item(sheet("sledai_2k", result("urine_rbc_hpf", 12)), "haematuria")
        assert (found.state, found.counted, found.effort) == ("unattributed", False, "attribution")
        assert any("urine culture" in doubt for doubt in found.doubts)
        assert [need.input for need in found.needs] == ["urine_culture"]

    def test_a_normal_result_shows_absence_and_nothing_is_needed(self) -> None:
        found = item(sheet("sledai_2k", result("platelets", 210)), "thrombocytopenia")
        assert (found.state, found.effort, found.cost, found.needs) == ("absent", None, 0, ())
        assert found.evidence

    def test_an_item_that_only_an_examination_tells_takes_an_assessment(self) -> None:
        found = item(sheet("sledai_2k"), "arthritis")
        assert (found.state, found.effort) == ("unknown", "bedside")

    def test_a_laboratory_item_without_a_result_asks_for_it(self) -> None:
        found = item(sheet("sledai_2k"), "increased_dna_binding")
        assert (found.state, found.effort) == ("unknown", "laboratory")
        assert [need.input for need in found.needs] == ["anti_dsdna"]

    def test_a_biopsy_is_the_dearest_and_a_word_the_cheapest(self) -> None:
        of = sheet("eular_acr_2019", result("body_temperature", 39.0))
        assert item(of, "nephritis_class_iii_or_iv").effort == "biopsy"
        assert item(of, "autoimmune_haemolysis").effort == "laboratory"
        assert item(of, "fever").effort == "attribution"
        ranked = [costs()[e] for e in ("attribution", "laboratory", "bedside", "biopsy")]  # type: ignore[index]
        assert ranked == sorted(ranked)
        assert len(set(ranked)) == 4

    def test_what_was_normal_and_counts_once_seen_is_left_to_the_history(self) -> None:
        found = item(sheet("eular_acr_2019", result("platelets", 200)), "thrombocytopenia")
        assert (found.state, found.effort, found.needs) == ("unknown", "bedside", ())

    def test_the_window_is_told_and_items_that_count_once_seen_have_none(self) -> None:
        assert (sheet("sledai_2k").since, sheet("sledai_2k").on) == (ago(30), ON)
        assert sheet("acr_1997").since is None


class TestBounds:
    """Worked by hand: lower, with attribution, upper."""

    def test_proteinuria_and_low_complement_are_six_points(self) -> None:
        of = sheet("sledai_2k", result("upcr", 1.2), result("c3", 60))
        assert (of.value.low, of.attributed) == (6, 6)
        assert {i.id for i in of.items if i.counted} == {"proteinuria", "low_complement"}

    def test_proteinuria_alone_leaves_at_least_86_open(self) -> None:
        of = sheet("sledai_2k", result("upcr", 1.2))
        assert of.value.low == 4
        assert of.value.high >= 86

    def test_a_full_form_without_items_and_normal_results_leave_nothing(self) -> None:
        normal = [
            result(name, value)
            for name, value in {
                "upcr": 0.1,
                "urine_rbc_hpf": 1,
                "urine_wbc_hpf": 1,
                "c3": 120,
                "c4": 20,
                "anti_dsdna": 10,
                "platelets": 200,
                "wbc": 6,
            }.items()
        ]
        of = sheet("sledai_2k", *normal, forms=[form("sledai_2k", items={"rash": False}, complete=True)])
        assert (of.value, of.basis) == (Interval(0, 0), "recorded")
        assert set(states(of).values()) == {"absent"}

    def test_haematuria_without_culture_beside_proteinuria_is_four_or_eight(self) -> None:
        of = sheet("sledai_2k", result("urine_rbc_hpf", 12), result("upcr", 0.8))
        assert (of.value.low, of.attributed) == (4, 8)

    def test_the_laboratory_alone_gives_22_fever_one_more_and_the_bedside_the_other_82(self) -> None:
        """8 x 8 + 6 x 4 + 7 x 2 + 3 x 1 = 105."""
        of = sheet(
            "sledai_2k",
            CULTURE,
            *(
                result(name, value)
                for name, value in {
                    "upcr": 1.2,
                    "urine_rbc_hpf": 12,
                    "urine_wbc_hpf": 12,
                    "urine_rbc_casts": "positive",
                    "c3": 60,
                    "anti_dsdna": 90,
                    "platelets": 80,
                    "wbc": 2.5,
                    "body_temperature": 38.5,
                }.items()
            ),
        )
        assert (of.value.low, of.attributed) == (22, 23)
        assert sum(i.weight for i in of.items if i.effort == "bedside") == 82

    def test_exactly_four_items_of_1997_can_be_shown_by_the_laboratory(self) -> None:
        of = sheet(
            "acr_1997",
            result("upcr", 0.8, 5),
            result("upcr", 0.7, 40),
            result("wbc", 3.5, 5),
            result("wbc", 3.2, 40),
            result("anti_dsdna", 90),
            result("ana_titre", 160),
        )
        assert {i.id for i in of.items if i.counted} == {"renal", "haematologic", "immunologic", "ana"}
        assert of.value.low == 4
        assert len([i for i in definitions()["acr_1997"].items if i.laboratory]) == 4

    def test_a_class_iv_biopsy_and_an_ana_are_the_ten_points_of_2019(self) -> None:
        measured = ask(
            "eular_acr_2019", chart(result("lupus_nephritis_class", "IV", 90), result("ana_titre", 80))
        )
        assert (measured.category, measured.value.low if measured.value else None) == ("met", 10)

    def test_the_laboratory_without_a_biopsy_gives_twenty_points_of_2019(self) -> None:
        of = sheet(
            "eular_acr_2019",
            result("platelets", 80),
            result("upcr", 0.8),
            result("lupus_anticoagulant", "positive"),
            result("c3", 60),
            result("c4", 5),
            result("anti_sm", "positive"),
            result("ana_titre", 160),
        )
        assert of.value.low == 20

    def test_of_each_domain_only_the_heaviest_is_counted(self) -> None:
        of = sheet("eular_acr_2019", result("upcr", 0.8), result("lupus_nephritis_class", "IV", 90))
        assert (item(of, "proteinuria").state, item(of, "proteinuria").counted) == ("present", False)
        assert item(of, "nephritis_class_iii_or_iv").counted
        assert of.best_of_domain


class TestRecordedTotals:
    def test_a_total_is_taken_and_told_with_its_day(self) -> None:
        of = sheet("sledai_2k", forms=[form("sledai_2k", 8, when=3)])
        assert (of.value, of.basis, of.recorded) == (Interval(8, 8), "recorded", f"8 on {ago(3)}")

    def test_the_items_that_the_chart_shows_stand_beside_it(self) -> None:
        of = sheet("sledai_2k", result("upcr", 1.2), forms=[form("sledai_2k", 8)])
        assert item(of, "proteinuria").state == "present"

    def test_what_it_contradicts_is_told_and_the_bounds_span_both(self) -> None:
        of = sheet("sledai_2k", result("upcr", 1.2), result("c3", 60), forms=[form("sledai_2k", 4)])
        assert of.basis == "conflict"
        assert of.conflict is not None
        assert "less than the 6 points" in of.conflict
        assert (of.value.low, of.value.high) == (4, 105)

    def test_one_that_is_too_old_is_told_and_does_not_count(self) -> None:
        of = sheet("sledai_2k", forms=[form("sledai_2k", 8, when=31)])
        assert of.basis == "items"
        assert of.recorded == f"8 on {ago(31)}, before the time that counts"

    def test_the_total_of_the_whole_score_is_named_where_it_answers_the_clinical_one(self) -> None:
        of = sheet("clinical_selena_sledai", forms=[form("selena_sledai", 8, when=3)])
        assert of.recorded == f"8 on {ago(3)} as SELENA-SLEDAI"


class TestOtherDefinitions:
    """Both rules for proteinuria and both clinical scores are shown; one of them is used."""

    stable = (result("upcr", 1.2, 5), result("upcr", 1.1, 60))

    def others(self, name: str, *results: Measurement) -> dict[str, tuple[float, float]]:
        return {o.label: (o.value.low, o.attributed) for o in sheet(name, *results).others}

    def test_the_strict_score_shows_the_lenient_one(self) -> None:
        (label, told), *rest = self.others("selena_sledai", *self.stable).items()
        assert "SLEDAI-2K" in label
        assert (told, rest) == ((4, 4), [])

    def test_the_lenient_score_shows_the_strict_one(self) -> None:
        (label, told), *rest = self.others("selena_sledai_2k_proteinuria", *self.stable).items()
        assert "new or risen" in label
        assert (told, rest) == ((0, 0), [])

    def test_the_clinical_score_shows_the_one_without_laboratory_and_the_lenient_one(self) -> None:
        told = list(self.others("clinical_selena_sledai", *self.stable).values())
        assert told == [(0, 0), (4, 4)]

    def test_they_are_shown_also_where_they_agree(self) -> None:
        assert len(self.others("clinical_selena_sledai")) == 2


def test_scores_of_one_day_and_window_work_out_a_shared_item_once() -> None:
    asked: list[str] = []
    facts = chart(result("upcr", 1.2), result("c3", 60))
    plain = series_of(facts)
    known = Situations()

    def counting(name: str):  # type: ignore[no-untyped-def]
        asked.append(name)
        return plain(name)

    for name in score_names():
        compute_score(name, facts, ON, None, counting, known)
    windows = len(known)
    assert windows == 3  # 30 days, 28 days, ever
    assert max(asked.count(name) for name in set(asked)) <= windows


@given(facts=charts, name=st.sampled_from(score_names()))
@settings(max_examples=150, deadline=None)
def test_the_sheet_says_what_the_measurement_says(facts: PatientFacts, name: str) -> None:
    measured = ask(name, facts)
    of = measured.sheet
    assert of is not None
    assert of.value == measured.value
    assert of.value.low <= of.attributed <= of.value.high
    if of.basis == "items" and not of.recorded:
        counted = sum(i.weight for i in of.items if i.counted)
        assert counted == of.value.low
    for entry in of.items:
        assert (entry.effort is None) == (entry.state in ("present", "absent"))
        assert bool(entry.doubts) == (entry.state == "unattributed")
        assert entry.evidence or entry.state == "unknown"


@given(facts=charts, added=abnormal, name=st.sampled_from(("sledai_2k", "acr_1997", "eular_acr_2019")))
@settings(max_examples=100, deadline=None)
def test_another_abnormal_result_never_takes_an_item_back(
    facts: PatientFacts, added: Measurement, name: str
) -> None:
    order = ("absent", "unknown", "unattributed", "present")
    before, after = ask(name, facts).sheet, ask(name, with_result(facts, added)).sheet
    assert before is not None
    assert after is not None
    for old, new in zip(before.items, after.items, strict=True):
        assert order.index(new.state) >= order.index(old.state)


@pytest.mark.parametrize("name", score_names())
def test_nothing_on_record_leaves_every_item_unknown(name: str) -> None:
    of = sheet(name)
    assert set(states(of).values()) == {"unknown"}
    assert of.attributed == of.value.low == 0


def test_a_drug_that_may_explain_a_low_count_is_named() -> None:
    of = sheet("sledai_2k", result("wbc", 2.5), events=[exposure("drug_methotrexate")])
    assert item(of, "leukopenia").doubts == ("methotrexate may explain it",)


def test_a_coded_seizure_waits_with_the_condition_as_evidence() -> None:
    of = sheet("sledai_2k", events=[diagnosis("cond_seizure", 10)])
    assert item(of, "seizure").state == "unattributed"
    assert item(of, "seizure").evidence[0].reference == "Condition/cond_seizure"
