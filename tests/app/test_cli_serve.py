"""``trialcards serve``: it says what to open once it is ready, and in one line why it cannot start."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from app.cli import main
from app.cli_serve import announcement
from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from tests.app.serving import serving


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Served(NamedTuple):
    """A service in processes of its own: its port, and what it said on standard output until it was ready."""

    port: int
    said: str
    process: subprocess.Popen[str]


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
def served(request: pytest.FixtureRequest, free_port: int, tmp_path: Path) -> Iterator[Served]:
    workers = str(request.param)
    arguments = ("--open", "--port", str(free_port), "--workers", workers)
    with serving(tmp_path, *arguments, ready="-d @-") as (said, process):
        yield Served(free_port, said, process)


def test_no_path_or_query_of_a_request_comes_into_the_log(served: Served, tmp_path: Path) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/healthz?patient=a-name-and-1990-05-04"):
        pass
    served.process.send_signal(signal.SIGINT)
    output, _ = served.process.communicate(timeout=20)
    log = (tmp_path / "log").read_text()
    assert '"route": "/healthz"' in log
    assert "a-name" not in output + log


def test_it_says_what_to_open_when_it_is_ready_and_the_call_that_it_names_returns_a_card(
    served: Served,
) -> None:
    port, said, _ = served
    address = f"http://127.0.0.1:{port}"
    assert announcement("127.0.0.1", port, Clients((), ClientProfile(id="open")).warning or "").startswith(
        said
    )
    assert "OPEN: the hooks answer whoever calls." in said
    assert f"Open {address}/" in said
    with urllib.request.urlopen(f"{address}/demo/requests/lin-mei") as answer:
        body = answer.read()
    assert f"curl -s {address}/demo/requests/lin-mei" in said
    call = urllib.request.Request(
        f"{address}/cds-services/lupus-trials", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(call) as answer:
        assert json.load(answer)["cards"]


def test_a_request_with_endless_headers_is_refused_by_each_worker(served: Served) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 300 + b"\r\n"
    for _ in range(6):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
            connection.sendall(head)
            assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),  # told, not bound
        ("::1", "http://[::1]:8000/"),
        ("::", "http://[::1]:8000/"),
    ],
)
def test_the_address_that_it_names_can_be_opened(host: str, address: str) -> None:
    assert f"Open {address}" in announcement(host, 8000)


def test_a_port_that_is_taken_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"trialcards: cannot listen on 127.0.0.1:{port}: Address already in use")
    assert told.count("\n") == 1


def test_a_setting_that_cannot_be_read_is_named_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("TRIALCARDS_TIMEZONE", "Middle-earth/Shire")
    assert main(["serve", "--port", str(free_port)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("trialcards: TRIALCARDS_TIMEZONE: ")
    assert told.count("\n") == 1


def test_several_workers_with_clients_and_no_redis_are_told_what_a_token_is_good_for(
    free_port: int, tmp_path: Path
) -> None:
    entry = {"id": "a", "issuer": "https://ehr.example", "jwks_url": "https://ehr.example/jwks.json"}
    clients = tmp_path / "clients.yaml"
    clients.write_text(json.dumps({"clients": [entry]}), "utf-8")
    settings = {"TRIALCARDS_CLIENTS": str(clients), "TRIALCARDS_BASE_URL": "https://cds.example"}
    with serving(tmp_path, "--port", str(free_port), "--workers", "2", ready="ready", settings=settings) as (
        said,
        _,
    ):
        pass
    assert "one call in each worker" in said
    assert "OPEN" not in said


def test_clients_that_cannot_be_used_are_told_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, free_port: int, tmp_path: Path
) -> None:
    (tmp_path / "clients.yaml").write_text("clients:\n  - {id: a, x: 1, y: 2}\n", "utf-8")
    monkeypatch.setenv("TRIALCARDS_CLIENTS", str(tmp_path / "clients.yaml"))
    assert main(["serve", "--port", str(free_port)]) == 5
    told = capsys.readouterr().err
    assert "client 'a', x: there is no such element" in told
    assert told.count("\n") == 1
