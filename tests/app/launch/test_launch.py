"""The evidence is opened from within an EHR: SMART App Launch 2.2, EHR launch with PKCE.

Source: https://hl7.org/fhir/smart-app-launch/app-launch.html. The EHR is that of the sandbox, over HTTP.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient

from app import server
from app.launch.pending import cookie_name
from app.logging import make_logger
from sandbox.authorization import USER, LaunchContext, RegisteredApp, challenge_of
from sandbox.smart_ehr import SmartEhr
from tests.app.launch.launching import (
    CALLBACK,
    CLIENT_ID,
    NOON,
    PAGES,
    asked_of,
    authorized,
    browser_of,
    client_profile,
    launched,
    launched_application,
    sent_to,
    smart_ehr,
    walked,
)
from tests.app.service import LUPUS, TRIAL_A
from tests.app.store.serving import Clock, rows
from tests.cds_hooks.signing import EC, private_jwk, private_key

APP_CONTEXT = json.dumps({"protocol": TRIAL_A, "version": "1"})
TRIAL = LaunchContext(LUPUS, APP_CONTEXT)


@pytest.fixture(scope="module")
def ehr() -> Iterator[SmartEhr]:
    with smart_ehr() as running:
        yield running


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the service logs."""
    stream = StringIO()
    monkeypatch.setattr(server, "make_logger", lambda level: make_logger(level, stream))
    return stream


@pytest.fixture
def http(ehr: SmartEhr, tmp_path: Path, log: StringIO) -> Iterator[TestClient]:
    profile = client_profile(ehr.authorization.issuer)
    with browser_of(launched_application(tmp_path, profile)) as browser:
        yield browser


def test_a_launch_ends_with_the_evidence_for_the_patient_and_the_trial_of_the_card(
    ehr: SmartEhr, http: TestClient
) -> None:
    page = walked(ehr, http, TRIAL)
    assert re.fullmatch(rf"{PAGES}/evidence/[^/?#]+/{TRIAL_A}", page)
    shown = http.get(page).text
    assert f"{ehr.authorization.fhir}/Observation/" in shown
    assert shown.count('<details class="criterion"') > 10


def test_where_the_ehr_does_not_tell_the_trial_all_are_offered(ehr: SmartEhr, http: TestClient) -> None:
    page = walked(ehr, http)
    shown = http.get(page).text
    assert "Choose a trial" in shown
    (trial,) = re.findall(rf'href="([^"]+/{TRIAL_A})"', shown)
    assert http.get(str(httpx.URL(page).join(trial))).status_code == 200


@pytest.mark.parametrize("told", ["", "{", "[]", '{"protocol": "nct00000000"}', '{"protocol": 1}', "null"])
def test_an_app_context_that_names_no_trial_of_ours_is_left_aside(
    ehr: SmartEhr, http: TestClient, told: str
) -> None:
    assert re.fullmatch(rf"{PAGES}/evidence/[^/]+", walked(ehr, http, LaunchContext(LUPUS, told)))


def test_what_is_asked_of_the_authorization_server(ehr: SmartEhr, http: TestClient) -> None:
    url = launched(ehr)
    asked = asked_of(sent_to(http.get(url)))
    assert asked["response_type"] == "code"
    assert asked["client_id"] == CLIENT_ID
    assert asked["redirect_uri"] == CALLBACK
    assert asked["aud"] == ehr.authorization.fhir
    assert asked["launch"] == asked_of(url)["launch"]
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked["code_challenge"])
    assert len(asked["state"]) >= 43  # 256 bits; SMART asks for 122 at least
    scopes = asked["scope"].split()
    assert scopes[:3] == ["launch", "openid", "fhirUser"]
    assert {"patient/Patient.rs", "patient/Observation.rs", "patient/Medication.rs"} <= set(scopes)
    assert not [
        scope
        for scope in scopes
        if "*" in scope or not scope.endswith((".rs", "launch", "openid", "fhirUser"))
    ]


def test_state_and_challenge_are_new_with_each_launch(ehr: SmartEhr, http: TestClient) -> None:
    first, second = (asked_of(sent_to(http.get(launched(ehr)))) for _ in range(2))
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]


def test_what_the_browser_keeps_is_sealed_and_for_this_service_alone(ehr: SmartEhr, http: TestClient) -> None:
    begun = http.get(launched(ehr))
    state = asked_of(sent_to(begun))["state"]
    (cookie,) = begun.headers.get_list("set-cookie")
    assert state not in cookie
    for attribute in ("HttpOnly", "Secure", "SameSite=lax", "Path=/launch/callback", "Max-Age=600"):
        assert attribute in cookie


