"""Names and codes that charts use for one thing in many ways: each must reach the code set that judges it."""

from __future__ import annotations

import pytest

from fhir_mappings.terminology import load_terminology

T = load_terminology()
CVX = "http://hl7.org/fhir/sid/cvx"
ATC = "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
PCS = "http://www.cms.gov/Medicare/Coding/ICD10"


def named(text: str, kinds: str) -> frozenset[str]:
    """What words alone say."""
    return T.concepts_of([], text, kinds=kinds).concepts


def coded(system: str, code: str, kinds: str) -> frozenset[str]:
    """What a code without any words says."""
    return T.concepts_of([(system, code)], None, kinds=kinds).concepts


def members(name: str) -> frozenset[str]:
    found = T.expand(name)
    assert found
    return found


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
        coding = (CVX, "204")
        assert T.concepts_of(
            [coding], "Ebola Zaire vaccine, live, recombinant", kinds="vaccine"
        ).concepts == {"vaccine_live"}

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


class TestBCellDrugs:
    """NCT05247203, exclusion 10: "other B-cell targeted drugs, such as ..."; the list is open."""

    @pytest.mark.parametrize(
        "text",
        [
            "Polatuzumab vedotin",  # CD79b
            "Polivy",
            "维泊妥珠单抗",
            "Inotuzumab ozogamicin",  # CD22
            "Loncastuximab tesirine",  # CD19
        ],
    )
    def test_targeted(self, text: str) -> None:
        found = named(text, "drug")
        assert found
        assert found <= members("class_b_cell_targeted")
        assert found <= members("class_b_cell_targeted_not_telitacicept")

    @pytest.mark.parametrize("text", ["Belantamab mafodotin", "Blenrep", "Talquetamab"])
    def test_a_plasma_cell_drug_is_left_to_a_person(self, text: str) -> None:
        found = named(text, "drug")
        assert found
        assert found <= members("class_b_cell_targeted_review")
        assert not found & members("class_b_cell_targeted")

    def test_codes(self) -> None:
        assert coded(ATC, "L01FX14", "drug") == {"drug_polatuzumab_vedotin"}
        assert coded(ATC, "L01FX15", "drug") == {"drug_belantamab_mafodotin"}

    def test_they_still_speak_of_a_neoplasm(self) -> None:
        for code in ("L01FX14", "L01FX15", "L01FB01"):
            assert coded(ATC, code, "drug") <= members("class_antineoplastic")


class TestInterleukinBlockers:
    """NCT05247203, exclusion 11: "interleukin receptor blockers"."""

    @pytest.mark.parametrize(
        "text",
        [
            "白细胞介素-6受体拮抗剂",
            "重组人白介素-1受体拮抗剂",
            "IL-6受体抑制剂",
            "IL-6R单抗",
            "抗IL-4受体单抗",
            "interleukin-6 receptor antagonist",
            "IL-1 receptor antagonist",
            "IL-17 receptor inhibitor",
            "IL-4Rα antagonist",
            "anti-IL-6R antibody",
            "Anti-IL-2 receptor antibody",  # as basiliximab is; it is no interleukin-2
        ],
    )
    def test_of_the_receptor(self, text: str) -> None:
        found = named(text, "drug")
        assert found
        assert found <= members("class_il_receptor_blocker")

    def test_a_name_says_more_than_its_class(self) -> None:
        assert named("Tocilizumab (IL-6 receptor antagonist)", "drug") == {"drug_tocilizumab"}

    @pytest.mark.parametrize("code", ["L04AC", "L04AC99"])
    def test_a_group_code_leaves_the_target_open(self, code: str) -> None:
        assert coded(ATC, code, "drug") <= members("class_interleukin_inhibitor_unspecified")
        assert coded(ATC, code, "drug")

    @pytest.mark.parametrize(
        "text", ["重组人白介素-2", "interleukin-2", "Soluble IL-2 receptor", "IL-6 inhibitor"]
    )
    def test_others_are_none(self, text: str) -> None:
        assert not named(text, "drug") & members("class_il_receptor_blocker")


class TestImmunoglobulins:
    """NCT05247203, exclusion 12: "intravenous immune globulin (IVIG)"."""

    @pytest.mark.parametrize(
        "text",
        [
            "HBIG",
            "Hepatitis B immunoglobulin",
            "RhoGAM",
            "anti-D",
            "Anti-D (Rh0) immunoglobulin",
            "Rho(D) immune globulin",
            "乙型肝炎人免疫球蛋白",
            "静注乙型肝炎人免疫球蛋白(pH4)",
            "破伤风人免疫球蛋白",
            "狂犬病人免疫球蛋白",
            "抗Rh(D)免疫球蛋白",
            "Cytomegalovirus immune globulin intravenous (human)",
        ],
    )
    def test_a_hyperimmune_one_is_no_ivig_but_is_left_to_a_person(self, text: str) -> None:
        assert named(text, "drug") == {"drug_specific_immunoglobulin"}
        assert "drug_specific_immunoglobulin" in members("class_immunoglobulin_review")

    @pytest.mark.parametrize(
        "text", ["immune globulin (human)", "Immunoglobulin", "Human normal immunoglobulin"]
    )
    def test_one_of_unstated_route_is_left_to_a_person(self, text: str) -> None:
        assert named(text, "drug") == {"drug_immunoglobulin_class"}
        assert "drug_immunoglobulin_class" in members("class_immunoglobulin_review")

    @pytest.mark.parametrize(
        "text",
        [
            "immune globulin (human) 10% for intravenous use",
            "immunoglobulin IV",
            "IV immunoglobulin",
            "人免疫球蛋白",
            "人免疫球蛋白 静滴",
            # Also given under the skin: the recorded route tells, where there is one.
            "Gamunex-C",
        ],
    )
    def test_intravenous(self, text: str) -> None:
        assert named(text, "drug") == {"drug_ivig_immunoglobulin"}

    @pytest.mark.parametrize(
        "text",
        ["Antithymocyte immunoglobulin (rabbit)", "抗人T细胞兔免疫球蛋白", "IgE-mediated", "anti D-dimer"],
    )
    def test_what_only_sounds_alike(self, text: str) -> None:
        assert not named(text, "drug") & (members("class_ivig") | {"drug_specific_immunoglobulin"})


