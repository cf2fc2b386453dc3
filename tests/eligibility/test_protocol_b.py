"""Trial B, NCT05247203: what its examples cannot express – completeness and verbatim words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from eligibility.loading import bundled_files, parse_protocol
from eligibility.protocol import Protocol, part_ids

SOURCE = Path(__file__).parents[1] / "data" / "protocols" / "nct05247203.txt"


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    path = next(path for path in bundled_files() if path.stem == "nct05247203")
    return parse_protocol(path.read_text(encoding="utf-8"), path)[0]


def source_criteria() -> dict[str, str]:
    """The numbered criteria of the registry text, by id; sub-lists stay within their criterion."""
    text = SOURCE.read_text(encoding="utf-8").replace("\\", "")
    inclusion, exclusion = text.split("Exclusion Criteria:")
    found: dict[str, str] = {}
    for letter, block in (("I", inclusion), ("E", exclusion)):
        expected = 1
        current: list[str] = []
        for line in block.splitlines():
            match = re.match(r"^(\d+)\. (.*)$", line.strip())
            # Exclusion 3 has a list of its own, 1 to 5, before the numbering goes on with 4.
            within_three = letter == "E" and expected == 4 and len(current) < 6 and "E3" in found
            if match and int(match[1]) == expected and not (within_three and current_is_list(current)):
                key = f"{letter}{expected}"
                found[key] = match[2]
                current = [match[2]]
                expected += 1
            elif found and line.strip() and letter == next(reversed(found))[0]:
                key = next(reversed(found))
                found[key] += " " + re.sub(r"^\d+\. ", "", line.strip())
                current.append(line.strip())
    return found


def current_is_list(lines: list[str]) -> bool:
    return len(lines) < 6 and lines[0].startswith("Laboratory abnormalities")


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().rstrip(";.").strip()


def test_all_6_inclusion_and_16_exclusion_criteria_are_there_in_order(protocol: Protocol) -> None:
    ids = [criterion.id for criterion in protocol.criteria]
    assert ids == [*(f"I{i}" for i in range(1, 7)), *(f"E{i}" for i in range(1, 17))]


@pytest.mark.parametrize("criterion_id", [*(f"I{i}" for i in range(1, 7)), *(f"E{i}" for i in range(1, 17))])
def test_the_words_are_those_of_the_registry(protocol: Protocol, criterion_id: str) -> None:
    criterion = next(c for c in protocol.criteria if c.id == criterion_id)
    expected = words(source_criteria()[criterion_id])
    if criterion_id == "E3":
        told = " ".join(
            [criterion.text, *(f"{part.text};" for part in criterion.parts or () if part.id != "E3.0")]
        )
        assert words(told) == expected
    else:
        assert words(criterion.text) == expected


def test_sub_criteria_have_findings_of_their_own(protocol: Protocol) -> None:
    parts = [part for criterion in protocol.criteria for part in part_ids(criterion)]
    for wanted in (
        *(f"E1{letter}" for letter in "abcde"),
        *(f"E3.{number}" for number in range(1, 6)),
        *(f"E12{letter}" for letter in "abc"),
    ):
        assert wanted in parts


def test_every_window_that_the_protocol_does_not_give_names_its_assumption(protocol: Protocol) -> None:
    assert all(window.assumption for window in protocol.freshness.values())
