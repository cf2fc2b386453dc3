"""FHIR servers that want no token, as those of sandboxes: asked only where the operator says so."""

from __future__ import annotations

import pytest

from tests.app.ehr import AUTHORIZATION, Ehr, hook_beside, request_without, told
from tests.app.service import cards_of, request_of

pytestmark = pytest.mark.usefixtures("network")


@pytest.mark.parametrize("profile", [{"open_fhir_servers": True}, {"preset": "sandbox"}])
def test_without_a_token_an_open_server_is_asked_without_one(profile: dict[str, object]) -> None:
    ehr = Ehr()
    request = request_without("conditions", "immunizations", fhirAuthorization=None)
    assert told(cards_of(request, hook_beside(ehr, **profile))) == told(cards_of(request_of()))
    assert ehr.asked_types == ["Condition", "Immunization"]
    assert all("authorization" not in asked.headers for asked in ehr.asked)


def test_a_token_that_came_along_is_shown_to_an_open_server_too() -> None:
    ehr = Ehr()
    cards_of(request_without("immunizations"), hook_beside(ehr, open_fhir_servers=True))
    shown = [asked.headers.get("authorization") for asked in ehr.asked if "Immunization" in asked.url.path]
    assert shown == [f"Bearer {AUTHORIZATION['access_token']}"]
