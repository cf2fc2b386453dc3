"""Filters, orders and pages of the screening list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.listing.entries import Entry, Lacking, Status
from app.listing.view import PAGE_SIZE, Filter, Order, chosen, view
from tests.app.listing.entries import AT, UNDETERMINED, entry, named, standing

ELIGIBLE = named("Eve", now=standing(verdict="potentially-eligible", missing=()))
NEAR = named("Nora")
FAR = named(
    "Fay", now=standing(missing=tuple(Lacking(input=n, why="stale") for n in ("upcr", "egfr", "alt")))
)
WAITING = named(
    "Will",
    now=standing(verdict="ineligible-for-now", earliest="2026-08-01", missing=()),
    at=AT + timedelta(1),
)
LATER = named("Lara", now=standing(verdict="ineligible-for-now", earliest="2027-01-01", missing=()))
OUT = named("Otto", now=standing(verdict="ineligible", missing=()), status=Status.DECLINED)
CHANGED = named("Carl", before=standing(missing=()), changed=AT)
ALL = [OUT, LATER, FAR, WAITING, NEAR, ELIGIBLE]


def names(entries: list[Entry]) -> list[str | None]:
    return [one.patient.name for one in entries]


def test_first_comes_who_may_join_then_who_is_fewest_facts_away() -> None:
    assert names(chosen(ALL, Filter())) == ["Eve", "Nora", "Fay", "Will", "Lara", "Otto"]


def test_by_day_who_may_join_now_comes_before_who_may_later_and_who_never_may_last() -> None:
    assert names(chosen(ALL, Filter(order=Order.EARLIEST))) == ["Eve", "Fay", "Nora", "Will", "Lara", "Otto"]


def test_last_changed_and_last_screened_come_first() -> None:
    assert names(chosen([*ALL, CHANGED], Filter(order=Order.CHANGED)))[0] == "Carl"
    assert names(chosen(ALL, Filter(order=Order.SCREENED)))[0] == "Will"


def test_by_name_who_has_none_comes_last() -> None:
    assert names(chosen([named(None), NEAR, ELIGIBLE], Filter(order=Order.NAME))) == ["Eve", "Nora", None]


@pytest.mark.parametrize(
    ("by", "left"),
    [
        (Filter(verdict="ineligible"), ["Otto"]),
        (Filter(status=Status.DECLINED), ["Otto"]),
        (Filter(status=Status.TO_CONTACT, verdict="ineligible"), []),
        (Filter(trial="nct05247203"), []),
        (Filter(changed=True), ["Carl"]),
    ],
)
def test_a_filter_lets_through_what_it_asks_for(by: Filter, left: list[str]) -> None:
    assert names(chosen([*ALL, CHANGED], by)) == left


def test_a_list_has_pages_and_what_lies_behind_the_last_is_the_last() -> None:
    many = [entry(key=f"{i:032x}") for i in range(PAGE_SIZE + 1)]
    first, beyond = view(many, Filter(), 1), view(many, Filter(), 99)
    assert (len(first.shown), first.found, first.all, first.pages) == (PAGE_SIZE, 51, 51, 2)
    assert (len(beyond.shown), beyond.page) == (1, 2)
    assert view([], Filter(), 1).pages == 1
    assert UNDETERMINED.missing  # what the others stand for
