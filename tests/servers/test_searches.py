"""The prefetch templates, put to real servers as searches, page by page: each finds what the chart holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from app.demo.requests import hook_request
from app.prefetch_table import RESOURCE_TYPES, TEMPLATES
from sandbox.charts import charts
from tests.app.service import AS_OF

PATIENTS = ["lin-mei", "sofia-reyes", "amara-diallo-requests", "wang-jianguo-statements"]
UNKNOWN_TO_THE_OTHER = {"researchSubjects", "questionnaireResponses"}
"""The second server knows no search parameter ``patient`` of these, and ignores it."""


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("door", ["fhir", "paged"])
def test_hapi_finds_for_each_template_what_the_chart_holds(
    door: str, patient: str, hapi_address: str
) -> None:
    assert found(f"{hapi_address}/{door}", patient, set(TEMPLATES)) == held(patient, set(TEMPLATES))


@pytest.mark.parametrize("patient", PATIENTS)
def test_the_second_server_finds_for_each_template_that_it_knows_what_the_chart_holds(
    patient: str, another_address: str
) -> None:
    asked = set(TEMPLATES) - UNKNOWN_TO_THE_OTHER
    assert found(another_address, patient, asked) == held(patient, asked)


@pytest.mark.parametrize("door", ["paged", "another"])
def test_a_long_record_comes_in_pages_of_20(door: str, hapi_address: str, another_address: str) -> None:
    base_url = another_address if door == "another" else f"{hapi_address}/{door}"
    pages = list(searched(base_url, TEMPLATES["observations"].replace("{{context.patientId}}", "lin-mei")))
    assert len(pages) > 1
    assert {len(page["entry"]) for page in pages[:-1]} == {20}


@pytest.mark.parametrize(
    ("door", "unknown"), [("requests", "MedicationStatement"), ("statements", "MedicationRequest")]
)
def test_hapi_can_be_had_without_one_dialect_of_medication(
    door: str, unknown: str, hapi_address: str
) -> None:
    base_url = f"{hapi_address}/{door}"
    capability = httpx.get(f"{base_url}/metadata").json()
    offered = {resource["type"] for resource in capability["rest"][0]["resource"]}
    assert unknown not in offered
    assert set(RESOURCE_TYPES.values()) - offered == {unknown}
    assert httpx.get(f"{base_url}/{unknown}?patient=lin-mei").status_code == httpx.codes.NOT_FOUND


def found(base_url: str, patient: str, keys: set[str]) -> dict[str, set[str]]:
    """Ids of what a server returns, by prefetch key."""
    return {
        key: {
            entry["resource"]["id"]
            for page in searched(base_url, TEMPLATES[key].replace("{{context.patientId}}", patient))
            for entry in page.get("entry", [])
        }
        for key in keys
    }


def held(patient: str, keys: set[str]) -> dict[str, set[str]]:
    """Ids of what the chart holds, by prefetch key."""
    open_chart = msgspec.structs.replace(charts()[patient], withheld=())
    prefetch = hook_request(open_chart, AS_OF, {key: TEMPLATES[key] for key in keys})["prefetch"]
    return {
        key: {entry["resource"]["id"] for entry in value.get("entry", [])}
        if value["resourceType"] == "Bundle"
        else {value["id"]}
        for key, value in prefetch.items()
    }


def searched(base_url: str, query: str) -> Iterator[dict[str, Any]]:
    """The pages of a search; what is read by its id comes as the only entry of one."""
    url: str | None = f"{base_url}/{query}"
    while url is not None:
        answer = httpx.get(url, headers={"Accept": "application/fhir+json"}, timeout=30)
        assert answer.status_code == httpx.codes.OK, answer.text
        body = answer.json()
        yield body if body["resourceType"] == "Bundle" else {"entry": [{"resource": body}]}
        links = {link["relation"]: link["url"] for link in body.get("link", [])}
        url = links.get("next")
