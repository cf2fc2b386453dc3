"""Names of kidney diseases in words of a report: lupus nephritis, and those that have classes of their own.

Diabetic nephropathy has the classes I–IV of the Renal Pathology Society (Tervaert TW et al., J Am Soc Nephrol
2010;21:556), IgA nephropathy those of Haas (Am J Kidney Dis 1997;29:829): their numerals are no classes of
lupus nephritis.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from fhir_mappings.catalogue import FOLDER, read_yaml
from fhir_mappings.word_patterns import WordPattern


class DiseaseWords(NamedTuple):
    """Patterns of names.

    Attributes:
        lupus: lupus nephritis, lupus alone, or its classification.
        normal: tissue without disease.
        qualified: words before a name by which only a part of the disease is meant.
    """

    lupus_nephritis: WordPattern
    lupus: WordPattern
    other: WordPattern
    normal: WordPattern
    qualified: WordPattern
    asked: WordPattern


@functools.cache
def disease_words() -> DiseaseWords:
    """The patterns, from ``biopsy.yaml``."""
    raw = read_yaml(FOLDER / "biopsy.yaml")["conclusions"]
    return DiseaseWords(*(WordPattern(raw[name], re.IGNORECASE) for name in DiseaseWords._fields))


def is_of_another_disease(sentence: str, start: int, end: int) -> bool:
    """Whether the class that stands from ``start`` to ``end`` is one of a disease other than lupus nephritis.

    The name that stands nearest is that of its disease.
    """
    words = disease_words()
    other = _distance(words.other, sentence, start, end)
    lupus = _distance(words.lupus, sentence, start, end)
    return other is not None and (lupus is None or other < lupus)


def names_lupus(text: str) -> bool:
    """Whether a report names lupus, its nephritis or its classification, in whatever sense."""
    return disease_words().lupus.search(text) is not None


def _distance(words: WordPattern, sentence: str, start: int, end: int) -> int | None:
    gaps = (max(m.start() - end, start - m.end(), 0) for m in words.finditer(sentence))
    return min(gaps, default=None)
