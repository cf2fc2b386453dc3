"""CDS Hooks 2.0.1, item by item, against the running service.

The items are numbered in the order of the specification: C1–C3 JSON, C4–C14 discovery, C15–C18 prefetch
templates, C22–C42 requests, C43–C51 prefetch as received; ``test_conformance_answers.py`` has the answers.
What only the 3.0 ballot asks for is switched on by a setting.
"""

# ruff: noqa: N802 – the items are called C1 … C96

from __future__ import annotations

import re
from typing import Any

import pytest

from app.prefetch_table import PREFETCH, RESOURCE_TYPES, TEMPLATES
from app.routes.hooks import discovery
from app.settings import Settings
from cds_hooks.discovery import Discovery, Service
from cds_hooks.hooks import HOOKS
from cds_hooks.templates import problems
from tests.app.service import (
    HOOK,
    LUPUS,
    NO_LUPUS,
    cards_of,
    client,
    default_client,
    findings_of,
    fire,
    outcome_of,
    request_of,
    screening_of,
    searchset,
)

ALLOWED_EMPTY = {"cards", "services"}


def services(**settings: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client(**settings).get("/cds-services").json()["services"]
    return found


def empties(value: Any, name: str = "") -> list[str]:
    """Names of all elements that are null or empty where the specification does not allow it.

    The screening in a card's extension has a published shape of its own, nulls and empty lists included.
    """
    if name == "org.trialcards.screening":
        return []
    if value is None or (not value and isinstance(value, str | list | dict)):
        return [] if name in ALLOWED_EMPTY and value == [] else [name]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in empties(inner, key)]
    if isinstance(value, list):
        return [found for inner in value for found in empties(inner, f"{name}[]")]
    return []


class TestDiscovery:
    def test_C1_every_answer_is_json(self) -> None:
        http = default_client()
        answers = [http.get("/cds-services"), fire(request_of()), fire({}), http.post("/cds-services/nope")]
        assert {answer.headers["content-type"] for answer in answers} == {"application/json"}

    def test_C2_nothing_is_null_or_empty_except_where_allowed(self) -> None:
        for patient in (LUPUS, NO_LUPUS, "amara-diallo", "sofia-reyes", "daniel-okafor"):
            assert empties(fire(request_of(patient)).json()) == []
        assert empties(default_client().get("/cds-services").json()) == []
        assert empties(fire({}).json()) == []

    def test_C4_discovery_is_at_exactly_this_path(self) -> None:
        assert default_client().get("/cds-services").status_code == 200

    def test_C5_discovery_holds_an_array_of_services(self) -> None:
        body = default_client().get("/cds-services").json()
        assert list(body) == ["services"]
        assert isinstance(body["services"], list)

    def test_C6_each_service_has_hook_description_and_an_id_that_can_be_posted_to(self) -> None:
        for service in services():
            assert service["hook"] in HOOKS
            assert service["description"]
            answer = default_client().post(f"/cds-services/{service['id']}", json=request_of())
            assert answer.status_code == 200

    def test_C7_each_service_has_a_title(self) -> None:
        assert all(service["title"] for service in services())

    def test_C8_prefetch_maps_keys_to_template_strings(self) -> None:
        for service in services():
            assert service["prefetch"] == dict(TEMPLATES)
            assert all(isinstance(template, str) for template in service["prefetch"].values())

    def test_C9_usage_requirements_are_a_string(self) -> None:
        assert all(isinstance(service["usageRequirements"], str) for service in services())

    def test_C10_the_version_of_the_specification_is_announced_only_for_3_0(self) -> None:
        assert all("version" not in service for service in services())
        for service in services(cds_hooks_3=True):
            assert re.fullmatch(r"\d+\.\d+\.\d+", service["version"])

    def test_C11_the_version_of_the_hook_is_announced_only_for_3_0(self) -> None:
        assert all("hookVersion" not in service for service in services())
        assert {service["hookVersion"] for service in services(cds_hooks_3=True)} == {"1.0"}

    def test_C12_one_id_may_stand_for_several_hooks(self) -> None:
        several = [
            (service.id, service.hook) for service in discovery(Settings(), ["lupus nephritis"]).services
        ]
        assert len(set(several)) == len(several)
        pair = tuple(
            Service(id="same", hook=hook, description="d") for hook in ("patient-view", "order-sign")
        )
        assert [service.id for service in Discovery(pair).services] == ["same", "same"]

    def test_C12_a_request_is_routed_by_id_and_hook(self) -> None:
        issue = outcome_of(fire({**request_of(), "hook": "order-dispatch"}), 400)
        assert "'order-dispatch' is not served here" in issue["diagnostics"]
        issue = outcome_of(fire({**request_of(), "hook": "order-sign"}), 400)
        assert issue["expression"] == ["context.draftOrders"]

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", HOOK, 405), ("POST", "/cds-services", 405), ("POST", "/cds-services/other", 404)],
    )
    def test_C13_what_cannot_be_done_is_a_4xx(self, method: str, path: str, status: int) -> None:
        outcome_of(default_client().request(method, path), status)

    def test_C14_an_extension_of_a_service_is_an_object_with_reverse_dns_names(self) -> None:
        for service in services():
            assert all("." in name for name in service.get("extension", {}))


