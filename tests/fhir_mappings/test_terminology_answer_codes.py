"""Codes of what is found: reports, and answers that are positive or negative."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import SNOMED, T, concepts

LOINC = "http://loinc.org"

V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


class TestReports:
    def test_chest_imaging(self) -> None:
        for code in ("36643-5", "24648-8", "30745-4"):
            assert concepts(LOINC, code, "report") == {"report_chest_xray"}
        assert concepts(LOINC, "24627-2", "report") == {"report_chest_ct"}

    def test_surgical_pathology_is_of_any_organ_until_its_words_say_which(self) -> None:
        both = {"report_surgical_pathology", "report_kidney_biopsy"}
        assert concepts(LOINC, "11529-5", "report") == both
        assert concepts(LOINC, "11529-5", "report", "Renal biopsy pathology report") == both
        assert concepts(LOINC, "11529-5", "report", "Skin biopsy, left arm") == {"report_surgical_pathology"}
        assert concepts(LOINC, "11529-5", "report", "结肠活检病理") == {"report_surgical_pathology"}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("CT chest without contrast", "report_chest_ct"),
            ("胸部CT平扫", "report_chest_ct"),
            ("Chest X-ray, 2 views", "report_chest_xray"),
            ("胸部正侧位片", "report_chest_xray"),
            ("Kidney biopsy", "report_kidney_biopsy"),
            ("肾穿刺活检病理报告", "report_kidney_biopsy"),
            ("Flow cytometry, B cell panel", "report_flow_cytometry"),
        ],
    )
    def test_words(self, text: str, expected: str) -> None:
        found = T.concepts_of([], text, kinds="report")
        assert expected in found.concepts
        assert found.by_text


class TestAnswers:
    @pytest.mark.parametrize(
        ("system", "code", "expected"),
        [
            (SNOMED, "10828004", "positive"),
            (SNOMED, "260385009", "negative"),
            (SNOMED, "260415000", "negative"),
            (SNOMED, "260373001", "positive"),
            (SNOMED, "131194007", "negative"),
            (SNOMED, "11214006", "positive"),
            (SNOMED, "419984006", "equivocal"),
            (SNOMED, "42425007", "equivocal"),
            (SNOMED, "260408008", "equivocal"),
            (SNOMED, "77386006", "positive"),
            (SNOMED, "60001007", "negative"),
            (SNOMED, "152231000119106", "equivocal"),
            (SNOMED, "17621005", "normal"),
            (LOINC, "LA6576-8", "positive"),
            (LOINC, "LA6577-6", "negative"),
            (LOINC, "LA11883-8", "negative"),
            (LOINC, "LA15256-3", "negative"),
            (LOINC, "LA15173-0", "positive"),
            (LOINC, "LA26683-5", "negative"),
            (LOINC, "LA4489-6", None),
            (V3, "POS", "positive"),
            (V3, "NEG", "negative"),
            (V3, "ND", "negative"),
            (V3, "NR", "negative"),
            (V3, "IND", "equivocal"),
            (V3, "WR", "equivocal"),
            (V3, "H", "high"),
            (V3, "HH", "high"),
            (V3, "L", "low"),
            (V3, "N", "normal"),
            (V3, "A", None),
            ("http://hl7.org/fhir/v2/0078", "H", "high"),
            (SNOMED, "55464009", None),
            ("urn:local", "POS", None),
        ],
    )
    def test_category(self, system: str, code: str, expected: str | None) -> None:
        assert T.category_of_codings([(system, code)]) == expected

    def test_a_qualitative_answer_goes_before_a_level_and_contradictions_say_nothing(self) -> None:
        assert T.category_of_codings([(V3, "H"), (V3, "POS")]) == "positive"
        assert T.category_of_codings([(V3, "NEG"), (V3, "POS")]) is None
        assert T.category_of_codings([(V3, "H"), (V3, "L")]) is None
        assert T.category_of_codings([]) is None

    @pytest.mark.parametrize(
        ("system", "code", "grade"),
        [
            (LOINC, "LA11841-6", "1+"),
            (LOINC, "LA11844-0", "4+"),
            (SNOMED, "260405006", "trace"),
            (SNOMED, "260385009", "negative"),
            (SNOMED, "10828004", None),
        ],
    )
    def test_steps_of_a_strip(self, system: str, code: str, grade: str | None) -> None:
        assert T.grade_of_codings([(system, code)]) == grade
