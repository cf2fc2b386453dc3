"""Trial A, NCT07517536: what its examples cannot express – completeness, verbatim words, named readings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from eligibility.loading import bundled_files, parse_protocol
from eligibility.protocol import Criterion, Part, Protocol, part_ids
from eligibility.windows import Window

SOURCE = Path(__file__).parents[1] / "data" / "protocols" / "nct07517536.txt"
INCLUSION = [f"I{i}" for i in range(1, 11)]
EXCLUSION = [f"E{i}" for i in range(1, 14)]

GIVEN_BY_THE_TEXT = {
    "neutrophils": "within two weeks prior to assessment",
    "hcg": "within seven days prior to enrollment",
    "biopsy": "within one year prior to screening or during the screening period",
    "chest_imaging": "at screening or at any time within six months prior to screening",
    "cardiovascular": "within six months prior to screening",
    "infection": "within one month prior to baseline",
    "other_trial": "within one month prior to enrollment",
}
"""Windows that the protocol itself gives, with its words; every other one is an assumption."""

CARVED_OUT = {"E9a.i", "E9a.ii", "E9c"}
"""The limits for which the text says "except in cases attributable to SLE"."""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    path = next(path for path in bundled_files() if path.stem == "nct07517536")
    return parse_protocol(path.read_text(encoding="utf-8"), path)[0]


def source_criteria() -> dict[str, str]:
    """The numbered criteria of the registry text, by id; a line without a number belongs to the one above."""
    inclusion, exclusion = SOURCE.read_text(encoding="utf-8").split("Exclusion Criteria:")
    found: dict[str, str] = {}
    for letter, block in (("I", inclusion), ("E", exclusion)):
        current = ""
        for line in block.splitlines():
            numbered = re.match(r"^(\d+)\. (.*)$", line)
            if numbered:
                current = f"{letter}{numbered[1]}"
                found[current] = numbered[2]
            elif current:
                found[current] += f" {line}"
    return found


def words(text: str) -> str:
    """The words without the punctuation that ends a list item."""
    return re.sub(r"\s+", " ", text).strip().rstrip(";.")


def every_statement(protocol: Protocol) -> Iterator[Criterion | Part]:
    def below(statement: Criterion | Part) -> Iterator[Criterion | Part]:
        yield statement
        for part in statement.parts or ():
            yield from below(part)

    for criterion in protocol.criteria:
        yield from below(criterion)


def nodes(value: object, kind: str) -> Iterator[object]:
    """All statements of a kind below a model, found in its data."""
    if isinstance(value, dict):
        if kind in value:
            yield value[kind]
        for inner in value.values():
            yield from nodes(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner, kind)


def test_all_10_inclusion_and_13_exclusion_criteria_are_there_in_order(protocol: Protocol) -> None:
    assert [criterion.id for criterion in protocol.criteria] == [*INCLUSION, *EXCLUSION]
    assert list(source_criteria()) == [*INCLUSION, *EXCLUSION]


@pytest.mark.parametrize("criterion_id", [*INCLUSION, *EXCLUSION])
def test_the_words_are_those_of_the_registry(protocol: Protocol, criterion_id: str) -> None:
    criterion = next(c for c in protocol.criteria if c.id == criterion_id)
    assert words(criterion.text) == words(source_criteria()[criterion_id])


def test_exclusion_8_and_9_have_a_finding_for_each_arm_and_each_organ(protocol: Protocol) -> None:
    parts = {criterion.id: part_ids(criterion) for criterion in protocol.criteria}
    assert parts["E8"] == ["E8.hbv", "E8.hcv", "E8.hiv", "E8.syphilis"]
    assert parts["E9"] == ["E9a.i", "E9a.ii", "E9b", "E9c", "E9d"]


def test_the_words_of_each_part_are_in_the_words_of_its_criterion(protocol: Protocol) -> None:
    for criterion in protocol.criteria:
        for part in criterion.parts or ():
            assert words(part.text) in words(criterion.text), part.id


def test_every_criterion_and_part_says_how_it_is_read(protocol: Protocol) -> None:
    assert [s.id for s in every_statement(protocol) if not s.reading] == []


def test_every_window_is_either_the_texts_own_or_names_its_assumption(protocol: Protocol) -> None:
    text = " ".join(criterion.text for criterion in protocol.criteria)
    for name, window in protocol.freshness.items():
        assert (window.assumption is None) is (name in GIVEN_BY_THE_TEXT), name
    for quote in GIVEN_BY_THE_TEXT.values():
        assert quote in text


def test_every_assumption_is_cited(protocol: Protocol) -> None:
    cited = {name for statement in every_statement(protocol) for name in statement.assumptions}
    cited |= {window.assumption for window in protocol.freshness.values() if window.assumption}
    assert {assumption.id for assumption in protocol.assumptions} - cited == set()


def test_sle_lifts_the_limits_that_the_text_names_and_no_other(protocol: Protocol) -> None:
    carved = {
        statement.id
        for statement in every_statement(protocol)
        if not statement.parts and list(nodes(statement.model_dump(by_alias=True), "carve_out"))
    }
    assert carved == CARVED_OUT
    for statement in every_statement(protocol):
        for carve_out in nodes(statement.model_dump(by_alias=True), "carve_out"):
            if isinstance(carve_out, dict) and not statement.parts:
                assert carve_out["question"] == "attributable-to-sle"


def test_wash_outs_and_tests_are_counted_from_the_anchor_that_the_text_names(protocol: Protocol) -> None:
    anchors = {name: window.anchor for name, window in protocol.freshness.items()}
    assert (anchors["hcg"], anchors["other_trial"]) == ("enrolment", "enrolment")
    assert anchors["infection"] == "baseline"
    assert anchors["cardiovascular"] == "screening"


def test_the_contradictions_of_the_text_stand_beside_it_on_every_report(protocol: Protocol) -> None:
    notes = {statement.id: " ".join(statement.notes) for statement in every_statement(protocol)}
    assert "must meet" in notes["E9"]
    assert "upper limit of quantification" in notes["E8.hbv"]


def test_a_biopsy_counts_for_a_year_before_screening_and_until_day_0(protocol: Protocol) -> None:
    assert protocol.freshness["biopsy"] == Window(anchor="screening", before="1 a", until="day0")
