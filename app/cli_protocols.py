"""``trialcards protocols``: list, show, diff, check, schema, vocabulary."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Literal

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.cli_compare import diff
from app.cli_errors import ArgumentError, InvalidProtocolError, UnreadableFileError, one_line
from app.cli_service import bundled_service
from app.cli_vocabulary import print_vocabulary
from app.console import terminal
from app.protocol_check import check_sources
from app.screening import UnknownProtocolError
from eligibility.describing.phrases import Phrases
from eligibility.describing.statements import Told, describe_asked
from eligibility.protocol import Criterion, Part
from eligibility.schema import json_schema
from fhir_mappings.vocabulary import vocabulary

protocols = typer.Typer(
    name="protocols",
    help="The trial protocols: list, show, compare, check.",
    rich_markup_mode=None,
    invoke_without_command=True,
)


@protocols.callback()
def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


protocols.command("vocabulary")(print_vocabulary)
protocols.command("diff")(diff)


@protocols.command("list")
def list_protocols() -> None:
    """List the bundled protocols: id, version, status and title."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("id", "version", "status", "title"):
        table.add_column(heading, no_wrap=heading != "title")
    for bound in bundled_service().protocols.values():
        protocol = bound.protocol
        table.add_row(protocol.id, protocol.version, protocol.status, Text(protocol.title))
    terminal().print(table)


@protocols.command()
def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of a protocol, as `list` shows it.")],
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="A readable account, or the file as JSON.")
    ] = "table",
) -> None:
    """Show a protocol: its criteria in its own words, and how each is read.

    \b
    Example:
      trialcards protocols show nct07517536
    """
    try:
        (bound,) = bundled_service().chosen([identifier])
    except UnknownProtocolError as error:
        raise ArgumentError(str(error)) from None
    protocol = bound.protocol
    if form == "json":
        typer.echo(protocol.model_dump_json(by_alias=True, exclude_unset=True, indent=2))
        return
    console = terminal()
    phrases = Phrases(vocabulary(), protocol.freshness)
    console.print(Text(protocol.title, style="bold"))
    console.print(Text(f"{protocol.id}, version {protocol.version}, {protocol.status}"))
    console.print(Text(protocol.registry_url, style="dim"))
    for criterion in protocol.criteria:
        console.print()
        console.print(Text.assemble((criterion.id, "bold"), "  ", (criterion.text, "italic")))
        for line in _account(criterion, phrases):
            console.print(Padding(Text(line), (0, 0, 0, 5)))
    if protocol.assumptions:
        console.print()
        console.print(Text("Assumptions", style="bold"))
        for assumption in protocol.assumptions:
            console.print(Padding(Text(f"{assumption.id}: {assumption.text}"), (0, 0, 0, 5)))


@protocols.command()
def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Protocol files (YAML), folders of them, or - for standard input."
        ),
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for errors.")] = False,
) -> None:
    """Check protocol files: form, names, contradictions, windows, words, and their own examples.

    Each problem is one line on standard error: file, line and column, the reason, and how to mend it. Errors
    give exit code 5, warnings alone 0; where a file cannot be read it is 3.

    \b
    Example:
      trialcards protocols check eligibility/protocols/*.yaml
    """
    checked, unreadable = check_sources(files, vocabulary())
    for told in unreadable:
        typer.echo(told, err=True)
    faults = 0
    for source, problems in checked:
        errors = [p for p in problems if strict or p.severity == "error"]
        warnings = len(problems) - len(errors)
        faults += len(errors)
        for problem in problems:
            typer.echo(one_line(problem.told(source)), err=True)
        if not errors:
            typer.echo(f"{source}: ok" + (f", {warnings} warning{'s' * (warnings > 1)}" if warnings else ""))
    if unreadable:
        count = len(unreadable)
        raise UnreadableFileError(f"{count} file{'s' * (count > 1)} named above cannot be read")
    if faults:
        raise InvalidProtocolError(f"{faults} problem{'s' * (faults > 1)}; mend the lines named above")


@protocols.command()
def schema() -> None:
    """Print the JSON Schema of protocol files, for an editor that checks while one types.

    \b
    Example:
      trialcards protocols schema > protocol.schema.json
    """
    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))


def _account(statement: Criterion | Part, phrases: Phrases) -> Iterator[str]:
    if statement.reading:
        yield f"Read as: {statement.reading}"
    if statement.assumptions:
        yield f"Assumes: {', '.join(statement.assumptions)}"
    yield from statement.notes
    told = describe_asked(statement, phrases)
    if told is not None:
        yield from _lines(told)
    for part in statement.parts or ():
        yield f"{part.id}  {part.text}"
        yield from (f"  {line}" for line in _account(part, phrases))


def _lines(told: Told, depth: int = 0) -> Iterator[str]:
    yield "  " * depth + told.text.replace("**", "").replace("`", "")
    for inner in told.below:
        yield from _lines(inner, depth + 1)
