"""``trialcards people``, and the set-up link that ``trialcards serve`` prints once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.cli_serve import set_up_words
from tests.app.command_line import Run, one_line, runner
from tests.app.people.coming_in import PASSWORD, StandingClock, site
from tests.app.store.serving import KEY, settings_of


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("TRIALCARDS_STORE", "true")
    monkeypatch.setenv("TRIALCARDS_DATABASE_URL", url)
    monkeypatch.setenv("TRIALCARDS_PSEUDONYM_KEY", KEY)
    return runner(capsys)


def test_a_link_made_by_reset_opens_the_account_and_the_list_tells_who_it_is(
    run: Run, url: str, clock: StandingClock
) -> None:
    link = run("people", "reset").out.strip()
    assert "not set up" in run("people", "list").out
    with site(url, clock) as at:
        token = link.partition("token=")[2]
        at.post("/sign-in/set-up", token=token, name="Ana", password=PASSWORD, again=PASSWORD)
    assert "Ana" in run("people", "list").out


def test_roles_are_given_and_sessions_ended(run: Run, url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        person = at.rows("people")[0]["id"]
        assert run("people", "roles", person, "coordinator").out == f"{person}: coordinator\n"
        assert at.get("/judge").status_code == 403
        assert run("people", "end", person).out == "sessions ended: 1\n"
        assert at.get("/private").status_code == 303
        assert run("people", "roles", person).out == f"{person}: no role\n"


def test_roles_and_people_that_there_are_not_are_told_in_one_line(
    run: Run, url: str, clock: StandingClock
) -> None:
    with site(url, clock) as at:
        at.set_up()
        for arguments in (("nobody", "coordinator"), (at.rows("people")[0]["id"], "boss")):
            ran = run("people", "roles", *arguments)
            assert ran.code == 2
            assert one_line(ran.err)
            assert "there is no" in ran.err


def test_without_a_database_there_are_no_people(run: Run) -> None:
    assert run("people", "list").code == 6


def test_the_audit_trail_tells_who_saw_what(run: Run, url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        at.get("/private?many=true")
        person = at.rows("people")[0]["id"]
    lines = run("audit").out.splitlines()
    assert len(lines) == 2
    assert all(line.split("\t")[1:4] == ["page private", "–", person] for line in lines)
    assert run("audit", "--client", "clinic").out == ""
    assert f'"value": "{person}"' in run("audit", "--format", "fhir").out


def test_serving_tells_the_link_once(sqlite_url: str) -> None:
    settings = settings_of(sqlite_url)
    told = set_up_words(settings, "127.0.0.1", 8000)
    assert re.search(r"http://127\.0\.0\.1:8000/sign-in/set-up\?token=[\w-]{32}\n", told)
    assert set_up_words(settings, "127.0.0.1", 8000) == ""


@pytest.mark.parametrize(
    ("address", "changed"),
    [
        (None, {"store": False}),
        (
            None,
            {"oidc_issuer": "https://id.example", "oidc_client_id": "t", "pages_url": "https://c.example"},
        ),
        ("postgresql://nobody@127.0.0.1:1/none", {}),
    ],
    ids=["without a store", "with a provider", "without a database"],
)
def test_where_there_is_no_local_account_no_link_is_told(
    sqlite_url: str, address: str | None, changed: dict[str, Any]
) -> None:
    assert set_up_words(settings_of(address or sqlite_url, **changed), "127.0.0.1", 8000) == ""
