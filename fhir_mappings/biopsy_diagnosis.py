"""Which disease a report of a kidney biopsy concludes to: lupus nephritis of whatever class, or another one.

A disease counts where the report states it as its own conclusion; what is denied, possible, former or part of
the history does not, as with classes (``fhir_mappings.biopsy``). Lesions that lupus itself can cause (minimal
change, segmental sclerosis, membranous nephropathy, microangiopathy) are no other disease. The words are data
(``biopsy.yaml``).
"""

from __future__ import annotations

import itertools
import re

import msgspec

from fhir_mappings.biopsy import LONGEST_REPORT, MOST_MENTIONS, is_denied, is_stated, present_sections
from fhir_mappings.kidney_diseases import disease_words
from fhir_mappings.word_patterns import WordPattern


class BiopsyDiagnosis(msgspec.Struct, frozen=True):
    """What a report says of lupus nephritis.

    Attributes:
        lupus: it is stated.
        other: the words for another disease that is stated.
        none: lupus nephritis is denied, or the tissue is normal.
    """

    lupus: bool
    other: str | None
    none: bool = False


_NEAR = 40
"""Characters before a name in which its qualifiers stand."""

_NOTHING = BiopsyDiagnosis(False, None)


def biopsy_diagnosis(text: str) -> BiopsyDiagnosis:
    """What a report concludes to.

    Where it has a heading for its diagnosis, only what stands there counts.
    """
    if len(text) > LONGEST_REPORT:
        return _NOTHING
    sections = present_sections(text)
    concluding = [body for kind, body in sections if kind == "diagnosis"]
    bodies = concluding or [body for kind, body in sections if kind == "none"]
    words = disease_words()
    return BiopsyDiagnosis(
        lupus=any(_stated(words.lupus_nephritis, body) for body in bodies),
        other=next((found for body in bodies if (found := _stated(words.other, body))), None),
        none=any(_denied(body) for body in bodies),
    )


def _stated(words: WordPattern, body: str) -> str | None:
    named = itertools.islice(words.finditer(body), MOST_MENTIONS)
    found = (match for match in named if is_stated(body, *match.span()))
    return next((match[0] for match in found if not _suspected(body, match.start())), None)


def _denied(body: str) -> bool:
    words = disease_words()
    named = itertools.islice(words.lupus_nephritis.finditer(body), MOST_MENTIONS)
    # "No active lupus nephritis" denies that it is active.
    whole = (m for m in named if not words.qualified.search(body[max(0, m.start() - _NEAR) : m.start()]))
    if any(is_denied(body, *match.span()) for match in whole):
        return True
    return _stated(words.normal, body) is not None


def _suspected(body: str, start: int) -> bool:
    """Whether the words before say that it was the question, not the answer."""
    return disease_words().asked.search(re.split(r"[.;\n。]", body[:start])[-1]) is not None
