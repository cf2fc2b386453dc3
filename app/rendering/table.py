"""A screening report for a terminal."""

from __future__ import annotations

from textwrap import shorten

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.rendering.words import (
    OUTCOMES,
    VERDICTS,
    evidence_words,
    in_the_way,
    need_words,
    outcome_words,
    own_evidence,
    own_needs,
    own_reason,
    verdict_words,
    with_parts,
)
from eligibility.findings import Finding, Screening, ScreeningReport


def print_report(report: ScreeningReport, console: Console) -> None:
    """Print one patient's report: each trial with its verdict, then criterion by criterion."""
    console.rule(Text(f"{report.patient} · as of {report.as_of} · {report.engine}"), style="dim")
    for screening in report.screenings:
        console.print(_heading(screening))
        console.print(_criteria(screening))
    if report.unread:
        console.print(Text("Not used", style="bold"))
        for unread in report.unread:
            console.print(Padding(Text(f"{unread.reference}: {unread.why}"), (0, 0, 0, 2)))
    console.print()


def _heading(screening: Screening) -> RenderableType:
    look = VERDICTS[screening.verdict]
    title = Text.assemble(
        (screening.title, "bold"), (f"  {screening.protocol} version {screening.version}", "dim")
    )
    verdict = Text(f"{look.sign} {verdict_words(screening)}", style=look.style)
    lines = [Text(), title, verdict]
    blocking = in_the_way(screening)
    if blocking:
        lines.append(Text("In the way: " + ", ".join(finding.criterion for finding in blocking)))
    if screening.stands_until:
        lines.append(Text(f"Time alone changes some findings from {screening.stands_until} on.", style="dim"))
    lines.append(Text("Counted from: " + ", ".join(_anchors(screening)), style="dim"))
    return Group(*lines)


def _anchors(screening: Screening) -> list[str]:
    days = screening.anchors
    if len(set(days.values())) == 1:
        return [f"{' = '.join(days)} {next(iter(days.values()))}"]
    return [f"{name} {when}" for name, when in days.items()]


def _criteria(screening: Screening) -> Table:
    table = Table(box=None, padding=(0, 1), show_header=False, expand=True)
    table.add_column(max_width=14, overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for finding in screening.findings:
        for depth, part in with_parts(finding):
            look = OUTCOMES[part.outcome]
            table.add_row(
                Text("  " * depth + part.criterion, style="bold" if depth == 0 else ""),
                Text(f"{look.sign} {outcome_words(part)}", style=look.style),
                _account(part, shorten(part.text, 100, placeholder=" …") if depth == 0 else ""),
            )
    return table


def _account(finding: Finding, asked: str) -> Text:
    clears = f"clears on {finding.clears_on}" if finding.clears_on else ""
    lines = [
        (asked, "italic dim"),
        (own_reason(finding), ""),
        (clears, "bold"),
        *((need_words(need), "yellow") for need in own_needs(finding)),
        *((evidence_words(evidence), "dim") for evidence in own_evidence(finding)),
        *((note, "italic dim") for note in finding.notes),
    ]
    return Text("\n").join(Text(words, style=style) for words, style in lines if words)
