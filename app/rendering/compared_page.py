"""Two versions of a protocol over a population, as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.language import Language
from app.rendering import cohort_words as words
from app.rendering.cohort_page import page_styles
from app.rendering.comparison import heading
from app.rendering.page import environment
from app.rendering.telling import speaking
from cohort.comparing import NEARNESS, Compared
from cohort.plan import Plan
from eligibility.comparing import Change, compare
from eligibility.protocol import Protocol
from fhir_mappings.phrases import said
from fhir_mappings.vocabulary import vocabulary


def compared_page(comparisons: Sequence[Compared], plan: Plan, language: Language = "en") -> str:
    """The comparisons of a run as a self-contained HTML document; it names no patient.

    Args:
        comparisons: one for each protocol.
        plan: what the run was asked; the versions are in it.
        language: that of the run.
    """
    protocols = _protocols(plan)
    with speaking(language):
        return (
            environment()
            .get_template("compared.html")
            .render(
                comparisons=comparisons,
                plan=plan,
                language=language,
                styles=page_styles(),
                words=words,
                heading=heading,
                matrix_of=matrix_of,
                title_of=lambda one: said(protocols[one.protocol, one.newer].short_title, language),
                texts_of=lambda one: _texts(protocols, one),
                changes_of=lambda one: _changes(protocols, one),
            )
        )


def matrix_of(compared: Compared) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """The states after, and for each state before, how many come to each of them."""
    counts: Mapping[tuple[str, str], int] = {(f.before, f.after): f.patients for f in compared.flips}
    before = [state for state in NEARNESS if any(was == state for was, _ in counts)]
    after = [state for state in NEARNESS if any(now == state for _, now in counts)]
    return after, [(was, [counts.get((was, now), 0) for now in after]) for was in before]


_Protocols = Mapping[tuple[str, str], Protocol]


def _protocols(plan: Plan) -> _Protocols:
    return {(chosen.id, chosen.version): bound.protocol for chosen, bound in plan.bound()}


def _texts(protocols: _Protocols, compared: Compared) -> Mapping[str, str]:
    """The words of each criterion, those of the newer version where both have it."""
    return {
        criterion.id: criterion.text
        for version in (compared.older, compared.newer)
        for criterion in protocols[compared.protocol, version].criteria
    }


def _changes(protocols: _Protocols, compared: Compared) -> list[Change]:
    older, newer = (protocols[compared.protocol, version] for version in (compared.older, compared.newer))
    return [change for change in compare(older, newer, vocabulary()).changes if change.decides]
