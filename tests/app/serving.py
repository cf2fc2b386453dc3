"""``trialcards serve`` in processes of its own, as an operator starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
START = "import sys; from app.cli import main; sys.exit(main())"


@contextmanager
def serving(
    folder: Path, *arguments: str, ready: str, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """What the service said until a line holds ``ready``, and its process; its log is ``folder/log``."""
    command = [sys.executable, "-c", START, "serve", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(settings or {})}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if ready in line:
                break
        try:
            yield said, process
        finally:  # also where the test fails: else its process would be waited for without end
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
