"""``trialcards feedback``: what became of cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from app.cli_settings import Since, Until, instant, opened_store, read_settings
from app.console import terminal

if TYPE_CHECKING:
    from app.feedback_summary import FeedbackSummary


def feedback(
    since: Since = None,
    until: Until = None,
    output: Annotated[
        Literal["table", "json"], typer.Option("--format", help="For people, or for programs.")
    ] = "table",
) -> None:
    """Count what became of cards: accepted, overridden and why, ignored.

    Clients never report a card that was ignored: it is one that was shown and of which nothing was heard.

    \b
    Examples:
      trialcards feedback
      trialcards feedback --since 2026-11-01 --until 2026-12-01
      trialcards feedback --format json | jq '.reasons[] | [.cards, .display]'
    """
    from app.feedback_summary import summarised
    from app.store.reading import feedback_counts, shown_counts

    first, last = instant(since, "--since"), instant(until, "--until")
    with opened_store(read_settings()) as database, database.reading() as connection:
        found = summarised(shown_counts(connection, first, last), feedback_counts(connection, first, last))
    if output == "json":
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        _print(found)


def _print(found: FeedbackSummary) -> None:
    console = terminal()
    console.print(
        f"{found.shown} cards shown, {found.ignored} of them ignored; "
        f"{found.accepted} accepted, {found.overridden} overridden"
        f" ({found.unknown} of cards not known here)",
        highlight=False,
    )
    if found.reasons:
        table = _table("overridden", "reason", "code", "system")
        for reason in found.reasons:
            told = reason.display or ("" if reason.code else "(no reason given)")
            table.add_row(str(reason.cards), Text(told), Text(reason.code), Text(reason.system or ""))
        console.print(table)
    if found.trials:
        table = _table("trial", "shown", "accepted", "overridden", "ignored")
        for trial in found.trials:
            counts = (trial.shown, trial.accepted, trial.overridden, trial.ignored)
            table.add_row(trial.trial, *map(str, counts))
        console.print(table)


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table
