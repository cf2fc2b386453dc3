"""CDS Hooks 2.0.1, item by item, against the running service.

The items are numbered in the order of the specification: C1–C3 JSON, C4–C14 discovery, C15–C18 prefetch
templates, C22–C42 requests, C43–C51 prefetch as received, C54–C77 responses, C78–C85 feedback, C95 and C96
browsers and extensions. Numbers that lack here belong to what the service does not do (calling a FHIR
server, authentication). What only the 3.0 ballot asks for is switched on by a setting.
"""

# ruff: noqa: N802 – the items are called C1 … C96

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from fhir.resources.R4B.servicerequest import ServiceRequest

from app.cards.override_reasons import reasons
from app.demo.patients import demo_patients
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


class TestResponse:
    def test_C54_success_is_200_with_an_array_of_cards(self) -> None:
        assert fire(request_of(NO_LUPUS)).json() == {"cards": []}
        assert isinstance(fire(request_of()).json()["cards"], list)

    def test_C55_no_system_actions_are_sent(self) -> None:
        assert list(fire(request_of()).json()) == ["cards"]

    @pytest.mark.parametrize(
        ("answer", "status"),
        [
            (lambda: fire({}), 400),
            (lambda: fire({**request_of(), "prefetch": {}}), 412),
            (lambda: default_client().post("/cds-services/nope", json={}), 404),
            (lambda: default_client().get(HOOK), 405),
            (lambda: default_client().post(HOOK, content=b"<a/>", headers={"content-type": "text/xml"}), 415),
            (lambda: client(max_body_bytes=10).post(HOOK, json=request_of()), 413),
        ],
    )
    def test_C57_every_error_is_a_valid_operation_outcome(self, answer: Any, status: int) -> None:
        outcome_of(answer(), status)

    def test_C58_every_card_has_a_uuid_of_its_own(self) -> None:
        ids = [card["uuid"] for _ in range(2) for card in cards_of(request_of())]
        assert len(set(ids)) == 4
        assert all(uuid.UUID(identifier).version == 4 for identifier in ids)

    def test_C59_summaries_are_one_sentence_below_140_characters(self) -> None:
        for patient in (LUPUS, "amara-diallo", "wang-jianguo", "sofia-reyes", "nguyen-lan", "daniel-okafor"):
            for card in cards_of(request_of(patient)):
                assert 0 < len(card["summary"]) < 140
                assert "\n" not in card["summary"]

    def test_C60_details_are_markdown_without_html(self) -> None:
        for card in cards_of(request_of()):
            assert not re.search(r"<[A-Za-z/!]", card["detail"])

    def test_C61_the_indicator_is_info(self) -> None:
        assert {card["indicator"] for card in cards_of(request_of())} == {"info"}

    def test_C62_C63_the_source_has_a_label_and_an_absolute_url(self) -> None:
        for card in cards_of(request_of()):
            assert card["source"]["label"]
            assert card["source"]["url"].startswith("https://")

    def test_C64_no_icon_is_better_than_one_of_the_wrong_size(self) -> None:
        assert all("icon" not in card["source"] for card in cards_of(request_of()))

    def test_C65_the_topic_is_static_for_each_trial_and_alphanumeric(self) -> None:
        topics = {
            (screening_of(card)["protocol"], card["source"]["topic"]["code"])
            for patient in (LUPUS, "amara-diallo", "daniel-okafor")
            for card in cards_of(request_of(patient))
        }
        assert topics == {("nct05247203", "NCT05247203"), ("nct07517536", "NCT07517536")}

    def test_C66_a_coding_has_code_and_system(self) -> None:
        for card in cards_of(request_of()):
            assert card["source"]["topic"].keys() == {"system", "code", "display"}

    def test_C67_a_card_has_a_selection_behavior_if_and_only_if_it_has_suggestions(self) -> None:
        found = [card for patient in demo_patients() for card in cards_of(request_of(patient))]
        assert {"suggestions" in card for card in found} == {True, False}
        for card in found:
            assert card.get("selectionBehavior") == ("any" if "suggestions" in card else None)

    def test_C68_C69_C70_a_suggestion_has_label_uuid_and_actions_that_create_a_resource(self) -> None:
        for card in cards_of(request_of()):
            for suggestion in card["suggestions"]:
                assert suggestion["label"]
                assert uuid.UUID(suggestion["uuid"]).version == 4
                for action in suggestion["actions"]:
                    assert action.keys() == {"type", "description", "resource"}
                    assert action["type"] == "create"
                    ServiceRequest.model_validate(action["resource"])

    def test_C71_no_action_selection_behavior_is_sent(self) -> None:
        assert b"actionSelectionBehavior" not in fire(request_of()).content

    def test_C72_an_override_reason_has_a_display(self) -> None:
        for card in cards_of(request_of()):
            assert all(reason["display"] for reason in card["overrideReasons"])

    def test_C77_each_override_reason_is_mapped_to_the_non_adherence_reasons(self) -> None:
        for card in cards_of(request_of()):
            assert all(reasons()[reason["code"]].hl7.code for reason in card["overrideReasons"])

    def test_C73_C74_C75_links_are_absolute_and_carry_nothing_for_smart_apps(self) -> None:
        for card in cards_of(request_of()):
            for link in card["links"]:
                assert link.keys() == {"label", "url", "type"}
                assert link["type"] == "absolute"
                assert link["url"].startswith("https://")


