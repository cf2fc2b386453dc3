"""The code set files as data: codes well-formed, nothing contradictory, nothing that may not be shipped."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations

import pytest

from fhir_mappings import code_sets
from fhir_mappings.catalogue import FOLDER, CatalogueError, load_catalogue, read_csv, read_yaml
from fhir_mappings.code_sets import load_code_sets
from fhir_mappings.terminology import KINDS, load_terminology

DATA = FOLDER / "codesets"
SETS = load_code_sets(licensed_snomed=True)
FILES = {path.stem: read_csv(path) for path in sorted(DATA.glob("*.csv")) if path.stem != "products"}
SNOMED = [*FILES["snomed_gps"], *FILES["snomed_licensed"]]


def luhn_digit(identifier: str) -> int:
    """LOINC's Mod-10 check digit; letters count by their place in ASCII after 0."""
    total = 0
    for position, sign in enumerate(reversed(identifier)):
        value = ord(sign) - ord("0")
        total += 2 * value - value // 5 * 9 if position % 2 == 0 else value
    return -total % 10


_D5 = [[(i + j) % 5 if i < 5 and j < 5 else 0 for j in range(10)] for i in range(10)]
for _i in range(10):
    for _j in range(10):
        if _i < 5:
            _D5[_i][_j] = (_i + _j) % 5 if _j < 5 else 5 + (_i + _j) % 5
        else:
            _D5[_i][_j] = 5 + (_i - _j) % 5 if _j < 5 else (_i - _j) % 5
_PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def verhoeff_holds(number: str) -> bool:
    """SNOMED CT's check digit, by the dihedral group D5."""
    check = 0
    for position, sign in enumerate(reversed(number)):
        digit = int(sign)
        for _ in range(position):
            digit = _PERMUTATION[digit]
        check = _D5[check][digit]
    return check == 0


class TestCheckDigits:
    def test_the_check_itself(self) -> None:
        assert luhn_digit("2160") == 0
        assert verhoeff_holds("55464009")
        assert not verhoeff_holds("55464008")
        assert not verhoeff_holds("55464090")

    def test_every_loinc_code(self) -> None:
        for row in FILES["loinc"]:
            number, _, digit = row["code"].partition("-")
            assert luhn_digit(number) == int(digit), row

    def test_every_loinc_answer(self) -> None:
        for row in FILES["answers"]:
            if row["system"] == "loinc":
                number, _, digit = row["code"].partition("-")
                assert luhn_digit(number) == int(digit), row

    def test_every_snomed_code(self) -> None:
        codes = [row["code"] for row in SNOMED]
        codes += [row["code"] for row in FILES["answers"] if row["system"] == "snomed"]
        for code in codes:
            assert verhoeff_holds(code), code


class TestForm:
    def test_codes_look_like_codes_of_their_system(self) -> None:
        forms = {
            "icd10": r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?(-[A-Z]\d[0-9A-Z])?(\+[A-Z]\d\d(\.\d)?)?",
            "rxnorm": r"\d+",
            "atc": r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?",
            "cvx": r"\d{2,3}",
            "icd10pcs": r"[0-9A-HJ-NP-Z]{7}",
            "snomed_gps": r"\d{6,18}",
            "snomed_licensed": r"\d{6,18}",
            "loinc": r"\d{1,5}-\d",
        }
        for name, form in forms.items():
            for row in FILES[name]:
                assert re.fullmatch(form, row["code"]), (name, row)

    def test_every_row_says_what_the_code_means_and_where_it_was_seen(self) -> None:
        for name, rows in FILES.items():
            if name == "half_lives":
                continue
            for row in rows:
                assert row["display"], (name, row)
                if row["confidence"] != "recalled":
                    assert row["source"], (name, row)
                assert row["confidence"] in {"two", "verified", "recalled"}, (name, row)

    def test_no_row_twice(self) -> None:
        for name, rows in FILES.items():
            keys = [
                tuple(row.get(k, "") for k in ("target", "concept", "system", "code", "match", "edition"))
                for row in rows
            ]
            assert len(keys) == len(set(keys)), name

    def test_ranges_and_categories_are_sound(self) -> None:
        for row in FILES["icd10"]:
            if row["match"] == "range":
                first, _, last = row["code"].partition("-")
                assert first <= last, row
            assert row["match"] in {"prefix", "range", "except", "pair"}, row
            assert row["edition"] in {"", "cm", "who"}, row

    def test_every_exception_takes_something_away(self) -> None:
        positive = [row for row in FILES["icd10"] if row["match"] in {"prefix", "range"}]
        for row in FILES["icd10"]:
            if row["match"] != "except":
                continue
            code = row["code"].replace(".", "")
            covered = [
                other
                for other in positive
                if other["concept"] == row["concept"]
                and (
                    code.startswith(other["code"].replace(".", ""))
                    if other["match"] == "prefix"
                    else other["code"][:3] <= code[:3] <= other["code"][-3:]
                )
            ]
            assert covered, row


