"""What the hook fetches itself: what lacks, no more than that, and only where it may (C43 to C53)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import httpx
import pytest
import respx

from app.prefetch_table import RESOURCE_TYPES
from tests.app.ehr import AUTHORIZATION, BASE, EVERY, TOKEN, Ehr, hook_beside, request_without, told
from tests.app.service import (
    LUPUS,
    NO_LUPUS,
    POTENTIAL,
    cards_of,
    client,
    findings_of,
    fire,
    outcome_of,
    request_of,
    searchset,
    verdicts_of,
)

FAILURE = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@cache
def cards_for_all_of(patient: str) -> list[str]:
    """The cards that are told where all was prefetched."""
    return told(cards_of(request_of(patient)))


pytestmark = pytest.mark.usefixtures("network")


class TestWhatLacks:
    @pytest.mark.parametrize("patient", [LUPUS, POTENTIAL, "sofia-reyes", "wang-jianguo"])
    def test_without_any_prefetch_the_cards_are_the_same(self, patient: str) -> None:
        ehr = Ehr(patient)
        whole = cards_for_all_of(patient)
        assert whole
        assert told(cards_of(request_without(*EVERY, patient=patient), hook_beside(ehr))) == whole
        assert ehr.asked_types == sorted(RESOURCE_TYPES.values())

    def test_a_request_may_have_no_prefetch_at_all(self) -> None:
        request = request_without()
        del request["prefetch"]
        assert told(cards_of(request, hook_beside(Ehr()))) == cards_for_all_of(LUPUS)

    def test_a_patient_without_the_disease_gets_no_card_from_fetched_data_either(self) -> None:
        assert cards_of(request_without(*EVERY, patient=NO_LUPUS), hook_beside(Ehr(NO_LUPUS))) == []

    def test_another_hook_is_answered_from_fetched_data_alike(self) -> None:
        more = {"hook": "encounter-start", "context": {**request_of()["context"], "encounterId": "e1"}}
        cards = cards_of(request_without(*EVERY, **more), hook_beside(Ehr()))
        assert told(cards) == told(cards_of({**request_of(), **more}, client()))
        assert cards

    @pytest.mark.parametrize(
        ("ehr", "recommended"), [(Ehr(), [True, None]), (Ehr(types=["Patient"]), [None] * 2)]
    )
    def test_orders_that_were_fetched_are_seen_as_those_that_were_prefetched_are(
        self, ehr: Ehr, recommended: list[bool | None]
    ) -> None:
        cards = cards_of(request_without("serviceRequests"), hook_beside(ehr))
        suggested = [one for card in cards for one in card["suggestions"]]
        assert [one.get("isRecommended") for one in suggested] == recommended

    @pytest.mark.parametrize("key", EVERY)
    def test_only_the_key_that_lacks_is_asked_for(self, key: str) -> None:
        ehr = Ehr()
        cards = cards_of(request_without(key), hook_beside(ehr))
        assert ehr.asked_types == [RESOURCE_TYPES[key]]
        assert told(cards) == cards_for_all_of(LUPUS)

    def test_nothing_is_asked_where_nothing_lacks(self) -> None:
        ehr = Ehr()
        cards_of(request_without(), hook_beside(ehr))
        assert ehr.asked == []

    def test_null_is_known_to_be_nothing_and_not_asked_for(self) -> None:
        ehr = Ehr()
        request = request_without()
        request["prefetch"]["devices"] = None
        cards_of(request, hook_beside(ehr))
        assert ehr.asked == []

    @pytest.mark.parametrize(
        "value", [FAILURE, searchset(FAILURE)], ids=["an OperationOutcome", "a searchset of one"]
    )
    def test_what_the_client_asked_for_in_vain_is_not_asked_for_again(self, value: Any) -> None:
        # C46: it is sent "to prevent an unneeded follow-up query".
        ehr = Ehr()
        request = request_without()
        request["prefetch"]["immunizations"] = value
        cards = cards_of(request, hook_beside(ehr))
        assert ehr.asked == []
        assert findings_of(cards[-1])["E8"]["outcome"] == "missing"

    @pytest.mark.parametrize(
        "value", ["<html>Tomcat</html>", {"response": "200"}, {"resourceType": "Device"}, 7, []]
    )
    def test_what_is_no_answer_at_all_is_asked_for(self, value: Any) -> None:
        ehr = Ehr()
        request = request_without()
        request["prefetch"]["immunizations"] = value
        assert told(cards_of(request, hook_beside(ehr))) == cards_for_all_of(LUPUS)
        assert ehr.asked_types == ["Immunization"]

    def test_keys_are_found_under_the_names_that_the_client_has_for_them(self) -> None:
        ehr = Ehr()
        request = request_without()
        request["prefetch"]["problem-list"] = request["prefetch"].pop("conditions")
        cards = cards_of(request, hook_beside(ehr, prefetch_keys={"conditions": "problem-list"}))
        assert ehr.asked == []
        assert told(cards) == cards_for_all_of(LUPUS)


class TestPages:
    def test_all_pages_of_a_fetched_search_are_read(self) -> None:
        ehr = Ehr(page=2)
        cards = cards_of(request_without(*EVERY), hook_beside(ehr))
        assert told(cards) == cards_for_all_of(LUPUS)
        assert ehr.asked_types.count("Observation") > 2

    @pytest.mark.parametrize("counted", [True, False])
    def test_the_pages_that_a_prefetched_searchset_lacks_are_read_and_no_others(self, counted: bool) -> None:
        ehr = Ehr(page=2)
        request = request_without()
        bundle = request["prefetch"]["observations"]
        bundle["total"] = len(bundle["entry"])
        bundle["link"] = [{"relation": "next", "url": f"{BASE}/Observation?patient=x&page=2"}]
        del bundle["entry"][2:]
        if not counted:
            del bundle["total"]
        cards = cards_of(request, hook_beside(ehr))
        assert told(cards) == cards_for_all_of(LUPUS)
        assert set(ehr.asked_types) == {"Observation"}
        assert ehr.asked[1].url.params["page"] == "2"

    def test_a_searchset_with_fewer_entries_than_it_counts_is_asked_for_again(self) -> None:
        ehr = Ehr()
        request = request_without()
        bundle = request["prefetch"]["observations"]
        bundle["total"] = len(bundle["entry"])
        del bundle["entry"][2:]
        assert told(cards_of(request, hook_beside(ehr))) == cards_for_all_of(LUPUS)
        assert ehr.asked_types == ["Observation"]

    def test_a_link_to_another_server_is_not_followed(self, network: respx.MockRouter) -> None:
        other = network.route(host="evil.example").respond(json=searchset())
        request = request_without()
        request["prefetch"]["immunizations"] = searchset(
            link=[{"relation": "next", "url": "https://evil.example/fhir/Immunization?page=2"}]
        )
        cards = cards_of(request, hook_beside(Ehr()))
        assert findings_of(cards[-1])["E8"]["outcome"] == "missing"
        assert not other.called

    @pytest.mark.parametrize("where", ["prefetched link", "fetched link", "redirect"])
    def test_nor_is_one_to_another_server_that_is_listed_since_the_token_was_not_issued_for_it(
        self, network: respx.MockRouter, where: str
    ) -> None:
        elsewhere = "https://other.example/fhir/Immunization?page=2"
        linked = searchset(link=[{"relation": "next", "url": elsewhere}])

        def sent_on(asked: httpx.Request) -> httpx.Response | None:
            if "Immunization" not in asked.url.path:
                return None
            if where == "redirect":
                return httpx.Response(307, headers={"location": elsewhere})
            return httpx.Response(200, json=linked)

        other = network.route(host="other.example").respond(json=searchset())
        request = request_without("immunizations")
        if where == "prefetched link":
            request["prefetch"]["immunizations"] = linked
        http = hook_beside(Ehr(instead=sent_on), fhir_servers=(BASE, "https://other.example/fhir"))
        assert findings_of(cards_of(request, http)[-1])["E8"]["outcome"] == "missing"
        assert not other.called


class TestWhereItMayNot:
    """Then nothing is called, and what lacks is not retrieved."""

    @pytest.mark.parametrize(
        ("change", "profile", "words"),
        [
            ({"fhirServer": None, "fhirAuthorization": None}, {}, "no 'fhirServer'"),
            ({"fhirAuthorization": None}, {}, "access token"),
            ({"fhirAuthorization": {**AUTHORIZATION, "access_token": "a\r\nb"}}, {}, "access token"),
            ({"fhirAuthorization": {**AUTHORIZATION, "access_token": " a "}}, {}, "access token"),
            ({}, {"fhir_servers": ()}, "the operator"),
            ({}, {"fhir_servers": ("https://other.example/fhir",)}, "the operator"),
            ({"fhirServer": "https://ehr.example/other"}, {}, "the operator"),
            ({"fhirServer": "https://ehr.example@evil.example/fhir"}, {}, "the operator"),
            ({"fhirServer": "https://ehr.example/fhir/../admin"}, {}, "the operator"),
            ({"fhirServer": "http://169.254.169.254/fhir"}, {}, "the operator"),
        ],
    )
    def test_nothing_is_called(
        self, network: respx.MockRouter, change: dict[str, Any], profile: dict[str, Any], words: str
    ) -> None:
        called = network.route().respond(json=searchset())
        http = hook_beside(**profile)
        cards = cards_of(request_without("immunizations", **change), http)
        assert findings_of(cards[-1])["E8"]["outcome"] == "missing"
        assert "not-retrieved" in json.dumps(cards)
        issue = outcome_of(fire(request_without("patient", **change), http), 412)
        assert words in issue["diagnostics"]
        assert TOKEN not in issue["diagnostics"]
        assert not called.called

    @pytest.mark.parametrize("name", ["a%2e%2e", "..", "a?b=c", "a#b", "a b", "x" * 65])
    def test_an_id_that_could_lead_elsewhere_is_not_asked_for(
        self, network: respx.MockRouter, name: str
    ) -> None:
        called = network.route().respond(json=searchset())
        request = request_without("patient")
        request["context"]["patientId"] = name
        outcome_of(fire(request, hook_beside()), 412)
        assert not called.called

    def test_the_token_goes_to_the_server_alone_and_not_with_the_question_what_it_offers(self) -> None:
        ehr = Ehr()
        fire(request_without(*EVERY), hook_beside(ehr))
        for request in ehr.asked:
            shown = request.headers.get("authorization")
            assert shown == (None if request.url.path.endswith("/metadata") else f"Bearer {TOKEN}")
            assert request.url.host == "ehr.example"


class TestWhatTheServerOffers:
    def test_a_type_that_it_does_not_have_is_not_missing_data(self) -> None:
        types = [kind for kind in RESOURCE_TYPES.values() if kind not in ("MedicationStatement", "Device")]
        ehr = Ehr(POTENTIAL, types=types)
        cards = cards_of(request_without(*EVERY, patient=POTENTIAL), hook_beside(ehr))
        assert [c["summary"] for c in cards] == [c["summary"] for c in cards_of(request_of(POTENTIAL))]
        assert not {"MedicationStatement", "Device"} & set(ehr.asked_types)

    def test_with_no_medication_type_at_all_it_is_not_believed(self) -> None:
        ehr = Ehr(
            POTENTIAL, types=[kind for kind in RESOURCE_TYPES.values() if not kind.startswith("Medication")]
        )
        cards = cards_of(request_without(*EVERY, patient=POTENTIAL), hook_beside(ehr))
        assert "MedicationStatement" in ehr.asked_types
        assert {c["extension"]["org.trialcards.screening"]["verdict"] for c in cards} == {"undetermined"}

    def test_the_operators_word_and_the_servers_together_leave_a_medication_type(self) -> None:
        ehr = Ehr(POTENTIAL, types=[kind for kind in RESOURCE_TYPES.values() if kind != "MedicationRequest"])
        others = ("MedicationStatement", "MedicationAdministration", "MedicationDispense")
        hook = hook_beside(ehr, not_offered=others)
        cards = cards_of(request_without(*EVERY, patient=POTENTIAL), hook)
        assert [kind for kind in ehr.asked_types if kind.startswith("Medication")] == ["MedicationRequest"]
        assert {c["extension"]["org.trialcards.screening"]["verdict"] for c in cards} == {"undetermined"}

    def test_it_is_asked_once_what_it_offers(self) -> None:
        ehr = Ehr()
        hook = hook_beside(ehr)
        for _ in range(3):
            cards_of(request_without("devices"), hook)
        assert [request.url.path for request in ehr.asked].count("/fhir/metadata") == 1

    def test_a_server_that_does_not_tell_is_asked_for_everything(self) -> None:
        ehr = Ehr(metadata=False)
        assert told(cards_of(request_without(*EVERY), hook_beside(ehr))) == cards_for_all_of(LUPUS)

    @pytest.mark.parametrize("key", ["devices", "researchSubjects"])
    def test_without_its_word_a_type_that_it_refuses_is_not_retrieved(self, key: str) -> None:
        kind = RESOURCE_TYPES[key]
        types = [other for other in RESOURCE_TYPES.values() if other != kind]
        ehr = Ehr(POTENTIAL, types=types, metadata=False)
        cards = cards_of(request_without(key, patient=POTENTIAL), hook_beside(ehr))
        without = request_of(POTENTIAL)
        del without["prefetch"][key]
        assert verdicts_of(cards) == verdicts_of(cards_of(without))

    def test_a_search_is_not_narrowed_by_what_the_server_does_not_know(self) -> None:
        def statement(request: httpx.Request) -> httpx.Response | None:
            if not request.url.path.endswith("/metadata"):
                return None
            plain = [{"type": kind} for kind in RESOURCE_TYPES.values() if kind != "ServiceRequest"]
            search = {"type": "ServiceRequest", "searchParam": [{"name": "subject"}, {"name": "category"}]}
            rest = [{"mode": "server", "resource": [*plain, search]}]
            return httpx.Response(
                200, json={"fhirVersion": "4.0.1", "rest": rest, "resourceType": "CapabilityStatement"}
            )

        ehr = Ehr(instead=statement)
        cards_of(request_without("serviceRequests", "observations"), hook_beside(ehr))
        asked = {request.url.path.rpartition("/")[2]: request.url.params for request in ehr.asked}
        assert dict(asked["ServiceRequest"]) == {"subject": f"Patient/{LUPUS}", "_count": "1000"}
        assert "category" not in asked["Observation"]
