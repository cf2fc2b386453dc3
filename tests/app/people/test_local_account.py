"""The local account: set up by a link that is good once, then opened by its password, never tried fast."""

from __future__ import annotations

import pytest

from app.people.passwords import may_try_from
from app.web.words import page_words
from tests.app.people.coming_in import HOST, PASSWORD, StandingClock, site


def say(key: str, **words: object) -> str:
    return page_words("en").say(f"sign-in.{key}", **words)


def test_the_account_is_made_once_and_its_link_told_once(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        assert at.people.local_set_up() is not None
        assert at.people.local_set_up() is None
        assert len(at.rows("people")) == 1


def test_whoever_has_the_link_sets_name_and_password_and_is_in(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        token = at.people.local_set_up() or ""
        shown = at.get(f"/sign-in/set-up?token={token}")
        assert shown.status_code == 200
        assert shown.headers["cache-control"] == "no-store"
        entered = at.post("/sign-in/set-up", token=token, name=" Ana ", password=PASSWORD, again=PASSWORD)
        assert entered.status_code == 303
        assert at.get("/private").json()["name"] == "Ana"


def test_a_set_up_link_is_good_once_and_for_a_week(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock) as at:
        token = at.people.local_set_up() or ""
        at.post("/sign-in/set-up", token=token, name="Ana", password=PASSWORD, again=PASSWORD)
        again = at.post("/sign-in/set-up", token=token, name="Eve", password=PASSWORD, again=PASSWORD)
        assert again.status_code == 404
        assert at.get(f"/sign-in/set-up?token={token}").status_code == 404
        late = at.people.reset()
        clock.passes(days=7)
        assert at.get(f"/sign-in/set-up?token={late}").status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("eleven char", "eleven char", say("error.choice", shortest=12, longest=256)),
        ("x" * 257, "x" * 257, say("error.choice", shortest=12, longest=256)),
        (PASSWORD, PASSWORD + ".", say("error.again")),
    ],
)
def test_a_password_that_cannot_be_taken_is_asked_for_again(
    sqlite_url: str, clock: StandingClock, password: str, again: str, said: str
) -> None:
    with site(sqlite_url, clock) as at:
        token = at.people.local_set_up() or ""
        answer = at.post("/sign-in/set-up", token=token, name="Ana", password=password, again=again)
        assert answer.status_code == 400
        assert said in answer.text
        assert at.people.may_set_up(token)


def test_the_password_is_kept_as_argon2id_and_no_token_as_it_is(
    sqlite_url: str, clock: StandingClock
) -> None:
    with site(sqlite_url, clock) as at:
        at.set_up()
        (person,) = at.rows("people")
        (session,) = at.rows("sessions")
        assert person["password"].startswith("$argon2id$")
        assert PASSWORD not in str(person)
        assert session["name"] not in at.http.cookies.values()


def test_a_wrong_password_is_refused_and_the_right_one_leads_where_it_was_meant_to(
    url: str, clock: StandingClock
) -> None:
    with site(url, clock) as at:
        at.set_up()
        at.post("/sign-out")
        wrong = at.sign_in("another password", next="/private?many=true")
        assert wrong.status_code == 403
        assert say("error.password") in wrong.text
        assert 'value="/private?many=true"' in wrong.text
        right = at.sign_in(next="/private?many=true")
        assert (right.status_code, right.headers["location"]) == (303, "/private?many=true")


def test_after_four_wrong_passwords_even_the_right_one_must_wait(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        at.post("/sign-out")
        for _ in range(4):
            assert at.sign_in("another password").status_code == 403
        early = at.sign_in()
        assert (early.status_code, early.headers["retry-after"]) == (429, "2")
        clock.passes(seconds=2)
        assert at.sign_in().status_code == 303
        assert at.rows("people")[0]["failures"] == 0


@pytest.mark.parametrize(
    ("failures", "seconds"), [(3, None), (4, 2), (5, 4), (11, 256), (12, 300), (900, 300)]
)
def test_waiting_doubles_up_to_five_minutes(failures: int, seconds: int | None) -> None:
    now = StandingClock().now
    again = may_try_from(failures, now)
    assert (None if again is None else (again - now).total_seconds()) == seconds


def test_no_password_opens_an_account_that_was_never_set_up(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock) as at:
        at.people.local_set_up()
        assert at.sign_in("").status_code == 403
        assert at.sign_in(PASSWORD).status_code == 403


def test_forms_of_other_sites_are_not_taken(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock) as at:
        at.set_up()
        foreign = {"Sec-Fetch-Site": "cross-site", "Origin": HOST}
        for path in ("/sign-in", "/sign-in/set-up", "/sign-out"):
            assert at.http.post(path, data={"password": PASSWORD}, headers=foreign).status_code == 403
        assert at.get("/private").status_code == 200
