"""axe-core's rules on a page: WCAG 2.2 level AA, and what axe-core holds to be good practice."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_SHOWN = 5
"""Elements that are told of each broken rule; one fault of a template is met a hundred times."""


def axe(page: Page) -> None:
    """Assert that axe-core finds no violation on the page as it stands. It needs JavaScript."""
    found = violations(page)
    assert not found, "\n".join(["axe-core:", *found])


def violations(page: Page) -> list[str]:
    """A paragraph for each broken rule: its name, what it asks for, and each element with what it lacks."""
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    return [_paragraph(violation) for violation in Axe().run(page, options=options).response["violations"]]


def _paragraph(violation: dict[str, Any]) -> str:
    lines = [f"{violation['id']} ({violation['impact']}): {violation['help']}"]
    nodes = violation["nodes"]
    for node in nodes[:_SHOWN]:
        lines.append(f"  {' '.join(map(str, node['target']))}  {node['html'][:120]}")
        lines += [f"    {check['message']}" for kind in ("any", "all", "none") for check in node[kind]]
    if len(nodes) > _SHOWN:
        lines.append(f"  and {len(nodes) - _SHOWN} more elements")
    return "\n".join(lines)
