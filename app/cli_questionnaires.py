"""``trialcards questionnaires``: list, show, blank."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli_errors import ArgumentError
from app.cli_service import bundled_service
from app.console import terminal
from app.questionnaires import Library, UnknownQuestionnaireError
from app.questionnaires.blank import blank_response
from app.questionnaires.resources import Json

questionnaires = typer.Typer(
    name="questionnaires",
    help="FHIR Questionnaires: what each protocol asks of persons, and the forms of the scores.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

_Id = Annotated[str, typer.Argument(metavar="ID", help="Id of a questionnaire, as `list` shows it.")]


@questionnaires.callback()
def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@questionnaires.command("list")
def list_questionnaires() -> None:
    """List the questionnaires: id, version and title."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("id", "version", "title"):
        table.add_column(heading, no_wrap=heading != "title")
    for resource in _library().resources.values():
        table.add_row(resource["id"], resource["version"], Text(resource["title"]))
    terminal().print(table)


@questionnaires.command()
def show(identifier: _Id) -> None:
    """Print a questionnaire as FHIR R4 JSON, to load into a form designer or a FHIR server.

    \b
    Examples:
      trialcards questionnaires show nct07517536
      trialcards questionnaires show sledai-2k > sledai-2k.json
    """
    typer.echo(json.dumps(_one(identifier), indent=2, ensure_ascii=False))


@questionnaires.command()
def blank(
    identifier: _Id,
    patient: Annotated[str, typer.Option("--patient", metavar="ID", help="Id of the patient it is about.")],
) -> None:
    """Print an unanswered QuestionnaireResponse to fill in.

    It counts once it has answers (valueBoolean, or a valueCoding of the questionnaire), `authored`, a
    Practitioner as `author`, and the status `completed`, and is in the patient's record.

    \b
    Example:
      trialcards questionnaires blank nct07517536 --patient lin-mei > response.json
    """
    typer.echo(json.dumps(blank_response(_one(identifier), patient), indent=2, ensure_ascii=False))


def _library() -> Library:
    return Library(bundled_service().protocols.values())


def _one(identifier: str) -> Json:
    try:
        return _library().one(identifier)
    except UnknownQuestionnaireError as error:
        raise ArgumentError(str(error)) from None
