"""A run that is killed at a chosen point: ``run_in_parts.py IN OUT [--die-at N] [--resume]``.

Small pieces and partitions, so that a small population has many points at which to die. Prints how often it
told how far it is.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import cohort.grouping
import cohort.local
import cohort.sources
from cohort.local import Phase, screen_locally
from cohort.outputs import finish
from tests.cohort.populations import plan


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args()
    cohort.sources.PIECE_BYTES = 60_000
    cohort.grouping.PARTITION_BYTES = 120_000
    told = 0

    def tell(phase: Phase, done: int, total: int) -> None:
        nonlocal told
        if told == given.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        told += 1

    record = screen_locally(
        [given.directory], given.out, plan(), workers=2, resume=given.resume, progress=tell
    )
    finish(given.out, record)
    sys.stdout.write(f"{told}\n")


if __name__ == "__main__":
    main()