class TestTemplates:
    @pytest.mark.parametrize("query", PREFETCH, ids=lambda query: query.key)
    def test_C15_C16_C17_C18_every_template_keeps_to_the_subset_of_2_0_1(self, query: Any) -> None:
        assert problems(query.template, "patient-view") == []

    def test_C15_tokens_are_delimited_by_double_braces(self) -> None:
        tokens = [
            token for template in TEMPLATES.values() for token in re.findall(r"\{\{(.+?)\}\}", template)
        ]
        assert set(tokens) == {"context.patientId"}

    def test_C18_each_resource_type_is_asked_for_once(self) -> None:
        types = list(RESOURCE_TYPES.values())
        assert len(set(types)) == len(types)
        assert all(q.template.startswith((f"{q.resource_type}?", f"{q.resource_type}/")) for q in PREFETCH)


class TestRequest:
    def test_C22_a_request_is_posted_as_json_to_the_services_url(self) -> None:
        assert fire(request_of()).status_code == 200

    @pytest.mark.parametrize(
        ("item", "element"), [("C23", "hook"), ("C24", "hookInstance"), ("C27", "context")]
    )
    def test_C23_C24_C27_a_required_element_that_lacks_is_named(self, item: str, element: str) -> None:
        request = request_of()
        del request[element]
        issue = outcome_of(fire(request), 400)
        assert (issue["code"], issue["expression"]) == ("required", [element]), item

    def test_C25_an_access_token_needs_the_address_of_its_server(self) -> None:
        token = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "", "subject": "s"}
        issue = outcome_of(fire({**request_of(), "fhirAuthorization": token}), 400)
        assert issue["expression"] == ["fhirServer"]

    def test_C26_an_access_token_may_come_along(self) -> None:
        token = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "s"}
        more = {"fhirAuthorization": token, "fhirServer": "https://ehr.example/fhir"}
        assert fire({**request_of(), **more}).status_code == 200

    @pytest.mark.parametrize("prefetch", [..., None, {}])
    def test_C28_prefetch_may_be_absent_altogether(self, prefetch: Any) -> None:
        request = {**request_of(), "prefetch": prefetch}
        if prefetch is ...:
            del request["prefetch"]
        outcome_of(fire(request), 412)

    def test_C29_an_extension_with_any_keys_is_ignored(self) -> None:
        extension = {"com.epic.cdshooks.request.bpa-trigger-action": "60", "davinci-crd": {"a": [1, None]}}
        assert fire({**request_of(), "extension": extension}).status_code == 200

    def test_C41_a_resource_type_before_the_patients_id_is_tolerated(self) -> None:
        request = request_of()
        request["context"]["patientId"] = f"Patient/{LUPUS}"
        assert len(cards_of(request)) == 2

    def test_C42_unknown_members_of_the_context_are_tolerated(self) -> None:
        request = request_of()
        request["context"]["com.example.room"] = {"bed": 3}
        assert len(cards_of(request)) == 2


