"""Results without a code are known by their words, and by no others."""

from __future__ import annotations

import pytest

from fhir_mappings.catalogue import load_catalogue
from fhir_mappings.terminology import load_terminology

CATALOGUE = load_catalogue()
LOINC = "http://loinc.org"

WORDS = [
    ("Serum creatinine", "serum_creatinine", ""),
    ("Creatinine, Serum", "serum_creatinine", ""),
    ("血肌酐", "serum_creatinine", ""),
    ("Protein/Creatinine Ratio, Urine", "upcr", ""),
    ("UPCR", "upcr", ""),
    ("尿蛋白/肌酐比值", "upcr", ""),
    ("尿蛋白肌酐比", "upcr", ""),
    ("Urine albumin/creatinine ratio", "uacr", ""),
    ("尿微量白蛋白/肌酐", "uacr", ""),
    ("24 hour urine protein", "urine_protein_24h", ""),
    ("24小时尿蛋白定量", "urine_protein_24h", ""),
    ("Absolute Neutrophil Count", "anc", ""),
    ("中性粒细胞绝对值", "anc", ""),
    ("中性粒细胞百分比", "neutrophil_percent", ""),
    ("WBC", "wbc", ""),
    ("白细胞计数", "wbc", ""),
    ("血小板计数", "platelets", ""),
    ("Hemoglobin", "hemoglobin", ""),
    ("血红蛋白", "hemoglobin", ""),
    ("ALT (SGPT)", "alt", ""),
    ("谷丙转氨酶", "alt", ""),
    ("天门冬氨酸氨基转移酶", "ast", ""),
    ("总胆红素", "bilirubin_total", ""),
    ("INR", "inr", ""),
    ("凝血酶原时间", "prothrombin_time", ""),
    ("Complement C3", "c3", ""),
    ("补体 C4", "c4", ""),
    ("抗核抗体", "ana", ""),
    ("ANA titer", "ana_titre", ""),
    ("抗核抗体滴度", "ana_titre", ""),
    ("Anti-dsDNA antibody", "anti_dsdna", ""),
    ("抗双链DNA抗体", "anti_dsdna", ""),
    ("抗 ds-DNA 抗体", "anti_dsdna", ""),
    ("Crithidia luciliae", "anti_dsdna", "titre"),
    ("抗Sm抗体", "anti_sm", ""),
    ("Anti-Smith antibody", "anti_sm", ""),
    ("狼疮抗凝物", "lupus_anticoagulant", ""),
    ("HBsAg", "hbsag", ""),
    ("乙肝表面抗原", "hbsag", ""),
    ("Hepatitis B core antibody, total", "anti_hbc", ""),
    ("乙型肝炎核心抗体", "anti_hbc", ""),
    ("Hepatitis B core antibody, IgM", "anti_hbc_igm", ""),
    ("乙肝核心抗体IgM", "anti_hbc_igm", ""),
    ("乙肝表面抗体", "anti_hbs", ""),
    ("HBV DNA", "hbv_dna", ""),
    ("乙型肝炎病毒DNA", "hbv_dna", ""),
    ("HBV DNA (log IU/mL)", "hbv_dna", "log"),
    ("HCV RNA", "hcv_rna", ""),
    ("丙肝抗体", "anti_hcv", ""),
    ("HIV Ag/Ab combo", "hiv", "antigen-antibody"),
    ("HIV抗体", "hiv", "antibody"),
    ("RPR", "syphilis_nontreponemal", ""),
    ("梅毒螺旋体特异性抗体", "syphilis_treponemal", ""),
    ("T-SPOT.TB", "igra", ""),
    ("γ-干扰素释放试验", "igra", ""),
    ("Serum hCG", "hcg_serum", ""),
    ("血β-HCG", "hcg_serum", ""),
    ("Urine pregnancy test", "hcg_urine", ""),
    ("CD70 expression on B cells", "cd70_expression", ""),
    ("B细胞CD70表达", "cd70_expression", ""),
    ("CD19 expression", "cd19_expression", ""),
    ("红细胞管型", "urine_rbc_casts", ""),
    ("RBC casts", "urine_rbc_casts", ""),
    ("颗粒管型", "urine_granular_casts", ""),
    ("尿培养", "urine_culture", ""),
    ("体重", "body_weight", ""),
    ("Hemoglobin A1c", "hba1c", ""),
    ("糖化血红蛋白", "hba1c", ""),
    ("Serum potassium", "potassium", ""),
    ("血钾", "potassium", ""),
    ("ＨＢｓＡｇ", "hbsag", ""),
]

NO_WORDS = [
    "Creatinine",  # of which fluid?
    "Protein",
    "Urine potassium",
    "Urine creatinine clearance",
    "Mean corpuscular hemoglobin",
    "平均红细胞血红蛋白浓度",
    "ANA pattern",
    "Anti-Sm/RNP",
    "抗平滑肌抗体",
    "HBsAg donor",
    "供者乙肝表面抗原",
    "Prothrombin time ratio",
    "凝血酶原活动度",
    "AST/ALT ratio",
    "Direct bilirubin",
    "IgG subclass 1",
    "Anticardiolipin antibody",  # of which class?
    "Ideal body weight",
    "HBsAg and anti-HBc",
    "QuantiFERON Mitogen minus Nil",
    "HBV genotype",
    "HIV risk assessment",
    "Sodium",
    "",
]


class TestWords:
    """Words name an analyte only where they can mean no other."""

    @pytest.mark.parametrize(("text", "name", "role"), WORDS)
    def test_is_known_and_marked(self, text: str, name: str, role: str) -> None:
        found = load_terminology().analyte_of([], text)
        assert found is not None
        assert (found.analyte.name, found.analyte.role, found.by_text) == (name, role, True)

    @pytest.mark.parametrize("text", NO_WORDS)
    def test_is_not_known(self, text: str) -> None:
        assert load_terminology().analyte_of([], text) is None

    def test_every_name_in_the_data_finds_its_analyte(self) -> None:
        terminology = load_terminology()
        for analyte in CATALOGUE.analytes.values():
            for rule in analyte.text:
                for name in rule.names:
                    found = terminology.analyte_of([], name)
                    assert found is not None, (analyte.name, name)
                    assert (found.analyte.name, found.analyte.role) == (analyte.name, rule.role), name

    def test_a_code_speaks_before_the_words(self) -> None:
        found = load_terminology().analyte_of([(LOINC, "4485-9")], "Complement C4")
        assert found is not None
        assert (found.analyte.name, found.by_text) == ("c3", False)

    def test_an_unknown_loinc_code_overrules_words_that_name_no_specimen(self) -> None:
        """A bare "Creatinine" under a code that is none of ours may be of any body fluid."""
        terminology = load_terminology()
        assert terminology.analyte_of([(LOINC, "99999-9")], "CK") is None
        named = terminology.analyte_of(
            [(LOINC, "99999-9")], "Creatinine [Mass/volume] in Serum or Plasma by Jaffe"
        )
        assert named is not None
        assert named.by_text

    def test_a_local_code_leaves_the_words(self) -> None:
        found = load_terminology().analyte_of([("urn:local", "X1"), (None, "2160-0")], "HBsAg")
        assert found is not None
        assert found.by_text
