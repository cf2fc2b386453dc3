"""People come in by an OpenID provider: a real one; and what does not hold of a token lets nobody in.

OpenID Connect Core 1.0, 3.1.3.7 (ID token), Discovery 1.0, 4.3 (issuer), RFC 7636, RFC 9207.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import ValidationError

from app.people.errors import ProviderAwayError, ProviderRefusedError
from app.people.person import Role
from app.settings import Settings
from app.web.words import page_words
from tests.app.people.coming_in import HOST, StandingClock, site
from tests.app.people.openid_provider import ISSUER, Key, Scripted, known_there, running


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running() as address:
        yield address


def at_the_provider(issuer: str, **more: Any) -> dict[str, Any]:
    return {
        "oidc_issuer": issuer,
        "oidc_client_id": "trialcards",
        "oidc_client_secret": "a secret",
        "pages_url": "http://localhost",
        **more,
    }


def way_back(there: str, subject: str) -> str:
    """Sign in at the provider as a person does: the path to which it sends the browser back."""
    answer = httpx.post(there, data={"sub": subject}, timeout=30)
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def test_a_real_provider_lets_people_in_with_their_roles_and_where_they_wanted_to_go(
    sqlite_url: str, clock: StandingClock, issuer: str
) -> None:
    known_there(issuer, "ana", name="Ana Müller", roles=["coordinator", "sle-doctors"])
    names = ("sle-doctors=investigator",)
    with site(sqlite_url, clock, **at_the_provider(issuer, oidc_roles=names)) as at:
        shown = at.get("/sign-in?next=/private")
        assert page_words("en").say("sign-in.provider") in shown.text
        left = at.get("/sign-in/away?next=/private")
        assert left.headers["location"].startswith(f"{issuer}/oauth2/authorize?")
        entered = at.get(way_back(left.headers["location"], "ana"))
        assert (entered.status_code, entered.headers["location"]) == (303, "/private")
        assert at.get("/private").json()["name"] == "Ana Müller"
        (person,) = at.rows("people")
        assert (person["issuer"], person["subject"], person["roles"]) == (issuer, "ana", "investigator")


def test_roles_are_told_anew_with_each_sign_in_and_the_person_stays_the_same(
    sqlite_url: str, clock: StandingClock, issuer: str
) -> None:
    with site(sqlite_url, clock, **at_the_provider(issuer)) as at:
        for roles in (["investigator"], []):
            known_there(issuer, "bo", name="Bo", roles=roles)
            at.get(way_back(at.get("/sign-in/away").headers["location"], "bo"))
            assert at.get("/judge").status_code == (200 if roles else 403)
        assert len(at.rows("people")) == 1


def test_signing_out_ends_the_session_here_and_leads_to_the_provider(
    sqlite_url: str, clock: StandingClock, issuer: str
) -> None:
    with site(sqlite_url, clock, **at_the_provider(issuer)) as at:
        at.get(way_back(at.get("/sign-in/away").headers["location"], "ana"))
        out = at.post("/sign-out")
        assert out.status_code == 200
        assert f'href="{issuer}/oauth2/end_session?client_id=trialcards' in out.text
        assert at.get("/private").status_code == 303


def test_another_browser_cannot_come_back_in_the_place_of_the_one_that_left(
    sqlite_url: str, clock: StandingClock, issuer: str
) -> None:
    with site(sqlite_url, clock, **at_the_provider(issuer)) as at:
        back = way_back(at.get("/sign-in/away").headers["location"], "ana")
        at.http.cookies.clear()
        refused = at.get(back)
        assert refused.status_code == 403
        assert page_words("en").say("sign-in.error.refused", code="state").partition("(")[0] in refused.text


def test_where_a_provider_is_set_no_password_opens_anything(
    sqlite_url: str, clock: StandingClock, issuer: str
) -> None:
    with site(sqlite_url, clock, **at_the_provider(issuer)) as at:
        token = at.people.reset()
        assert at.sign_in().status_code == 405
        assert at.get(f"/sign-in/set-up?token={token}").status_code == 404


def test_a_provider_that_is_away_is_told_on_a_page(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock, **at_the_provider("http://localhost:1")) as at:
        refused = at.get("/sign-in/away")
        assert refused.status_code == 503
        assert page_words("en").say("sign-in.error.provider") in refused.text


def test_what_the_provider_says_is_taken(clock: StandingClock) -> None:
    vouched = asyncio.run(Scripted().signed_in())
    assert (vouched.subject, vouched.name, vouched.next_path) == ("s1", "Ana", "/list")
    assert vouched.roles == {Role.COORDINATOR}


NOW = int(time.time())


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["trialcards", "another"]}, "audience"),
        ({"azp": "another"}, "audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": NOW - 3_600, "iat": NOW - 7_200}, "expired"),
        ({"sub": ""}, "token"),
        ({"sub": "x" * 256}, "token"),
        ({"iat": None}, "token"),
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(claims: dict[str, Any], code: str) -> None:
    scripted = Scripted()
    scripted.claims = claims
    with pytest.raises(ProviderRefusedError) as refused:
        asyncio.run(scripted.signed_in())
    assert refused.value.code == code


def test_a_token_signed_by_a_key_that_the_provider_does_not_publish_is_refused() -> None:
    scripted = Scripted()
    scripted.key = Key("first")
    with pytest.raises(ProviderRefusedError):
        asyncio.run(scripted.signed_in())


def test_a_key_that_was_rotated_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = Scripted()
    asyncio.run(scripted.signed_in())
    scripted.key = Key("second")
    scripted.published = [scripted.key]
    with pytest.raises(ProviderRefusedError, match="key"):
        asyncio.run(scripted.signed_in())  # not more often than each half minute
    monkeypatch.setattr("app.people.provider._KEYS_INTERVAL", 0)
    assert asyncio.run(scripted.signed_in()).subject == "s1"


def test_the_discovery_document_is_asked_for_once() -> None:
    scripted = Scripted()
    for _ in range(2):
        asyncio.run(scripted.signed_in())
    assert scripted.asked.count(f"{ISSUER}/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": 5},
    ],
)
def test_a_discovery_document_that_cannot_be_used_is_not_used(changed: dict[str, Any]) -> None:
    scripted = Scripted()
    scripted.document |= changed
    with pytest.raises(ProviderAwayError):
        asyncio.run(scripted.signed_in())


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"state": "another"}, "state"),
        ({"error": "access_denied"}, "refused"),
        ({"code": ""}, "refused"),
        ({"iss": "https://evil.example"}, "issuer"),
    ],
)
def test_an_answer_that_does_not_fit_what_was_asked_is_refused(query: dict[str, str], code: str) -> None:
    with pytest.raises(ProviderRefusedError) as refused:
        asyncio.run(Scripted().signed_in(**query))
    assert refused.value.code == code


def test_roles_are_found_in_a_claim_within_a_claim() -> None:
    scripted = Scripted(roles_claim="realm_access.roles")
    scripted.claims = {"realm_access": {"roles": ["investigator", "offline_access"]}}
    assert asyncio.run(scripted.signed_in()).roles == {Role.INVESTIGATOR}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"oidc_issuer": "http://id.example"}, "must be https"),
        ({"oidc_issuer": ISSUER, "pages_url": HOST.replace("http", "https")}, "CLIENT_ID must be set"),
        ({"oidc_issuer": ISSUER, "oidc_client_id": "t"}, "PAGES_URL must be set"),
        ({"oidc_roles": "nurses=boss"}, "names no role"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(**settings)
