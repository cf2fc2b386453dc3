"""Of which tissue a pathology report is, and on which day it says that the tissue was taken.

That a report names nephritis does not make it one of the kidney: a skin biopsy of a patient with lupus
nephritis does, too. The kidney has to be the specimen. The words are data (``biopsy.yaml``).
"""

from __future__ import annotations

import functools
import re
from datetime import timedelta
from typing import Literal, NamedTuple

from fhir_mappings.biopsy import REACH, SAME_REPORT, normalised, present_sections, speaks_of_another_day
from fhir_mappings.catalogue import FOLDER, read_yaml
from fhir_mappings.intervals import DateSpan
from fhir_mappings.stated_dates import stated_dates
from fhir_mappings.word_patterns import WordPattern

Tissue = Literal["kidney", "other", "donor", "several", "not-stated"]
"""``several``: of the kidney and of another organ; which of its words are about the kidney is not told."""

_FULL_STOP = re.compile(r"[。\n]|(?<!\b[A-Ha-h1-9])\.(?=\s|$)")

_MOST_DATES = 30
"""In one sentence."""


def tissue_of(label: str, text: str) -> Tissue:
    """The tissue that a report is about, by its name and its words."""
    words = _words()
    name, sentences = normalised(label), _sentences(text)
    leading = [s for s in sentences if words.leading_organ.search(s) or words.cytology.search(s[:40])]
    kidney_leads = any(words.leading_kidney.search(s) for s in sentences)
    if words.donor.search(name) or any(words.donor.search(s) for s in sentences):
        return "donor"
    kidney_named = kidney_leads or words.kidney.search(name) is not None
    if _is_other(name) and not words.kidney.search(name):
        return "several" if kidney_leads else "other"
    if leading:
        return "several" if kidney_leads else "other"
    kidney = kidney_named or any(words.kidney.search(s) for s in sentences)
    other = any(words.organ_specimen.search(s) for s in sentences)
    if other:
        return "several" if kidney else "other"
    if kidney or any(words.diagnosis.search(s) for s in sentences):
        return "kidney"
    return "not-stated"


def day_taken(text: str, reported: DateSpan) -> DateSpan | None:
    """The day that a report names as that of the biopsy, if it is surely before the one it bears.

    Where it names several, the span holds them all.
    """
    words = _words()
    found: list[DateSpan] = []
    for sentence in _sentences(text):
        dates = list(stated_dates(sentence))
        if len(dates) > _MOST_DATES:
            # Which of so many is the day is not looked for; it may be any.
            found += [span for _, _, span in dates]
            continue
        for start, end, span in dates:
            before, after = sentence[max(0, start - REACH) : start], sentence[end : end + REACH]
            if speaks_of_another_day(before) or words.no_date.search(after):
                continue
            if words.date_last.search(before) or words.date_first.search(after):
                found.append(span)
    by = reported.last if reported.open_start else reported.first - timedelta(days=1)
    earlier = [span for span in found if span.last <= by]
    if not earlier:
        return None
    return DateSpan(min(span.first for span in earlier), max(span.last for span in earlier))


def _is_other(name: str) -> bool:
    words = _words()
    return words.organ.search(name) is not None or words.cytology.search(name) is not None


@functools.lru_cache(maxsize=SAME_REPORT)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(
        sentence
        for _, body in present_sections(text)
        for sentence in _FULL_STOP.split(body)
        if sentence.strip()
    )


class _Words(NamedTuple):
    kidney: WordPattern
    diagnosis: WordPattern
    leading_kidney: WordPattern
    leading_organ: WordPattern
    organ: WordPattern
    organ_specimen: WordPattern
    cytology: WordPattern
    donor: WordPattern
    date_last: WordPattern
    date_first: WordPattern
    no_date: WordPattern


@functools.cache
def _words() -> _Words:
    raw = read_yaml(FOLDER / "biopsy.yaml")
    specimen, taken = raw["specimen"], raw["taken"]
    organ, chinese = specimen["organ"], specimen["organ_chinese"]
    heading = r"^\W*(?:[a-h1-9][.)]\s*)?(?:(?:native|left|right)\W+)*"
    named = (
        rf"{heading}(?:{organ})(?:\s*[,:(]|\s*$|[^,:.]{{0,40}}\bbiops)",
        rf"^\W*(?:送检)?[左右]?(?:{chinese})(?:组织|活检|穿刺|[,:(]|\s*$)",
    )
    taken_from = (
        rf"\b(?:{organ})\W+(?:\w+\W+){{0,3}}?biops",
        rf"\bbiops\w* (?:of|from) (?:the )?(?:\w+ )?(?:{organ})\b",
        rf"(?:{chinese})(?:组织)?(?:活检|穿刺)",
    )
    patterns = {
        "kidney": specimen["kidney"],
        "diagnosis": specimen["diagnosis"],
        "leading_kidney": specimen["leading_kidney"],
        # A name of an organ at the head of a sentence, as a specimen is named: "Skin, left arm:".
        "leading_organ": "|".join(named),
        "organ": rf"\b(?:{organ})\b|{chinese}",
        "organ_specimen": "|".join(taken_from),
        "cytology": specimen["cytology"],
        "donor": specimen["donor"],
        "date_last": taken["date_last"],
        "date_first": taken["date_first"],
        "no_date": taken["no_date"],
    }
    return _Words(**{name: WordPattern(pattern, re.IGNORECASE) for name, pattern in patterns.items()})
