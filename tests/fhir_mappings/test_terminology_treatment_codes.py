"""Codes of what is done and given: procedures, drugs and their products, vaccines, allergens."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import CM, SNOMED, T, concepts

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"

ATC = "http://www.whocc.no/atc"


class TestProcedures:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (SNOMED, "415070008", {"proc_pci"}),
            (SNOMED, "33367005", {"proc_coronary_angiography"}),
            (SNOMED, "232717009", {"proc_cabg"}),
            (SNOMED, "302497006", {"proc_hemodialysis"}),
            (SNOMED, "714749008", {"proc_crrt"}),
            (SNOMED, "71192002", {"proc_peritoneal_dialysis"}),
            (SNOMED, "20720000", {"proc_plasma_exchange"}),
            (SNOMED, "116144002", {"proc_hysterectomy", "proc_bilateral_oophorectomy"}),
            ("http://hl7.org/fhir/sid/icd-10-pcs", "0TB03ZX", {"proc_renal_biopsy"}),
            ("http://hl7.org/fhir/sid/icd-10-pcs", "6A550Z3", {"proc_plasma_exchange"}),
        ],
    )
    def test_code(self, system: str, code: str, expected: set[str]) -> None:
        assert concepts(system, code, "procedure") == expected

    def test_one_ovary_and_a_status_are_no_procedure(self) -> None:
        assert concepts(SNOMED, "83152002", "procedure") == set()
        assert concepts(CM, "Z95.1", "procedure") == set()


class TestDrugs:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (RXNORM, "8640", {"drug_prednisone"}),
            (RXNORM, "312615", {"drug_prednisone"}),
            (RXNORM, "121191", {"drug_rituximab"}),
            (ATC, "H02AB04", {"drug_methylprednisolone"}),
            (ATC, "H02AB17", {"drug_corticosteroid_class"}),
            (ATC, "H02AA02", {"drug_fludrocortisone"}),
            (ATC, "L04AC10", {"drug_secukinumab"}),
            (ATC, "L04AC99", {"drug_interleukin_inhibitor_class"}),
            (ATC, "L04AA13", {"drug_leflunomide"}),
            (ATC, "L04AK01", {"drug_leflunomide"}),
            (ATC, "L01FX18", {"drug_antineoplastic"}),
            (ATC, "L01AA01", {"drug_cyclophosphamide"}),
            (ATC, "L01CB01", {"drug_antineoplastic"}),
            (ATC, "J06BA02", {"drug_ivig_immunoglobulin"}),
            (ATC, "J06BA01", {"drug_scig_immunoglobulin"}),
            (ATC, "J06BB04", {"drug_specific_immunoglobulin"}),
            (ATC, "L04AX06", {"drug_pomalidomide"}),
            (ATC, "A10BA02", set()),
        ],
    )
    def test_code(self, system: str, code: str, expected: set[str]) -> None:
        assert concepts(system, code, "drug") == expected

    def test_a_group_is_named_only_where_no_drug_is(self) -> None:
        both = T.concepts_of([(ATC, "L04AX"), ("urn:x", "1")], "mizoribine 50 mg", kinds="drug")
        assert both.concepts == {"drug_mizoribine"}
        alone = T.concepts_of([(ATC, "L04AX")], "tablet", kinds="drug")
        assert alone.concepts == {"drug_immunosuppressant_class"}

    @pytest.mark.parametrize(
        ("code", "route", "strength"),
        [
            ("312615", "oral", 20.0),
            ("197577", "oral", 0.5),
            ("1116927", "injectable", None),
            ("103401", "topical", None),
            ("309679", "ophthalmic", None),
        ],
    )
    def test_a_product_tells_route_and_strength(self, code: str, route: str, strength: float | None) -> None:
        product = T.product_of([(RXNORM, code)])
        assert product is not None
        assert (product.route, product.strength_mg) == (route, strength)
        assert T.route_of([(RXNORM, code)], None) == route

    @pytest.mark.parametrize(
        ("codings", "text", "route"),
        [
            ([(ATC, "D07AA02")], None, "topical"),
            ([(ATC, "D11AH01")], None, "topical"),
            ([(ATC, "R03BA02")], None, "inhaled"),
            ([(ATC, "S01BA01")], None, "ophthalmic"),
            ([], "hydrocortisone 1 % cream", "topical"),
            ([], "他克莫司软膏", "topical"),
            ([], "布地奈德吸入气雾剂", "inhaled"),
            ([], "Prednisolone acetate ophthalmic suspension", "ophthalmic"),
            ([], "地塞米松滴眼液", "ophthalmic"),
            ([], "mometasone nasal spray", "nasal"),
            ([], "泼尼松片", "oral"),
            ([], "甲泼尼龙琥珀酸钠注射剂", "injectable"),
            ([], "triamcinolone intra-articular", "intraarticular"),
            ([], "prednisone", None),
        ],
    )
    def test_a_group_or_the_words_tell_the_route(
        self, codings: list[tuple[str, str]], text: str | None, route: str | None
    ) -> None:
        assert T.route_of(codings, text) == route


class TestVaccines:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (CVX, "03", "vaccine_live"),
            (CVX, "3", "vaccine_live"),
            (CVX, "121", "vaccine_live"),
            (CVX, "187", "vaccine_nonlive_zoster_recombinant_exclude"),
            (CVX, "188", "vaccine_unspecified_may_be_live"),
            (CVX, "206", "vaccine_live_nonreplicating"),
            (CVX, "37", "vaccine_live"),
            (ATC, "J07BK03", "vaccine_nonlive_zoster_recombinant_exclude"),
            (ATC, "J07BA03", "vaccine_live"),
            (ATC, "J07BD52", "vaccine_live"),
        ],
    )
    def test_code(self, system: str, code: str, expected: str) -> None:
        assert concepts(system, code, "vaccine") == {expected}

    def test_an_inactivated_influenza_vaccine_is_not_live(self) -> None:
        assert concepts(CVX, "150", "vaccine") == set()
        assert concepts(CVX, "149", "vaccine") == {"vaccine_live"}


class TestAllergens:
    @pytest.mark.parametrize(
        ("codings", "text", "expected"),
        [
            ([(SNOMED, "716186003")], None, "allergen_none_known"),
            ([(SNOMED, "409137002")], None, "allergen_no_known_drug_allergy"),
            ([], "NKDA", "allergen_no_known_drug_allergy"),
            ([], "无药物过敏史", "allergen_no_known_drug_allergy"),
            ([(RXNORM, "121191")], "Rituximab", "drug_rituximab"),
            ([], "Rituximab", "drug_rituximab"),
            ([], "利妥昔单抗", "drug_rituximab"),
            ([], "trastuzumab", "allergen_humanised_antibody"),
            ([], "omalizumab", "allergen_humanised_antibody"),
            ([], "cetuximab", "allergen_other_antibody"),
            ([], "etanercept", "drug_etanercept"),
            ([], "aflibercept", "allergen_fusion_protein"),
            ([], "人源化单克隆抗体", "allergen_humanised_antibody"),
            ([], "penicillin G", "drug_antibacterial"),
            ([], "penicillin", "allergen_drug_unspecified"),
        ],
    )
    def test_what_somebody_is_allergic_to(
        self, codings: list[tuple[str, str]], text: str | None, expected: str
    ) -> None:
        assert expected in T.concepts_of(codings, text, kinds="allergen").concepts

    def test_intercept_is_no_fusion_protein(self) -> None:
        assert not T.concepts_of([], "intercept", kinds="allergen").concepts
