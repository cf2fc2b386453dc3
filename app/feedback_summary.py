"""What became of cards in a stretch of time, added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from app.store.records import GivenReason, Shown, Told

NO_REASON = GivenReason("")
"""Stands for overrides without a coded reason."""


class ReasonCount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many cards were overridden for a reason; ``code`` is empty where none was given."""

    code: str
    system: str | None = None
    display: str | None = None
    cards: int


class TrialCount(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the cards of one trial."""

    trial: str
    shown: int
    accepted: int
    overridden: int
    ignored: int


class FeedbackSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Cards shown in the time, feedback given in the time.

    Attributes:
        ignored: of the cards shown, those of which nothing was heard to this day.
        unknown: of the feedback, what names a card that this store does not know.
        commented: of the feedback, what came with words of the user, which are not kept.
        reasons: the most frequent first; a card may have several.
        trials: by id; feedback on unknown cards is of none.
    """

    shown: int
    accepted: int
    overridden: int
    ignored: int
    unknown: int
    commented: int
    reasons: tuple[ReasonCount, ...]
    trials: tuple[TrialCount, ...]


def summarised(shown: Sequence[Shown], told: Sequence[Told]) -> FeedbackSummary:
    """Add up what the store counted."""
    outcomes: Counter[str] = Counter()
    by_trial: Counter[tuple[str, str]] = Counter()
    reasons: Counter[tuple[str, str | None]] = Counter()
    displays: dict[tuple[str, str | None], str] = {}
    for each in told:
        outcomes[each.outcome] += each.cards
        if each.trial is not None:
            by_trial[each.trial, each.outcome] += each.cards
        if each.outcome != "overridden":
            continue
        for reason in each.reasons or (NO_REASON,):
            reasons[reason.code, reason.system] += each.cards
            if reason.display:
                displays.setdefault((reason.code, reason.system), reason.display)
    cards = Counter[str]()
    ignored = Counter[str]()
    for card in shown:
        cards[card.trial] += card.cards
        ignored[card.trial] += card.ignored
    trials = sorted({*cards, *(trial for trial, _ in by_trial)})
    return FeedbackSummary(
        shown=cards.total(),
        accepted=outcomes["accepted"],
        overridden=outcomes["overridden"],
        ignored=ignored.total(),
        unknown=sum(each.cards for each in told if each.trial is None),
        commented=sum(each.cards for each in told if each.commented),
        reasons=tuple(
            ReasonCount(code=code, system=system, display=displays.get((code, system)), cards=count)
            for (code, system), count in sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
        ),
        trials=tuple(
            TrialCount(
                trial=trial,
                shown=cards[trial],
                accepted=by_trial[trial, "accepted"],
                overridden=by_trial[trial, "overridden"],
                ignored=ignored[trial],
            )
            for trial in trials
        ),
    )
