"""From feedback as it came to what is kept of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from app.cards.override_reasons import SYSTEM, reasons
from app.cards.wording import wording
from app.errors import NotReadyError
from app.language import Language
from app.metrics import Metrics
from app.plain_text import plain
from app.store.kept import Store
from app.store.records import CardFeedback, GivenReason
from cds_hooks.feedback import FeedbackItem, Reason

_LONGEST = 120
"""Characters of an id, code, system or display."""
_MOST = 20
"""Suggestions and reasons of one card."""

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Clients without a clock tell of the year 1, which not every database gives back."""
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class FeedbackDesk:
    """Takes feedback in. Without a store it is counted, and forgotten."""

    def __init__(
        self, store: Store | None, metrics: Metrics, now: Callable[[], datetime], language: Language = "en"
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._now = now
        self._language = language

    async def take(self, items: Sequence[FeedbackItem], client: str) -> None:
        """Count the feedback and keep it.

        Raises:
            NotReadyError: it is not in the database yet; sent again, it counts once.
        """
        told = card_feedback(items, client, self._now(), self._language)
        self._metrics.feedback(told)
        if self._store is not None and not await self._store.keep_feedback(told):
            raise NotReadyError("the feedback could not be stored yet; send it again later")


def card_feedback(
    items: Iterable[FeedbackItem], client: str, received: datetime, language: Language
) -> list[CardFeedback]:
    """What is kept: no word that a user typed, and no time later than its arrival, nor one of the year 1.

    Clients may leave out the display of a reason; that of our own is filled in.
    """
    return [
        CardFeedback(
            client=client,
            card=_card(item.card),
            outcome=item.outcome,
            at=max(_EARLIEST, min(item.acted_at, received)),
            received=received,
            suggestions=tuple(plain(each.id, _LONGEST) for each in (item.accepted_suggestions or ())[:_MOST]),
            reasons=tuple(_kept(reason, language) for reason in item.reasons[:_MOST]),
            commented=item.commented,
        )
        for item in items
    ]


def _card(told: str) -> str:
    """As cards are named here; UUIDs in capitals, as some systems write them, are the same (RFC 9562)."""
    card = plain(told, _LONGEST)
    return card.lower() if _UUID.fullmatch(card) else card


def _kept(reason: Reason, language: Language) -> GivenReason:
    display = reason.display
    if not display and reason.system == SYSTEM and reason.code in reasons():
        display = wording(language).say(f"reason.{reason.code}")
    return GivenReason(
        plain(reason.code or "", _LONGEST),
        plain(reason.system, _LONGEST) if reason.system else None,
        plain(display, _LONGEST) if display else None,
    )
