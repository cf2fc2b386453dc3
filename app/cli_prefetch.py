"""``trialcards prefetch``: the templates that an EHR analyst types in."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from app.prefetch_table import PREFETCH


def prefetch(
    client: Annotated[
        Literal["any", "epic"],
        typer.Option("--for", help="epic: plain lines of key, tab and template, to paste one by one."),
    ] = "any",
) -> None:
    """Print the prefetch templates of the hook.

    Clients that do not read the discovery endpoint, Epic among them, have them typed in by an analyst. The
    keys must be spelt as they are here. What is left out counts as not retrieved, and is told as missing.

    \b
    Examples:
      trialcards prefetch
      trialcards prefetch --for epic > templates.txt
    """
    if client == "epic":
        for query in PREFETCH:
            typer.echo(f"{query.key}\t{query.template}")
        return
    # Never wrapped: a template that is broken over lines is typed in wrongly.
    width = max(len(query.key) for query in PREFETCH)
    for query in PREFETCH:
        typer.echo(f"{query.key:<{width}}  {query.template}\n{'':<{width}}    for {query.purpose}")
