"""A rehearsal leaves no trace in the store, and what the store remembers does not silence it."""

from __future__ import annotations

from typing import Any

from app.rehearsal import EXTENSION
from tests.app.service import cards_of, request_of
from tests.app.store.serving import Clock, overridden, rows, service


def rehearsed() -> dict[str, Any]:
    return {**request_of(), "extension": {EXTENSION: {"asOf": "2026-06-15"}}}


def test_it_remembers_nothing_and_is_silent_for_nothing(sqlite_url: str, clock: Clock) -> None:
    with service(sqlite_url, clock) as running:
        declined = running.cards()
        running.tell(*(overridden(card, clock.now) for card in declined.values()))
        assert running.cards() == {}
        before = {
            name: len(rows(sqlite_url, name)) for name in ("hook_calls", "judged_trials", "kept_charts")
        }
        assert len(cards_of(rehearsed(), running.http)) == len(declined)
        assert running.store.flush()
        assert {name: len(rows(sqlite_url, name)) for name in before} == before
