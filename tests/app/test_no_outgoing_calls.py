"""A request hands over a URL and a token: unless the operator lists it, neither is used."""

from __future__ import annotations

import httpx
import pytest
import respx

from tests.app.service import LUPUS, client, request_of

SERVER = "https://ehr.example/fhir"
TOKEN = {
    "access_token": "a-token",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "trialcards",
}


@pytest.mark.parametrize("missing", [(), ("observations",), ("observations", "conditions"), ("patient",)])
def test_a_fhir_server_that_is_not_listed_is_not_called(missing: tuple[str, ...]) -> None:
    request = {**request_of(LUPUS), "fhirServer": SERVER, "fhirAuthorization": TOKEN}
    for key in missing:
        del request["prefetch"][key]
    with respx.mock(assert_all_called=False) as network:
        called = network.route().mock(return_value=httpx.Response(200, json={}))
        answer = client().post("/cds-services/lupus-trials", json=request)
    assert answer.status_code in (200, 412)
    assert not called.called


def test_addresses_within_resources_are_not_called_either() -> None:
    request = request_of(LUPUS)
    request["prefetch"]["observations"] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next", "url": f"{SERVER}/Observation?page=2"}],
        "entry": [],
    }
    with respx.mock(assert_all_called=False) as network:
        called = network.route().mock(return_value=httpx.Response(200, json={}))
        assert client().post("/cds-services/lupus-trials", json=request).status_code == 200
    assert not called.called
