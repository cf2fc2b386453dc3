"""A screening report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import shorten

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.language import Language
from app.plain_text import plain
from app.rendering.changes import by_then_words, change_lines, decides_words, set_words
from app.rendering.scores import own_scores, score_line
from app.rendering.telling import speaking, tell
from app.rendering.timeline import timeline_lines
from app.rendering.words import (
    OUTCOMES,
    VERDICTS,
    contradiction_words,
    evidence_words,
    gate_words,
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

_NARROW = 72


def print_report(report: ScreeningReport, console: Console, language: Language = "en") -> None:
    """Print one patient's report: each trial with its verdict, then criterion by criterion.

    ``language``: that of the report.
    """
    with speaking(language):
        _print(report, console)


def _print(report: ScreeningReport, console: Console) -> None:
    console.rule(
        _text(tell("report.head", patient=report.patient, date=report.as_of, engine=report.engine)),
        style="dim",
    )
    for screening in report.screenings:
        console.print(_heading(screening))
        console.print(_stacked(screening) if console.width < _NARROW else _criteria(screening))
    if report.work_list:
        console.print(Text(tell("work-list"), style="bold"))
        console.print(Group(*_work(report)))
    if report.contradictions:
        console.print(Text(tell("contradictions"), style="bold"))
        for contradiction in report.contradictions:
            console.print(Padding(_text(contradiction_words(contradiction)), (0, 0, 0, 2)))
            for item in contradiction.evidence:
                console.print(Padding(_text(evidence_words(item), "dim"), (0, 0, 0, 4)))
    if report.unread:
        console.print(Text(tell("not-used"), style="bold"))
        for unread in report.unread:
            console.print(Padding(_text(tell("named", name=unread.reference, what=unread.why)), (0, 0, 0, 2)))
    console.print()


def _heading(screening: Screening) -> RenderableType:
    look = VERDICTS[screening.verdict]
    title = Text.assemble(
        (screening.title, "bold"),
        ("  " + tell("version", protocol=screening.protocol, version=screening.version), "dim"),
    )
    verdict = Text(f"{look.sign} {verdict_words(screening)}", style=look.style)
    lines = [Text(), title, verdict]
    if screening.gate is not None:
        lines.append(_text(gate_words(screening.gate), "" if screening.gate.opens else "yellow"))
    blocking = in_the_way(screening)
    if blocking:
        lines.append(Text(tell("in-the-way", ids=", ".join(finding.criterion for finding in blocking))))
    if screening.stands_until:
        lines.append(Text(tell("stands-until", date=screening.stands_until), style="dim"))
    lines.append(Text(tell("counted-from", anchors=", ".join(_anchors(screening))), style="dim"))
    return Group(*lines, *_changes(screening))


def _changes(screening: Screening) -> Iterator[RenderableType]:
    if screening.changes:
        yield Text(tell("changes"), style="bold")
    for changes in screening.changes:
        yield Padding(_text(set_words(changes), "bold cyan"), (0, 0, 0, 2))
        for line in change_lines(changes):
            yield Padding(_text(line), (0, 0, 0, 4))
        if by_then := by_then_words(changes):
            yield Padding(_text(by_then, "dim"), (0, 0, 0, 4))


def _work(report: ScreeningReport) -> Iterator[RenderableType]:
    for number, item in enumerate(report.work_list, 1):
        yield Padding(_text(f"{number}. {need_words(item)}"), (0, 0, 0, 2))
        for decides in item.decides:
            yield Padding(_text(decides_words(decides), "dim"), (0, 0, 0, 5))


def _anchors(screening: Screening) -> list[str]:
    days = {tell(f"anchor.{name}"): day for name, day in screening.anchors.items()}
    if len(set(days.values())) == 1:
        return [f"{' = '.join(days)} {next(iter(days.values()))}"]
    return [f"{name} {when}" for name, when in days.items()]


def _criteria(screening: Screening) -> Table:
    table = Table(box=None, padding=(0, 1), show_header=False, expand=True)
    table.add_column(max_width=14, overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for depth, finding in _rows(screening):
        table.add_row(_criterion(finding, depth), _outcome(finding), _account(finding, depth))
    return table


def _stacked(screening: Screening) -> RenderableType:
    """The same for a terminal without room for columns: criterion, outcome and account below each other."""
    blocks: list[RenderableType] = []
    for depth, finding in _rows(screening):
        head = Text("  ").join([_criterion(finding, depth), _outcome(finding)])
        blocks += [head, Padding(_account(finding, depth), (0, 0, 0, 4 + 2 * depth))]
    return Group(*blocks)


def _rows(screening: Screening) -> Iterator[tuple[int, Finding]]:
    for finding in screening.findings:
        yield from with_parts(finding)


def _criterion(finding: Finding, depth: int) -> Text:
    return Text("  " * depth + finding.criterion, style="bold" if depth == 0 else "")


def _outcome(finding: Finding) -> Text:
    look = OUTCOMES[finding.outcome]
    return Text(f"{look.sign} {outcome_words(finding)}", style=look.style)


def _account(finding: Finding, depth: int) -> Text:
    asked = shorten(finding.text, 100, placeholder=" …") if depth == 0 else ""
    clears = tell("clears", date=finding.clears_on) if finding.clears_on else ""
    lines = [
        (asked, "italic dim"),
        (own_reason(finding), ""),
        (clears, "bold"),
        *((need_words(need), "yellow") for need in own_needs(finding)),
        *((score_line(score), "") for score in own_scores(finding)),
        *((evidence_words(evidence), "dim") for evidence in own_evidence(finding)),
        *((note, "italic dim") for note in finding.notes),
        *((line, "cyan") for line in (timeline_lines(finding.timeline) if finding.timeline else ())),
    ]
    return Text("\n").join(_text(words, style) for words, style in lines if words)


def _text(words: str, style: str = "") -> Text:
    """Words of a chart, without what could steer the terminal."""
    return Text(plain(words), style=style)
