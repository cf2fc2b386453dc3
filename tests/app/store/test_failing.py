"""Whatever becomes of the store, the hook answers; what waited is written when the database is back."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.store import kept
from app.store.errors import StoreError
from app.store.kept import Store
from app.store.memory import Case, Recalled
from app.store.queue import WritingQueue
from app.store.records import CardFeedback, Record
from tests.app.service import LUPUS, fire, outcome_of, request_of
from tests.app.store.postgres import Postgres
from tests.app.store.serving import Clock, overridden, rows, service

NOWHERE = "postgresql://somebody:a-password@127.0.0.1:1/nothing"


def record(clock: Clock, card: str = "1") -> CardFeedback:
    return CardFeedback(client="open", card=card, outcome="overridden", at=clock(), received=clock())


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come to pass"
        time.sleep(0.02)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for a database that does not come back proves nothing more when it takes longer."""
    monkeypatch.setattr(kept, "CLOSING_SECONDS", 0.2)
    monkeypatch.setattr(kept, "FEEDBACK_SECONDS", 0.5)


@pytest.mark.usefixtures("hurried")
class TestTheHookAnswers:
    @pytest.mark.parametrize("url", [NOWHERE, "sqlite:////proc/no/such/folder/store.db"])
    def test_while_the_database_cannot_be_reached_and_readiness_tells(
        self, url: str, clock: Clock, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with service(url, clock) as running:
            for _ in range(3):
                assert len(fire(request_of(), running.http).json()["cards"]) == 2
            until(lambda: running.http.get("/readyz").json()["store"] == "failing")
            assert running.http.get("/readyz").status_code == 200
            until(lambda: 'operation="write"' in running.http.get("/metrics").text)
            assert "trialcards_store_up 0.0" in running.http.get("/metrics").text
            outcome = outcome_of(running.tell(overridden("1", clock.now)), 503)
            assert outcome["code"] == "transient"
        written = "".join(capsys.readouterr())
        assert '"event": "store failed"' in written
        assert "a-password" not in written
        assert LUPUS not in written

    def test_while_its_folder_cannot_be_written(self, clock: Clock, tmp_path: Path) -> None:
        if os.geteuid() == 0:
            folder = Path("/proc/no/such/folder")  # root may write anywhere else
        else:
            folder = tmp_path
            folder.chmod(0o500)
        with service(
            f"sqlite:///{folder / 'store.db'}", clock, data_dir=folder, pseudonym_key=None
        ) as running:
            assert len(fire(request_of(), running.http).json()["cards"]) == 2
            assert running.http.get("/readyz").json()["store"] == "failing"

    def test_without_its_memory_when_that_comes_too_late(
        self, sqlite_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with service(sqlite_url, clock) as running:
            running.tell(overridden(running.cards()["nct07517536"], clock.now))
            release = threading.Event()
            monkeypatch.setattr(kept, "RECALL_SECONDS", 0.1)
            monkeypatch.setattr(Store, "_recalled", lambda *_: release.wait(20))
            started = time.monotonic()
            assert len(fire(request_of(), running.http).json()["cards"]) == 2
            assert len(fire(request_of(), running.http).json()["cards"]) == 2
            release.set()
        assert time.monotonic() - started < 15
        assert running.store.state == "failing"

    def test_at_once_while_a_database_takes_connections_and_does_not_answer(
        self, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Opening it lasts as long as the driver is patient, which is seconds."""
        monkeypatch.setattr(kept, "OPENING_SECONDS", 0.2)
        monkeypatch.setattr(kept, "RECALL_SECONDS", 0.25)
        case = Case("patient-view", "open", None, LUPUS)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"postgresql://somebody:a-password@127.0.0.1:{silent.getsockname()[1]}/nothing"
            with service(url, clock) as running:
                waits = []
                for _ in range(4):
                    running.store._reads_from = 0.0  # each call tries anew
                    started = time.monotonic()
                    assert asyncio.run(running.store.recall(case)) == Recalled(shown_in_encounter=frozenset())
                    waits.append(time.monotonic() - started)
        assert max(waits) < 2


def test_what_happened_while_the_database_was_away_is_written_when_it_is_back(
    postgres: Postgres, postgres_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FEEDBACK_SECONDS", 1)
    with service(postgres_url, clock) as running:
        card = running.cards()["nct07517536"]
        postgres.stop()
        try:
            assert len(fire(request_of(), running.http).json()["cards"]) == 2
            assert running.tell(overridden(card, clock.now)).status_code == 503
            assert running.store.state == "failing"
        finally:
            postgres.start()
        assert running.store.flush(15)
        until(lambda: "nct07517536" not in running.cards())
        assert running.store.state == "ok"
    assert len(rows(postgres_url, "feedback")) == 1
    assert len(rows(postgres_url, "hook_calls")) >= 3


class Written:
    """Stands for a database: takes batches, and refuses as told."""

    def __init__(self, *faults: Exception, bad: str | None = None) -> None:
        self.batches: list[list[str]] = []
        self.faults, self.bad = list(faults), bad
        self.failures: list[str] = []
        self.lost = 0

    def __call__(self, records: Sequence[Record]) -> None:
        if self.faults:
            raise self.faults.pop(0)
        cards = [record.card for record in records if isinstance(record, CardFeedback)]
        if self.bad in cards:
            raise ValueError("this one is bad")
        self.batches.append(cards)

    def queue(self, capacity: int = 100) -> WritingQueue:
        return WritingQueue(
            self,
            on_failure=lambda error: self.failures.append(type(error).__name__),
            on_lost=self.lose,
            on_success=lambda: None,
            capacity=capacity,
        )

    def lose(self, records: int) -> None:
        self.lost += records


class TestTheQueue:
    def test_a_failed_batch_is_tried_again_and_written_once(self, clock: Clock) -> None:
        written = Written(StoreError("away"), OSError("away"))
        queue = written.queue()
        done = queue.put(record(clock))
        assert done.result(10)
        assert (written.batches, written.failures, written.lost) == ([["1"]], ["StoreError", "OSError"], 0)
        queue.close(1)

    def test_a_record_that_is_refused_for_itself_does_not_take_others_along(self, clock: Clock) -> None:
        written = Written(StoreError("away"), bad="bad")
        queue = written.queue()
        futures = [queue.put(record(clock, card)) for card in ("1", "bad", "2")]
        assert [future.result(10) for future in futures] == [True, False, True]
        assert written.lost == 1
        queue.close(1)

    def test_what_waits_is_written_together(self, clock: Clock) -> None:
        written = Written(StoreError("away"))
        queue = written.queue()
        for number in range(50):
            queue.put(record(clock, str(number)))
        assert queue.flush(10)
        assert sum(map(len, written.batches)) == 50
        assert len(written.batches) < 10
        queue.close(1)

    def test_when_too_many_wait_the_newest_are_given_up_and_nobody_waits(self, clock: Clock) -> None:
        written = Written(*[StoreError("away")] * 1000)
        queue = written.queue(capacity=5)
        futures = [queue.put(record(clock)) for _ in range(20)]
        assert not futures[-1].result(0)
        assert written.lost >= 14
        queue.close(0.1)

    def test_what_closing_leaves_is_told_to_those_who_wait_and_counted(self, clock: Clock) -> None:
        writing, release = threading.Event(), threading.Event()
        written = Written()

        def slowly(records: Sequence[Record]) -> None:
            writing.set()
            release.wait(10)
            written(records)

        queue = WritingQueue(slowly, on_failure=lambda _: None, on_lost=written.lose, on_success=lambda: None)
        first = queue.put(record(clock, "1"))
        assert writing.wait(10)
        left = [queue.put(record(clock, str(number))) for number in (2, 3)]
        queue.close(0.1)
        release.set()
        assert first.result(10)
        assert [future.result(10) for future in left] == [False, False]
        until(lambda: written.lost == 2)
        assert written.batches == [["1"]]

    def test_closing_writes_what_waits(self, clock: Clock) -> None:
        written = Written()
        queue = written.queue()
        queue.put(record(clock))
        queue.close(5)
        assert written.batches == [["1"]]
