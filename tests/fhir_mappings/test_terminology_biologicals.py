"""Antibodies and immunoglobulins by their many names and codes: each must reach its code set."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import ATC, coded, members, named


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
        "text",
        [
            "immune globulin (human)",
            "Immunoglobulin",
            "Human normal immunoglobulin",
            "immunoglobuline humaine normale",
            "inmunoglobulina humana normal 50 mg/ml",
        ],
    )
    def test_one_of_unstated_route_is_left_to_a_person(self, text: str) -> None:
        assert named(text, "drug") == {"drug_immunoglobulin_class"}
        assert "drug_immunoglobulin_class" in members("class_immunoglobulin_review")

    @pytest.mark.parametrize(
        "text",
        [
            "immune globulin (human) 10% for intravenous use",
            "immunoglobulin IV",
            "immunoglobuline humaine normale IV",
            "Immunoglobuline humaine normale (intraveineuse) 100 mg/ml",
            "IgIV",
            "inmunoglobulina humana normal intravenosa",
            "immunoglobulina umana normale per uso endovenoso",
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
