"""The one sentence of a card: the trial, the verdict, and what stands in the way, or how much of it."""

from __future__ import annotations

from collections.abc import Sequence

from app.cards.groups import Groups, standing
from app.cards.text import readable
from app.cards.wording import Wording
from app.plain_text import plain, shortened
from cds_hooks.cards import SUMMARY_LIMIT
from eligibility.findings import Finding, Screening
from eligibility.protocol import Protocol
from fhir_mappings.phrases import said


def summary(screening: Screening, groups: Groups, protocol: Protocol, words: Wording) -> str:
    """Plain text, shorter than CDS Hooks allows. A single obstacle is named, several are counted."""
    told = {
        "trial": said(protocol.short_title, words.language),
        "verdict": words.say(f"verdict.{screening.verdict}"),
    }
    why = _why(screening, groups, words)
    sentence = words.say("summary.because", what=why, **told) if why else words.say("summary", **told)
    return shortened(sentence, SUMMARY_LIMIT - 1)


def _why(screening: Screening, groups: Groups, words: Wording) -> str | None:
    if screening.verdict == "undetermined":
        # One result may settle several criteria, and then it is the one thing to say.
        lacks = (*groups.lacks, *groups.not_retrieved)
        if len(lacks) == 1:
            return words.say("missing.one", what=plain(readable(lacks[0].need.detail)))
        return words.say("missing.many", count=len(groups.open))
    if screening.verdict == "potentially-eligible":
        count = len(groups.confirm)
        return words.counted("to-confirm", count, "") if count else None
    blocking = [f for f in groups.in_the_way if standing(f) == "fail"]
    if screening.verdict == "probably-ineligible":
        return words.counted("to-judge", len(groups.in_the_way), _sole(groups.in_the_way))
    if screening.earliest is not None:
        if len(blocking) == 1:
            return words.say("until.one", date=screening.earliest, what=_sole(blocking))
        return words.say("until", date=screening.earliest)
    lasting = [f for f in blocking if f.clears_on is None]
    told = lasting if len(lasting) == 1 else blocking
    return _sole(told) if len(told) == 1 else words.say("in-the-way.many", count=len(blocking))


def _sole(findings: Sequence[Finding]) -> str:
    return plain(readable(findings[0].reason)) if findings else ""
