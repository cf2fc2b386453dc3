"""``trialcards protocols vocabulary``: the names that a protocol may use."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from app.console import terminal
from fhir_mappings.catalogue import load_catalogue
from fhir_mappings.facts import ATTRIBUTE_VALUES, EVENT_TYPES, Event, EventKind, InputDescription
from fhir_mappings.inputs import describe, input_names
from fhir_mappings.terminology import load_terminology

_OF_EVERY_EVENT = ("start", "end", "ongoing", "confirmed", "status", "label")
_INNER = frozenset({*Event.__struct_fields__, "doses"})


def print_vocabulary(
    kind: Annotated[
        Literal["inputs", "classes", "code-sets", "events"],
        typer.Argument(
            help="Criterion inputs, classes of code sets, the code sets, or the kinds of event "
            "with their attributes."
        ),
    ] = "inputs",
    search: Annotated[str, typer.Option("--search", help="Only names or labels that hold this text.")] = "",
) -> None:
    """List the names that a protocol may use.

    \b
    Examples:
      trialcards protocols vocabulary
      trialcards protocols vocabulary --search creatinine
      trialcards protocols vocabulary classes
      trialcards protocols vocabulary code-sets --search rituximab
      trialcards protocols vocabulary events
    """
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    if kind == "inputs":
        headings = ("input", "label", "unit", "also, or categories", "comes from")
        rows = [_input_row(described) for name in input_names() if (described := describe(name)) is not None]
    elif kind == "events":
        headings = ("event", "attributes")
        rows = [_event_row(name) for name in EVENT_TYPES]
    else:
        terminology = load_terminology()
        names = terminology.class_names if kind == "classes" else terminology.concept_names
        headings = ("name", "label", "members")
        rows = [(name, terminology.label(name), _members(name)) for name in sorted(names)]
    wanted = search.casefold()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for i, heading in enumerate(headings):
        # A name that is broken over two lines can be neither copied nor searched for.
        table.add_column(heading, overflow="fold", no_wrap=i == 0)
    for row in rows:
        if wanted in " ".join(row[:2]).casefold():
            table.add_row(*(Text(cell) for cell in row))
    terminal().print(table)


def _input_row(described: InputDescription) -> tuple[str, ...]:
    """Units by their UCUM codes; the many spellings that laboratories use are read as well."""
    known = {unit.code for analyte in load_catalogue().analytes.values() for unit in analyte.units}
    units = [unit for unit in described.units if unit in known and unit != described.unit]
    unit = "" if described.kind == "category" else described.unit
    others = ", ".join([*units, *described.categories])
    return described.name, described.label, unit, others, described.given_as or "results"


def _event_row(kind: EventKind) -> tuple[str, ...]:
    own = [name for name in EVENT_TYPES[kind].__struct_fields__ if name not in _INNER]
    told = [f"{name} ({terms})" if (terms := _terms(name)) else name for name in own]
    return kind, ", ".join([*told, *_OF_EVERY_EVENT])


def _terms(attribute: str) -> str:
    values = ATTRIBUTE_VALUES.get(attribute, ())
    return ", ".join(value if isinstance(value, str) else str(value).lower() for value in values)


def _members(name: str) -> str:
    members = load_terminology().expand(name) or frozenset()
    return "" if members == {name} else ", ".join(sorted(members))
