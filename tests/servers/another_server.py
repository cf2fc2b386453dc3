"""A FHIR server that shares nothing with HAPI: SEKMET, in Python, with pages of 20 at most.

It differs where FHIR lets servers differ: it tells the total, pages by ``_offset`` under the resource type,
and ignores search parameters that it does not know, telling so in an OperationOutcome among the entries.

``python another_server.py PORT FOLDER`` runs it, in the environment that ``make test`` makes for it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

PYTHON = Path(__file__).parents[2] / "build" / "servers" / "bin" / "python"
_LONGEST_PAGE = 20
_PATIENCE_SECONDS = 60


@contextmanager
def another_server(folder: Path) -> Iterator[str]:
    """The server with nothing in it, and its files in ``folder``; yields its base URL."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    log = folder / "server.log"
    command = [str(PYTHON), __file__, str(port), str(folder)]
    with (
        log.open("w") as written,
        subprocess.Popen(command, cwd=folder, stdout=written, stderr=written) as server,
    ):
        try:
            base_url = f"http://127.0.0.1:{port}/fhir"
            _wait_for(f"{base_url}/metadata", server, log)
            yield base_url
        finally:
            server.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(url).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the second server did not start: {log.read_text()[-1000:]}")


def _serve(port: int, folder: str) -> None:
    import sekmet.fhir.search
    import uvicorn
    from sekmet.config import Settings
    from sekmet.main import create_app

    sekmet.fhir.search.MAX_COUNT = _LONGEST_PAGE
    settings = Settings(
        base_url=f"http://127.0.0.1:{port}/fhir",
        data_dir=folder,
        simulator={"enabled": False},
        log_inbound=False,
    )
    uvicorn.run(create_app(settings), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    _serve(int(sys.argv[1]), sys.argv[2])
