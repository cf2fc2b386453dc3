"""A protocol as a Markdown page: each criterion's words, reading, definition and examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from eligibility.protocol import Criterion, Example, Part, Protocol, Statement

_STATEMENTS = ("requires", "excludes", "cases", "table", "timeline")
_WIDTH = 100


def protocol_page(protocol: Protocol) -> str:
    """The page, ending with a newline."""
    return "\n".join(_lines(protocol)) + "\n"


def _lines(protocol: Protocol) -> Iterator[str]:
    yield f"# {protocol.short_title}"
    yield ""
    yield f"{protocol.title}. `{protocol.id}`, version {protocol.version} of this reading, {protocol.status}."
    yield f"[Registry]({protocol.registry_url}). Words of the criteria: {protocol.source}."
    yield ""
    yield "This page is made from the protocol file by `scripts/protocol_pages.py`."
    yield "How to read it: [writing a protocol](../writing-a-protocol.md)."
    yield ""
    yield "## Assumptions"
    yield ""
    for assumption in protocol.assumptions:
        yield f"- **{assumption.id}** {_plain(assumption.text)}"
    yield ""
    yield "## Freshness"
    yield ""
    yield "| name | window | assumption |"
    yield "|---|---|---|"
    for name, window in protocol.freshness.items():
        before = f"{window.before} before {window.anchor}" if window.before else f"until {window.anchor}"
        yield f"| `{name}` | {before} | {window.assumption or ''} |"
    yield ""
    yield "## Who has the disease"
    yield ""
    yield from _grades(protocol)
    yield from _yaml({"applies_to": _dump(protocol)["applies_to"]})
    yield from _examples(protocol.applies_to_examples)
    for criterion in protocol.criteria:
        yield from _criterion(criterion)


def _grades(protocol: Protocol) -> Iterator[str]:
    if not protocol.grades:
        return
    yield "Grades of evidence, strongest first; the first that holds is the gate."
    yield ""
    yield "| grade | shown by | enough for a card | assumptions |"
    yield "|---|---|---|---|"
    for grade in protocol.grades:
        yield f"| `{grade.grade}` | {_cell(grade.label)} | {grade.opens} | {', '.join(grade.assumptions)} |"
    yield ""


def _criterion(criterion: Criterion) -> Iterator[str]:
    yield ""
    yield f"## {criterion.id}"
    yield ""
    yield f"> {_plain(criterion.text)}"
    yield ""
    yield from _account(criterion)
    yield from _statement(criterion)
    for part in criterion.parts or ():
        yield from _part(part)
    yield from _examples(criterion.examples)


def _part(part: Part) -> Iterator[str]:
    yield ""
    yield f"### {part.id}"
    yield ""
    yield f"> {_plain(part.text)}"
    yield ""
    yield from _account(part)
    yield from _statement(part)
    for inner in part.parts or ():
        yield from _part(inner)


def _account(statement: Criterion | Part) -> Iterator[str]:
    if statement.reading:
        yield f"Read as: {_plain(statement.reading)}"
        yield ""
    if statement.assumptions:
        yield f"Assumptions: {', '.join(statement.assumptions)}"
        yield ""
    for note in statement.notes:
        yield f"*{_plain(note)}*"
        yield ""


def _statement(statement: Statement) -> Iterator[str]:
    dumped = _dump(statement)
    asked = {name: dumped[name] for name in _STATEMENTS if name in dumped}
    if asked:
        yield from _yaml(asked)


def _examples(examples: list[Example]) -> Iterator[str]:
    if not examples:
        return
    yield ""
    yield "| example | of | outcome |"
    yield "|---|---|---|"
    for example in examples:
        outcome: str = example.outcome
        if example.grade:
            outcome += f", grade {example.grade}"
        if example.leaning:
            outcome += f", leaning {example.leaning}"
        if example.clears_on:
            outcome += f", clears on {example.clears_on}"
        if example.why:
            outcome += f" ({example.why})"
        if example.needs:
            outcome += f": {', '.join(example.needs)}"
        yield f"| {_cell(example.name)} | {example.part or ''} | {outcome} |"


def _dump(model: Protocol | Statement) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _yaml(content: dict[str, Any]) -> Iterator[str]:
    yield "```yaml"
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_WIDTH, default_flow_style=None)
    yield from text.rstrip().splitlines()
    yield "```"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")
