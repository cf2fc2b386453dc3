"""The reference pages of the protocols are those of the protocols as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.rendering.protocol_page import protocol_page
from eligibility.loading import bundled_files, parse_protocol
from eligibility.protocol import Protocol, part_ids

DOCS = Path(__file__).parents[2] / "docs" / "protocols"


def read(path: Path) -> Protocol:
    return parse_protocol(path.read_text(encoding="utf-8"), path)[0]


@pytest.mark.parametrize("path", bundled_files(), ids=lambda path: path.stem)
def test_the_page_is_up_to_date(path: Path) -> None:
    protocol = read(path)
    page = (DOCS / f"{protocol.id}.md").read_text(encoding="utf-8")
    assert page == protocol_page(protocol), "run: python scripts/protocol_pages.py"


@pytest.mark.parametrize("path", bundled_files(), ids=lambda path: path.stem)
def test_every_criterion_part_and_example_is_on_the_page(path: Path) -> None:
    protocol = read(path)
    page = protocol_page(protocol)
    for criterion in protocol.criteria:
        assert f"\n## {criterion.id}\n" in page
        assert all(f"### {part}\n" in page for part in part_ids(criterion))
    examples = sum(len(criterion.examples) for criterion in protocol.criteria)
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.count(" | ") == 2]
    assert len(rows) >= examples
