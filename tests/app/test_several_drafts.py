"""Several drafts at once: each that would close a trial is told, with its day; none silences another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.app.draft_orders import CVX, OPEN_TO_BOTH, coded, draft, order_request, summaries
from tests.app.service import cards_of
from tests.app.store.serving import Clock, Service, overridden, service

DAYS = {"unit": "day", "system": "http://unitsofmeasure.org", "code": "d"}
TRIAL_A, TRIAL_B = "nct07517536", "nct05247203"


def supplied(what: str, value: int, code: str, **more: object) -> dict[str, object]:
    supply = {"value": value, "system": "http://unitsofmeasure.org", "code": code}
    return draft(what, dispenseRequest={"expectedSupplyDuration": supply}, **more)


def until(drafts: list[dict[str, object]]) -> dict[str, str]:
    """By trial, the last day that the card on these drafts names."""
    found = {}
    for summary in summaries(drafts):
        days = [word.strip(",;") for word in summary.split() if word.count("-") == 2 and word[:2] == "20"]
        found[summary.split(":")[0]] = max(days, default="")
    return found


def test_a_supply_that_says_how_long_it_lasts_is_not_cut_by_a_draft_beside_it() -> None:
    """NCT05247203 E11: the wash-out begins with the last day of each."""
    long = supplied("tocilizumab", 360, "d", id="long")
    alone, beside = until([long]), until([long, draft("adalimumab", id="open")])
    assert alone
    for trial, day in alone.items():
        assert beside[trial] >= day


@pytest.mark.parametrize(("months", "code"), [(12, "mo"), (1, "a")])
def test_a_supply_in_months_or_years_lasts_as_long_as_one_in_days(months: int, code: str) -> None:
    days = {12: 366, 1: 366}[months]
    assert until([supplied("thalidomide", months, code)]) == until([supplied("thalidomide", days, "d")])


def test_each_draft_that_would_close_the_trial_is_named() -> None:
    """NCT05247203 E10."""
    for drafts in (["rituximab", "belimumab"], ["belimumab", "rituximab"]):
        told = summaries([draft(name, id=f"order-{i}") for i, name in enumerate(drafts)])
        assert told
        for summary in told:
            assert {"rituximab", "belimumab"} <= {word.strip(",;.").lower() for word in summary.split()}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Service]:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(f"sqlite:///{tmp_path / 'store.db'}", clock) as started:
        yield started


def fired(running: Service, *drafts: dict[str, object]) -> list[dict[str, object]]:
    found = cards_of(order_request(list(drafts), OPEN_TO_BOTH), running.http)
    assert running.store.flush()
    return found


def put_aside(running: Service, cards: list[dict[str, object]]) -> None:
    for card in cards:
        answer = running.tell(overridden(card, datetime(2026, 6, 15, 10, tzinfo=UTC)))
        assert answer.status_code == 200


def test_who_put_one_drug_aside_is_told_of_another_beside_it(running: Service) -> None:
    rituximab, belimumab = draft("rituximab", id="a"), draft("belimumab", id="b")
    put_aside(running, fired(running, rituximab))
    assert fired(running, rituximab) == []
    assert fired(running, rituximab, belimumab)


def test_who_put_one_live_vaccine_aside_is_told_of_another(running: Service) -> None:
    """NCT05247203 E8: one code set holds them all."""
    measles = draft(coded(CVX, "03", "MMR"), id="a")
    fever = draft(coded(CVX, "37", "yellow fever"), id="b")
    first = fired(running, measles)
    assert first
    put_aside(running, first)
    assert fired(running, measles) == []
    assert fired(running, fever)


@pytest.mark.parametrize(
    ("told", "since"),
    [("2026-06", None), ("2026", None), ("2026-07", date(2026, 7, 1)), ("2026-07-10", date(2026, 7, 10))],
)
def test_a_start_that_is_not_told_to_the_day_is_the_first_day_still_to_come(
    told: str, since: date | None
) -> None:
    timing = {"timing": {"repeat": {"boundsPeriod": {"start": told}}}}
    for summary in summaries([draft("rituximab", timing)]):
        if since is None:
            assert " from " not in summary
        else:
            assert f"from {since.isoformat()}" in summary or f"on {since.isoformat()}" in summary


def test_an_order_that_was_copied_with_its_old_dates_is_of_today() -> None:
    old = {"timing": {"repeat": {"boundsPeriod": {"start": "2025-01-01", "end": "2025-02-01"}}}}
    assert json.dumps(summaries([draft("rituximab", old)])) != "[]"
