"""NYHA class of heart failure."""

from __future__ import annotations

import re
import unicodedata

from fhir_mappings.facts import Diagnosis, Measurement, Series
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.pairing import latest_first
from fhir_mappings.inputs.wording import known_by
from fhir_mappings.intervals import UNDATED
from fhir_mappings.phrases import phrase

CLASSES = ("I", "II", "III", "IV")
CONCEPTS = {f"cond_nyha_class_{number}": CLASSES[number - 1] for number in range(1, 5)}

_NUMERAL = r"(IV|III|II|I|[1-4])"
_STATED = re.compile(
    rf"(?:NYHA|纽约心脏|心功能)[^.;,。，；\d]{{0,20}}?(?<![A-Z\d]){_NUMERAL}(?:\s*[-/~至]\s*{_NUMERAL})?(?![A-Z\d])",
    re.IGNORECASE,
)


@computes("nyha_class")
def nyha_class(asked: Asked) -> Series:
    """NYHA class of coded or worded heart failure, dated as the entry is. Of a range, the higher class."""
    found: list[Measurement] = []
    for event in asked.facts.events:
        if not isinstance(event, Diagnosis) or not event.confirmed:
            continue
        stated = _of_codes(event) or _of_words(event)
        if stated is None:
            continue
        category, notes = stated
        found.append(
            Measurement(
                input="nyha_class",
                when=UNDATED if event.start is None else known_by(event.start),
                category=category,
                basis="recorded",
                evidence=(event.evidence,),
                notes=notes,
            )
        )
    return asked.result(
        latest_first((*found, *asked.facts.measurements.get("nyha_class", ()))),
        asked.unusable("nyha_class"),
    )


def read_nyha_class(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The class that words state ("NYHA III", "心功能Ⅲ级"), with remarks; ``None`` if they state none."""
    match = _STATED.search(unicodedata.normalize("NFKC", text))
    if match is None:
        return None
    named = sorted({_roman(numeral) for numeral in match.groups() if numeral}, key=CLASSES.index)
    if len(named) == 1:
        return named[0], ()
    return named[-1], (phrase("cardiac.recorded-as-class-to", named=named[0], named_b=named[-1]),)


def _of_codes(event: Diagnosis) -> tuple[str, tuple[str, ...]] | None:
    coded = sorted(CONCEPTS[c] for c in event.concepts if c in CONCEPTS)
    return (max(coded, key=CLASSES.index), ()) if coded else None


def _of_words(event: Diagnosis) -> tuple[str, tuple[str, ...]] | None:
    for text in (event.stage, event.label):
        stated = read_nyha_class(text) if text else None
        if stated is not None:
            return stated
    return None


def _roman(numeral: str) -> str:
    return CLASSES[int(numeral) - 1] if numeral.isdigit() else numeral.upper()