class TestPrefetch:
    @pytest.mark.parametrize("key", [key for key in TEMPLATES if key not in ("patient", "conditions")])
    def test_C43_any_key_may_be_left_out(self, key: str) -> None:
        request = request_of()
        del request["prefetch"][key]
        assert fire(request).status_code == 200

    def test_C44_a_key_that_lacks_counts_as_not_retrieved(self) -> None:
        request = request_of("daniel-okafor")
        del request["prefetch"]["immunizations"]
        vaccine = findings_of(cards_of(request)[-1])["E8"]
        assert vaccine["outcome"] == "missing"
        assert {need["why"] for need in vaccine["needs"]} == {"not-retrieved"}

    @pytest.mark.parametrize("nothing", [None, searchset()])
    def test_C45_null_prefetch_is_known_empty(self, nothing: Any) -> None:
        request = request_of("daniel-okafor")
        request["prefetch"]["immunizations"] = nothing
        vaccine = {screening_of(card)["protocol"]: findings_of(card)["E8"] for card in cards_of(request)}
        assert vaccine["nct05247203"]["outcome"] == "presumed"

    @pytest.mark.parametrize("severity", ["warning", "error"])
    def test_C46_an_operation_outcome_in_place_of_data_is_a_failure(self, severity: str) -> None:
        request = request_of("daniel-okafor")
        request["prefetch"]["immunizations"] = {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": severity, "code": "forbidden"}],
        }
        assert self._vaccine(request)["outcome"] == "missing"
        assert "could not be retrieved" in self._vaccine(request)["reason"]

    def test_C46_an_operation_outcome_within_a_searchset_is_no_match(self) -> None:
        request = request_of("daniel-okafor")
        remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "not-found"}]}
        entry = {"resource": remark, "search": {"mode": "outcome"}}
        request["prefetch"]["immunizations"] = {**searchset(), "entry": [entry]}
        assert self._vaccine(request)["outcome"] == "presumed"

    def test_C46_an_error_within_a_searchset_is_a_failure(self) -> None:
        request = request_of("daniel-okafor")
        remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
        request["prefetch"]["immunizations"] = {**searchset(), "entry": [{"resource": remark}]}
        assert self._vaccine(request)["outcome"] == "missing"

    def test_C47_keys_that_were_not_asked_for_are_ignored(self) -> None:
        request = request_of()
        expected = [card["summary"] for card in cards_of(request)]
        request["prefetch"]["forAnotherService"] = {"resourceType": "Patient", "id": "someone-else"}
        assert [card["summary"] for card in cards_of(request)] == expected

    def test_C48_a_next_page_that_was_not_followed_leaves_the_type_incomplete(self) -> None:
        request = request_of("daniel-okafor")
        links = [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}]
        request["prefetch"]["immunizations"] = searchset(link=links)
        assert self._vaccine(request)["outcome"] == "missing"

    def test_C51_without_the_patient_the_answer_is_412(self) -> None:
        for value in (..., None, {"resourceType": "OperationOutcome"}, "<html>"):
            request = request_of()
            request["prefetch"]["patient"] = value
            if value is ...:
                del request["prefetch"]["patient"]
            issue = outcome_of(fire(request), 412)
            assert issue["expression"] == ["prefetch.patient"]

    def test_C51_a_server_address_without_data_is_412_too(self) -> None:
        request = {**request_of(), "prefetch": {}, "fhirServer": "https://ehr.example/fhir"}
        outcome_of(fire(request), 412)

    def test_C51_without_the_diagnoses_no_card_would_look_like_no_disease_so_it_is_412(self) -> None:
        request = request_of(NO_LUPUS)
        assert cards_of(request) == []
        del request["prefetch"]["conditions"]
        issue = outcome_of(fire(request), 412)
        assert issue["expression"] == ["prefetch.conditions"]

    def _vaccine(self, request: dict[str, Any]) -> dict[str, Any]:
        by_protocol = {screening_of(card)["protocol"]: card for card in cards_of(request)}
        return findings_of(by_protocol["nct05247203"])["E8"]
