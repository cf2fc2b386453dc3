"""A screening report as one HTML file that needs nothing else and prints well on A4."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from app.language import Language
from app.plain_text import plain
from app.rendering import changes, scores, telling, timeline, timeline_picture, words
from eligibility.findings import ScreeningReport


@cache
def environment() -> Environment:
    """The templates of this package, with every value plain and escaped, and none silently undefined."""
    templates = Environment(
        loader=PackageLoader("app.rendering"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["outcomes"] = words.OUTCOMES
    templates.globals["verdicts"] = words.VERDICTS
    templates.globals["tell"] = telling.tell
    templates.globals["tell_as_laid_out"] = _as_laid_out
    for show in (
        changes.by_then_words,
        changes.change_lines,
        changes.decides_words,
        changes.input_label,
        changes.set_words,
        timeline.candidate_words,
        timeline.months_words,
        timeline_picture.picture_of,
        timeline.stretch_words,
        timeline.timeline_lines,
        words.contradiction_words,
        words.evidence_words,
        words.gate_words,
        words.in_the_way,
        words.need_words,
        words.outcome_words,
        words.own_evidence,
        words.own_needs,
        words.own_reason,
        words.used_value,
        words.verdict_words,
        words.with_parts,
        scores.basis_words,
        scores.bounds_words,
        scores.decision_words,
        scores.item_account,
        scores.item_points,
        scores.item_rows,
        scores.item_state_words,
        scores.own_scores,
        scores.window_words,
    ):
        templates.globals[show.__name__] = show
    return templates


def _shown(value: object) -> object:
    """Words of a chart without signs that hide or turn text; HTML made here stays as it is."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _as_laid_out(key: str, **args: object) -> Markup:
    """Words of ours with their breaks and blanks, which words of a chart lose."""
    told = {name: plain(str(value)) for name, value in args.items()}
    return escape(telling.tell(key, **told))


def html_page(reports: Sequence[ScreeningReport], language: Language = "en") -> str:
    """The reports as one self-contained HTML document, one patient after another.

    ``language``: that of the reports.
    """
    with telling.speaking(language):
        return environment().get_template("screening.html").render(reports=reports, language=language)
