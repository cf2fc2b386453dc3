"""``trialcards clients``: check a file of clients."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli_errors import InvalidClientsError
from app.console import terminal

clients = typer.Typer(
    name="clients",
    help="The EHRs that may call: check the file that names them.",
    rich_markup_mode=None,
    invoke_without_command=True,
)


@clients.callback()
def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@clients.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File of clients (YAML).")],
) -> None:
    """Check a file of clients, and list whom it lets in.

    Each problem is one line on standard error: file, line, client, element, the reason, and how to mend it.

    \b
    Example:
      trialcards clients check clients.yaml
    """
    from app.clients.registry import ClientsError, check_clients

    try:
        found = check_clients(file)
    except ClientsError as error:
        first, *others = str(error).splitlines()
        for line in others:
            typer.echo(line, err=True)
        raise InvalidClientsError(first) from None
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("id", "preset", "issuer", "keys", "FHIR servers"):
        table.add_column(heading, overflow="fold")
    for profile in found:
        keys = "pinned" if profile.jwks is not None else str(profile.jwks_url)
        servers = ", ".join(profile.fhir_servers) or "none"
        table.add_row(profile.id, profile.preset, profile.issuer, keys, servers)
    terminal().print(table)