class TestLicences:
    def test_no_cpt_and_no_hcpcs(self) -> None:
        # CPT may not be shipped; five-digit procedure codes and J-codes would be its and HCPCS's.
        for row in FILES["icd10pcs"]:
            assert not re.fullmatch(r"\d{5}|[A-Z]\d{4}", row["code"]), row
        assert "cpt" not in {path.stem for path in DATA.iterdir()}

    def test_snomed_outside_the_global_patient_set_can_be_left_out(self) -> None:
        gps = {row["code"] for row in FILES["snomed_gps"]}
        licensed = {row["code"] for row in FILES["snomed_licensed"]}
        assert not gps & licensed
        code = next(
            row["code"]
            for row in FILES["snomed_licensed"]
            if row["concept"] == "cond_lupus_nephritis_class_4"
        )
        system = "http://snomed.info/sct"
        full, lean = load_terminology(), load_terminology(licensed_snomed=False)
        assert full.concepts_of([(system, code)], None, kinds="condition").concepts
        assert not lean.concepts_of([(system, code)], None, kinds="condition").concepts
        # What words say is not a matter of licence.
        assert lean.concepts_of([(system, code)], "SLE", kinds="condition").by_text

    def test_the_notices_of_the_owners_are_shipped(self) -> None:
        notice = (FOLDER.parent / "NOTICE").read_text(encoding="utf-8")
        for owner in (
            "LOINC",
            "Regenstrief",
            "UCUM",
            "SNOMED",
            "CC BY 4.0",
            "National Library of Medicine",
            "WHO Collaborating Centre",
            "CDC",
            "NCHS",
            "World Health Organization",
            "HL7",
        ):
            assert owner in notice, owner

    def test_recalled_codes_are_in_no_code_set(self) -> None:
        for name in ("snomed_gps", "snomed_licensed", "cvx", "icd10pcs", "icd10"):
            for row in FILES[name]:
                if row["confidence"] == "recalled":
                    found = SETS.codes.concepts(name.partition("_")[0], row["code"]) or frozenset()
                    assert row["concept"] not in found, row

    def test_recalled_codes_come_only_when_asked_for(self) -> None:
        asked = load_terminology(recalled=True)
        coding = ("http://snomed.info/sct", "413712001")
        assert asked.concepts_of([coding], None, kinds="condition").concepts == {"cond_lactation"}
        assert not load_terminology().concepts_of([coding], None, kinds="condition").concepts


CONTRADICTORY = [
    ("cond_sle", "cond_sle_drug_induced_exclude"),
    ("cond_sle", "cond_neonatal_lupus"),
    ("cond_tb_active", "cond_tb_latent"),
    ("cond_tb_active", "cond_tb_history"),
    ("cond_pregnancy", "cond_not_pregnant"),
    ("cond_pregnancy", "cond_pregnancy_abortive_outcome"),
    ("cond_pregnancy", "cond_delivery"),
    ("cond_hepatitis_b", "cond_hepatitis_b_immune"),
    ("cond_malignancy_any", "cond_malignancy_history"),
    ("cond_malignancy_any", "cond_benign_neoplasm"),
    ("cond_malignancy_any", "cond_carcinoma_in_situ"),
    ("cond_malignancy_any", "cond_mgus"),
    ("cond_malignancy_any", "cond_neoplasm_uncertain"),
    ("cond_cervical_carcinoma_in_situ", "cond_cervical_intraepithelial_neoplasia"),
    ("cond_basal_cell_carcinoma", "cond_squamous_cell_carcinoma_skin"),
    ("cond_basal_cell_carcinoma", "cond_skin_cancer_unspecified"),
    ("cond_myocardial_infarction", "cond_myocardial_infarction_history"),
    ("cond_stroke_cva", "cond_stroke_history"),
    ("cond_stroke_cva", "cond_stroke_sequelae"),
    ("cond_stroke_cva", "cond_tia"),
    ("cond_herpes_zoster", "cond_postherpetic_neuralgia"),
    ("cond_depression", "cond_depression_in_remission"),
    ("cond_seizure", "cond_febrile_convulsion"),
    ("cond_primary_immunodeficiency", "cond_drug_induced_immunodeficiency"),
    ("cond_immunoglobulin_deficiency", "cond_acquired_hypogammaglobulinemia"),
    ("cond_ckd_esrd", "cond_ckd_stage_4"),
    ("cond_ckd_esrd", "cond_acute_kidney_injury"),
    ("cond_substance_abuse", "cond_tobacco_use"),
    ("cond_gi_ulcer", "cond_oral_or_mucosal_ulcer"),
    ("cond_dementia_cognitive", "cond_mild_cognitive_impairment"),
    ("proc_hemodialysis", "proc_peritoneal_dialysis"),
    ("proc_hemodialysis", "proc_crrt"),
    ("proc_pci", "proc_coronary_angiography"),
    ("proc_cabg", "cond_coronary_revascularisation_status"),
    ("proc_pacemaker_icd", "cond_cardiac_device_status"),
    ("vaccine_live", "vaccine_nonlive"),
    ("vaccine_live", "vaccine_nonlive_zoster_recombinant_exclude"),
    ("vaccine_live", "vaccine_unspecified_may_be_live"),
    ("drug_ivig_immunoglobulin", "drug_scig_immunoglobulin"),
    ("drug_ivig_immunoglobulin", "drug_specific_immunoglobulin"),
    ("allergen_none_known", "allergen_drug_unspecified"),
    *combinations([f"cond_lupus_nephritis_class_{n}" for n in range(1, 7)], 2),
    *combinations([f"cond_nyha_class_{n}" for n in range(1, 5)], 2),
]


