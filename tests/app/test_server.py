"""The application in a real server: what a test client in the same process cannot show."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.service import HOOK, LUPUS, outcome_of, request_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Base URL of a server process, and the file to which it writes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "uvicorn", "app.server:create_app", "--factory", "--port", str(port)]
    with log.open("wb") as output:
        kept = {"TRIALCARDS_STORE": "true", "TRIALCARDS_DATA_DIR": str(log.parent)}
        environment = {**os.environ, **kept, "TRIALCARDS_OPEN": "true"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process:
            try:
                for _ in range(600):
                    assert process.poll() is None, log.read_text()
                    try:
                        socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                        break
                    except OSError:
                        time.sleep(0.05)
                yield f"http://127.0.0.1:{port}", log
            finally:
                process.terminate()
                process.wait(10)


def test_a_chart_gets_its_cards(server: tuple[str, Path]) -> None:
    base, _ = server
    with httpx.Client(base_url=base) as http:
        body = http.get(f"/demo/requests/{LUPUS}").content
        cards = http.post(HOOK, content=body, headers={"content-type": "application/json"}).json()["cards"]
    assert len(cards) == 2


@pytest.mark.parametrize("body", [b"x" * 50_000_000, b"[" * 100_000, b"\xff" * 1000, b""])
def test_bad_bodies_get_their_answer_and_the_connection_goes_on(
    server: tuple[str, Path], body: bytes
) -> None:
    base, _ = server
    with httpx.Client(base_url=base, timeout=30) as http:
        outcome_of(http.post(HOOK, content=body), 413 if len(body) > 20_000_000 else 400)
        assert http.get("/healthz").status_code == 200


def test_a_body_of_unknown_length_is_counted(server: tuple[str, Path]) -> None:
    base, _ = server
    with httpx.Client(base_url=base, timeout=30) as http:
        outcome_of(http.post(HOOK, content=(b" " * 1_000_000 for _ in range(25))), 413)
        assert http.get("/healthz").status_code == 200


def test_the_server_writes_one_line_for_each_request_and_nothing_of_the_chart(
    server: tuple[str, Path],
) -> None:
    base, log = server
    with httpx.Client(base_url=base) as http:
        http.post(HOOK, json=request_of())
        http.get(f"/Patient/{LUPUS}", params={"birthdate": "1992-01-26"})
        answer = http.get("/healthz")
    # The line is written once the answer is on its way.
    for _ in range(100):
        written = log.read_text("utf-8")
        lines = [json.loads(line) for line in written.splitlines(keepends=True) if line.endswith("}\n")]
        if found := [line for line in lines if line.get("request_id") == answer.headers["x-request-id"]]:
            break
        time.sleep(0.02)
    assert len(found) == 1
    assert not re.search(r"lin-mei|1992-01|林|Patient/|birthdate", written)
