"""Words as evidence of treatment: drugs, vaccines and procedures, in English and Chinese."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import named

DRUGS = [
    # International nonproprietary names in other languages, and brands of other markets.
    ("Prednison", {"drug_prednisone"}),
    ("Prednisona 20 mg", {"drug_prednisone"}),
    ("Cortancyl", {"drug_prednisone"}),
    ("Prednisolon 5 mg", {"drug_prednisolone"}),
    ("Solupred 20 mg", {"drug_prednisolone"}),
    ("Decortin H 5 mg", {"drug_prednisolone"}),
    ("Méthylprednisolone", {"drug_methylprednisolone"}),
    ("Urbason", {"drug_methylprednisolone"}),
    ("Metypred", {"drug_methylprednisolone"}),
    ("methylpred 500 mg", {"drug_methylprednisolone"}),
    ("MP pulse", {"drug_methylprednisolone"}),
    ("6-MP pulse", set()),
    ("激素", {"drug_corticosteroid_class"}),
    ("激素冲击", {"drug_corticosteroid_class"}),
    ("性激素", set()),
    ("生长激素", set()),
    ("激素替代治疗", set()),
    ("anabolic steroids", set()),
    ("Rixathon", {"drug_rituximab"}),
    ("Riximyo", {"drug_rituximab"}),
    ("Blitzima", {"drug_rituximab"}),
    ("Zytux", {"drug_rituximab"}),
    ("HLX01", {"drug_rituximab"}),
    ("relmacabtagene", {"drug_car_t"}),
    ("Prednisone 20 MG Oral Tablet", {"drug_prednisone"}),
    ("PREDNISONE", {"drug_prednisone"}),
    ("醋酸泼尼松片", {"drug_prednisone"}),
    ("强的松", {"drug_prednisone"}),
    ("泼尼松龙", {"drug_prednisolone"}),
    ("强的松龙", {"drug_prednisolone"}),
    ("甲泼尼龙片（美卓乐）", {"drug_methylprednisolone"}),
    ("甲基强的松龙", {"drug_methylprednisolone"}),
    ("注射用甲泼尼龙琥珀酸钠", {"drug_methylprednisolone"}),
    ("Solu-Medrol 500 mg IV", {"drug_methylprednisolone"}),
    ("地塞米松", {"drug_dexamethasone"}),
    ("硫酸羟氯喹片", {"drug_hydroxychloroquine"}),
    ("纷乐", {"drug_hydroxychloroquine"}),
    ("磷酸氯喹", {"drug_chloroquine"}),
    ("吗替麦考酚酯胶囊", {"drug_mycophenolate_mofetil"}),
    ("骁悉", {"drug_mycophenolate_mofetil"}),
    ("Mycophenolate mofetil 500 MG", {"drug_mycophenolate_mofetil"}),
    ("mycophenolic acid delayed release", {"drug_mycophenolic_acid"}),
    ("环磷酰胺", {"drug_cyclophosphamide"}),
    ("硫唑嘌呤", {"drug_azathioprine"}),
    ("他克莫司", {"drug_tacrolimus"}),
    ("环孢素软胶囊", {"drug_ciclosporin"}),
    ("来氟米特", {"drug_leflunomide"}),
    ("特立氟胺", {"drug_teriflunomide"}),
    ("甲氨蝶呤", {"drug_methotrexate"}),
    ("沙利度胺", {"drug_thalidomide"}),
    ("雷公藤多苷片", {"drug_tripterygium_wilfordii"}),
    ("雷公藤片", {"drug_tripterygium_wilfordii"}),
    ("昆仙胶囊", {"drug_tripterygium_hypoglaucum"}),
    ("火把花根片", {"drug_tripterygium_hypoglaucum"}),
    ("中药汤剂", {"drug_chinese_medicine_unspecified"}),
    ("中药：雷公藤", {"drug_tripterygium_wilfordii"}),
    ("注射用贝利尤单抗", {"drug_belimumab"}),
    ("倍力腾", {"drug_belimumab"}),
    ("利妥昔单抗注射液", {"drug_rituximab"}),
    ("美罗华", {"drug_rituximab"}),
    ("rituximab-abbs 10 MG/ML Injection [Truxima]", {"drug_rituximab"}),
    ("泰它西普", {"drug_telitacicept"}),
    ("泰爱", {"drug_telitacicept"}),
    ("RC18", {"drug_telitacicept"}),
    ("CAR-T cell infusion", {"drug_car_t"}),
    ("瑞基奥仑赛注射液", {"drug_car_t"}),
    ("益赛普", {"drug_etanercept"}),
    ("重组人白介素-2", {"drug_aldesleukin_il2"}),
    ("Low-dose IL-2", {"drug_aldesleukin_il2"}),
    ("静注人免疫球蛋白(pH4)", {"drug_ivig_immunoglobulin"}),
    ("丙球", {"drug_ivig_immunoglobulin"}),
    ("IVIG 0.4 g/kg", {"drug_ivig_immunoglobulin"}),
    ("乙型肝炎人免疫球蛋白", {"drug_specific_immunoglobulin"}),
    ("Hepatitis B immune globulin", {"drug_specific_immunoglobulin"}),
    ("Rho(D) immune globulin", {"drug_specific_immunoglobulin"}),
    ("immune globulin subcutaneous (human) 20% [Hizentra]", {"drug_scig_immunoglobulin"}),
    ("重组人粒细胞刺激因子注射液", {"drug_filgrastim"}),
    ("聚乙二醇化重组人粒细胞刺激因子", {"drug_pegfilgrastim"}),
    ("恩替卡韦", {"drug_nucleoside_antiviral"}),
    ("TMP-SMX", {"drug_antibacterial"}),
    ("华法林", {"drug_warfarin"}),
    ("度普利尤单抗", {"drug_dupilumab"}),
    ("Piperacillin-tazobactam", {"drug_antibacterial"}),
    ("Colistimethate sodium", {"drug_antibacterial"}),
    ("注射用多粘菌素E甲磺酸钠", {"drug_antibacterial"}),
    ("Investigational product", {"drug_investigational_unspecified"}),
]
NO_DRUGS = [
    "Allergy to rituximab",
    "对利妥昔单抗过敏",
    "No prior rituximab",
    "Never received belimumab",
    "未使用利妥昔单抗",
    "tacrolimus level",
    "他克莫司血药浓度",
    "Placebo",
    "metformin",
    "",
]


class TestDrugs:
    @pytest.mark.parametrize(("text", "expected"), DRUGS)
    def test_is_named(self, text: str, expected: set[str]) -> None:
        assert named(text, "drug") == expected

    @pytest.mark.parametrize("text", NO_DRUGS)
    def test_is_not_claimed(self, text: str) -> None:
        assert named(text, "drug") == set()

    def test_every_name_in_the_data_finds_its_drug(self) -> None:
        from fhir_mappings.code_sets import load_code_sets

        for name, concept in load_code_sets(licensed_snomed=True).concepts.items():
            if name.startswith("drug_"):
                for word in concept.names:
                    assert named(word, "drug") == {name}, (name, word)


VACCINES = [
    ("Measles, mumps and rubella vaccine", "vaccine_live"),
    ("MMR II", "vaccine_live"),
    ("麻腮风疫苗", "vaccine_live"),
    ("Varicella vaccine", "vaccine_live"),
    ("水痘减毒活疫苗", "vaccine_live"),
    ("FluMist quadrivalent", "vaccine_live"),
    ("鼻喷流感减毒活疫苗", "vaccine_live"),
    ("Yellow fever vaccine", "vaccine_live"),
    ("乙脑减毒活疫苗", "vaccine_live"),
    ("甲肝减毒活疫苗", "vaccine_live"),
    ("Zostavax", "vaccine_live"),
    ("卡介苗", "vaccine_live"),
    ("Shingrix", "vaccine_nonlive_zoster_recombinant_exclude"),
    ("重组带状疱疹疫苗", "vaccine_nonlive_zoster_recombinant_exclude"),
    ("Influenza, inactivated, quadrivalent", "vaccine_nonlive"),
    ("流感病毒裂解疫苗", "vaccine_nonlive"),
    ("COVID-19 mRNA vaccine", "vaccine_nonlive"),
    ("新型冠状病毒灭活疫苗", "vaccine_nonlive"),
    ("乙脑灭活疫苗", "vaccine_nonlive"),
    ("Zoster vaccine", "vaccine_unspecified_may_be_live"),
    ("带状疱疹疫苗", "vaccine_unspecified_may_be_live"),
    ("流感疫苗", "vaccine_unspecified_may_be_live"),
    ("Influenza vaccine", "vaccine_unspecified_may_be_live"),
    ("乙脑疫苗", "vaccine_unspecified_may_be_live"),
    ("Jynneos", "vaccine_live_nonreplicating"),
]


class TestVaccinesAndProcedures:
    @pytest.mark.parametrize(("text", "expected"), VACCINES)
    def test_vaccines(self, text: str, expected: str) -> None:
        assert named(text, "vaccine") == {expected}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Plasma exchange", {"proc_plasma_exchange"}),
            ("血浆置换", {"proc_plasma_exchange"}),
            ("免疫吸附治疗", {"proc_immunoadsorption"}),
            ("Leukapheresis", {"proc_leukapheresis"}),
            ("Percutaneous renal biopsy", {"proc_renal_biopsy"}),
            ("肾穿刺活检术", {"proc_renal_biopsy"}),
            ("维持性血液透析", {"proc_hemodialysis"}),
            ("CAPD", {"proc_peritoneal_dialysis"}),
            ("CRRT", {"proc_crrt"}),
            ("冠状动脉造影术", {"proc_coronary_angiography"}),
            ("PCI with drug-eluting stent", {"proc_pci"}),
            ("CABG x 3", {"proc_cabg"}),
            ("子宫切除术", {"proc_hysterectomy"}),
            ("CAR-T cell infusion", {"proc_car_t_infusion"}),
            ("Deceased donor kidney transplantation", {"proc_kidney_transplant"}),
            ("Declined kidney biopsy", set()),
            ("Hemodialysis not done", set()),
            ("Donor plasmapheresis", set()),
        ],
    )
    def test_procedures(self, text: str, expected: set[str]) -> None:
        assert named(text, "procedure") == expected
