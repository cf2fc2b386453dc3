"""``trialcards store``: make its tables, look at it, delete from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.cli_errors import ArgumentError, StoreUnusableError
from app.cli_settings import (
    ClientId,
    FhirServer,
    PatientId,
    opened_store,
    pseudonym,
    read_settings,
)

store = typer.Typer(
    name="store",
    help="The database of cards shown and feedback: make its tables, look at it, delete from it.",
    rich_markup_mode=None,
    invoke_without_command=True,
)


@store.callback()
def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@store.command()
def migrate() -> None:
    """Bring the tables to the newest version; the service does so too when it starts.

    Which database: TRIALCARDS_DATABASE_URL, or else an SQLite file in TRIALCARDS_DATA_DIR.

    \b
    Example:
      trialcards store migrate
    """
    with opened_store(read_settings(), make=True) as database:
        typer.echo(f"{database.place}: the tables are at revision {database.revision()}")


@store.command()
def status() -> None:
    """Say where the database is and how much it holds; changes nothing.

    \b
    Example:
      trialcards store status
    """
    from app.store.configured import database_of
    from app.store.errors import StoreError
    from app.store.reading import holdings

    database = database_of(read_settings(), hurried=False)
    try:
        revision = database.revision()
        typer.echo(f"{database.place}: revision {revision or 'none; run trialcards store migrate'}")
        if revision is not None:
            with database.reading() as connection:
                for name, rows in holdings(connection).items():
                    typer.echo(f"{rows:>10}  {name}")
    except StoreError as error:
        raise StoreUnusableError(str(error)) from None
    finally:
        database.close()


@store.command()
def purge(
    older_than: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=1, max=36_500, help="Delete what is older than so many days."),
    ] = None,
    patient: PatientId = None,
    client: ClientId = None,
    fhir_server: FhirServer = None,
) -> None:
    """Delete what is older than some days, or all that is kept of one patient. There is no way back.

    A declined trial may show again when the feedback on it is deleted.

    \b
    Examples:
      trialcards store purge --older-than 730
      trialcards store purge --patient 4711 --client clinic --fhir-server https://ehr.example/fhir
    """
    from app.store.purging import forget_charts, purge_older, purge_patient

    if (older_than is None) == (patient is None):
        raise ArgumentError("say either --older-than DAYS or --patient ID")
    settings = read_settings()
    name = None if patient is None else pseudonym(settings, patient, client, fhir_server)
    with opened_store(settings) as database:
        if older_than is not None:
            moment = datetime.now(UTC)
            gone = purge_older(database, moment - timedelta(days=older_than))
            with database.changing() as connection:
                forget_charts(connection, moment)
        else:
            with database.changing() as connection:
                gone = purge_patient(connection, name or "")
    typer.echo(f"deleted: {gone.told()}")
