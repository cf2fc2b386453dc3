"""``trialcards people``: who may sign in, with which roles, and a new set-up link for the local account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from app.cli_errors import ArgumentError, StoreUnusableError
from app.cli_settings import read_settings
from app.console import terminal

if TYPE_CHECKING:
    from app.people.desk import People
    from app.settings import Settings

people = typer.Typer(
    name="people",
    help="Who may sign in to the pages: list them, give roles, make a new set-up link.",
    rich_markup_mode=None,
    invoke_without_command=True,
)

PersonId = Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person, as the list has it.")]


@people.callback()
def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@people.command("list")
def list_people() -> None:
    """List everybody who may sign in or ever did: id, name, roles, and who vouches for them.

    A line for each, with tabs, where something else reads.

    \b
    Example:
      trialcards people list
    """
    console = terminal()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("id", "name", "roles", "vouched for by"):
        table.add_column(heading, overflow="fold")
    with _opened(read_settings()) as desk:
        for person, issuer, has_password in desk.all():
            by = issuer if issuer != "local" else "password" if has_password else "nobody yet: not set up"
            cells = (person.id, person.name, " ".join(sorted(person.roles)) or "none", by)
            table.add_row(*map(Text, cells))
            if not console.is_terminal:
                typer.echo("\t".join(" ".join(cell.split()) for cell in cells))
    if console.is_terminal:
        console.print(table)


@people.command()
def reset() -> None:
    """Print a new set-up link for the local account: its password and sessions end, its roles stay.

    \b
    Example:
      trialcards people reset
    """
    settings = read_settings()
    with _opened(settings, make=True) as desk:
        typer.echo(set_up_address(settings.pages_url or settings.base_url or "", desk.reset()))


@people.command()
def roles(
    person: PersonId,
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ROLE]...", help="coordinator, investigator, administrator; none: no role."),
    ] = None,
) -> None:
    """Give somebody these roles and no others. Those of OpenID Connect are told anew with each sign-in.

    \b
    Examples:
      trialcards people roles 0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1 coordinator
      trialcards people roles 0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1 coordinator investigator
    """
    from app.people.person import Role, roles_of

    chosen = roles_of(given or [])
    if unknown := sorted(set(given or []) - set(chosen)):
        known = ", ".join(Role)
        raise ArgumentError(f"there is no role {', '.join(map(repr, unknown))}; there are {known}")
    with _opened(read_settings()) as desk:
        if not desk.give_roles(person, chosen):
            raise ArgumentError(f"there is no person {person!r}; trialcards people list has all")
    typer.echo(f"{person}: {' '.join(sorted(chosen)) or 'no role'}")


@people.command()
def end(person: PersonId) -> None:
    """End all sessions of somebody at once.

    \b
    Example:
      trialcards people end 0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1
    """
    with _opened(read_settings()) as desk:
        typer.echo(f"sessions ended: {desk.end_all(person)}")


def set_up_address(base: str, token: str) -> str:
    """The set-up link; a path where nobody said where browsers reach the pages."""
    return f"{base}/sign-in/set-up?token={token}"


@contextmanager
def _opened(settings: Settings, *, make: bool = False) -> Iterator[People]:
    """The people in the store of the settings; ``make``: the store is made where there is none."""
    from app.cli_settings import opened_store
    from app.people.configured import people_of
    from app.store.errors import StoreError

    if not settings.store:
        raise ArgumentError("TRIALCARDS_STORE is false: nothing is kept, so that nobody can sign in")
    with opened_store(settings, make=make):
        desk = people_of(settings, lambda: datetime.now(UTC), hurried=False)
        try:
            yield desk
        except StoreError as error:
            raise StoreUnusableError(str(error)) from None
        finally:
            desk.close()
