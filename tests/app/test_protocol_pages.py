"""The page of clinical readings is that of the protocols as they are, and leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.rendering.clinical_readings import clinical_readings
from app.rendering.example_words import chart_words
from eligibility.loading import bundled_files, parse_protocol
from eligibility.protocol import Example, Protocol, part_ids
from fhir_mappings.vocabulary import vocabulary

PAGE = Path(__file__).parents[2] / "docs" / "clinical-readings.md"
PROTOCOLS = [parse_protocol(path.read_text(encoding="utf-8"), path)[0] for path in bundled_files()]


@pytest.fixture(scope="module")
def page() -> str:
    return clinical_readings(PROTOCOLS, vocabulary())


def test_the_page_is_up_to_date(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "run: make pages"


def test_the_page_begins_with_how_to_read_it_and_how_to_object(page: str) -> None:
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    assert headings[:3] == ["How the criteria are read", "How to read it", "How to object"]


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.id)
def test_every_sentence_reading_assumption_window_and_example_is_on_the_page(
    page: str, protocol: Protocol
) -> None:
    chapter = page[page.index(f"\n# {protocol.short_title}\n") :]
    for criterion in protocol.criteria:
        assert f"\n## {criterion.id}\n\n> {' '.join(criterion.text.split())}\n" in chapter
        assert f"**Read as:** {' '.join(criterion.reading.split())}\n" in chapter
        assert all(f"\n### {part}\n" in chapter for part in part_ids(criterion))
        for example in criterion.examples:
            assert f"{' '.join(example.name.split())} |" in chapter
    for assumption in protocol.assumptions:
        assert f"- **{assumption.id}** {' '.join(assumption.text.split())}" in chapter
    for name in protocol.freshness:
        assert f"| {name.replace('_', ' ')} |" in chapter


def test_every_name_that_a_statement_uses_leads_to_its_codes(page: str) -> None:
    statements, _, codes = page.partition("\n# Inputs\n")
    named = set(
        re.findall(r"\(`((?:class|cond|drug|proc|vaccine|report|obs|device|allergen)_\w+)`\)", statements)
    )
    assert len(named) > 50
    assert [name for name in sorted(named) if f"<summary><code>{name}</code>" not in codes] == []


def test_codes_are_listed_with_system_and_display_and_units_in_ucum(page: str) -> None:
    upcr = page[page.index("<summary><code>upcr</code>") :].partition("</details>")[0]
    assert "2890-2 Protein/Creatinine [Mass Ratio] in Urine" in upcr
    assert "`mg/mmol" in upcr
    sle = page[page.index("<summary><code>cond_sle</code>") :].partition("</details>")[0]
    assert "ICD-10: M32" in sle
    assert "SNOMED CT: " in sle


def test_no_line_of_the_page_is_said_twice_among_the_codes(page: str) -> None:
    summaries = re.findall(r"<summary><code>(\w+)</code>", page)
    assert len(summaries) == len(set(summaries))


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        ({}, "nothing on the whole record"),
        ({"patient": {"born": 1980, "sex": "female"}}, "female; born 1980"),
        (
            {"results": [{"alt": "121 U/L", "upper_limit": "40 U/L", "on": "2026-06-01"}]},
            "alanine aminotransferase 121 U/L (upper limit 40 U/L) on 2026-06-01",
        ),
        (
            {"results": [{"upcr": "2.1", "unusable": "unreadable", "detail": "no unit", "on": "2026-06-01"}]},
            "urine protein/creatinine ratio 2.1 (unreadable: no unit) on 2026-06-01",
        ),
        (
            {
                "events": [
                    {
                        "exposure": "drug_prednisone",
                        "start": "2026-01-01",
                        "ongoing": True,
                        "per_day": [0, 60],
                    }
                ]
            },
            "exposure: prednisone (0 to 60 mg a day) since 2026-01-01",
        ),
        (
            {"events": [{"diagnosis": "cond_sle", "start": 2020, "confirmed": False, "clinical": "active"}]},
            "diagnosis: systemic lupus erythematosus (not confirmed, active) from 2020",
        ),
        (
            {"assessments": [{"instrument": "sledai_2k", "total": 8, "complete": True, "on": "2026-06-01"}]},
            "complete SLEDAI-2K form with a total of 8 on 2026-06-01",
        ),
        (
            {"answers": [{"question": "a/E9/attributable", "value": True, "on": "2026-06-10"}]},
            "answered yes: attributable on 2026-06-10",
        ),
        ({"not_retrieved": ["Condition"]}, "not retrieved: Condition"),
    ],
)
def test_a_chart_in_words(chart: dict[str, object], words: str) -> None:
    assert chart_words(Example(name="x", chart=chart, outcome="pass"), vocabulary()) == words
