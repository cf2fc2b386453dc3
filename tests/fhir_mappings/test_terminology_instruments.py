"""Scores and questionnaires by their names and codes: instrument, item, domain."""

from __future__ import annotations

import pytest

from tests.fhir_mappings.terms import T


class TestInstruments:
    @pytest.mark.parametrize(
        ("text", "instrument", "item", "domain"),
        [
            ("SLEDAI-2K total score", "sledai_2k", None, None),
            ("SLEDAI-2K", "sledai_2k", None, None),
            ("SLEDAI-2K总分", "sledai_2k", None, None),
            ("SLEDAI 2000 score", "sledai_2k", None, None),
            ("SELENA-SLEDAI", "selena_sledai", None, None),
            ("SELENA SLEDAI total score", "selena_sledai", None, None),
            ("SELENA-SLEDAI评分", "selena_sledai", None, None),
            ("Clinical SELENA-SLEDAI score", "clinical_selena_sledai", None, None),
            ("Clinical SLEDAI-2K", "clinical_sledai_2k", None, None),
            ("SLEDAI score", "sledai", None, None),
            ("SLEDAI评分", "sledai", None, None),
            ("系统性红斑狼疮疾病活动度评分 SLEDAI-2K", "sledai_2k", None, None),
            ("SLEDAI-2K: Arthritis", "sledai_2k", "arthritis", None),
            ("SLEDAI-2K 关节炎", "sledai_2k", "arthritis", None),
            ("SLEDAI-2K - Increased DNA binding", "sledai_2k", "increased_dna_binding", None),
            ("SELENA-SLEDAI proteinuria", "selena_sledai", "proteinuria", None),
            ("BILAG-2004 Renal grade", "bilag_2004", None, "renal"),
            ("BILAG-2004 肾脏", "bilag_2004", None, "renal"),
            ("BILAG-2004 mucocutaneous domain", "bilag_2004", None, "mucocutaneous"),
            ("Number of BILAG-2004 A grades", "bilag_2004", "a_count", None),
            ("BILAG", "bilag", None, None),
            ("PHQ-9", "phq9", None, None),
            ("PHQ-9 total score", "phq9", None, None),
            ("Patient Health Questionnaire 9 item total score", "phq9", None, None),
            ("PHQ-9 item 9", "phq9", "item-9", None),
            ("NYHA class", "nyha", None, None),
            ("New York Heart Association functional classification", "nyha", None, None),
            ("ACR 1997 criteria", "acr_1997", None, None),
            ("EULAR/ACR 2019 score", "eular_acr_2019", None, None),
            ("C-SSRS suicidal ideation", "cssrs", "ideation", None),
        ],
    )
    def test_words(self, text: str, instrument: str, item: str | None, domain: str | None) -> None:
        found = T.instrument_of([], text)
        assert found is not None
        assert (found.instrument, found.item, found.domain, found.by_text) == (instrument, item, domain, True)

    @pytest.mark.parametrize(
        "text",
        [
            "SLEDAI-2K assessor name",
            "SLEDAI-2K change from previous",
            "SLICC damage index",
            "Pain score",
            "DAS28",
            "Sodium",
            "",
            "Selena Gomez",
        ],
    )
    def test_what_is_neither_total_nor_item_is_not_understood(self, text: str) -> None:
        assert T.instrument_of([], text) is None

    @pytest.mark.parametrize(
        ("system", "code", "instrument", "item"),
        [
            ("http://loinc.org", "44261-6", "phq9", None),
            ("http://loinc.org", "44260-8", "phq9", "item-9"),
            ("http://loinc.org", "44250-9", "phq9", "item-1"),
            ("http://loinc.org", "44249-1", "phq9", None),
            ("http://snomed.info/sct", "420913000", "nyha", "III"),
        ],
    )
    def test_codes(self, system: str, code: str, instrument: str, item: str | None) -> None:
        found = T.instrument_of([(system, code)], None)
        assert found is not None
        assert (found.instrument, found.item, found.by_text) == (instrument, item, False)
