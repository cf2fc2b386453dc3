"""Sessions: opaque, renewed at sign-in, ended by time, by signing out and by operators; and what roles do."""

from __future__ import annotations

import pytest

from app.people.person import Role
from app.web.signed_in import own_path
from app.web.words import page_words
from tests.app.people.coming_in import StandingClock, site


def test_a_browser_without_a_session_is_led_to_sign_in_and_back(
    sqlite_url: str, clock: StandingClock
) -> None:
    with site(sqlite_url, clock) as at:
        answer = at.get("/private?many=true")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in?next=/private%3Fmany%3Dtrue"
        assert 'value="/private?many=true"' in at.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/list?a=1&b=2", "/list?a=1&b=2"),
        ("", "/"),
        (None, "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("list", "/"),
        ("/" + "x" * 2_000, "/"),
    ],
)
def test_only_paths_of_this_host_are_led_to(asked: str | None, led: str) -> None:
    assert own_path(asked) == led


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock) as at:
        cookie = at.set_up().headers["set-cookie"]
    assert cookie.startswith("trialcards=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert "Max-Age" not in cookie


def test_behind_tls_the_cookie_is_secure_and_of_this_host_alone(
    sqlite_url: str, clock: StandingClock
) -> None:
    with site(sqlite_url, clock, pages_url="https://cds.example.org") as at:
        cookie = at.set_up().headers["set-cookie"]
    assert cookie.startswith("__Host-trialcards=")
    assert "Secure" in cookie
    assert "Path=/" in cookie


def test_signing_in_ends_the_session_that_the_browser_had(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        before = at.http.cookies["trialcards"]
        at.sign_in()
        assert at.http.cookies["trialcards"] != before
        assert at.people.of_session(before) is None
        assert len(at.rows("sessions")) == 1


def test_a_session_ends_when_idle_and_is_kept_by_use(url: str, clock: StandingClock) -> None:
    with site(url, clock, session_idle_minutes=30) as at:
        at.set_up()
        for _ in range(3):
            clock.passes(minutes=29)
            assert at.get("/private").status_code == 200
        clock.passes(minutes=30)
        assert at.get("/private").status_code == 303
        assert at.rows("sessions") == []


def test_a_session_ends_after_its_time_however_it_is_used(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock, session_hours=1, session_idle_minutes=30) as at:
        at.set_up()
        clock.passes(minutes=29)
        assert at.get("/private").status_code == 200
        clock.passes(minutes=29)
        assert at.get("/private").status_code == 200
        clock.passes(minutes=2)
        assert at.get("/private").status_code == 303


def test_signing_out_ends_the_session_and_not_only_the_cookie(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        token = at.http.cookies["trialcards"]
        assert at.post("/sign-out").status_code == 303
        at.http.cookies.set("trialcards", token)
        assert at.get("/private").status_code == 303


def test_a_session_that_was_never_given_opens_nothing(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock) as at:
        at.set_up()
        at.http.cookies.set("trialcards", "x" * 43)
        assert at.get("/private").status_code == 303


def test_operators_end_sessions_by_resetting_the_password(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock) as at:
        at.set_up()
        at.people.reset()
        assert at.get("/private").status_code == 303
        assert at.sign_in().status_code == 403


def test_a_role_that_was_taken_away_counts_at_once(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        assert at.get("/judge").json() == {"allowed": True}
        assert at.people.give_roles(at.people.all()[0].person.id, [Role.COORDINATOR])
        refused = at.get("/judge")
        assert refused.status_code == 403
        assert page_words("en").say("sign-in.error.role") in refused.text
        assert "Ana Müller" in refused.text
        assert at.get("/private").status_code == 200


def test_where_nothing_is_stored_nobody_can_sign_in(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock, store=False) as at:
        refused = at.get("/private")
        assert refused.status_code == 404
        assert "TRIALCARDS_STORE" in refused.text


def test_where_the_database_is_away_a_page_says_so(sqlite_url: str, clock: StandingClock) -> None:
    away = "postgresql://nobody@127.0.0.1:1/none"
    with site(away, clock) as at:
        at.http.cookies.set("trialcards", "x" * 43)
        assert at.get("/private").status_code == 503
        assert at.sign_in().status_code == 503
