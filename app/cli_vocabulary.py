"""``trialcards protocols vocabulary``: the names that a protocol may use."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from app.console import terminal
from fhir_mappings.facts import InputDescription
from fhir_mappings.inputs import describe, input_names
from fhir_mappings.terminology import load_terminology


def print_vocabulary(
    kind: Annotated[
        Literal["inputs", "classes", "code-sets"],
        typer.Argument(help="Criterion inputs, classes of code sets, or the code sets."),
    ] = "inputs",
    search: Annotated[str, typer.Option("--search", help="Only names or labels that hold this text.")] = "",
) -> None:
    """List the names that a protocol may use.

    \b
    Examples:
      trialcards protocols vocabulary
      trialcards protocols vocabulary classes
      trialcards protocols vocabulary code-sets --search rituximab
    """
    if kind == "inputs":
        rows = [_input_row(described) for name in input_names() if (described := describe(name)) is not None]
        headings = ("input", "label", "unit", "units and categories")
    else:
        terminology = load_terminology()
        names = terminology.class_names if kind == "classes" else terminology.concept_names
        headings = ("name", "label", "members", "")
        rows = [(name, terminology.label(name), _members(name), "") for name in sorted(names)]
    wanted = search.casefold()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        if wanted in " ".join(row[:2]).casefold():
            table.add_row(*(Text(cell) for cell in row))
    terminal().print(table)


def _input_row(described: InputDescription) -> tuple[str, str, str, str]:
    units = [unit for unit in described.units if unit != described.unit]
    unit = "" if described.kind == "category" else described.unit
    return described.name, described.label, unit, ", ".join([*units, *described.categories])


def _members(name: str) -> str:
    members = load_terminology().expand(name) or frozenset()
    return "" if members == {name} else ", ".join(sorted(members))
