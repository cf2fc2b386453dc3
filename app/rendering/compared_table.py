"""Two versions of a protocol over a population, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from app.rendering.cohort_words import criterion_name, number, state_name
from app.rendering.telling import tell
from cohort.comparing import Compared

MOST = 15
"""So many criteria are shown; the page has all."""


def print_compared(comparisons: Iterable[Compared], console: Console) -> None:
    """Who flips from which verdict to which, and by which criteria."""
    for compared in comparisons:
        _print(compared, console)


def _print(compared: Compared, console: Console) -> None:
    told = {"protocol": compared.protocol, "older": compared.older, "newer": compared.newer}
    flips = [flip for flip in compared.flips if flip.before != flip.after]
    title = tell("compared.of", **told)
    if not flips:
        console.print(f"{title}: {tell('compared.none')}", highlight=False, soft_wrap=True)
        return
    shown = Table(title=title)
    shown.add_column(tell("compared.before", older=compared.older))
    shown.add_column(tell("compared.after", newer=compared.newer))
    shown.add_column(tell("cohort.column.patients"), justify="right")
    for flip in flips:
        shown.add_row(state_name(flip.before), state_name(flip.after), number(flip.patients))
    console.print(shown)
    by = Table()
    by.add_column(tell("column.criterion"))
    names = ("changed", "needed", "enough", "nearer", "farther")
    for name in names:
        by.add_column(tell(f"compared.column.{name}"), justify="right")
    for one in compared.criteria[:MOST]:
        by.add_row(criterion_name(one.criterion), *(number(getattr(one, name)) for name in names))
    console.print(by)
