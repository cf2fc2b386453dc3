"""Events that a server counted and never told of, and what came while nobody listened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.subscriptions import progress, rescreening
from app.subscriptions.notifications import Notification
from tests.app.people.coming_in import StandingClock
from tests.app.service import LUPUS
from tests.app.store.serving import rows
from tests.app.subscriptions.notified import Notified, event, notification, notified, observation


def told(here: Notified, number: int, **more: Any) -> None:
    patient = event(number, "Patient/nobody-here")
    assert here.post(notification("event-notification", patient, so_far=number, **more)).status_code == 200


def missed(here: Notified) -> float:
    return here.figure("events_missed_total")


def test_the_first_number_that_is_heard_of_begins_the_count(here: Notified) -> None:
    told(here, 41)
    told(here, 42)
    assert missed(here) == 0


def test_a_gap_is_counted_and_the_server_asked_who_was_meant(here: Notified) -> None:
    told(here, 1)
    told(here, 5)
    assert missed(here) == 3
    here.screened()  # Lin Mei, of whom nothing was told
    assert any("_lastUpdated" in request.url.params for request in here.ehr.asked)


def test_a_heartbeat_tells_of_events_that_did_not_come(here: Notified) -> None:
    told(here, 1)
    here.post(notification("heartbeat", so_far=3))
    assert missed(here) == 2
    here.post(notification("heartbeat", so_far=3))
    assert missed(here) == 2


@pytest.mark.parametrize("number", [3, 2, 1])
def test_what_comes_late_or_again_is_no_gap_and_makes_none_later(here: Notified, number: int) -> None:
    for one in (1, 2, 3, number, 4):
        told(here, one)
    assert missed(here) == 0


def test_a_handshake_begins_anew(here: Notified) -> None:
    told(here, 7)
    here.post(notification("handshake", so_far=0))
    told(here, 1)
    assert missed(here) == 0
    told(here, 3)
    assert missed(here) == 1


def test_a_server_that_counts_anew_without_saying_so_has_lost_nothing(
    here: Notified, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_NEAR", 5)
    for number in (30, 1, 2):
        told(here, number)
    assert missed(here) == 0
    told(here, 4)
    assert missed(here) == 1


def test_the_count_goes_on_after_a_restart_and_in_another_process(url: str, tmp_path: Path) -> None:
    with notified(url, tmp_path) as here:
        told(here, 1)
    with notified(url, tmp_path) as again:
        before = missed(again)
        told(again, 3)
        assert missed(again) - before == 1


def test_without_its_database_a_process_counts_for_itself(
    here: Notified, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise OSError("the database is away")

    monkeypatch.setattr("app.store.database.Database.changing", away)
    told(here, 1)
    told(here, 3)
    assert missed(here) == 1


def test_who_starts_anew_asks_what_came_since_all_was_screened(url: str, tmp_path: Path) -> None:
    clock = StandingClock()
    with notified(url, tmp_path, clock=clock) as here:
        here.post(observation())
        here.screened()
        here.settled()
    clock.passes(hours=8)
    with notified(url, tmp_path, clock=clock) as again:
        again.screened(2)
        asked = {request.url.params.get("_lastUpdated") for request in again.ehr.asked}
        assert asked - {None} == {"ge2026-06-15T09:25:00Z"}
    (row,) = rows(url, "subscription_progress")
    assert row["at"] == clock.now


def test_what_waited_when_the_process_ended_is_screened_by_the_next(url: str, tmp_path: Path) -> None:
    clock = StandingClock()
    with notified(url, tmp_path, clock=clock, subscription_settle_seconds=60) as here:
        here.post(observation())
        clock.passes(minutes=20)
    (row,) = rows(url, "subscription_progress")
    assert row["at"] < clock.now
    with notified(url, tmp_path, clock=clock) as again:
        assert len(again.screened()) == 1


def test_a_database_that_is_away_at_the_start_is_asked_again(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = StandingClock()
    with notified(sqlite_url, tmp_path, clock=clock, subscription_settle_seconds=60) as here:
        here.post(observation())
    monkeypatch.setattr(rescreening, "_TELL_SECONDS", 0.05)
    away = [True, True]
    whole = progress.Progress.since

    async def since(self: progress.Progress) -> Any:
        if away:
            away.pop()
            raise OSError("the database is away")
        return await whole(self)

    monkeypatch.setattr(progress.Progress, "since", since)
    with notified(sqlite_url, tmp_path, clock=clock) as again:
        assert len(again.screened()) == 1


def test_nothing_of_a_patient_is_kept_for_it(here: Notified) -> None:
    here.post(notification("event-notification", event(1, f"Patient/{LUPUS}"), so_far=1))
    here.screened()
    kept = str([*rows(here.url, "subscription_events"), *rows(here.url, "subscription_progress")])
    assert LUPUS not in kept
    assert "Subscription/s1" in kept


def test_a_notification_without_numbers_counts_nothing(here: Notified) -> None:
    here.post(observation())
    assert rows(here.url, "subscription_events") == []
    assert Notification(kind="resource").numbers == ()
