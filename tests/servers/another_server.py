"""A FHIR server that shares nothing with HAPI: SEKMET, in Python, with pages of 20 at most.

It differs where FHIR lets servers differ: it tells the total, pages by ``_offset`` under the resource type,
and ignores search parameters that it does not know, telling so in an OperationOutcome among the entries.

It runs in the environment that ``make test`` makes for it (``run_sekmet.py``).
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from sandbox.hapi import DETACHED

PYTHON = Path(__file__).parents[2] / "build" / "servers" / "bin" / "python"
_SCRIPT = Path(__file__).parent / "run_sekmet.py"
_PATIENCE_SECONDS = 60


def start(folder: Path, until: int, **settings: Any) -> str:
    """Start the server with nothing in it and its files in ``folder``.

    Args:
        until: id of the process with which it ends.
        settings: more of its settings.

    Returns:
        Its base URL.
    """
    folder.mkdir(exist_ok=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    log = folder / "server.log"
    command = [str(PYTHON), str(_SCRIPT), str(port), str(folder), str(until), json.dumps(settings)]
    with log.open("w") as written:
        subprocess.run([*DETACHED, *command], cwd=folder, stdout=written, stderr=written, check=True)
    base_url = f"http://127.0.0.1:{port}/fhir"
    _wait_for(f"{base_url}/metadata", log)
    return base_url


def _wait_for(url: str, log: Path) -> None:
    patience = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < patience:
        try:
            if httpx.get(url).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the second server did not start: {log.read_text()[-1000:]}")
