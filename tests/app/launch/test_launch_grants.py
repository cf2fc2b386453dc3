"""What comes with an access token: who launched, and what may be read.

Sources: OpenID Connect Core 1.0, 3.1.3.7; SMART App Launch 2.2, "Scopes and launch context".
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import respx
from fastapi.testclient import TestClient

from app.evidence.opened import OpenedChart
from sandbox.authorization import LaunchContext, RegisteredApp
from tests.app.ehr import BASE, Ehr
from tests.app.launch.faulty import (
    GRANTED,
    ISSUER,
    TOKEN_URL,
    publishing,
    returned,
)
from tests.app.launch.launching import (
    CALLBACK,
    CLIENT_ID,
    browser_of,
    client_profile,
    launched_application,
    smart_ehr,
    walked,
)
from tests.app.service import LUPUS
from tests.cds_hooks.signing import EC, RSA, private_key, public_jwk


class TestWhoLaunched:
    def granted(self, network: respx.MockRouter, key: str = RSA, **claims: Any) -> None:
        """A token with an ID token, before a server with a chart."""
        now = int(time.time())
        told = {"iss": ISSUER, "sub": "u", "aud": CLIENT_ID, "iat": now, "exp": now + 300, **claims}
        algorithm = "RS256" if key.startswith("rsa") else "ES384"
        signed = jwt.encode(told, private_key(key), algorithm, {"kid": RSA})
        publishing(network)
        network.post(TOKEN_URL).mock(return_value=httpx.Response(200, json={**GRANTED, "id_token": signed}))
        network.get(f"{ISSUER}/keys").mock(
            return_value=httpx.Response(200, json={"keys": [public_jwk(RSA), public_jwk(EC)]})
        )
        network.route(host="ehr.example").mock(side_effect=Ehr().answer)

    @pytest.mark.parametrize(
        ("told", "user"),
        [
            ("Practitioner/1", "Practitioner/1"),
            (f"{BASE}/Practitioner/1", "Practitioner/1"),
            ("https://elsewhere.example/fhir/Practitioner/1", None),
            (f"{BASE}/Practitioner/1/_history/2", None),
            (None, None),
            (1, None),
        ],
    )
    def test_who_launched_is_a_user_of_that_server(
        self,
        network: respx.MockRouter,
        http: TestClient,
        kept: list[OpenedChart],
        told: Any,
        user: str | None,
    ) -> None:
        self.granted(network, fhirUser=told)
        assert "/evidence/" in returned(http)
        assert kept[0].user == user

    @pytest.mark.parametrize(
        "claims",
        [
            {"key": "rsa-other"},
            {"key": EC},
            {"iss": "https://elsewhere.example"},
            {"aud": "another-app"},
            {"aud": [CLIENT_ID, "another"], "azp": "another"},
            {"exp": 1_700_000_000},
            {"sub": None},
        ],
    )
    def test_an_id_token_that_is_not_what_it_says_ends_the_launch(
        self, network: respx.MockRouter, http: TestClient, claims: dict[str, Any]
    ) -> None:
        self.granted(network, **claims)
        assert returned(http).endswith("/launch/failed/identity")

    @pytest.mark.parametrize(
        "keys", [httpx.Response(500), httpx.Response(200, text="x"), httpx.ConnectError("no")]
    )
    def test_where_its_keys_do_not_come_nobody_is_named(
        self, network: respx.MockRouter, http: TestClient, kept: list[OpenedChart], keys: Any
    ) -> None:
        self.granted(network, fhirUser="Practitioner/1")
        network.get(f"{ISSUER}/keys").mock(side_effect=[keys])
        assert "/evidence/" in returned(http)
        assert kept[0].user is None


class TestNarrowScopes:
    """Unknown is never no: what may not be seen, or not all of it, is not taken for what does not exist."""

    def needs(self, tmp_path: Path, *scopes: str) -> tuple[str, list[str]]:
        """The page's words, and the types that were asked for, where no more was granted."""
        app = RegisteredApp(CLIENT_ID, [CALLBACK], grants=["launch", "openid", "fhirUser", *scopes])
        with smart_ehr(app) as ehr:
            application = launched_application(tmp_path, client_profile(ehr.authorization.issuer))
            with browser_of(application) as http:
                page = walked(ehr, http, LaunchContext(LUPUS, json.dumps({"protocol": "nct07517536"})))
                words = http.get(page).text
            return words, sorted({path.partition("/")[0] for path in ehr.asked})

    def test_what_was_not_granted_is_not_asked_for_and_counts_as_not_retrieved(self, tmp_path: Path) -> None:
        types = ("Patient", "Condition", "Observation")
        words, asked = self.needs(tmp_path, *(f"patient/{kind}.rs" for kind in types))
        assert asked == sorted(types)
        assert "not retrieved" in words

    @pytest.mark.parametrize(
        ("observations", "retrieved"),
        [
            ("patient/Observation.rs", "complete"),
            ("user/Observation.cruds", "complete"),
            ("patient/Observation.read", "complete"),
            ("patient/Observation.rs?category=laboratory", "truncated"),
            ("patient/Observation.rs?category=laboratory patient/Observation.rs", "complete"),
            ("patient/Observation.r", "failed"),
            ("patient/Observation.write", "failed"),
            ("PATIENT.READ (Labs)", "failed"),
        ],
    )
    def test_what_scopes_let_be_seen_is_what_was_retrieved(
        self,
        network: respx.MockRouter,
        http: TestClient,
        kept: list[OpenedChart],
        observations: str,
        retrieved: str,
    ) -> None:
        publishing(network)
        others = "patient/Patient.rs patient/Condition.rs patient/MedicationRequest.rs"
        told = {**GRANTED, "scope": f"{others} {observations}"}
        network.post(TOKEN_URL).mock(return_value=httpx.Response(200, json=told))
        network.route(host="ehr.example").mock(side_effect=Ehr().answer)
        returned(http)
        (opened,) = kept
        assert opened.retrieval["Observation"] == retrieved
        assert opened.retrieval["MedicationRequest"] == "complete"
        assert opened.retrieval["Procedure"] == "failed"

    def test_a_type_that_the_server_does_not_have_cannot_be_granted_and_lacks_nothing(
        self, network: respx.MockRouter, http: TestClient, kept: list[OpenedChart]
    ) -> None:
        publishing(network)
        told = {**GRANTED, "scope": "patient/Patient.rs patient/Condition.rs patient/Observation.rs"}
        network.post(TOKEN_URL).mock(return_value=httpx.Response(200, json=told))
        offered = ("Patient", "Condition", "Observation", "MedicationRequest")
        network.route(host="ehr.example").mock(side_effect=Ehr(types=offered).answer)
        returned(http)
        (opened,) = kept
        assert opened.retrieval["Procedure"] == "complete"
        assert opened.retrieval["MedicationRequest"] == "failed"

    def test_where_the_server_does_not_tell_the_scopes_they_are_those_that_were_asked_for(
        self, network: respx.MockRouter, http: TestClient, kept: list[OpenedChart]
    ) -> None:
        """RFC 6749, 5.1."""
        publishing(network)
        told = {name: value for name, value in GRANTED.items() if name != "scope"}
        network.post(TOKEN_URL).mock(return_value=httpx.Response(200, json=told))
        network.route(host="ehr.example").mock(side_effect=Ehr().answer)
        returned(http)
        assert {kept[0].retrieval[kind] for kind in ("Condition", "Observation", "Procedure")} == {"complete"}
