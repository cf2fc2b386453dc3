"""What is older than the operator lets it become is deleted: at the start, and once a day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.store import purging, retention
from app.store.configured import database_of
from app.store.errors import StoreError
from app.store.purging import Purged, purge_older
from tests.app.store.serving import Clock, accepted, overridden, rows, service, settings_of
from tests.app.store.test_failing import until

TABLES = ("hook_calls", "judged_trials", "feedback", "refused_calls")


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often the clock is looked at is no matter of the tests, which move it."""
    monkeypatch.setattr(retention, "_LOOK_SECONDS", 0.02)


def use(url: str, clock: Clock) -> None:
    """One call, its cards, feedback, and a call that is refused."""
    with service(url, clock) as running:
        running.tell(accepted(running.cards()["nct07517536"], clock.now))
        running.http.post("/screenings", content=b"\x00")


def held(url: str) -> list[int]:
    return [len(rows(url, table)) for table in TABLES]


def purges(capfd: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """The lines of the log on purges, so far."""
    found: list[dict[str, Any]] = []

    def told() -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{"))
        found.extend(line for line in lines if line["event"] == "purged")
        return found

    return told


def counts(line: dict[str, Any]) -> tuple[int, int, int]:
    return line["purged_calls"], line["purged_feedback"], line["purged_refusals"]


def test_at_the_start_what_is_too_old_goes_and_the_log_tells_how_much(
    url: str, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    told = purges(capfd)
    use(url, clock)
    clock.now += timedelta(days=29)
    use(url, clock)
    assert held(url) == [2, 4, 2, 2]
    clock.now += timedelta(days=2)
    with service(url, clock, retention_days=30):
        until(lambda: bool(told()))
    assert counts(told()[0]) == (1, 1, 1)
    assert held(url) == [1, 2, 1, 1]


def test_once_a_day_it_is_done_again_while_the_service_runs(
    url: str, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    told = purges(capfd)
    with service(url, Clock(clock.now, timedelta(0)), retention_days=1) as running:
        still = running.store._now  # the clock that stands still
        assert isinstance(still, Clock)
        until(lambda: len(told()) == 1)
        running.tell(overridden(running.cards()["nct07517536"], still.now))
        still.now += timedelta(hours=23, minutes=59)
        with pytest.raises(AssertionError):
            until(lambda: len(told()) == 2, seconds=0.3)
        still.now += timedelta(minutes=1)
        until(lambda: len(told()) == 2)
        assert counts(told()[1]) == (0, 0, 0), "what is exactly a day old is not yet older than that"
        still.now += timedelta(days=1)
        until(lambda: len(told()) == 3)
        assert counts(told()[2]) == (1, 1, 0)
    assert held(url) == [0, 0, 0, 0]


def test_without_the_setting_nothing_goes(
    sqlite_url: str, clock: Clock, capfd: pytest.CaptureFixture[str]
) -> None:
    use(sqlite_url, clock)
    clock.now += timedelta(days=9000)
    with service(sqlite_url, clock) as running:
        running.cards()
    assert held(sqlite_url) == [2, 4, 1, 1]
    assert purges(capfd)() == []


def test_a_purge_that_fails_is_counted_and_tried_again(
    sqlite_url: str, clock: Clock, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [StoreError("away"), StoreError("away")]

    def failing(*arguments: Any) -> Any:
        if faults:
            raise faults.pop()
        return purge_older(*arguments)

    monkeypatch.setattr(purging, "purge_older", failing)
    told = purges(capfd)
    with service(sqlite_url, clock, retention_days=1) as running:
        until(lambda: bool(told()))
        assert 'trialcards_store_failures_total{operation="purge"} 2.0' in running.http.get("/metrics").text
        assert running.http.get("/readyz").json()["store"] == "ok"


def test_much_goes_in_parts_between_which_others_write(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "_AT_ONCE", 2)
    for _ in range(2):
        use(url, clock)
    with service(url, clock) as running:
        for _ in range(3):
            running.cards()
    database = database_of(settings_of(url))
    asked: list[bool] = []
    gone = purge_older(database, clock.now + timedelta(days=1), lambda: not asked.append(True))
    database.close()
    assert gone == Purged(5, 2, 2)
    assert len(asked) == 3 + 2 + 2 + 1 + 1 + 1  # two and two and one; twice two and none; none of others
    assert held(url) == [0, 0, 0, 0]


def test_a_purge_that_is_told_to_stop_leaves_the_rest(
    sqlite_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "_AT_ONCE", 1)
    for _ in range(2):
        use(sqlite_url, clock)
    database = database_of(settings_of(sqlite_url))
    turns = iter([True] + [False] * 6)
    assert purge_older(database, clock.now, lambda: next(turns)) == Purged(0, 1)
    database.close()
    assert held(sqlite_url) == [2, 4, 1, 2]
