"""What would come out of a run if its protocol asked less, on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.plain_text import shortened
from app.rendering.cohort_words import group_name, move_name, number, verdict_name
from app.rendering.compared_table import print_compared
from app.rendering.telling import tell
from cohort.comparing import Compared
from cohort.dropping import VERDICTS, Dropped
from cohort.groups import By, Grouped
from cohort.suppression import WITHHELD
from cohort.what_if import WhatIf
from eligibility.relaxing import Relaxed

WORDS = 20
"""So many characters of a criterion's words are shown."""


def print_what_if(answer: WhatIf, console: Console) -> None:
    """Without criteria asked for: each by itself and the best together; else what these would change."""
    title = tell("dropping.title", protocol=answer.protocol, version=answer.version)
    console.print(Text(f"{title} {answer.title}", style="bold"))
    told = tell("dropping.about", screened=number(answer.screened), date=answer.as_of)
    console.print(Text(told, style="dim"), soft_wrap=True)
    if answer.dropped is None:
        _print_alone(answer, console)
        _print_together(answer, console)
        return
    _print_dropped(answer.dropped, console)
    criteria = ", ".join(answer.dropped.criteria)
    print_groups(answer.groups, tell("dropping.dropped", criteria=criteria), answer.smallest, console)


def _table(title: str, words: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in words:
        table.add_column(heading)
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def _print_alone(answer: WhatIf, console: Console) -> None:
    names = [tell(f"dropping.column.{name}") for name in ("blocks", "enter", "in-view")]
    table = _table(tell("dropping.alone"), [tell("column.criterion")], names)
    table.columns[0].no_wrap = True
    table.add_column(tell("compared.column.words"), no_wrap=True)
    for one in answer.alone:
        if one.blocks:
            words = Text(shortened(answer.criteria[one.criterion], WORDS))
            numbers = map(number, (one.blocks, one.enter, one.in_view))
            table.add_row(one.criterion, *numbers, words, style="" if one.in_view or one.enter else "dim")
    console.print(table)
    harmless = [one.criterion for one in answer.alone if not one.blocks]
    if harmless:
        told = tell("dropping.harmless", criteria=", ".join(harmless))
        console.print(told, highlight=False, soft_wrap=True)


def _print_together(answer: WhatIf, console: Console) -> None:
    if not answer.sequence:
        console.print(tell("dropping.none"), highlight=False, soft_wrap=True)
        return
    if answer.pair is not None:
        told = tell(
            "dropping.pair", criteria=", ".join(answer.pair.criteria), enter=number(answer.pair.enter)
        )
        console.print(told, highlight=False, soft_wrap=True)
    names = [tell(f"dropping.column.{name}") for name in ("more", "so-far")]
    table = _table(tell("dropping.sequence"), [tell("dropping.column.step")], names)
    for step in answer.sequence:
        table.add_row(", ".join(step.criteria), number(step.enter), number(step.so_far))
    console.print(table)


def _print_dropped(dropped: Dropped, console: Console) -> None:
    criteria = ", ".join(dropped.criteria)
    names = [tell("dropping.column.before"), tell("dropping.column.after")]
    table = _table(tell("dropping.dropped", criteria=criteria), [tell("cohort.column.verdict")], names)
    for verdict in VERDICTS:
        counts = (dropped.verdicts_before[verdict], dropped.verdicts_after[verdict])
        table.add_row(verdict_name(verdict), *map(number, counts))
    console.print(table)
    enter = sum(n for _, after, n in dropped.moved if after == "potentially-eligible")
    in_view = sum(n for _, after, n in dropped.moved if after == "undetermined")
    told = tell("dropping.enter", enter=number(enter), in_view=number(in_view))
    console.print(told, highlight=False, soft_wrap=True)


def print_relaxed(compared: Compared, made: Relaxed, groups: Sequence[By], console: Console) -> None:
    """What other bounds would change: who flips, by which criteria, and who would enter by group."""
    bounds = dict.fromkeys(
        tell("relaxed.bound", bound=str(bound), value=" or ".join(value)) for bound, value in made.bounds
    )
    of = tell("relaxed.of", bounds="; ".join(bounds))
    console.print(Text(of, style="bold"), soft_wrap=True)
    kept = "; ".join(map(str, made.kept))
    if kept:
        console.print(Text(tell("relaxed.kept", bounds=kept), style="dim"), soft_wrap=True)
    print_compared([compared], console)
    if compared.flipped:
        own = [one for one in compared.groups if one.by in groups]
        print_groups(own, tell("relaxed.groups"), compared.smallest, console)


def print_groups(groups: Sequence[Grouped], of: str, smallest: int, console: Console) -> None:
    """Who would enter and who would leave, by group; ``of`` tells by what."""
    for grouped in groups:
        group = tell(f"cohort.by.{grouped.by}")
        if not grouped.groups:
            console.print(tell("dropping.few", group=group), highlight=False, soft_wrap=True)
            continue
        columns = [move_name(column) for column in grouped.columns]
        title = tell("dropping.by", of=of, group=group)
        table = _table(title, [group], [*columns, tell("cohort.column.patients")])
        for one in grouped.groups:
            table.add_row(group_name(grouped.by, one.name), *map(number, one.counts), number(one.total))
        table.add_section()
        table.add_row(tell("cohort.all"), *map(number, grouped.totals), number(sum(grouped.totals)))
        console.print(table)
    if any(grouped.withheld for grouped in groups):
        console.print(Text(tell("dropping.withheld", sign=WITHHELD, smallest=smallest), style="dim"))
