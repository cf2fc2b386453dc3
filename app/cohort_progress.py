"""How far a run over a population is, on a terminal; elsewhere a line for each phase."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from cohort.local import Phase
from cohort.local import Progress as Told

_WORDS: dict[Phase, str] = {
    "reading": "Reading",
    "linking": "Linking",
    "screening": "Screening",
    "finishing": "Finishing",
}


@contextmanager
def shown_progress() -> Iterator[Told]:
    """Something to tell how far a run is; on a terminal it is shown as bars."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[Phase, TaskID] = {}

        def tell(phase: Phase, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(_WORDS[phase], total=max(total, 1))
            bars.update(tasks[phase], completed=done if total else 1)

        yield tell


class _Lines:
    """For a log: a line where a phase begins, and nothing that changes in place."""

    def __init__(self) -> None:
        self._told: set[Phase] = set()

    def __call__(self, phase: Phase, done: int, total: int) -> None:
        if phase not in self._told:
            self._told.add(phase)
            typer.echo(f"{_WORDS[phase]} ...", err=True)
