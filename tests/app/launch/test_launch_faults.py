"""EHRs that cannot be launched from, and authorization servers that do not keep to SMART: each is told apart.

No request goes anywhere that the operator did not list, whatever a launch or a server names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from fastapi.testclient import TestClient

from tests.app.ehr import BASE
from tests.app.launch.faulty import (
    CONFIGURATION,
    GRANTED,
    ISSUER,
    TOKEN_URL,
    WELL_KNOWN,
    begun,
    publishing,
    returned,
)
from tests.app.launch.launching import (
    asked_of,
    browser_of,
    client_profile,
    launched_application,
    sent_to,
)
from tests.app.service import LUPUS


class TestIssuer:
    @pytest.mark.parametrize(
        "issuer",
        [
            "https://evil.example/fhir",
            "https://ehr.example/fhir/below",
            "https://ehr.example",
            "http://ehr.example/fhir",
            "https://ehr.example:8443/fhir",
            "https://ehr.example/fhir?x=1",
            "https://user@ehr.example/fhir",
            "https://ehr.example/%66hir/../fhir",
            "https://ehr.example.evil.example/fhir",
            "http://169.254.169.254/latest",
            "file:///etc/passwd",
            "",
        ],
    )
    def test_of_a_server_that_is_not_listed_nothing_is_asked(
        self, network: respx.MockRouter, http: TestClient, issuer: str
    ) -> None:
        anywhere = network.route().mock(return_value=httpx.Response(200, json=dict(CONFIGURATION)))
        answer = begun(http, issuer)
        assert answer.status_code == 403
        assert "none of them" in answer.text
        assert not anywhere.called

    @pytest.mark.parametrize("issuer", [BASE, f"{BASE}/", "https://EHR.example:443/fhir"])
    def test_each_spelling_of_the_listed_one_will_do_and_is_handed_back_as_it_came(
        self, network: respx.MockRouter, http: TestClient, issuer: str
    ) -> None:
        publishing(network)
        assert asked_of(sent_to(begun(http, issuer)))["aud"] == issuer

    @pytest.mark.parametrize("launch", ["", "x" * 5000])
    def test_without_a_launch_nothing_is_asked_either(
        self, network: respx.MockRouter, http: TestClient, launch: str
    ) -> None:
        published = publishing(network)
        assert begun(http, launch=launch).status_code == 400
        assert not published.called


class TestConfiguration:
    def test_it_is_asked_for_once_for_several_launches(
        self, network: respx.MockRouter, http: TestClient
    ) -> None:
        published = publishing(network)
        for _ in range(3):
            begun(http)
        assert published.call_count == 1

    def test_an_endpoint_that_has_a_query_keeps_it(self, network: respx.MockRouter, http: TestClient) -> None:
        publishing(network)
        asked = asked_of(sent_to(begun(http)))
        assert (asked["tenant"], asked["launch"]) == ("1", "xyz")

    @pytest.mark.parametrize(
        "changed",
        [
            {"code_challenge_methods_supported": ["plain"]},
            {"code_challenge_methods_supported": None},
            {"grant_types_supported": ["client_credentials"]},
            {"authorization_endpoint": None},
            {"authorization_endpoint": "https://elsewhere.example/authorize"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"token_endpoint": "https://elsewhere.example/token"},
            {"token_endpoint": "http://ehr.example/oauth2/token"},
            {"token_endpoint": "https://169.254.169.254/token"},
            {"token_endpoint": None},
        ],
    )
    def test_a_server_that_offers_no_safe_launch_is_left(
        self, network: respx.MockRouter, http: TestClient, changed: dict[str, Any]
    ) -> None:
        publishing(network, **changed)
        answer = begun(http)
        assert answer.status_code == 424
        assert "set-cookie" not in answer.headers
        assert "elsewhere" not in answer.text

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(404),
            httpx.Response(302, headers={"location": "https://elsewhere.example"}),
            httpx.Response(200, text="<html>"),
            httpx.Response(200, json=[]),
            httpx.Response(200, json={"token_endpoint": 1}),
            httpx.ConnectError("no"),
        ],
    )
    def test_what_is_no_configuration_is_asked_for_again_with_the_next_launch(
        self, network: respx.MockRouter, http: TestClient, answer: httpx.Response | Exception
    ) -> None:
        good = httpx.Response(200, json=dict(CONFIGURATION))
        network.get(WELL_KNOWN).mock(side_effect=[answer, good])
        assert begun(http).status_code == 424
        assert begun(http).status_code == 303

    @pytest.mark.parametrize("where", ["https://login.example", "https://login.example:443/"])
    def test_endpoints_may_be_where_the_operator_says(
        self, network: respx.MockRouter, tmp_path: Path, where: str
    ) -> None:
        publishing(network, authorization_endpoint="https://login.example/authorize")
        profile = client_profile(ISSUER, authorization_servers=[where])
        with browser_of(launched_application(tmp_path, profile)) as http:
            assert sent_to(begun(http)).startswith("https://login.example/authorize?")

    @pytest.mark.parametrize(
        ("capabilities", "scopes", "spelled"),
        [
            (["permission-v1"], "as-offered", "read"),
            (["permission-v1", "permission-v2"], "as-offered", "rs"),
            ([], "as-offered", "rs"),
            (["permission-v2"], "v1", "read"),
            (["permission-v1"], "v2", "rs"),
        ],
    )
    def test_scopes_are_spelled_as_the_server_says_or_the_operator(
        self,
        network: respx.MockRouter,
        tmp_path: Path,
        capabilities: list[str],
        scopes: str,
        spelled: str,
    ) -> None:
        publishing(network, capabilities=capabilities)
        profile = client_profile(ISSUER, scopes=scopes)
        with browser_of(launched_application(tmp_path, profile)) as http:
            assert f"patient/Condition.{spelled}" in asked_of(sent_to(begun(http)))["scope"].split()


class TestToken:
    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(400, json={"error": "invalid_grant"}),
            httpx.Response(401, json={"error": "invalid_client"}),
            httpx.Response(500, text="<html>"),
            httpx.Response(302, headers={"location": "https://elsewhere.example"}),
            httpx.Response(200, text="no JSON"),
            httpx.Response(200, json={**GRANTED, "token_type": "mac"}),
            httpx.Response(200, json={**GRANTED, "access_token": ""}),
            httpx.Response(200, json={**GRANTED, "access_token": "a\nb"}),
            httpx.ReadTimeout("slow"),
        ],
    )
    def test_where_none_comes_no_page_does_and_the_code_is_not_sent_again(
        self, network: respx.MockRouter, http: TestClient, answer: httpx.Response | Exception
    ) -> None:
        publishing(network)
        asked = network.post(TOKEN_URL).mock(side_effect=[answer])
        assert returned(http).endswith("/launch/failed/code")
        assert asked.call_count == 1

    @pytest.mark.parametrize("patient", [None, 7, "", "a b", "..", "x" * 65])
    def test_without_a_patient_that_can_be_asked_for(
        self, network: respx.MockRouter, http: TestClient, patient: Any
    ) -> None:
        publishing(network)
        network.post(TOKEN_URL).mock(return_value=httpx.Response(200, json={**GRANTED, "patient": patient}))
        assert returned(http).endswith("/launch/failed/no-patient")

    @pytest.mark.parametrize(
        "scope", ["", "launch openid", "patient/Observation.rs", "patient/Patient.write"]
    )
    def test_without_leave_to_read_the_patient(
        self, network: respx.MockRouter, http: TestClient, scope: str
    ) -> None:
        publishing(network)
        network.post(TOKEN_URL).mock(return_value=httpx.Response(200, json={**GRANTED, "scope": scope}))
        assert returned(http).endswith("/launch/failed/no-scope")

    @pytest.mark.parametrize(
        ("patient", "status"), [(LUPUS, 401), (LUPUS, 403), (LUPUS, 500), ("peter-novak", 200)]
    )
    def test_a_chart_that_does_not_come_or_is_of_another_patient(
        self, network: respx.MockRouter, http: TestClient, patient: str, status: int
    ) -> None:
        publishing(network)
        network.post(TOKEN_URL).mock(return_value=httpx.Response(200, json=dict(GRANTED)))
        body = {"resourceType": "Patient", "id": patient}
        network.get(f"{BASE}/metadata").mock(return_value=httpx.Response(404))
        network.get(f"{BASE}/Patient/{LUPUS}").mock(return_value=httpx.Response(status, json=body))
        assert returned(http).endswith("/launch/failed/no-chart")
