"""The command line: ``trialcards``.

Results go to standard output; errors, one line each, and progress go to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from app import __version__
from app.cli_audit import audit
from app.cli_bulk_export import bulk_export
from app.cli_clients import clients
from app.cli_cohort import cohort
from app.cli_conformance import conformance
from app.cli_errors import one_line
from app.cli_feedback import feedback
from app.cli_people import people
from app.cli_prefetch import prefetch
from app.cli_protocols import protocols
from app.cli_questionnaires import questionnaires
from app.cli_screen import screen
from app.cli_serve import serve
from app.cli_store import store
from app.cli_subscribe import subscribe
from app.cli_synth import synth
from app.cli_what_if import what_if_command

INTERNAL_FAULT = 70
"""Exit code of an exception that nobody foresaw, as in BSD's ``sysexits.h``."""
INTERRUPTED = 130
"""Exit code where the user stopped it, as shells give it."""

cli = typer.Typer(
    name="trialcards",
    help="May this patient join an open lupus trial, on which evidence, and what stands in the way?",
    epilog="Exit codes: 0 done, 2 usage, 3 unreadable input, 4 not retrieved, "
    "5 invalid protocol or clients, 6 the store cannot be used, 7 a service does not conform, "
    "8 a service does not answer, 9 a run over a population could not be done, "
    "70 a fault of this program.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
cli.command()(serve)
cli.command()(screen)
cli.command()(cohort)
cli.command("what-if")(what_if_command)
cli.command("bulk-export")(bulk_export)
cli.add_typer(protocols)
cli.add_typer(questionnaires)
cli.add_typer(clients)
cli.command()(prefetch)
cli.command()(subscribe)
cli.command()(conformance)
cli.command()(feedback)
cli.command()(audit)
cli.add_typer(store)
cli.add_typer(people)
cli.command()(synth)


@cli.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        typer.echo(f"trialcards {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; ``arguments`` default to those of the process."""
    try:
        result = cli(args=arguments, prog_name="trialcards", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        typer.echo(f"trialcards: {one_line(error.format_message())}", err=True)
        return error.exit_code
    except (BrokenPipeError, SystemExit) as stop:
        if not _reader_has_gone(stop):
            raise
        # What is still buffered has nowhere to go, and Python would complain of it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except typer.Abort:
        return INTERRUPTED
    except Exception as error:
        # Not its message: that may repeat values of a chart.
        name = type(error).__name__
        typer.echo(f"trialcards: a fault of this program: {name}; please report it", err=True)
        return INTERNAL_FAULT
    return result if isinstance(result, int) else 0


def _reader_has_gone(stop: BaseException) -> bool:
    """Whether the output went into a pipe that was closed, as by ``head``: no fault. Typer exits on it."""
    return any(isinstance(cause, BrokenPipeError) for cause in (stop, stop.__context__))