def codes_of(concept: str) -> set[tuple[str, str]]:
    """Codes that were given for a concept; categories by their own code."""
    found = set()
    for name, rows in FILES.items():
        for row in rows:
            if (
                "code" in row
                and row.get("concept") == concept
                and row.get("match", "") not in {"except", "range", "pair"}
            ):
                found.add((name.partition("_")[0], row["code"]))
    return found


class TestConcepts:
    @pytest.mark.parametrize(("one", "other"), CONTRADICTORY)
    def test_no_code_belongs_to_two_that_contradict_each_other(self, one: str, other: str) -> None:
        for concept, opposite in ((one, other), (other, one)):
            assert concept in SETS.concepts
            for system, code in codes_of(concept):
                keys = ("icd10", "icd10cm") if system == "icd10" else (system,)
                for key in keys:
                    plain = code.replace(".", "") if system == "icd10" else code
                    found = SETS.codes.concepts(key, plain) or frozenset()
                    assert opposite not in found, (code, concept, opposite)

    def test_a_product_names_one_drug_or_is_a_combination(self) -> None:
        """Products with two of these ingredients are fixed combinations: contraceptives, analgesics."""
        allowed = set(load_terminology().expand("class_hormonal_contraceptive") or ()) | set(
            load_terminology().expand("class_nsaid") or ()
        )
        for rxcui, product in SETS.products.items():
            if len(product.concepts) > 1:
                assert product.concepts & allowed or product.concepts <= {
                    "drug_rifampin",
                    "drug_aspirin",
                    "drug_dexamethasone",
                    "drug_celecoxib",
                }, (rxcui, product)

    def test_every_concept_is_of_a_kind_and_has_a_label(self) -> None:
        prefixes = {prefix for kinds in KINDS.values() for prefix in kinds}
        for name, concept in SETS.concepts.items():
            assert name.partition("_")[0] in prefixes, name
            assert concept.label, name

    def test_every_concept_can_be_reached_by_a_code_or_by_words(self) -> None:
        coded = {row["concept"] for rows in FILES.values() for row in rows if "concept" in row}
        coded |= {row["target"] for row in FILES["loinc"]}
        coded |= {concept for product in SETS.products.values() for concept in product.concepts}
        histories = {concept.past for concept in SETS.concepts.values()}
        for name, concept in SETS.concepts.items():
            assert name in coded or concept.names or concept.patterns or concept.only or name in histories, (
                name
            )

    def test_patterns_compile(self) -> None:
        for name, concept in SETS.concepts.items():
            for pattern in (*concept.patterns, *concept.unless, *concept.unless_coded):
                assert re.compile(pattern), name

    def test_a_fallback_yields_to_what_exists(self) -> None:
        for name, concept in SETS.concepts.items():
            assert concept.fallback or not concept.yields_to, name
            for other in concept.yields_to:
                members = load_terminology().expand(other)
                assert members, (name, other)
                assert name not in members, name

    def test_a_history_is_a_concept(self) -> None:
        for concept in SETS.concepts.values():
            assert concept.past is None or concept.past in SETS.concepts


