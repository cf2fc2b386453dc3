"""``trialcards what-if``: how many more would enter if a protocol asked less."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import duckdb
import msgspec
import typer

from app.cli_errors import ArgumentError, UnreadableFileError
from app.console import terminal
from app.language import Language
from app.rendering.dropping_table import print_what_if
from app.rendering.telling import speaking
from cohort.errors import OccupiedError
from cohort.groups import BYS, By
from cohort.record import RunRecord, read_record
from cohort.what_if import UnknownCriterionError, what_if


def what_if_command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of a finished `cohort` run.")],
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="CRITERION", help="Leave out this criterion, or this part of one; repeatable."),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(metavar="ID", help="Of which protocol. Needed where the run has several.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="|".join(BYS), help="Count by this group; repeatable. By all four by default."),
    ] = None,
    parts: Annotated[
        bool, typer.Option("--parts", help="Count also parts of criteria, each by itself.")
    ] = False,
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="A readable account, or data as JSON.")
    ] = "table",
    language: Annotated[
        Language, typer.Option(envvar="TRIALCARDS_LANGUAGE", help="Language of the account.")
    ] = "en",
) -> None:
    """Tell how many more patients would enter if a protocol asked less.

    Without --drop: each criterion dropped by itself, the best two, and up to five one after another. With it:
    what dropping these together would change, also by group. Nothing is judged anew.

    \b
    Examples:
      trialcards what-if tonight/ --protocol nct07517536
      trialcards what-if tonight/ --protocol nct07517536 --drop I4 --drop E9 --by age
    """
    record = finished_run(out)
    chosen = _chosen(record, protocol)
    groups = _groups(by or ())
    try:
        answer = what_if(out, record.plan, chosen, drop or (), parts=parts, by=groups)
    except UnknownCriterionError as error:
        raise ArgumentError(f"--drop: {error}") from None
    except duckdb.Error as error:
        raise UnreadableFileError(f"{out}: its tables cannot be read: {type(error).__name__}") from None
    if form == "json":
        typer.echo(msgspec.json.encode(answer).decode())
        return
    with speaking(language):
        print_what_if(answer, terminal())


def finished_run(out: Path) -> RunRecord:
    """The record of a run that is done.

    Raises:
        ArgumentError: there is none.
    """
    try:
        record = read_record(out)
    except OccupiedError as error:
        raise ArgumentError(str(error)) from None
    if record is None:
        raise ArgumentError(f"{out}: there is no run; name the folder that `trialcards cohort --out` filled")
    if record.result is None:
        raise ArgumentError(f"{out}: the run is not finished; go on with `trialcards cohort --resume`")
    return record


def _groups(names: Sequence[str]) -> tuple[By, ...]:
    for name in names:
        if name not in BYS:
            raise ArgumentError(f"--by: patients are not counted by '{name}'; choose of {', '.join(BYS)}")
    return tuple(by for by in BYS if by in names or not names)


def _chosen(record: RunRecord, protocol: str | None) -> str:
    ids = [one.id for one in record.plan.protocols if not one.aside]
    if protocol is None:
        if len(ids) == 1:
            return ids[0]
        raise ArgumentError(f"the run has several protocols; name one by --protocol: {', '.join(ids)}")
    if protocol.lower() not in ids:
        raise ArgumentError(f"the run has no protocol '{protocol}'; it has: {', '.join(ids)}")
    return protocol.lower()