def test_the_cookie_is_gone_once_the_browser_is_back(ehr: SmartEhr, http: TestClient) -> None:
    back = http.get(authorized(http.get(launched(ehr))))
    (cookie,) = back.headers.get_list("set-cookie")
    assert "Max-Age=0" in cookie
    assert not list(http.cookies.jar)


def test_two_launches_at_once_do_not_disturb_each_other(ehr: SmartEhr, http: TestClient) -> None:
    first, second = http.get(launched(ehr, TRIAL)), http.get(launched(ehr))
    assert sent_to(http.get(authorized(second))).startswith(f"{PAGES}/evidence/")
    assert sent_to(http.get(authorized(first))).endswith(TRIAL_A)


def test_who_launched_is_in_the_audit_trail(ehr: SmartEhr, http: TestClient, tmp_path: Path) -> None:
    http.get(walked(ehr, http))
    (call,) = rows(f"sqlite:///{tmp_path / 'store.db'}", "hook_calls")
    assert (call["hook"], call["client"], call["user_reference"]) == ("smart-launch", "clinic", USER)
    assert LUPUS not in call["patient"]


def test_neither_token_nor_code_nor_patient_is_in_an_address_or_a_log(
    ehr: SmartEhr, http: TestClient, log: StringIO
) -> None:
    back = authorized(http.get(launched(ehr)))
    answer = http.get(back)
    tokens = list(ehr.authorization._tokens)
    assert tokens
    assert "/launch/callback" in log.getvalue()
    told = sent_to(answer) + str(answer.headers) + log.getvalue()
    secrets = [*tokens, asked_of(back)["code"], asked_of(back)["state"], LUPUS]
    assert not [secret for secret in secrets if secret in told]
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_log_tells_what_was_fetched_for_whom(ehr: SmartEhr, http: TestClient, log: StringIO) -> None:
    walked(ehr, http)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [line for line in lines if line.get("route") == "/launch/callback"]
    assert (line["client"], line["fetch"], line["status"]) == ("clinic", "done", 303)
    assert line["fetch_resources"] > 20


class TestOneUse:
    """A launch is good for one browser, once, and not for long."""

    def test_what_came_back_once_is_no_longer_taken(self, ehr: SmartEhr, http: TestClient) -> None:
        begun = http.get(launched(ehr))
        cookies = dict(http.cookies)
        back = authorized(begun)
        assert "/evidence/" in sent_to(http.get(back))
        assert sent_to(http.get(back)).endswith("/launch/failed/state")
        http.cookies.update(
            cookies
        )  # a browser, or whoever has its cookies, that keeps what it was to delete
        assert sent_to(http.get(back)).endswith("/launch/failed/state")

    def test_another_browser_cannot_take_it_up(self, ehr: SmartEhr, http: TestClient) -> None:
        back = authorized(http.get(launched(ehr)))
        asked = len(ehr.asked)
        http.cookies.clear()
        assert sent_to(http.get(back)).endswith("/launch/failed/state")
        assert len(ehr.asked) == asked

    def test_nor_a_browser_with_a_launch_of_its_own(self, ehr: SmartEhr, http: TestClient) -> None:
        theirs = authorized(http.get(launched(ehr)))
        http.cookies.clear()
        http.get(launched(ehr))
        (cookie,) = http.cookies.jar
        assert cookie.value is not None
        http.cookies.set(cookie_name(asked_of(theirs)["state"]), cookie.value, path="/launch/callback")
        assert sent_to(http.get(theirs)).endswith("/launch/failed/state")

    @pytest.mark.parametrize(("minutes", "ends"), [(9, "/evidence/"), (11, "/launch/failed/state")])
    def test_it_is_good_for_ten_minutes(self, ehr: SmartEhr, tmp_path: Path, minutes: int, ends: str) -> None:
        clock = Clock(NOON, timedelta(milliseconds=1))
        application = launched_application(tmp_path, client_profile(ehr.authorization.issuer), now=clock)
        with browser_of(application) as http:
            back = authorized(http.get(launched(ehr)))
            clock.now += timedelta(minutes=minutes)
            assert ends in sent_to(http.get(back))

    @pytest.mark.parametrize("state", ["", "x", "x" * 5000, "\udcff", "é"])
    def test_a_state_that_nobody_was_given_is_not_taken(self, http: TestClient, state: str) -> None:
        url = f"{CALLBACK}?code=c&state={quote(state, errors='surrogatepass')}"
        assert sent_to(http.get(url)).endswith("/launch/failed/state")

    def test_a_code_that_somebody_else_used_before_gives_no_page(
        self, ehr: SmartEhr, http: TestClient
    ) -> None:
        back = authorized(http.get(launched(ehr)))
        form = {"grant_type": "authorization_code", "code": asked_of(back)["code"], "client_id": CLIENT_ID}
        stolen = httpx.post(f"{ehr.authorization.issuer}/token", data=form)
        assert stolen.status_code == 400  # without the verifier it is of no use to them, either
        assert sent_to(http.get(back)).endswith("/launch/failed/code")