class TestClasses:
    def test_every_class_expands_to_existing_concepts(self) -> None:
        terminology = load_terminology()
        for name in terminology.class_names:
            members = terminology.expand(name)
            assert members, name
            assert members <= set(SETS.concepts), name
            assert terminology.label(name) != name

    def test_no_class_names_a_member_twice(self) -> None:
        for name, group in SETS.classes.items():
            assert len(group.members) == len(set(group.members)), name

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("class_b_cell_targeted", "class_b_cell_targeted_review"),
            ("class_il_receptor_blocker", "class_il_ligand_blocker"),
            ("class_tnf_inhibitor", "class_il_receptor_blocker"),
            ("class_live_vaccine", "class_possibly_live_vaccine"),
            ("class_systemic_glucocorticoid", "class_glucocorticoid_not_summed"),
            ("class_malignancy", "class_malignancy_past"),
            ("class_major_psychiatric", "class_minor_psychiatric"),
            ("class_immunodeficiency", "class_secondary_immunodeficiency"),
            ("class_severe_liver_disease", "class_liver_disease_review"),
            ("class_cns_disease", "class_cns_disease_review"),
            ("class_acute_infection", "class_minor_infection"),
            ("class_active_tuberculosis", "class_latent_or_past_tuberculosis"),
            ("class_humanized_biologic", "class_other_therapeutic_protein"),
            ("class_antineoplastic", "class_conventional_immunosuppressant"),
            ("class_ivig", "class_immunoglobulin_review"),
            ("class_tripterygium", "class_tripterygium_related"),
        ],
    )
    def test_what_is_certain_and_what_needs_judgement_do_not_overlap(self, one: str, other: str) -> None:
        terminology = load_terminology()
        assert not (terminology.expand(one) or frozenset()) & (terminology.expand(other) or frozenset())

    def test_a_name_that_is_neither_expands_to_nothing(self) -> None:
        assert load_terminology().expand("class_imagined") is None
        assert load_terminology().label("class_imagined") == "class_imagined"

    def test_a_concept_expands_to_itself(self) -> None:
        assert load_terminology().expand("cond_sle") == {"cond_sle"}

    def test_half_lives_are_of_drugs_and_have_a_source(self) -> None:
        """The upper published value: a wash-out of five half-lives must not be too short."""
        terminology = load_terminology()
        for row in FILES["half_lives"]:
            assert terminology.half_life_days(row["concept"]) == float(row["days"]) > 0
            assert row["source"]
            assert row["confidence"] in {"cited", "recalled"}
        assert terminology.half_life_days("drug_belimumab") == 19.8
        assert terminology.half_life_days("drug_telitacicept") == 12.5
        assert terminology.half_life_days("drug_rituximab") == 32
        assert terminology.half_life_days("drug_car_t") is None


class TestFaultyData:
    def test_an_unknown_member_of_a_class_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = read_yaml
        monkeypatch.setattr(
            code_sets,
            "read_yaml",
            lambda path: (
                {"class_x": {"label": "x", "members": ["drug_imagined"]}}
                if path.name == "classes.yaml"
                else read(path)
            ),
        )
        with pytest.raises(CatalogueError, match="drug_imagined"):
            load_code_sets(licensed_snomed=True)

    def test_a_code_of_an_unknown_concept_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = read_csv
        row = {"concept": "cond_imagined", "code": "1", "display": "x", "confidence": "two", "source": "x"}
        monkeypatch.setattr(
            code_sets, "read_csv", lambda path: [row] if path.name == "cvx.csv" else read(path)
        )
        with pytest.raises(CatalogueError, match="cond_imagined"):
            load_code_sets(licensed_snomed=True)

    def test_an_unknown_kind_of_match_is_an_error(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read = read_csv
        row = {
            "concept": "cond_sle",
            "code": "M32",
            "match": "sometimes",
            "edition": "",
            "display": "x",
            "confidence": "two",
            "source": "x",
        }
        monkeypatch.setattr(
            code_sets, "read_csv", lambda path: [row] if path.name == "icd10.csv" else read(path)
        )
        with pytest.raises(CatalogueError, match="sometimes"):
            load_code_sets(licensed_snomed=True)


def test_everything_loads_within_its_time() -> None:
    """Below 400 ms in a fresh process, imports not counted; products are read once."""
    program = (
        "import time, fhir_mappings.terminology as t\n"
        "start = time.process_time(); t.load_terminology(); print(time.process_time() - start)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    assert float(run.stdout) < 0.4
    assert load_terminology() is load_terminology()
    assert load_catalogue() is load_catalogue()
