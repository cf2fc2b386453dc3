"""Feedback is kept as CDS Hooks lets clients send it: in batches, twice, late, and of cards nobody knows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.cards.override_reasons import SYSTEM, override_reasons
from app.store.queue import CAPACITY
from tests.app.store.serving import Clock, accepted, overridden, rows, service

UNKNOWN = "123456"
REASON = {"code": "not-suitable", "system": "https://example.org/reasons", "display": "Not suitable"}


def reasons_of(row: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(row["reasons"])
    return found


def test_a_batch_is_stored_with_outcome_reason_and_times(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        one, other = running.cards().values()
        at = clock.now - timedelta(minutes=5)
        told = running.tell(
            overridden(one, at, overrideReason={"reason": REASON, "userComment": "Mrs Lin cannot come"}),
            accepted(other, at),
        )
        assert told.status_code == 200
    stored = {row["card"]: row for row in rows(url, "feedback")}
    assert stored.keys() == {one["uuid"], other["uuid"]}
    declined = stored[one["uuid"]]
    assert (declined["outcome"], declined["at"], declined["client"]) == ("overridden", at, "open")
    assert reasons_of(declined) == [REASON]
    assert declined["received"] > at
    assert json.loads(stored[other["uuid"]]["suggestions"]) == ["e56e1945-20b3-4393-8503-a1a20fd73152"]


def test_the_display_that_a_client_leaves_out_of_a_reason_of_ours_is_filled_in(
    sqlite_url: str, clock: Clock
) -> None:
    with service(sqlite_url, clock) as running:
        own = {"code": "patient-declines", "system": SYSTEM}
        running.tell(
            overridden("1", clock.now, overrideReason={"reason": own}),
            overridden("2", clock.now, overrideReason={"reason": {**own, "system": "urn:other"}}),
        )
    ours, other = (reasons_of(row)[0] for row in rows(sqlite_url, "feedback"))
    (offered,) = (reason for reason in override_reasons("trial", "en") if reason.code == "patient-declines")
    assert ours["display"] == offered.display
    assert "display" not in other


def test_the_words_of_a_user_are_not_stored_but_that_there_were_some_is(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        (card, _) = running.cards().values()
        running.tell(overridden(card, clock.now, overrideReason={"userComment": "Mrs Lin cannot come"}))
    (row,) = rows(url, "feedback")
    assert row["commented"]
    assert "Lin" not in str(row)


def test_feedback_that_comes_twice_counts_once(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        item = overridden(UNKNOWN, clock.now)
        assert [running.tell(item, item).status_code for _ in range(3)] == [200, 200, 200]
    assert len(rows(url, "feedback")) == 1


@pytest.mark.parametrize("late_first", [False, True])
def test_what_the_user_did_last_stands_whatever_comes_first(url: str, clock: Clock, late_first: bool) -> None:
    with service(url, clock) as running:
        (card, _) = running.cards().values()
        items = [
            accepted(card, clock.now - timedelta(hours=2)),
            overridden(card, clock.now - timedelta(hours=1)),
        ]
        for item in reversed(items) if late_first else items:
            running.tell(item)
    (row,) = rows(url, "feedback")
    assert row["outcome"] == "overridden"


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("last", ["accepted", "overridden"])
def test_of_two_at_the_same_instant_what_came_later_stands(
    url: str, clock: Clock, last: str, apart: bool
) -> None:
    """Clients cut ``outcomeTimestamp`` to the second, in which a user may change her mind."""
    with service(url, clock) as running:
        (card, _) = running.cards().values()
        at = clock.now - timedelta(minutes=1)
        items = sorted([accepted(card, at), overridden(card, at)], key=lambda item: item["outcome"] == last)
        for batch in [[item] for item in items] if apart else [items]:
            assert running.tell(*batch).status_code == 200
        declined = len(running.cards()) == 1
    (row,) = rows(url, "feedback")
    assert row["outcome"] == last
    assert declined == (last == "overridden")


def test_of_two_cards_on_a_trial_at_the_same_instant_the_later_told_decides(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        first, second = (running.cards()["nct07517536"] for _ in range(2))
        at = clock.now - timedelta(minutes=1)
        running.tell(overridden(first, at))
        assert "nct07517536" not in running.cards()
        running.tell(accepted(second, at))
        assert "nct07517536" in running.cards()


def test_a_batch_of_more_than_the_queue_holds_is_stored_whole(sqlite_url: str, clock: Clock) -> None:
    with service(sqlite_url, clock) as running:
        assert running.tell(*(overridden(str(n), clock.now) for n in range(CAPACITY + 1))).status_code == 200
    assert len(rows(sqlite_url, "feedback")) == CAPACITY + 1


def test_a_card_that_is_not_known_is_no_error_and_is_counted_as_unknown(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        assert running.tell(overridden(UNKNOWN, clock.now)).status_code == 200
    assert rows(url, "feedback")[0]["card"] == UNKNOWN


def test_an_instant_in_the_future_of_a_clients_clock_is_the_instant_of_arrival(
    url: str, clock: Clock
) -> None:
    with service(url, clock) as running:
        running.tell(overridden(UNKNOWN, clock.now + timedelta(days=400)))
    (row,) = rows(url, "feedback")
    assert row["at"] == row["received"]


@pytest.mark.parametrize(
    "told", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1752-09-14T00:00:00Z"]
)
@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"])
def test_a_client_without_a_clock_is_no_error_and_silences_nothing(
    url: str, clock: Clock, told: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first instants of the year 1 have no place in UTC, or none in the zone of a PostgreSQL session."""
    monkeypatch.setenv("PGTZ", zone)
    with service(url, clock) as running:
        item = overridden(running.cards()["nct07517536"], clock.now)
        assert running.tell({**item, "outcomeTimestamp": told}).status_code == 200
        assert len(running.cards()) == 2
        assert running.store.state == "ok"
        running.tell(item)
        assert "nct07517536" not in running.cards(), "what is told with a time stands"