class TestNoPage:
    """Where a launch ends without the evidence, a page says why, in both languages."""

    @pytest.mark.parametrize(
        ("context", "reason", "status"),
        [
            (LaunchContext(LUPUS, denied=True), "denied", 403),
            (LaunchContext(None), "no-patient", 400),
            (LaunchContext("../metadata"), "no-patient", 400),
            (LaunchContext("nobody"), "no-chart", 424),
        ],
    )
    def test_what_the_ehr_does_not_give(
        self, ehr: SmartEhr, http: TestClient, context: LaunchContext, reason: str, status: int
    ) -> None:
        ended = walked(ehr, http, context)
        assert ended == f"{PAGES}/launch/failed/{reason}"
        english = http.get(ended)
        chinese = http.get(ended, headers={"Accept-Language": "zh-CN"})
        assert (english.status_code, chinese.status_code) == (status, status)
        assert "This page cannot be shown" in english.text
        assert "无法显示此页面" in chinese.text

    def test_an_error_of_the_authorization_server_is_not_repeated(
        self, ehr: SmartEhr, http: TestClient
    ) -> None:
        state = asked_of(sent_to(http.get(launched(ehr))))["state"]
        told = {"state": state, "error": "server_error", "error_description": "<script>of the server"}
        ended = sent_to(http.get(CALLBACK, params=told))
        assert ended.endswith("/launch/failed/refused")
        assert "of the server" not in http.get(ended).text

    def test_without_a_code(self, ehr: SmartEhr, http: TestClient) -> None:
        state = asked_of(sent_to(http.get(launched(ehr))))["state"]
        assert sent_to(http.get(CALLBACK, params={"state": state})).endswith("/launch/failed/incomplete")

    def test_a_reason_that_there_is_not(self, http: TestClient) -> None:
        assert http.get("/launch/failed/because").status_code == 404


class TestConfidential:
    """An app that can keep a secret proves itself besides (SMART App Launch 2.2, client authentication)."""

    def test_by_a_secret(self, tmp_path: Path) -> None:
        secret = "s:e c%r+et"
        (tmp_path / "secret").write_text(f"{secret}\n", "utf-8")
        app = RegisteredApp(CLIENT_ID, [CALLBACK], secret=secret)
        with smart_ehr(app) as ehr:
            profile = client_profile(ehr.authorization.issuer, client_secret_file=tmp_path / "secret")
            with browser_of(launched_application(tmp_path, profile)) as http:
                assert "/evidence/" in walked(ehr, http)
            assert secret not in repr(profile.smart and profile.smart.registration())

    def test_by_a_signed_assertion(self, tmp_path: Path) -> None:
        (tmp_path / "key.jwk").write_text(json.dumps(private_jwk(EC)), "utf-8")
        app = RegisteredApp(CLIENT_ID, [CALLBACK], keys={EC: private_key(EC).public_key()})
        with smart_ehr(app) as ehr:
            profile = client_profile(ehr.authorization.issuer, private_key_file=tmp_path / "key.jwk")
            with browser_of(launched_application(tmp_path, profile)) as http:
                assert "/evidence/" in walked(ehr, http)

    def test_a_wrong_secret_is_told_as_a_matter_of_registration(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("another", "utf-8")
        with smart_ehr(RegisteredApp(CLIENT_ID, [CALLBACK], secret="the right one")) as ehr:
            profile = client_profile(ehr.authorization.issuer, client_secret_file=tmp_path / "secret")
            with browser_of(launched_application(tmp_path, profile)) as http:
                assert walked(ehr, http).endswith("/launch/failed/code")


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B: so the sandbox and the service are not held against each other alone."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
