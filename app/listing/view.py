"""The screening list as it is looked at: filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from app.listing.entries import Entry, ListVerdict, Status, changes
from eligibility.findings import Verdict

_FROM_BEST: tuple[ListVerdict, ...] = (
    "potentially-eligible",
    "undetermined",
    "ineligible-for-now",
    "probably-ineligible",
    "ineligible",
    "not-shown",
    "deceased",
)
PAGE_SIZE = 50


class Order(StrEnum):
    """What comes first."""

    VERDICT = "verdict"
    """Who may join, then who is fewest missing facts away."""
    EARLIEST = "earliest"
    """Who may join soonest."""
    CHANGED = "changed"
    """Who came to stand otherwise last."""
    SCREENED = "screened"
    """Whose chart was opened last."""
    NAME = "name"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What of the list is shown; ``None`` for all."""

    trial: str | None = None
    verdict: Verdict | None = None
    status: Status | None = None
    changed: bool = False
    order: Order = Order.VERDICT


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list.

    Attributes:
        shown: its entries.
        found: how many the filter lets through.
        all: how many there are.
        page: from 1 on.
        pages: how many pages there are, at least one.
    """

    shown: tuple[Entry, ...]
    found: int
    all: int
    page: int
    pages: int


def chosen(entries: Iterable[Entry], by: Filter) -> list[Entry]:
    """The entries that the filter lets through, in its order."""
    found = [entry for entry in entries if _fits(entry, by)]
    found.sort(key=_named)  # what is alike otherwise: by name
    found.sort(key=_KEYS[by.order], reverse=by.order in (Order.CHANGED, Order.SCREENED))
    return found


def view(entries: Sequence[Entry], by: Filter, page: int) -> ListView:
    """A page of the list; the last one where there are not so many."""
    found = chosen(entries, by)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return ListView(shown=tuple(shown), found=len(found), all=len(entries), page=page, pages=pages)


def _fits(entry: Entry, by: Filter) -> bool:
    return (
        by.trial in (None, entry.trial)
        and by.verdict in (None, entry.now.verdict)
        and by.status in (None, entry.status)
        and (not by.changed or bool(changes(entry)))
    )


def _by_verdict(entry: Entry) -> tuple[int, int, str]:
    return _FROM_BEST.index(entry.now.verdict), len(entry.now.missing), entry.now.earliest or ""


def _by_earliest(entry: Entry) -> tuple[bool, str, int]:
    """Who may join now before those who may later, and those of whom no day is known last."""
    day = entry.now.earliest
    open_now = entry.now.verdict in ("potentially-eligible", "undetermined")
    return day is None and not open_now, day or "", _FROM_BEST.index(entry.now.verdict)


def _named(entry: Entry) -> tuple[bool, str, str]:
    return entry.patient.name is None, (entry.patient.name or "").casefold(), entry.patient.patient_id


_KEYS: dict[Order, Callable[[Entry], Any]] = {
    Order.VERDICT: _by_verdict,
    Order.EARLIEST: _by_earliest,
    Order.CHANGED: lambda entry: entry.changed.timestamp() if entry.changed else 0.0,
    Order.SCREENED: lambda entry: entry.at.timestamp(),
    Order.NAME: _named,
}
