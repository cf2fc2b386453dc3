"""Figures are for whoever has the token, where the operator has set one."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.cli_serve import _UNGUARDED
from app.settings import Settings
from tests.app.service import client, outcome_of
from tests.app.serving import serving

TOKEN = "0123456789abcdef" * 2


def test_with_the_token_they_are_told() -> None:
    http = client(metrics_token=TOKEN)
    for scheme in ("Bearer", "bearer"):
        answer = http.get("/metrics", headers={"Authorization": f"{scheme} {TOKEN}"})
        assert answer.status_code == 200
        assert "trialcards_request_seconds" in answer.text


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer  {TOKEN}",
        "Bearer \u00e4",
    ],
)
def test_any_other_call_gets_401_and_no_figure(given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    answer = client(metrics_token=TOKEN).get("/metrics", headers=headers)  # type: ignore[arg-type]  # bytes, too
    assert outcome_of(answer, 401)["code"] == "login"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in answer.text


def test_two_tokens_are_none() -> None:
    headers = [("Authorization", f"Bearer {TOKEN}")] * 2
    assert client(metrics_token=TOKEN).get("/metrics", headers=headers).status_code == 401


def test_without_a_token_set_they_are_told_to_whoever_asks() -> None:
    assert client().get("/metrics").status_code == 200


@pytest.mark.parametrize("token", ["", "short", "f" * 15, "with a space in the middle", "ümlaut" * 5])
def test_a_token_that_is_too_short_or_cannot_be_sent_stops_the_start(token: str) -> None:
    with pytest.raises(ValidationError, match="openssl rand") as raised:
        Settings(metrics_token=token)  # type: ignore[arg-type]  # as the environment gives it
    assert not token or f"{token!r}" not in str(raised.value.errors(include_input=False))


def test_it_does_not_show_itself() -> None:
    assert TOKEN not in repr(Settings(metrics_token=TOKEN))  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("host", "settings", "warned"),
    [
        ("0.0.0.0", {}, True),  # other machines reach it
        ("127.0.0.1", {}, False),
        ("0.0.0.0", {"TRIALCARDS_METRICS_TOKEN": TOKEN}, False),
        ("0.0.0.0", {"TRIALCARDS_METRICS": "false"}, False),
    ],
)
def test_the_start_tells_where_other_machines_may_read_them(
    host: str, settings: dict[str, str], warned: bool, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    arguments = ("--open", "--host", host, "--port", port)
    with serving(tmp_path, *arguments, ready="-d @-", settings=settings) as (said, _):
        assert "-d @-" in said
    assert (_UNGUARDED in said) == warned
