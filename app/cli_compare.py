"""``trialcards protocols diff``: what changed between two versions of a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from app.cli_errors import ArgumentError, InvalidProtocolError, UnreadableFileError, one_line
from app.cli_service import bundled_service
from app.console import terminal
from app.named_protocols import UnknownNameError, named_protocol
from app.rendering.comparison import heading, summary
from eligibility.bound import BoundProtocol
from eligibility.comparing import Comparison, compare
from eligibility.errors import ProtocolError
from eligibility.protocol import Protocol
from fhir_mappings.vocabulary import vocabulary

_STYLES = {"removed": ("- ", "red"), "added": ("+ ", "green"), "same": ("  ", "dim")}

_NAMED = "An id as `list` shows it, ID@VERSION for an earlier version, or a protocol file."


def diff(
    older: Annotated[str, typer.Argument(metavar="A", help=_NAMED)],
    newer: Annotated[str, typer.Argument(metavar="B", help=_NAMED)],
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="A readable account, or data as JSON.")
    ] = "table",
) -> None:
    """Show what changed between two versions of a protocol, in words.

    What can turn a finding is marked with an asterisk; codes are those of today in both.

    \b
    Examples:
      trialcards protocols diff nct07517536@1 nct07517536
      trialcards protocols diff nct07517536 amended.yaml --format json
    """
    current = bundled_service().protocols
    first, second = (_named(name, current) for name in (older, newer))
    compared = compare(first, second, vocabulary())
    if form == "json":
        typer.echo(msgspec.json.encode(compared).decode())
        return
    _print(compared, terminal())


def _named(name: str, current: Mapping[str, BoundProtocol]) -> Protocol:
    try:
        return named_protocol(name, current)
    except UnknownNameError as error:
        raise ArgumentError(str(error)) from None
    except ProtocolError as error:
        raise InvalidProtocolError(one_line(error.problems[0].told(name))) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UnreadableFileError(f"{name}: cannot be read: {reason}") from None


def _print(compared: Comparison, console: Console) -> None:
    console.print(Text(summary(compared), style="bold"))
    for change in compared.changes:
        console.print()
        console.print(Text(f"{heading(change)}{' *' if change.decides else ''}", style="bold"))
        for sign, line in change.lines():
            mark, style = _STYLES[sign]
            console.print(Text(mark + line, style=style), soft_wrap=True)
