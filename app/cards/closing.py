"""The card on a draft order: which trial it would close, and until when. Nothing more."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.cards.override_reasons import override_reasons
from app.cards.text import markdown
from app.cards.trial import registry_link, source
from app.cards.wording import Wording
from app.plain_text import plain, shortened
from cds_hooks.cards import SUMMARY_LIMIT, Card
from eligibility.closing import Closing
from eligibility.judging import flattened
from eligibility.protocol import Protocol
from fhir_mappings.facts import Event, Exposure
from fhir_mappings.phrases import said

# Ends the name of a code set of drugs that nobody told.
_NOT_TOLD = "_unspecified"
# Longest texts, in characters: the words of a criterion, a name that is worth reading, one of two names.
_CRITERION, _NAME, _PART = 160, 24, 12


class _Told(NamedTuple):
    """What is said of some closings together: the key of the words, the days, and the drafts behind them.

    ``until`` is ``date.max`` where time does not reopen the trial.
    """

    key: str
    since: date
    until: date | None
    names: str


def closing_card(
    closings: Sequence[Closing], protocol: Protocol, drafts: Sequence[Event], as_of: date, words: Wording
) -> Card:
    """The card for one trial.

    Args:
        closings: the exclusions that the drafts would make stand in the way; at least one.
        protocol: the trial.
        drafts: what would be on record.
        as_of: the evaluation date.
        words: the catalogue.
    """
    # What closes it longest is told first: it is what the day in the summary is of.
    closings = sorted(closings, key=lambda c: _until(c, drafts) or date.min, reverse=True)
    each = [_told([c], drafts, as_of, words) for c in closings]
    alike = len({(one.key, one.until) for one in each}) == 1
    several = Counter(c.finding.criterion for c in closings)
    lines = [
        words.say(
            "order.line" if alike else f"order.line{one.key}",
            id=c.finding.criterion,
            text=markdown(c.finding.text, _CRITERION),
            date=_day(one.until),
            since=one.since.isoformat(),
            earliest=words.say("order.earliest"),
        )
        + (
            words.say("order.line.by", order=markdown(one.names, _CRITERION))
            if several[c.finding.criterion] > 1
            else ""
        )
        for c, one in zip(closings, each, strict=True)
    ]
    if any(c.together for c in closings):
        lines.append(words.say("order.together"))
    return Card(
        uuid=str(uuid.uuid4()),
        summary=_summary(closings, protocol, drafts, as_of, words),
        detail="\n\n".join(dict.fromkeys(lines)),
        indicator="warning",
        source=source(protocol, words, "order", closing_keys(closings, protocol, drafts)),
        override_reasons=override_reasons("order", words.language),
        links=(registry_link(protocol, words),),
    )


def closing_keys(closings: Sequence[Closing], protocol: Protocol, drafts: Sequence[Event]) -> frozenset[str]:
    """What a card is about: by which exclusion of the trial which drug, or procedure, would close it.

    The same for every order of the drug, whatever its dose and day. Who puts a card aside puts these aside.
    """
    return frozenset(
        json.dumps([protocol.id, c.finding.criterion, _what(event)])
        for c in closings
        for event in _behind([c], drafts)
    )


def _what(event: Event) -> str | list[str]:
    """Which drug, or procedure, it is: a drug by its ingredient; anything else by its words too.

    Code sets of vaccines and procedures hold more than one, and a study drug may be in none.
    """
    if isinstance(event, Exposure) and event.drug is not None and not event.drug.endswith(_NOT_TOLD):
        return [event.drug]
    return [*sorted(event.concepts), " ".join(event.label.casefold().split())]


def _summary(
    closings: Sequence[Closing], protocol: Protocol, drafts: Sequence[Event], as_of: date, words: Wording
) -> str:
    """What is certain with its day; then what may be, if it would last longer."""
    certain = [c for c in closings if c.finding.outcome == "fail"]
    sure = [c for c in certain if not _builds_up(c, drafts)] or certain or list(closings)
    rest = [c for c in closings if c not in sure]
    first = _told(sure, drafts, as_of, words)
    more = _told(rest, drafts, as_of, words) if rest else None
    if more is not None and (first.until or date.min) >= (more.until or date.min):
        more = None
    trial = said(protocol.short_title, words.language)

    def say(name: str, further: str) -> str:
        earliest = words.say("order.earliest") if more is None else ""  # what may be for longer says so
        told = {"since": first.since.isoformat(), "date": _day(first.until), "earliest": earliest}
        said = words.say(f"order{first.key}", trial=trial, order=name, **told)
        if more is None:
            return said
        ending = ".until" if more.until != date.max else ""
        return said + words.say(f"order.more{ending}", order=further, date=_day(more.until))

    room = SUMMARY_LIMIT - 1 - len(say("", ""))
    if more is None:
        return shortened(say(plain(first.names, max(room, _NAME)), ""), SUMMARY_LIMIT - 1)
    further = plain(more.names, max(room - len(first.names), room // 2, _PART))
    name = plain(first.names, max(room - len(further), _PART))
    return shortened(say(name, further), SUMMARY_LIMIT - 1)


def _told(closings: Sequence[Closing], drafts: Sequence[Event], as_of: date, words: Wording) -> _Told:
    since = min(c.since for c in closings)
    days = [_until(c, drafts) for c in closings]
    known = [day for day in days if day is not None]
    key = "" if any(c.finding.outcome == "fail" for c in closings) else ".judge"
    if since > as_of:
        key += ".later" if any(_builds_up(c, drafts) for c in closings) else ".from"
    elif not known:
        key += ".while"
    if known and max(known) != date.max:
        key += ".until"
    names = words.say("orders.separator").join(dict.fromkeys(e.label for e in _behind(closings, drafts)))
    return _Told(key, since, max(known, default=None), names)


def _until(closing: Closing, drafts: Sequence[Event]) -> date | None:
    """The day to be told: ``date.max`` where time does not tell, ``None`` where it is as long as it is taken.

    A doubt that takes several doses to arise may end as soon as the first of them leaves the window (where
    they do not follow each other day by day), though the last has not: its day is none to rely on.
    """
    if closing.while_done:
        return None
    doubtful = closing.finding.outcome != "fail" and _builds_up(closing, drafts)
    return date.max if closing.until is None or doubtful else closing.until


def _builds_up(closing: Closing, drafts: Sequence[Event]) -> bool:
    """Whether what is behind it has begun before it closes the trial: it must go on until then."""
    starts = [event.start.last for event in _behind([closing], drafts) if event.start is not None]
    return bool(starts) and closing.since > min(starts)


def _behind(closings: Sequence[Closing], drafts: Sequence[Event]) -> list[Event]:
    """The drafts behind the closings, each once, in the closings' order."""
    return [drafts[i] for i in dict.fromkeys(i for c in closings for i in _positions(c, drafts))]


def _positions(closing: Closing, drafts: Sequence[Event]) -> list[int]:
    """Of the drafts that would do it, those that the closing cites, as it does; where it cites none, all."""
    cited = dict.fromkeys(
        evidence.reference for finding in flattened([closing.finding]) for evidence in finding.evidence
    )
    among = closing.by or range(len(drafts))
    behind = [i for reference in cited for i in among if drafts[i].reference == reference]
    return behind or list(among)


def _day(day: date | None) -> str:
    return day.isoformat() if day is not None else ""