class TestAllergens:
    """NCT05247203, exclusion 7: "History of allergy to humanized biological products"."""

    @pytest.mark.parametrize(
        "text",
        [
            "Herceptin",
            "赫赛汀",
            "Xolair",
            "茁乐",
            "Avastin",
            "安维汀",
            "Keytruda",
            "Perjeta",
            "Kadcyla",
            "Tecentriq",
            "Eylea",
            "Nplate",
            "romiplostim",
            "阿柏西普过敏",
            "曲妥珠单抗",
            "贝伐珠单抗",
            "奥马珠单抗",
            "帕博利珠单抗",
            "尼妥珠单抗",
            "托珠单抗",
            "达利珠单抗",
            "toripalimab",
            "特瑞普利单抗",
            "人源化单克隆抗体",
        ],
    )
    def test_humanised(self, text: str) -> None:
        assert named(text, "allergen") & members("class_humanized_biologic")

    @pytest.mark.parametrize(
        "text",
        [
            "denosumab",
            "Prolia",
            "地舒单抗",
            "Erbitux",
            "西妥昔单抗",
            "英夫利昔单抗",
            "英夫利西单抗",
            "阿达木单抗",
            "度普利尤单抗",
            "纳武利尤单抗",
            "全人源单克隆抗体",
            "全人源化单抗",
            "immunoglobulin IV",
            "Human normal immunoglobulin",
            "HBIG",
            "TNF inhibitor",
        ],
    )
    def test_another_protein_is_left_to_a_person(self, text: str) -> None:
        found = named(text, "allergen")
        assert found & members("class_other_therapeutic_protein")
        assert not found & members("class_humanized_biologic")

    @pytest.mark.parametrize(
        "text",
        ["CellCept", "Aricept", "Cipro", "西普乐", "Penicillin", "Peanut", "MMR vaccine", "Hazelnut", "鸡蛋"],
    )
    def test_what_is_no_protein_drug_does_not_matter(self, text: str) -> None:
        found = named(text, "allergen")
        assert not found & (members("class_humanized_biologic") | members("class_other_therapeutic_protein"))

    @pytest.mark.parametrize(
        ("system", "code", "group"),
        [
            (RXNORM, "224905", "class_humanized_biologic"),  # trastuzumab
            (RXNORM, "805452", "class_humanized_biologic"),  # romiplostim
            (ATC, "R03DX05", "class_humanized_biologic"),  # omalizumab
            (ATC, "L01FX14", "class_humanized_biologic"),  # polatuzumab
            (ATC, "M05BX04", "class_other_therapeutic_protein"),  # denosumab
            (RXNORM, "1597876", "class_other_therapeutic_protein"),  # nivolumab
        ],
    )
    def test_a_bare_code(self, system: str, code: str, group: str) -> None:
        assert coded(system, code, "allergen") & members(group)

    def test_an_allergen_is_not_taken_for_a_drug(self) -> None:
        assert coded(ATC, "L01FD01", "drug") == {"drug_antineoplastic"}
        assert coded(ATC, "R03DX05", "drug") == frozenset()


class TestAllergyAsCondition:
    @pytest.mark.parametrize(
        "text",
        [
            "Allergy to tocilizumab",
            "History of allergic reaction to trastuzumab",
            "Anaphylaxis due to omalizumab",
            "Tocilizumab hypersensitivity",
            "托珠单抗过敏史",
            "对曲妥珠单抗过敏",
            "托珠单抗致过敏性休克",
            "药物过敏史：托珠单抗",
            "泰它西普过敏",
        ],
    )
    def test_humanised(self, text: str) -> None:
        assert named(text, "condition") & members("class_humanized_biologic")
        assert named(text, "condition") & (
            members("class_drug_reaction_review") | members("class_severe_drug_reaction")
        )

    @pytest.mark.parametrize(
        "text", ["Allergy to rituximab", "利妥昔单抗过敏", "Allergy to Humira", "丙球过敏"]
    )
    def test_another_protein(self, text: str) -> None:
        found = named(text, "condition")
        assert found & members("class_other_therapeutic_protein")
        assert not found & members("class_humanized_biologic")

    @pytest.mark.parametrize(
        "text",
        [
            "Allergic asthma on omalizumab",
            "Omalizumab for allergic asthma",
            "Allergic rhinitis treated with Xolair",
            "奥马珠单抗治疗过敏性哮喘",
            "No known allergy to tocilizumab",
            "否认托珠单抗过敏史",
            "托珠单抗治疗无过敏",
            "过敏性鼻炎，托珠单抗治疗中",
            "Allergy to penicillin",
            "Infusion reaction to tocilizumab",
        ],
    )
    def test_what_treats_an_allergy_or_is_denied_is_none(self, text: str) -> None:
        found = named(text, "condition")
        assert not found & (members("class_humanized_biologic") | members("class_other_therapeutic_protein"))


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
