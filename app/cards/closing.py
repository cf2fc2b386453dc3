"""The card on a draft order: which trial it would close, and until when. Nothing more."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from app.cards.override_reasons import override_reasons
from app.cards.text import markdown
from app.cards.trial import registry_link, source
from app.cards.wording import Wording
from app.plain_text import plain, shortened
from cds_hooks.cards import SUMMARY_LIMIT, Card
from eligibility.closing import Closing
from eligibility.judging import flattened
from eligibility.protocol import Protocol
from fhir_mappings.facts import Event

# Longest texts, in characters: the words of a criterion, and a name that is worth reading.
_CRITERION, _NAME = 160, 24


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
    closings = sorted(closings, key=lambda c: c.until or date.max, reverse=True)
    lines = [
        words.say("order.line", id=c.finding.criterion, text=markdown(c.finding.text, _CRITERION))
        for c in closings
    ]
    return Card(
        uuid=str(uuid.uuid4()),
        summary=_summary(closings, protocol, _names(closings, drafts, words), as_of, words),
        detail="\n\n".join(lines),
        indicator="warning",
        source=source(protocol, words, "order"),
        override_reasons=override_reasons("order", words.language),
        links=(registry_link(protocol, words),),
    )


def _summary(closings: Sequence[Closing], protocol: Protocol, names: str, as_of: date, words: Wording) -> str:
    key = "order"
    since = min(c.since for c in closings)
    if not any(c.finding.outcome == "fail" for c in closings):
        key += ".judge"
    elif since > as_of:
        key += ".later"
    told = {"trial": protocol.short_title, "since": since.isoformat()}
    days = [c.until for c in closings]
    known = [day for day in days if day is not None]
    if len(known) == len(days):
        key += ".until"
        told["date"] = max(known).isoformat()
    room = SUMMARY_LIMIT - 1 - len(words.say(key, order="", **told))
    sentence = words.say(key, order=plain(names, max(room, _NAME)), **told)
    return shortened(sentence, SUMMARY_LIMIT - 1)


def _names(closings: Sequence[Closing], drafts: Sequence[Event], words: Wording) -> str:
    """What the drafts behind the closings are called; where none is cited, all of them."""
    labels = {event.reference: event.label for event in drafts}
    cited = [
        labels[evidence.reference]
        for finding in flattened(c.finding for c in closings)
        for evidence in finding.evidence
        if evidence.reference in labels
    ]
    return words.say("orders.separator").join(dict.fromkeys(cited or labels.values()))
