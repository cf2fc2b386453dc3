"""``trialcards synth``: a deck of synthetic patients, each with what a screening is meant to find."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app import __version__
from app.cli_dates import date_option
from app.cli_errors import ArgumentError
from synth.deck import DeckExistsError, Layout, Layouts, Tally, write_deck
from synth.patients import DeckPlan, DialectChoice


def synth(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder for the deck.")],
    patients: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many patients.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, max=999_999_999, help="The same seed gives the same deck.")] = 1,
    dialect: Annotated[
        DialectChoice,
        typer.Option(help="Units and codes as in the United States, SI with ATC and ICD-10, or half each."),
    ] = "mixed",
    background: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="Share of patients without lupus.")
    ] = 0.5,
    as_of: Annotated[
        date | None, date_option("--as-of", "The day on which the deck is to be judged. Today by default.")
    ] = None,
    compressed: Annotated[bool, typer.Option("--gzip", help="Compress the files.")] = False,
    layout: Annotated[
        Layout,
        typer.Option("--format", help="Bulk Data NDJSON files by type, or one Bundle for each patient."),
    ] = "bulk",
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes; the deck is the same with any number.")
    ] = 1,
) -> None:
    """Write a deck of synthetic patients with and without lupus, and what is to be found of each.

    OUT/fhir holds the resources, OUT/labels.ndjson a line for each patient with the intended finding of every
    criterion of both lupus trials, OUT/deck.json what the deck is made of. Nobody's data.

    \b
    Examples:
      trialcards synth deck
      trialcards synth deck --patients 200000 --workers 2 --gzip --as-of 2026-06-15
      trialcards synth deck --patients 20 --background 0 --dialect si --format bundles
      trialcards synth deck --seed 7 && trialcards cohort deck/fhir --out run
    """
    day = as_of or datetime.now().astimezone().date()
    plan = DeckPlan(as_of=day, seed=seed, dialect=dialect, background=background)
    layouts = Layouts(layout=layout, compressed=compressed)
    generator = f"trialcards {__version__}"
    console = Console(stderr=True)
    columns = (TextColumn("Patients"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    total = Tally()
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("Patients", total=patients)
            for part in write_deck(out, plan, patients, layouts, workers=workers, generator=generator):
                total.add(part)
                progress.update(task, advance=part.patients)
    except DeckExistsError as error:
        raise ArgumentError(str(error)) from None
    except OSError as error:
        raise ArgumentError(f"{out}: cannot be written: {error.strerror}") from None
    resources = sum(total.resources.values())
    typer.echo(f"{total.patients} patients, {resources} resources, as of {day}: {out}")
