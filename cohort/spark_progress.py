"""How far Spark is, told while it works."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from cohort.local import Phase, Progress

_SECONDS = 0.5


@contextmanager
def told_on(spark: SparkSession, phase: Phase, progress: Progress) -> Iterator[None]:
    """Tell the tasks done of those known, twice a second, and at the end that all are."""
    ended = threading.Event()
    tracker = spark.sparkContext.statusTracker()
    most = 1

    def tell() -> None:
        nonlocal most
        while not ended.wait(_SECONDS):
            stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
            known = [stage for stage in stages if stage is not None]
            if known:
                most = max(1, sum(stage.numTasks for stage in known))
                progress(phase, sum(stage.numCompletedTasks for stage in known), most)

    progress(phase, 0, most)
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
    progress(phase, most, most)
