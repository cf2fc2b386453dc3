"""Remarks of a laboratory beside a result that make it unusable: clumped platelets, a clotted specimen.

And whether there is a result at all: an order that nobody has carried out has none, nor has a specimen that
was never received.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fhir_mappings.qualitative import normalised
from fhir_mappings.reading.terms import Remark, terms, words_of
from fhir_mappings.reading.values import Value
from fhir_mappings.resources import Observation, Valued

_CLAUSE = re.compile(r"[;。；,，、]|\.(?:\s|$)|\b(?:but|however)\b|但")


def unreliable(part: Valued, whole: Observation, analyte: str) -> str | None:
    """The remark that makes a result of this analyte unusable, as recorded; ``None`` if there is none."""
    kinds = _kinds(analyte)
    return next((text for text in _remarks(part, whole) if _says_any(text, kinds)), None)


def is_measured(part: Valued, whole: Observation, analyte: str, value: Value) -> bool:
    """Whether there is a valid measurement, or may be, that the record does not let us use.

    There is none if the result is merely registered, if the reason why its value is absent, or words in its
    place, say that nothing was measured, and if the specimen was of no use.
    """
    if value.absent and value.interpreted is None:
        if whole.status == "registered" or not terms().not_measured.isdisjoint(
            words_of(part.data_absent_reason)
        ):
            return False
        reason = part.data_absent_reason
        words = [*_remarks(part, whole), *([reason.label] if reason is not None and reason.label else ())]
    else:
        in_place = value.said is None and value.number is None
        words = [value.recorded] if in_place and value.recorded else []
    void = [kind for kind in _kinds(analyte) if not kind.doubtful]
    if any(_says_any(text, [*void, terms().not_measured_words]) for text in words):
        return False
    return not any(_says_any(text, void) for text in _remarks(part, whole))


def _kinds(analyte: str) -> list[Remark]:
    return [kind for kind in terms().unreliable if not kind.analytes or analyte in kind.analytes]


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