class TestFeedback:
    ITEM: dict[str, Any] = {
        "card": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-11-22T07:28:46.254Z",
        "overrideReason": {"reason": {"code": "pt-declined", "system": "http://example.org/or"}},
    }

    def _send(self, body: Any) -> Any:
        return default_client().post(f"{HOOK}/feedback", json=body)

    def test_C78_feedback_is_acknowledged(self) -> None:
        assert self._send({"feedback": [self.ITEM]}).status_code == 200

    def test_C79_feedback_is_an_array(self) -> None:
        outcome_of(self._send({"feedback": self.ITEM}), 400)

    def test_C80_C81_unknown_cards_repeats_and_batches_are_no_errors(self) -> None:
        for _ in range(2):
            assert (
                self._send({"feedback": [self.ITEM, self.ITEM, {**self.ITEM, "card": "9"}]}).status_code
                == 200
            )

    def test_C82_other_outcomes_are_refused(self) -> None:
        outcome_of(self._send({"feedback": [{**self.ITEM, "outcome": "ignored"}]}), 400)

    def test_C83_acceptance_names_the_suggestions(self) -> None:
        accepted = {k: v for k, v in self.ITEM.items() if k != "overrideReason"} | {"outcome": "accepted"}
        outcome_of(self._send({"feedback": [accepted]}), 400)
        assert (
            self._send({"feedback": [{**accepted, "acceptedSuggestions": [{"id": "1"}]}]}).status_code == 200
        )

    def test_C84_the_time_is_rfc_3339(self) -> None:
        outcome_of(self._send({"feedback": [{**self.ITEM, "outcomeTimestamp": "22/11/2026"}]}), 400)

    def test_C85_a_reason_needs_a_code_or_words(self) -> None:
        outcome_of(self._send({"feedback": [{**self.ITEM, "overrideReason": {}}]}), 400)
        words = {**self.ITEM, "overrideReason": {"userComment": "not now"}}
        assert self._send({"feedback": [words]}).status_code == 200

    def test_feedback_for_a_service_that_does_not_exist_is_not_found(self) -> None:
        answer = default_client().post("/cds-services/nope/feedback", json={"feedback": [self.ITEM]})
        outcome_of(answer, 404)


def test_C95_browser_clients_of_listed_origins_may_call() -> None:
    origin = "https://sandbox.cds-hooks.org"
    http = client(allowed_origins=origin)
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    answer = http.options(HOOK, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-origin" not in default_client().options(HOOK, headers=asked).headers


def test_C96_extensions_are_objects_under_reverse_dns_names() -> None:
    for card in cards_of(request_of()):
        assert list(card["extension"]) == ["org.trialcards.screening"]
        assert isinstance(screening_of(card), dict)


def test_the_answer_is_encoded_as_utf8_and_not_escaped() -> None:
    answer = fire(request_of())
    assert "面部蝶形红斑" in answer.content.decode("utf-8")
    assert json.loads(answer.content) == answer.json()
