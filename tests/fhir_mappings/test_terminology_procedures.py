"""Procedures that charts name and code in many ways: each must reach the code set that judges it."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import T, coded, members, named

PCS = "http://www.cms.gov/Medicare/Coding/ICD10"


class TestKidneyReplacement:
    """NCT05247203, exclusion 1: "requiring hemodialysis"."""

    @pytest.mark.parametrize(
        "text",
        [
            "Hemodialysis",
            "Haemodialysis",
            "hemodialysis via AV fistula",
            "Hemodialysis through hemodialysis catheter",
            "Intermittent hemodiafiltration",
            "SLED",
            "血液透析治疗",
            "血液透析滤过",
        ],
    )
    def test_the_treatment(self, text: str) -> None:
        assert "proc_hemodialysis" in named(text, "procedure")

    @pytest.mark.parametrize(
        "text",
        [
            "Insertion of hemodialysis catheter",
            "Removal of hemodialysis catheter",
            "Insertion of tunneled catheter for haemodialysis",
            "Creation of AV fistula for hemodialysis access",
            "Creation of arteriovenous fistula for hemodialysis",
            "Dialysis catheter placement",
            "血液透析导管置入术",
            "血透导管拔除",
            "动静脉内瘘成形术",
        ],
    )
    def test_an_access_is_not_the_treatment(self, text: str) -> None:
        assert named(text, "procedure") == {"proc_dialysis_access"}

    @pytest.mark.parametrize(
        "text",
        [
            "CRRT",
            "CVVH",
            "CVVHD",
            "CVVHDF",
            "Continuous veno-venous hemodialysis",
            "Continuous venovenous haemodiafiltration",
            "连续性肾脏替代治疗",
            "连续性肾脏替代治疗(CRRT)",
            "连续性静脉-静脉血液透析滤过",
            "床旁血滤",
        ],
    )
    def test_continuous_replacement_is_not_intermittent_dialysis(self, text: str) -> None:
        assert named(text, "procedure") == {"proc_crrt"}

    def test_continuous_replacement_by_code(self) -> None:
        assert coded(PCS, "5A1D90Z", "procedure") == {"proc_crrt"}
        assert coded(PCS, "5A1D70Z", "procedure") == {"proc_hemodialysis"}

    def test_what_is_not_haemodialysis_is_left_to_a_person(self) -> None:
        review = members("class_renal_replacement_not_hemodialysis")
        assert {"proc_crrt", "proc_dialysis_access", "proc_peritoneal_dialysis"} == review
        assert "proc_dialysis_access" not in members("class_renal_replacement")


class TestApheresis:
    """NCT05247203, exclusion 12: "plasma exchange"."""

    @pytest.mark.parametrize(
        "text",
        [
            "Therapeutic apheresis; for plasma pheresis",
            "plasma pheresis",
            "Therapeutic plasmapheresis",
            "Pheresis of plasma, multiple",
            "血浆置换治疗",
        ],
    )
    def test_plasma_exchange(self, text: str) -> None:
        assert named(text, "procedure") == {"proc_plasma_exchange"}

    @pytest.mark.parametrize(
        "text",
        [
            "Plateletpheresis",
            "Therapeutic apheresis; for platelets",
            "Leukapheresis",
            "Donor plasmapheresis",
            "Plasmapheresis, donation",
            "献血：血浆单采",
        ],
    )
    def test_taking_something_else_or_from_a_donor_is_none(self, text: str) -> None:
        assert "proc_plasma_exchange" not in named(text, "procedure")


class TestCellTherapy:
    """NCT05247203, exclusion 10: CAR-T cells are a B-cell-targeted treatment."""

    @pytest.mark.parametrize(
        "text",
        [
            "CAR T-cell infusion",
            "CAR-T cell therapy",
            "Infusion of CAR-T cells",
            "CAR-T细胞回输",
            "CAR-T细胞治疗",
            "CAR-T 细胞输注",
            "CD19 CAR-T细胞回输术",
        ],
    )
    def test_infusion(self, text: str) -> None:
        assert named(text, "procedure") & members("class_b_cell_targeted")

    @pytest.mark.parametrize("text", ["CAR T cell apheresis", "Leukapheresis for CAR-T manufacture"])
    def test_collecting_the_cells_is_no_infusion(self, text: str) -> None:
        assert not named(text, "procedure") & members("class_b_cell_targeted")


class TestImmunoglobulinAsProcedure:
    @pytest.mark.parametrize(
        "text", ["IVIG", "IVIG infusion", "Intravenous immune globulin", "静注人免疫球蛋白治疗"]
    )
    def test_intravenous(self, text: str) -> None:
        assert named(text, "procedure") == {"proc_ivig_infusion"}


class TestDrugGivenAsProcedure:
    """NCT05247203, exclusion 10: a Procedure can be the only trace of an infusion."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Rituximab infusion", "drug_rituximab"),
            ("利妥昔单抗输注", "drug_rituximab"),
            ("静脉输注利妥昔单抗", "drug_rituximab"),
            ("Administration of rituximab", "drug_rituximab"),
            ("Injection of belimumab", "drug_belimumab"),
            ("皮下注射泰它西普", "drug_telitacicept"),
            ("利妥昔单抗 500mg 静滴", "drug_rituximab"),
        ],
    )
    def test_it_is_what_was_given(self, text: str, expected: str) -> None:
        found = T.concepts_of([], text, kinds="procedure")
        assert found.concepts == {expected}
        assert found.by_text
        assert not found.suspected

    def test_beside_another_procedure(self) -> None:
        found = named("Plasma exchange followed by rituximab infusion", "procedure")
        assert found == {"proc_plasma_exchange", "drug_rituximab"}

    def test_an_infusion_of_cells_or_immunoglobulin_keeps_its_own_name(self) -> None:
        assert named("CAR-T cell infusion", "procedure") == {"proc_car_t_infusion"}
        assert named("IVIG infusion", "procedure") == {"proc_ivig_infusion"}

    @pytest.mark.parametrize(
        "text",
        [
            "Rituximab infusion cancelled",
            "Rituximab infusion not done",
            "Education about rituximab infusion",
            "Consultation on rituximab",  # nothing was given
            "Saline infusion",
            "Red blood cell transfusion",
        ],
    )
    def test_nothing_was_given(self, text: str) -> None:
        assert not {name for name in named(text, "procedure") if name.startswith("drug_")}

    @pytest.mark.parametrize("text", ["Planned rituximab infusion", "Possible rituximab infusion"])
    def test_what_is_only_planned_is_not_certain(self, text: str) -> None:
        found = T.concepts_of([], text, kinds="procedure")
        assert not found.concepts or found.suspected

    @pytest.mark.parametrize("kinds", ["condition", "condition procedure", "drug", "observation"])
    def test_the_bare_word_says_nothing_elsewhere(self, kinds: str) -> None:
        assert not named("Injection site swelling", kinds)
        assert "proc_drug_administration" not in named("Rituximab infusion", kinds)
