"""Allergens, and allergies that are recorded as conditions, by their many names and codes."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import ATC, coded, members, named

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


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
