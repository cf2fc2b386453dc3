"""What chest imaging says about active tuberculosis."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from fhir_mappings.catalogue import read_yaml
from fhir_mappings.facts import Measurement, Report, Series, Unusable
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.pairing import latest_first
from fhir_mappings.intervals import UNDATED
from fhir_mappings.phrases import phrase
from fhir_mappings.word_patterns import WordPattern

Finding = Literal[
    "active-tuberculosis", "perhaps-active-tuberculosis", "no-active-tuberculosis", "not-stated"
]

REPORTS = ("report_chest_xray", "report_chest_ct")
ACTIVE = "cond_tb_active"

PERHAPS: Finding = "perhaps-active-tuberculosis"
"""The report speaks of it by name, and neither asserts nor denies it, or does both."""

_LONGEST_REPORT = 20_000
"""Characters. A longer text is no report of one examination."""

_SENTENCE = re.compile(r"[;。\n]|\.(?=\s|$)")


@computes("chest_imaging")
def chest_imaging(asked: Asked) -> Series:
    """Each report on the chest: active tuberculosis, none, perhaps, or nothing stated.

    Only a coded conclusion or explicit words decide; whatever else a report says needs a reader.
    """
    found: list[Measurement] = []
    unusable: list[Unusable] = []
    for report in asked.events(Report, REPORTS):
        if not report.confirmed:
            detail = phrase("imaging.the-report-is-preliminary")
            unusable.append(
                Unusable(why="unreadable", detail=detail, when=report.start, evidence=(report.evidence,))
            )
            continue
        category, notes = _finding_of(report)
        found.append(
            Measurement(
                input="chest_imaging",
                when=report.start or UNDATED,
                category=category,
                basis="recorded",
                evidence=(report.evidence,),
                notes=notes,
            )
        )
    return asked.result(latest_first(found), unusable)


def _finding_of(report: Report) -> tuple[Finding, tuple[str, ...]]:
    finding, notes = read_chest_report(report.text or "")
    if ACTIVE not in report.concepts or report.by_text or finding == "active-tuberculosis":
        return finding, notes
    if notes:
        return PERHAPS, (*notes, phrase("imaging.the-coded-conclusion-of-the-report"))
    return "active-tuberculosis", (phrase("imaging.by-the-coded-conclusion-of-the"),)


def read_chest_report(text: str) -> tuple[Finding, tuple[str, ...]]:
    """What the words of a report say, with remarks on what was not decided.

    What was known or asked before the examination, and what earlier images showed, decides nothing.
    """
    if len(text) > _LONGEST_REPORT:
        return "not-stated", (phrase("imaging.the-report-is-too-long-to"),)
    said: dict[str, str] = {}
    plain = re.sub(r"\n\s+", "\n", unicodedata.normalize("NFKC", text).lower())
    for sentence in _findings(plain):
        for kind in _kinds(sentence):
            said.setdefault(kind, sentence)
    if "present" in said and "absent" in said:
        return PERHAPS, (phrase("imaging.the-report-says-both-that-there"),)
    if "present" in said:
        return "active-tuberculosis", (phrase("imaging.the-report-says", present=said["present"]),)
    if "hedged" in said:
        return PERHAPS, (phrase("imaging.the-report-leaves-it-open", hedged=said["hedged"]),)
    if "suspicious" in said:
        return "not-stated", (
            phrase("imaging.the-report-describes-what-may-be", suspicious=said["suspicious"]),
        )
    if "absent" in said:
        return "no-active-tuberculosis", (phrase("imaging.the-report-says-2", absent=said["absent"]),)
    if "former" in said:
        return "not-stated", (
            phrase("imaging.the-report-tells-of-former-tuberculosis", former=said["former"]),
        )
    return "not-stated", ()


def _findings(text: str) -> Iterator[str]:
    """The sentences that stand under no heading of the history, the question or the comparison."""
    patterns = _patterns()
    kept, start, background = [], 0, False
    for heading in patterns["heading"].finditer(text):
        if not background:
            kept.append(text[start : heading.start()])
        background, start = patterns["background"].pattern.match(heading["title"]) is not None, heading.end()
    if not background:
        kept.append(text[start:])
    for part in kept:
        for sentence in _SENTENCE.split(part):
            words = " ".join(sentence.split())
            if words:
                yield words


def _kinds(sentence: str) -> Iterator[str]:
    patterns = _patterns()
    if any(not _is_denied(sentence, found) for found in patterns["suspicious"].finditer(sentence)):
        yield "suspicious"
    if patterns["hedged"].search(sentence):
        yield "hedged"
        return
    rest, denied = patterns["absent"].subn(" ", sentence)
    if denied and not patterns["elsewhere"].search(sentence):
        yield "absent"
    rest = patterns["asked"].sub(" ", rest)
    if patterns["former"].search(rest):
        yield "former"
        return
    asserted = patterns["present"].search(rest)
    if asserted is not None:
        unclear = patterns["negation"].pattern.search(rest, 0, asserted.start())
        yield "hedged" if unclear else "present"


def _is_denied(sentence: str, found: re.Match[str]) -> bool:
    """Whether a finding is denied: right before it, in a list of denied ones, or behind it."""
    patterns = _patterns()
    before, after = sentence[: found.start()], sentence[found.end() :]
    if patterns["denied_before"].search(before) or patterns["denied_after"].search(after):
        return True
    in_list = patterns["denied_list"].search(before)
    return in_list is not None and (
        patterns["joined_before"].search(before) is not None
        or patterns["joined_after"].search(after) is not None
    )


@functools.cache
def _patterns() -> Mapping[str, WordPattern]:
    raw = read_yaml(Path(__file__).with_name("imaging.yaml"))
    return {
        name: WordPattern(words if isinstance(words, str) else "|".join(words)) for name, words in raw.items()
    }
