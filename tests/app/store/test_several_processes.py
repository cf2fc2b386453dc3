"""Several workers write and read at once, and nothing is lost or doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.app.store.serving import KEY, rows

ROOT = Path(__file__).parents[3]
CALLS, WORKERS = 100, 2

WORKER = """
import asyncio, sys, uuid
from datetime import UTC, datetime, timedelta
from app.store.configured import database_of, pseudonyms_of
from app.store import kept
from app.store.kept import Store
from app.store.memory import Case, Declining
from app.store.records import CardFeedback, JudgedTrial
from app.settings import Settings

calls = int(sys.argv[1])
kept.RECALL_SECONDS = kept.FEEDBACK_SECONDS = 60  # however busy the machine is

class Watcher:
    def store_failed(self, operation, error, records=1):
        print(operation, type(error), error, file=sys.stderr)

async def main():
    settings = Settings()
    now = lambda: datetime.now(UTC)
    store = Store(
        database_of(settings), lambda: pseudonyms_of(settings), Declining(timedelta(days=90)), now, Watcher()
    )
    await store.start()
    for number in range(calls):
        case = Case("patient-view", "open", None, f"patient-{number % 7}")
        await store.recall(case)
        card = str(uuid.uuid4())
        judged = [JudgedTrial(trial="nct1", version="1", verdict="undetermined", card=card)]
        store.remember(case, judged)
        # All workers tell of the same cards, too.
        told = [CardFeedback(client="open", card=name, outcome="overridden", at=now(), received=now())
                for name in (card, f"shared-{number}")]
        assert number % 10 or await store.keep_feedback(told)
    await store.stop()
    assert store.state == "ok"

asyncio.run(main())
"""


def test_workers_that_write_at_once_lose_nothing_and_double_nothing(url: str) -> None:
    with ExitStack() as ends:  # waits for each, also where one has failed
        processes = [
            ends.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", WORKER, str(CALLS)],
                    cwd=ROOT,
                    env={**os.environ, "TRIALCARDS_DATABASE_URL": url, "TRIALCARDS_PSEUDONYM_KEY": KEY},
                    stderr=subprocess.PIPE,
                )
            )
            for _ in range(WORKERS)
        ]
        for process in processes:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors.decode()
            assert errors == b""
    assert len(rows(url, "hook_calls")) == len(rows(url, "judged_trials")) == CALLS * WORKERS
    told = Counter(row["card"].startswith("shared-") for row in rows(url, "feedback"))
    assert told == {True: CALLS // 10, False: CALLS // 10 * WORKERS}
