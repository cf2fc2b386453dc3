"""Remarks of a laboratory beside a result that make it unusable: clumped platelets, a clotted specimen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fhir_mappings.qualitative import normalised
from fhir_mappings.reading.terms import Remark, terms
from fhir_mappings.resources import Observation, Valued

_CLAUSE = re.compile(r"[;。；,，、]|\.(?:\s|$)|\b(?:but|however)\b|但")


def unreliable(part: Valued, whole: Observation, analyte: str) -> str | None:
    """The remark that makes a result of this analyte unusable, as recorded; ``None`` if there is none."""
    kinds = [kind for kind in terms().unreliable if not kind.analytes or analyte in kind.analytes]
    return next((text for text in _remarks(part, whole) if _says_any(text, kinds)), None)


def _remarks(part: Valued, whole: Observation) -> Iterator[str]:
    for note in whole.note:
        if note.text:
            yield note.text
    for concept in part.interpretation:
        yield from (words for words in (concept.text, *(c.display for c in concept.coding)) if words)
    for component in whole.component:
        # A comment as a component of its own, or beside the value of the component that is asked for.
        coded = component.value_codeable_concept
        yield from (words for words in (component.value_string, coded.label if coded else None) if words)


def _says_any(text: str, kinds: Iterable[Remark]) -> bool:
    clauses = [clause.strip() for clause in _CLAUSE.split(normalised(text))]
    return any(_says(clause, kind) for kind in kinds for clause in clauses)


def _says(clause: str, kind: Remark) -> bool:
    before, after = terms().denied_before, terms().denied_after
    return any(
        not (before.search(clause[: match.start()]) or after.search(clause[match.end() :]))
        for match in kind.words.finditer(clause)
    )
