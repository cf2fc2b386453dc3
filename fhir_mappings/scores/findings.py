"""The items of a score in one chart: what results show, joined with what forms say."""

from __future__ import annotations

import msgspec

from fhir_mappings.phrases import phrase
from fhir_mappings.scores.definitions import exclusions
from fhir_mappings.scores.evaluation import judge
from fhir_mappings.scores.forms import Entry, Recorded
from fhir_mappings.scores.rules import Definition, Item
from fhir_mappings.scores.situation import Situation
from fhir_mappings.scores.states import Doubt, Judgement, State, unique

NOT_FOUND = Judgement(state=State.UNKNOWN)


class ItemFinding(msgspec.Struct, frozen=True):
    """An item with its judgement. ``proven``: the chart or a form shows it, whatever another form says."""

    item: Item
    judgement: Judgement
    proven: bool

    @property
    def state(self) -> State:
        """The state of the item."""
        return self.judgement.state


def find_items(definition: Definition, recorded: Recorded, situation: Situation) -> tuple[ItemFinding, ...]:
    """Judge every item, also those that the score leaves out of a recorded total."""
    return tuple(
        _find(item, recorded.entries.get(item.id), situation)
        for item in (*definition.items, *definition.without)
    )


def _find(item: Item, entry: Entry | None, situation: Situation) -> ItemFinding:
    charted = NOT_FOUND
    rule = item.found_by
    if rule is not None:
        causes = [exclusions()[name] for name in item.unless]
        charted = situation.remembered(rule, item.unless, lambda: judge(rule, causes, situation))
    proven = charted.state is State.PRESENT or (entry is not None and entry.state is State.PRESENT)
    return ItemFinding(item, charted if entry is None else _joined(charted, entry, situation), proven)


def _joined(charted: Judgement, entry: Entry, situation: Situation) -> Judgement:
    """A form and the chart on one item: the clinician decides attribution, newer results decide presence."""
    written = Judgement(
        state=entry.state,
        evidence=entry.evidence,
        seen=entry.when.last,
        expires=situation.expiry(entry.when),
    )
    if entry.state is State.PRESENT:
        if charted.state is not State.PRESENT:
            return written
        expiries = [day for day in (written.expires, charted.expires) if day is not None]
        evidence = unique((*entry.evidence, *charted.evidence))
        return msgspec.structs.replace(written, evidence=evidence, expires=max(expiries, default=None))
    if entry.state is State.UNATTRIBUTED:
        if charted.state is State.PRESENT or (charted.state is State.ABSENT and not entry.at_odds):
            return charted
        doubt = Doubt(entry.at_odds or phrase("findings.recorded-on-the-form-of-another"))
        return msgspec.structs.replace(written, doubts=(doubt,))
    if charted.state >= State.UNATTRIBUTED and charted.seen is not None and charted.seen > entry.when.last:
        return charted
    if charted.state is State.UNKNOWN and charted.unread is not None and charted.unread > entry.when.last:
        return charted
    if charted.state is State.PRESENT:
        doubt = Doubt(phrase("findings.a-form-of-records-it-as", entry=entry.when))
        evidence = unique((*charted.evidence, *entry.evidence))
        return msgspec.structs.replace(charted, state=State.UNATTRIBUTED, doubts=(doubt,), evidence=evidence)
    return written
