"""What came of a whole population as one HTML file that needs nothing else and prints well on A4."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from app.language import Language
from app.plain_text import shortened
from app.rendering import cohort_words as words
from app.rendering.changes import input_label
from app.rendering.cohort_calendar import calendar_picture
from app.rendering.cohort_funnel import funnels_of
from app.rendering.cohort_looks import LOOKS, Bars, Row, bars_of
from app.rendering.page import environment
from app.rendering.telling import speaking, tell
from cohort.funnel import WAYS, Step
from cohort.groups import Grouped
from cohort.near_misses import NearMiss
from cohort.summary import VERDICTS, Summary, Trial

MOST_LACKING = 20
"""So many missing inputs are shown; the summary holds all."""


def html_of(
    summary: Summary,
    near: Mapping[str, Sequence[NearMiss]],
    language: Language = "en",
    compared: Collection[str] = (),
) -> str:
    """The summary as one self-contained HTML document, one protocol after another.

    Args:
        summary: of a run.
        near: by protocol, near misses to name; none are named where there are none.
        language: that of the run.
        compared: protocols of which another version was judged too; the page on that is linked.
    """
    with speaking(language):
        return (
            environment()
            .get_template("cohort.html")
            .render(
                summary=summary,
                near=near,
                compared=compared,
                language=language,
                looks=LOOKS,
                styles=page_styles(),
                verdict_order=VERDICTS,
                ways=WAYS,
                most_lacking=MOST_LACKING,
                words=words,
                input_label=input_label,
                shortened=shortened,
                funnels_of=funnels_of,
                calendar_picture=calendar_picture,
                verdict_bars=verdict_bars,
                alone_bars=alone_bars,
                near_bars=near_bars,
                lacking_bars=lacking_bars,
                group_bars=group_bars,
                look_name=look_name,
            )
        )


@cache
def page_styles() -> Markup:
    """What all pages share, and what those on a population add."""
    shared = files("app.web").joinpath("static", "base.css").read_text("utf-8")
    own = files("app.rendering").joinpath("templates", "cohort.css").read_text("utf-8")
    return Markup(shared + own)  # noqa: S704 - our own files


def verdict_bars(trial: Trial) -> Bars:
    """A bar for each verdict."""
    return bars_of(
        [
            Row(words.verdict_name(verdict), [(verdict, count)], words.number(count))
            for verdict, count in trial.verdicts.items()
        ]
    )


def alone_bars(steps: Sequence[Step]) -> Bars:
    """Two bars for each criterion that blocks somebody: for whom it fails, and of whom it is unknown."""
    return bars_of(list(_alone_rows(steps)))


def _alone_rows(steps: Sequence[Step]) -> Iterator[Row]:
    for step in steps:
        unknown = step.missing + step.review
        if step.fails:
            yield Row(
                tell("cohort.alone.fails", criterion=step.criterion),
                [("only-fails", step.only_fails), ("fails", step.fails - step.only_fails)],
                words.number(step.fails),
            )
        if unknown:
            yield Row(
                tell("cohort.alone.unknown", criterion=step.criterion),
                [("only-unknown", step.only_unknown), ("unknown", unknown - step.only_unknown)],
                words.number(unknown),
            )


def near_bars(trial: Trial) -> Bars:
    """A bar for each criterion that alone stands in somebody's way, by how."""
    return bars_of(
        [
            Row(one.criterion, [(way, one.ways[way]) for way in WAYS], words.number(one.patients))
            for one in trial.near_misses.criteria
        ]
    )


def lacking_bars(trial: Trial) -> Bars:
    """A bar for each missing input: whom it alone would decide, by why it is missing."""
    return bars_of(
        [
            Row(
                input_label(one.input),
                [(why.why, why.alone) for why in one.why],
                tell("cohort.of", some=words.number(one.alone), all=words.number(one.asked)),
            )
            for one in trial.lacking[:MOST_LACKING]
            if one.alone
        ]
    )


def group_bars(grouped: Grouped) -> Bars:
    """A bar for each group, as shares of it; what is withheld is drawn as one part."""
    rows = []
    for group in grouped.groups:
        parts = [
            (words.column_look(column), count or 0)
            for column, count in zip(grouped.columns, group.counts, strict=True)
        ]
        if group.total:
            parts.append(("withheld", group.total - sum(count for _, count in parts)))
            # On one scale whatever the size of the group.
            parts = [(look, round(1000 * count / group.total)) for look, count in parts]
        else:
            parts = []
        rows.append(Row(words.group_name(grouped.by, group.name), parts, words.number(group.total)))
    return bars_of(rows, 1000)


def look_name(grouped: Grouped) -> Callable[[str], str]:
    """What the looks of the bars of groups stand for."""
    names = {words.column_look(column): words.column_name(column) for column in grouped.columns}
    # Of several columns that are counted together the tables tell which.
    together = [words.column_name(column) for column in grouped.columns if len(column) > 1]
    names["together"] = tell("separator").join(together)
    names["withheld"] = tell("cohort.withheld")
    return names.__getitem__