def test_a_uuid_in_capitals_names_the_same_card(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        card = running.cards()["nct07517536"]
        running.tell(overridden(card["uuid"].upper(), clock.now))
        assert "nct07517536" not in running.cards()
        running.tell(overridden("ABC-123", clock.now))
    assert {row["card"] for row in rows(url, "feedback")} == {card["uuid"], "ABC-123"}


def test_offsets_are_heeded(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        running.tell({**overridden(UNKNOWN, clock.now), "outcomeTimestamp": "2026-06-15T10:00:00+08:00"})
    assert rows(url, "feedback")[0]["at"] == datetime(2026, 6, 15, 2, tzinfo=UTC)


EPIC = "com.epic.cdshooks.feedback.overrideReason."


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"reason": REASON, "userComment": "free text"}, [REASON]),
        ([{"reason": REASON}, {"reason": {"code": "2"}}], [REASON, {"code": "2"}]),
        (
            {
                "extension": {
                    f"{EPIC}reasonCategory": "45",
                    f"{EPIC}reasonDisplay": "Does not meet criteria",
                    f"{EPIC}reasonTitle": "Does not meet criteria",
                }
            },
            [{"code": "45", "system": f"{EPIC}reasonCategory", "display": "Does not meet criteria"}],
        ),
        ("no object", []),
        ([None, 1, {"reason": {"code": 1}}], []),
    ],
)
def test_epics_spellings_are_understood_and_what_cannot_be_read_of_them_is_left_out(
    sqlite_url: str, clock: Clock, given: Any, expected: list[dict[str, str]]
) -> None:
    with service(sqlite_url, clock) as running:
        assert running.tell(overridden(UNKNOWN, clock.now, overrideReasons=given)).status_code == 200
    assert reasons_of(rows(sqlite_url, "feedback")[0]) == expected


@pytest.mark.parametrize("sign", ["\x00", "\x1b[31m", "\ud800", "\u202e"])
def test_signs_that_no_database_takes_are_dropped(url: str, clock: Clock, sign: str) -> None:
    with service(url, clock) as running:
        item = overridden(f"1{sign}2", clock.now, overrideReason={"reason": {"code": f"a{sign}b"}})
        assert running.tell(item).status_code == 200
    (row,) = rows(url, "feedback")
    assert sign not in row["card"] + row["reasons"]


def test_names_without_end_are_cut(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        reasons = [{"reason": {"code": f"{n}-" + "x" * 1000}} for n in range(1000)]
        assert running.tell(overridden("9" * 1000, clock.now, overrideReasons=reasons)).status_code == 200
    (row,) = rows(url, "feedback")
    assert len(row["card"]) <= 128
    assert len(row["reasons"]) < 5000


@pytest.mark.parametrize("name", ["王建国的原因", "причина", "🧪" * 200, "e\u0301" * 100])
def test_names_of_any_script_are_stored_and_found_again(url: str, clock: Clock, name: str) -> None:
    with service(url, clock) as running:
        item = overridden(name, clock.now, overrideReason={"reason": {"code": name, "system": name}})
        assert [running.tell(item).status_code for _ in range(2)] == [200, 200]
    (row,) = rows(url, "feedback")
    assert name.startswith(row["card"].removesuffix("…"))
    assert reasons_of(row)[0]["code"] == row["card"]


def test_without_a_store_feedback_is_acknowledged(url: str, clock: Clock) -> None:
    from tests.app.service import client

    answer = client().post(
        "/cds-services/lupus-trials/feedback", json={"feedback": [overridden(UNKNOWN, clock.now)]}
    )
    assert answer.status_code == 200
