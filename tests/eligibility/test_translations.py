"""A protocol file may translate its own words; the English binds, and no translation outlives its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from eligibility.errors import ProtocolError
from eligibility.loading import bundled_files, parse_protocol
from fhir_mappings.phrases import said

QUESTION = "Does active nephritis require medications that the protocol prohibits?"
FILE = next(path for path in bundled_files() if path.stem == "nct05247203")


def parsed(path: Path = FILE, **changed: str) -> str:
    text = path.read_text("utf-8")
    for old, new in changed.items():
        text = text.replace(old, new)
    return text


def test_the_title_is_translated_and_english_by_itself() -> None:
    protocol, _ = parse_protocol(parsed(), FILE)
    assert protocol.title == "Telitacicept Study in Chinese Subjects With Systemic Lupus Erythematosus"
    assert said(protocol.title, "zh-CN") == "泰它西普在中国系统性红斑狼疮受试者中的研究"
    assert said(protocol.title, "en") == protocol.title


def test_the_words_of_a_criterion_stay_those_of_the_registry() -> None:
    protocol, _ = parse_protocol(parsed(), FILE)
    for criterion in protocol.criteria:
        assert said(criterion.text, "zh-CN") == criterion.text


def test_a_translation_of_words_that_the_file_lacks_is_refused_with_its_line() -> None:
    text = parsed() + '    "No such words": "没有这样的话"\n'
    with pytest.raises(ProtocolError) as refused:
        parse_protocol(text, FILE)
    (problem,) = refused.value.problems
    assert problem.line == text.count("\n")
    assert "words that the file lacks" in problem.reason


def test_words_that_were_changed_lose_their_translation_and_that_is_noticed() -> None:
    first, second = parsed().split(QUESTION, 1)
    with pytest.raises(ProtocolError, match="words that the file lacks"):
        parse_protocol(f"{first}{QUESTION} By whom?{second}", FILE)


def test_a_language_that_we_lack_is_refused() -> None:
    with pytest.raises(ProtocolError):
        parse_protocol(parsed().replace("  zh-CN:", "  de:"), FILE)
