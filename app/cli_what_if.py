"""``trialcards what-if``: how many more would enter if a protocol asked less."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from app.cli_errors import ArgumentError, UnreadableFileError
from app.console import terminal
from app.language import Language
from cohort.errors import OccupiedError, UnreadableTablesError
from cohort.groups import BYS, SMALLEST, By
from cohort.plan import Chosen
from cohort.record import RunRecord, read_record


def what_if_command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of a finished `cohort` run.")],
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="CRITERION", help="Leave out this criterion, or this part of one; repeatable."),
    ] = None,
    relax: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EDIT",
            help="Another bound, e.g. 'I4: upcr at_least 0.5 g/g'; repeatable. Judges anew.",
        ),
    ] = None,
    list_of: Annotated[
        str | None,
        typer.Option("--list", metavar="CRITERION", help="List the bounds of a criterion, to relax them."),
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
    into: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="With --relax: where to judge anew. In OUT by default."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="With --relax: worker processes. One for each core by default.")
    ] = None,
    withhold_below: Annotated[
        int,
        typer.Option(
            "--withhold-below", metavar="N", min=1, help="Withhold numbers of a group below this one."
        ),
    ] = SMALLEST,
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="A readable account, or data as JSON.")
    ] = "table",
    language: Annotated[
        Language, typer.Option(envvar="TRIALCARDS_LANGUAGE", help="Language of the account.")
    ] = "en",
) -> None:
    """Tell how many more patients would enter if a protocol asked less.

    Without options: each criterion dropped by itself, the best two, and up to five one after another. With
    --drop: what dropping these together would change, also by group. Nothing is judged anew.

    With --relax, the input of the run is judged anew with other thresholds or windows, and compared.

    \b
    Examples:
      trialcards what-if tonight/ --protocol nct07517536
      trialcards what-if tonight/ --protocol nct07517536 --drop I4 --drop E9 --by age
      trialcards what-if tonight/ --protocol nct07517536 --list I4
      trialcards what-if tonight/ --protocol nct07517536 --relax "I4: upcr at_least 0.5 g/g"
    """
    # Tables and DuckDB, which nobody need wait for who does something else.
    from app.relaxed_run import bounds_of, run_relaxed
    from app.rendering.dropping_table import print_relaxed, print_what_if
    from app.rendering.telling import speaking, tell
    from cohort.moved_groups import reported_limit
    from cohort.what_if import UnknownCriterionError, what_if

    if sum(map(bool, (drop, relax, list_of))) > 1:
        raise ArgumentError("ask for one of --drop, --relax and --list at a time")
    if (into is not None or workers is not None) and not relax:
        raise ArgumentError("--out and --workers belong to --relax; nothing else is judged anew")
    record = finished_run(out)
    one = _chosen(record, protocol)
    groups = _groups(by or ())
    if list_of is not None:
        with speaking(language):
            typer.echo(tell("relaxed.bounds", protocol=one.id, version=one.version, option="--relax"))
        for bound in bounds_of(one, list_of):
            typer.echo(f"  {bound}")
        return
    if relax:
        compared, made = run_relaxed(
            record,
            one,
            relax,
            into or _free(out),
            workers=workers,
            language=language,
            smallest=withhold_below,
            reported=reported_limit(out),
        )
        if form == "json":
            typer.echo(msgspec.json.encode(compared).decode())
            return
        with speaking(language):
            print_relaxed(compared, made, groups, terminal())
        return
    try:
        answer = what_if(
            out,
            record.plan,
            one.id,
            drop or (),
            parts=parts,
            by=groups,
            smallest=withhold_below,
            language=language,
        )
    except UnknownCriterionError as error:
        raise ArgumentError(f"--drop: {error}") from None
    except UnreadableTablesError as error:
        raise UnreadableFileError(str(error)) from None
    if form == "json":
        typer.echo(msgspec.json.encode(answer).decode())
        return
    with speaking(language):
        print_what_if(answer, terminal())


def _free(out: Path) -> Path:
    """A folder in that of a run, for another one beside it."""
    return next(folder for at in count(1) if not (folder := out / f"relaxed-{at}").exists())


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


def _chosen(record: RunRecord, protocol: str | None) -> Chosen:
    chosen = {one.id: one for one in record.plan.protocols if not one.aside}
    ids = ", ".join(chosen)
    try:
        record.plan.bound()
    except LookupError as error:
        raise ArgumentError(f"the run is of a protocol that is no longer here: {error}") from None
    if protocol is None:
        if len(chosen) == 1:
            return next(iter(chosen.values()))
        raise ArgumentError(f"the run has several protocols; name one by --protocol: {ids}")
    if protocol.lower() not in chosen:
        raise ArgumentError(f"the run has no protocol '{protocol}'; it has: {ids}")
    return chosen[protocol.lower()]
