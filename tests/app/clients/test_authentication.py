"""Who may call, C88 to C94: the routes of CDS Hooks answer listed clients, and tell others nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.clients.profile import ClientProfile
from cds_hooks.replay import EmbeddedReplayStore
from tests.app.clients.calling import BASE, HOOK, JWKS_URL, Outside, call, pinned, published, service
from tests.app.service import bundle_of, outcome_of, request_of
from tests.cds_hooks.signing import (
    EC,
    NOW,
    RSA,
    assembled,
    claims,
    jwks,
    private_key,
    public_jwk,
    rsa_jwk,
    token,
)

DISCOVERY, FEEDBACK = "/cds-services", f"{HOOK}/feedback"


def refused(answer: httpx.Response) -> None:
    """C94: 401 without details."""
    issue = outcome_of(answer, 401)
    assert issue["diagnostics"] == "a token of a client that is known here is needed"
    assert issue["code"] == "login"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/json"


def undecided(answer: httpx.Response) -> None:
    """503 without details, and when to try again."""
    assert outcome_of(answer, 503)["code"] == "transient"
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-type"] == "application/json"


class TestAListedClient:
    """C89: every call, discovery and feedback among them, bears a token."""

    @pytest.mark.parametrize("path", [DISCOVERY, HOOK, FEEDBACK])
    @pytest.mark.parametrize("key_id", [EC, RSA])
    @pytest.mark.parametrize("profile", [pinned(), published()], ids=["pinned", "published"])
    def test_is_answered(self, profile: ClientProfile, key_id: str, path: str) -> None:
        answer = call(service(profile), token(key_id, aud=BASE + path), path)
        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize("path", [DISCOVERY, HOOK, FEEDBACK, "/cds-services/other"])
    def test_is_not_without_a_token(self, path: str) -> None:
        refused(call(service(pinned()), None, path))

    def test_has_its_keys_fetched_once_for_many_calls(self) -> None:
        network = Outside()
        http = service(published(), network=network)
        for number in range(3):
            assert call(http, token(jti=str(number))).status_code == 200
        assert network.asked == [JWKS_URL]

    def test_with_pinned_keys_has_none_fetched(self) -> None:
        network = Outside()
        profile = pinned(jwks_url=JWKS_URL)
        assert call(service(profile, network=network), token(header={"jku": JWKS_URL})).status_code == 200
        assert network.asked == []

    def test_that_changes_its_keys_goes_on(self) -> None:
        network = Outside()
        http = service(published(), network=network)
        network.answers = {JWKS_URL: httpx.Response(200, json=jwks("ec-2"))}
        assert call(http, token("ec-2")).status_code == 200

    def test_may_have_a_chart_screened(self) -> None:
        http = service(pinned())
        bearer = {"Authorization": f"Bearer {token(aud=f'{BASE}/screenings')}"}
        assert http.post("/screenings", json=bundle_of(), headers=bearer).status_code == 200
        outcome_of(http.post("/screenings", json=bundle_of()), 401)

    def test_is_told_a_service_that_does_not_exist(self) -> None:
        path = "/cds-services/other"
        outcome_of(call(service(pinned()), token(aud=BASE + path), path), 404)

    def test_may_be_reached_under_a_name_with_a_slash_at_its_end(self) -> None:
        assert call(service(pinned()), token(aud=f"{BASE}{HOOK}/")).status_code == 200

    def test_sends_feedback_with_the_url_of_the_service_if_it_has_but_one(self) -> None:
        assert call(service(pinned()), token(aud=BASE + HOOK), FEEDBACK).status_code == 200

    def test_may_be_known_by_an_audience_of_its_own(self) -> None:
        http = service(pinned(audiences=["sand_man"]))
        assert call(http, token(aud="sand_man")).status_code == 200
        refused(call(http, token(aud=BASE + HOOK, jti="2")))

    def test_of_epic_sends_a_subject_and_a_start_before_its_issue(self) -> None:
        http = service(pinned(preset="epic", subject="client-of-ours"))
        good = token(RSA, sub="client-of-ours", nbf=NOW - 300, exp=NOW + 600)
        assert call(http, good).status_code == 200
        refused(call(http, token(RSA, sub="another", jti="2")))
        refused(call(http, token(RSA, jti="3")))


class TestTenants:
    def test_are_looked_at_where_they_are_listed(self) -> None:
        http = service(pinned(tenants=["one", "two"]))
        assert call(http, token(tenant="two")).status_code == 200
        refused(call(http, token(tenant="three", jti="2")))
        refused(call(http, token(jti="3")))

    def test_tell_clients_of_one_issuer_apart(self, capsys: pytest.CaptureFixture[str]) -> None:
        http = service(pinned(id="a", tenants=["one"]), pinned(id="b", tenants=["two"], audiences=["b"]))
        assert call(http, token(tenant="one")).status_code == 200
        assert call(http, token(tenant="two", aud="b", jti="2")).status_code == 200
        refused(call(http, token(tenant="two", jti="3")))
        logged = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert [line.get("client") for line in logged] == ["a", "b", None]


ATTACKS: dict[str, tuple[Any, str]] = {
    "no token": (None, "no-token"),
    "an issuer that is not listed": (lambda: token(iss="https://evil.example"), "issuer-not-listed"),
    "an issuer that only begins alike": (
        lambda: token(iss="https://ehr.example.evil.example"),
        "issuer-not-listed",
    ),
    "an issuer that only looks alike": (lambda: token(iss="https://еhr.example"), "issuer-not-listed"),
    "another service's audience": (lambda: token(aud="https://other.example/cds-services/x"), "audience"),
    "an audience of which the url is a prefix": (lambda: token(aud=f"{BASE}{HOOK}/x"), "audience"),
    "an audience that is a prefix of the url": (lambda: token(aud=BASE), "audience"),
    "discovery's audience": (lambda: token(aud=f"{BASE}/cds-services"), "audience"),
    "the audience of the host that the request names": (
        lambda: token(aud=f"http://behind-the-proxy{HOOK}"),
        "audience",
    ),
    "a token that has expired": (lambda: token(iat=NOW - 600, exp=NOW - 300), "expired"),
    "a token of the far future": (lambda: token(iat=NOW + 1e9, exp=NOW + 1e9 + 60), "issued-in-the-future"),
    "a token for years": (lambda: token(exp=NOW + 1e8), "lives-too-long"),
    "a key that is not published": (lambda: token("ec-evil"), "key-unknown"),
    "another key under a known id": (lambda: token("ec-evil", header={"kid": EC}), "signature"),
    "a path for a key id": (lambda: token(header={"kid": "../../dev/null"}), "key-unknown"),
    "sql for a key id": (lambda: token(header={"kid": "' OR '1'='1"}), "key-unknown"),
    "a number for a key id": (lambda: token(header={"kid": 1}), "header-incomplete"),
    "a key that it brings along": (
        lambda: token("ec-evil", header={"kid": EC, "jwk": public_jwk("ec-evil", kid=EC)}),
        "signature",
    ),
    "a key set elsewhere": (
        lambda: token("ec-evil", header={"jku": "https://evil.example/jwks.json"}),
        "key-set-not-listed",
    ),
    "a key set under a path of the listed one": (
        lambda: token(header={"jku": f"{JWKS_URL}/../x"}),
        "key-set-not-listed",
    ),
    "a key set at the same host": (
        lambda: token(header={"jku": "https://ehr.example/x"}),
        "key-set-not-listed",
    ),
    "a key set with user": (
        lambda: token(header={"jku": "https://ehr.example@evil.example/"}),
        "key-set-not-listed",
    ),
    "a key set in capitals": (lambda: token(header={"jku": JWKS_URL.upper()}), "key-set-not-listed"),
    "no signature": (lambda: ".".join(token().split(".")[:2]) + ".", "not-a-token"),
    "the algorithm none": (
        lambda: assembled({"alg": "none", "kid": EC, "typ": "JWT"}, claims(), lambda _: b""),
        "algorithm-not-allowed",
    ),
    "a public key as a secret": (lambda: confused("HS384"), "algorithm-not-allowed"),
    "a public key as a secret under another name": (lambda: confused("RS384"), "signature"),
    "ten megabytes": (lambda: "a" * 60_000, "token-too-long"),
    "words": (lambda: "let me in", "not-a-token"),
    "a number beyond all numbers for an algorithm": (
        lambda: "eyJhbGciOjFlOTk5fQ.e30.AA",
        "algorithm-not-allowed",
    ),
    "a number beyond all numbers for a time": (
        lambda: assembled(
            {"alg": "ES384", "kid": EC, "typ": "JWT"},
            json.dumps(claims(exp=0)).replace('"exp": 0', '"exp": 1e999').encode(),
            lambda _: b"x" * 96,
        ),
        "claims-incomplete",
    ),
}


def confused(algorithm: str) -> str:
    """Signed with HMAC, with the text of the public RSA key as the secret."""
    secret = private_key(RSA).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return assembled(
        {"alg": algorithm, "kid": RSA, "typ": "JWT"},
        claims(),
        lambda signed: hmac.digest(secret, signed, hashlib.sha384),
    )


class TestAttacks:
    """C92, C93, C94."""

    @pytest.mark.parametrize("profile", [pinned(), published()], ids=["pinned", "published"])
    @pytest.mark.parametrize("attack", list(ATTACKS))
    def test_are_refused_without_a_word_why_and_call_nobody_else(
        self, attack: str, profile: ClientProfile, capsys: pytest.CaptureFixture[str]
    ) -> None:
        made, code = ATTACKS[attack]
        sent = made() if made else None
        network = Outside()
        answer = call(service(profile, network=network), sent)
        refused(answer)
        assert set(network.asked) <= {JWKS_URL}
        written = capsys.readouterr().err
        (line,) = [json.loads(line) for line in written.splitlines()]
        assert line["refused"] == code
        assert "client" not in line
        if sent:
            assert not any(len(part) > 5 and part in written + answer.text for part in sent.split("."))

    def test_a_token_is_good_for_one_call(self) -> None:
        http = service(pinned())
        assert call(http, token()).status_code == 200
        refused(call(http, token()))

    def test_nor_for_another_endpoint_afterwards(self) -> None:
        http = service(pinned(audiences=["one-for-all"]))
        good = token(aud="one-for-all")
        assert call(http, good, DISCOVERY).status_code == 200
        refused(call(http, good, HOOK))

    def test_a_token_that_was_refused_is_not_used_up(self) -> None:
        http = service(pinned())
        refused(call(http, token(aud="elsewhere")))
        refused(call(http, token("ec-evil", header={"kid": EC})))
        assert call(http, token()).status_code == 200

    def test_two_tokens_in_one_call_are_refused(self) -> None:
        headers = [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token(jti='2')}")]
        refused(service(pinned()).post(HOOK, json=request_of(), headers=headers))

    def test_a_key_set_that_redirects_is_not_followed(self) -> None:
        elsewhere = "https://evil.example/jwks.json"
        network = Outside(
            {
                JWKS_URL: httpx.Response(302, headers={"Location": elsewhere}),
                elsewhere: httpx.Response(200, json=jwks("ec-evil")),
            }
        )
        undecided(call(service(published(), network=network), token("ec-evil")))
        assert network.asked == [JWKS_URL]

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(500),
            httpx.Response(200, html="<html>Sign in</html>"),
            httpx.Response(200, content=b" " * 300_000),
            httpx.Response(200, json={"keys": []}),
            httpx.Response(204),
        ],
        ids=["500", "html", "large", "empty", "204"],
    )
    def test_a_key_set_that_is_none_lets_nobody_in(self, answer: httpx.Response) -> None:
        undecided(call(service(published(), network=Outside({JWKS_URL: answer})), token()))

    def test_a_token_is_good_as_soon_as_a_key_set_that_could_not_be_fetched_can_be(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        network = Outside({JWKS_URL: httpx.Response(503)})
        http = service(published(), network=network)
        undecided(call(http, token()))
        network.answers = {JWKS_URL: httpx.Response(200, json=jwks(EC, RSA))}
        undecided(call(http, token()))
        assert len(network.asked) == 1
        monkeypatch.setattr("cds_hooks.published_keys.RETRY", 0.0)
        assert call(http, token()).status_code == 200
        refused(call(http, token()))

    def test_an_rsa_key_that_is_too_short_lets_nobody_in(self) -> None:
        """NIST SP 800-131A: a signature proves little if the key can be taken apart."""
        weak = Outside({JWKS_URL: httpx.Response(200, json=jwks(EC, "rsa-weak"))})
        refused(call(service(published(), network=weak), token("rsa-weak")))

    def test_an_rsa_key_with_the_exponent_1_lets_nobody_in(self) -> None:
        """Each signature by it is the padded hash itself (RFC 8017, 9.2), which anybody can write."""
        key = rsa_jwk(e=1)
        size = private_key(RSA).key_size // 8

        def padded(signed: bytes) -> bytes:
            told = bytes.fromhex("3041300d060960864801650304020205000430") + hashlib.sha384(signed).digest()
            return b"\0\1" + b"\xff" * (size - 3 - len(told)) + b"\0" + told

        forged = assembled({"alg": "RS384", "kid": RSA, "typ": "JWT"}, claims(), padded)
        fetched = Outside({JWKS_URL: httpx.Response(200, json={"keys": [public_jwk(EC), key]})})
        refused(call(service(published(), network=fetched), forged))

    def test_a_client_may_narrow_the_algorithms(self) -> None:
        http = service(pinned(algorithms=["ES384"]))
        refused(call(http, token(RSA)))
        assert call(http, token(EC)).status_code == 200

    def test_the_token_is_checked_before_the_body_is_read(self) -> None:
        answer = service(pinned()).post(HOOK, content=b"no json")
        refused(answer)


class TestTheReplayStore:
    def test_that_is_full_makes_the_service_unavailable_rather_than_careless(self) -> None:
        http = service(pinned(), replays=EmbeddedReplayStore(most=1))
        assert call(http, token()).status_code == 200
        undecided(call(http, token(jti="2")))


class TestWithoutClients:
    @pytest.mark.parametrize("path", [DISCOVERY, HOOK, FEEDBACK])
    def test_nobody_is_answered(self, path: str) -> None:
        refused(call(service(), token(), path))
        refused(call(service(), None, path))

    def test_no_chart_is_screened_either(self) -> None:
        outcome_of(service().post("/screenings", json=bundle_of()), 401)

    def test_what_the_protocols_ask_is_public(self) -> None:
        for path in ("/protocols", "/questionnaires", "/healthz", "/readyz"):
            assert service().get(path).status_code == 200

    def test_there_is_no_playground(self) -> None:
        assert "<form" not in service().get("/").text
        assert service().post("/").status_code == 405


class TestOpenMode:
    """Only where the operator says so."""

    OPEN = ClientProfile(id="open")

    def test_answers_calls_without_a_token(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert call(service(open_mode=self.OPEN), None).status_code == 200
        assert json.loads(capsys.readouterr().err)["client"] == "open"

    def test_without_clients_does_not_look_at_tokens(self) -> None:
        assert call(service(open_mode=self.OPEN), "whatever").status_code == 200

    def test_tells_listed_clients_all_the_same(self, capsys: pytest.CaptureFixture[str]) -> None:
        http = service(pinned(), open_mode=self.OPEN)
        assert call(http, token()).status_code == 200
        assert json.loads(capsys.readouterr().err)["client"] == "pinned"

    def test_refuses_bad_tokens_of_listed_clients_so_that_an_integration_can_be_tried(self) -> None:
        http = service(pinned(), open_mode=self.OPEN)
        refused(call(http, token("ec-evil", header={"kid": EC})))

    def test_takes_tokens_of_others_for_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        http = service(pinned(), open_mode=self.OPEN)
        assert call(http, token(iss="https://other.example")).status_code == 200
        assert json.loads(capsys.readouterr().err)["client"] == "open"


SANDBOX = Path(__file__).parents[2] / "data" / "cds-hooks" / "sandbox"


@pytest.mark.parametrize("file", sorted(SANDBOX.glob("*.json")), ids=lambda file: file.stem)
def test_the_official_sandboxes_tokens_are_taken_from_its_key_for_the_url_that_it_calls(file: Path) -> None:
    """Its calls as recorded, with the key here in place of its own."""
    recorded = json.loads(file.read_text("utf-8"))
    made = recorded["jwt"]
    sandbox = ClientProfile.model_validate(
        {
            "id": "sandbox",
            "preset": "sandbox",
            "issuer": "https://sandbox.cds-hooks.org",
            "jwks": {"keys": [public_jwk(EC, kid=made["header"]["kid"])]},
            "jwks_url": "https://sandbox.cds-hooks.org/.well-known/jwks.json",
        }
    )
    service_id = recorded["path"].split("/")[2:3]
    path = recorded["path"].replace(*service_id, "lupus-trials") if service_id else recorded["path"]
    times = {"iat": NOW, "exp": NOW + made["payload"]["exp"] - made["payload"]["iat"]}
    changed = {**made["payload"], "aud": BASE + path, **times}
    assert made["payload"]["aud"].endswith(recorded["path"])
    answer = call(service(sandbox), token(EC, header=made["header"], **changed), path)
    assert answer.status_code == 200, answer.text
