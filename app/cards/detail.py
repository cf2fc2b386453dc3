"""The body of a card: what stands in the way, what is missing, what a person must confirm, what is met."""

from __future__ import annotations

from collections.abc import Sequence

from app.cards.groups import Groups, Lack, only_time_in_the_way, standing
from app.cards.text import markdown, readable
from app.cards.wording import Wording
from app.order_names import order_name
from eligibility.findings import Finding, Screening
from eligibility.messages import message, render
from eligibility.protocol import Protocol
from eligibility.reported import ReportedEvidence

# A clinician has ten seconds: a few lines in each group, the rest counted.
_LINES = {"in-the-way": 4, "missing": 4, "confirm": 5, "met": 3}
# Longest texts, in characters: a reason, the words of a criterion, the name of a test, a value as recorded.
_REASON, _CRITERION, _ORDER, _RECORDED = 220, 90, 70, 60
_SOURCES = 2


def detail(screening: Screening, groups: Groups, as_of: str, protocol: Protocol, words: Wording) -> str:
    """GitHub Flavored Markdown: what stands in the way, what is missing, what to confirm, what is met."""
    blocks = [
        _lead(screening, as_of, protocol, words),
        _block(
            words.say("heading.in-the-way"),
            [_blocking_line(finding, words) for finding in groups.in_the_way[: _LINES["in-the-way"]]],
            [f.criterion for f in groups.in_the_way[_LINES["in-the-way"] :]],
            words,
        ),
        _missing_block(groups, words),
        _block(
            words.say("heading.confirm"),
            [_line(finding, words) for finding in groups.confirm[: _LINES["confirm"]]],
            [f.criterion for f in groups.confirm[_LINES["confirm"] :]],
            words,
        ),
        _block(
            words.say("heading.met", count=len(groups.met), all=len(screening.findings)),
            [_line(finding, words) for finding in groups.met[: _LINES["met"]]],
            [f.criterion for f in groups.met[_LINES["met"] :]],
            words,
        ),
        _closing(screening, words),
    ]
    return "\n\n".join(block for block in blocks if block)


def _lead(screening: Screening, as_of: str, protocol: Protocol, words: Wording) -> str:
    key = f"lead.{screening.verdict}"
    if screening.verdict == "ineligible-for-now" and not only_time_in_the_way(screening):
        key += ".and-more"
    lead = words.say(key, date=as_of, earliest=screening.earliest or "")
    recruitment = f"lead.{protocol.status}"
    told = [
        lead,
        words.say(recruitment) if words.has(recruitment) else "",
        _disease(screening, protocol, words),
    ]
    return " ".join(sentence for sentence in told if sentence)


def _disease(screening: Screening, protocol: Protocol, words: Wording) -> str:
    """On which grade of evidence the disease stands, where the protocol grades it."""
    if screening.gate is None or not protocol.grades:
        return ""
    return words.say("lead.disease", label=markdown(screening.gate.label, _CRITERION))


def _block(heading: str, lines: Sequence[str], further: Sequence[str], words: Wording) -> str:
    if not lines:
        return ""
    rest = [words.say("line.more", count=len(further), ids=", ".join(further))] if further else []
    return "\n".join([heading, "", *lines, *rest])


def _missing_block(groups: Groups, words: Wording) -> str:
    shown, rest = groups.lacks[: _LINES["missing"]], groups.lacks[_LINES["missing"] :]
    lines = [_need_line(lack, words) for lack in shown]
    if groups.not_retrieved:
        ids = ", ".join(dict.fromkeys(i for lack in groups.not_retrieved for i in lack.criteria))
        first = markdown(groups.not_retrieved[0].need.detail, _REASON)
        others = len(groups.not_retrieved) - 1
        key = "line.not-retrieved.and-more" if others else "line.not-retrieved"
        lines.append(words.say(key, ids=ids, detail=first, count=others))
    named = {i for lack in (*shown, *groups.not_retrieved) for i in lack.criteria}
    further = list(dict.fromkeys(i for lack in rest for i in lack.criteria if i not in named))
    return _block(words.say("heading.missing"), lines, further, words)


def _need_line(lack: Lack, words: Wording) -> str:
    told = {"detail": markdown(readable(lack.need.detail), _REASON), "ids": ", ".join(lack.criteria)}
    order = lack.need.order
    if order is None:
        return words.say("line.need", **told)
    key = "line.need-order" if order.system == "http://loinc.org" else "line.need-coded-order"
    return words.say(key, order=markdown(order_name(order, words.language), _ORDER), code=order.code, **told)


def _blocking_line(finding: Finding, words: Wording) -> str:
    key = "line.judge" if standing(finding) == "review-fail" else "line.with-text"
    return words.say(
        "line.clears" if finding.clears_on else key,
        text=markdown(finding.text, _CRITERION),
        date=finding.clears_on or "",
        **_told(finding, words),
    )


def _line(finding: Finding, words: Wording) -> str:
    return words.say("line", **_told(finding, words))


def _told(finding: Finding, words: Wording) -> dict[str, str]:
    return {
        "id": finding.criterion,
        "reason": _reason(finding, words),
        "source": _sources(finding, words),
    }


def _reason(finding: Finding, words: Wording) -> str:
    """The reason as part of a line: without a full stop, and without what the heading says already."""
    reason = finding.reason
    if finding.outcome == "attest":
        reason = reason.removeprefix(render(message("attest.open", ask=""), words.language))
    return markdown(readable(reason.strip().removesuffix(".").removesuffix("。")), _REASON)


def _sources(finding: Finding, words: Wording) -> str:
    """Where it stands: the value as recorded and its day, unless the reason has them, and the resource."""
    by_resource = {item.reference: item for item in reversed(finding.evidence)}
    evidence = list(reversed(by_resource.values()))
    items = [_source(item, finding.reason, words) for item in evidence[:_SOURCES]]
    if len(evidence) > _SOURCES:
        items.append(words.say("source.more", count=len(evidence) - _SOURCES))
    return words.say("sources", items=words.say("sources.separator").join(items)) if items else ""


def _source(item: ReportedEvidence, reason: str, words: Wording) -> str:
    known = [part for part in (item.recorded, item.date) if part and part not in reason]
    parts = [markdown(readable(part), _RECORDED) for part in (*known, item.reference)]
    return words.say("source.separator").join(parts)


def _closing(screening: Screening, words: Wording) -> str:
    time = words.say("closing.time", date=screening.stands_until) if screening.stands_until else ""
    return f"{time} {words.say('closing')}".strip()
