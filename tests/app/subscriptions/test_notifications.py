"""What a FHIR server posts, read: R4's rest-hooks, and notifications of Subscriptions R5 Backport 1.1."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import UnreadableBodyError
from app.subscriptions.news import SOMETHING, News, of_reference, of_resource
from app.subscriptions.notifications import Notification, read_notification
from fhir_mappings.client import base_address
from tests.app.ehr import BASE
from tests.app.subscriptions.notified import event, notification, observation

SERVER = base_address(BASE)
LIN = News("Patient", "lin-mei")


def read(body: Any) -> Notification:
    return read_notification(json.dumps(body).encode(), SERVER)


class TestClassicRestHooks:
    """R4, Subscription, 2.46.7.2: with payload the resource is sent, without it nothing is."""

    @pytest.mark.parametrize("body", [b"", b" \r\n"])
    def test_nothing_says_that_something_is_new(self, body: bytes) -> None:
        found = read_notification(body, SERVER)
        assert (found.kind, found.news) == ("empty", (SOMETHING,))

    @pytest.mark.parametrize(
        ("kind", "element"),
        [
            ("Observation", "subject"),
            ("MedicationRequest", "subject"),
            ("Immunization", "patient"),
            ("AllergyIntolerance", "patient"),
            ("ResearchSubject", "individual"),
        ],
    )
    def test_a_resource_is_about_whom_it_names(self, kind: str, element: str) -> None:
        body = {"resourceType": kind, "id": "1", element: {"reference": "Patient/lin-mei"}}
        assert read(body).news == (LIN,)

    def test_a_patient_is_about_that_patient(self) -> None:
        assert read({"resourceType": "Patient", "id": "lin-mei"}).news == (LIN,)

    def test_an_absolute_reference_to_the_server_itself_is_to_its_patient(self) -> None:
        assert read(observation(f"{BASE}/Patient/lin-mei")).news == (LIN,)

    @pytest.mark.parametrize(
        "subject",
        [
            "https://another.example/fhir/Patient/lin-mei",
            "https://ehr.example/other/Patient/lin-mei",
            "Group/1",
            "urn:uuid:0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1",
            "Patient/../Observation",
            "#contained",
            "",
        ],
    )
    def test_whom_another_server_or_nobody_knows_is_nobody_here(self, subject: str) -> None:
        found = read(observation(subject))
        assert (found.news, found.untold) == ((), 1)

    def test_a_transaction_or_collection_tells_of_each_patient_once(self) -> None:
        resources = [observation(), observation(id="2"), observation("Patient/sofia-reyes", id="3")]
        body = {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"resource": one} for one in resources],
        }
        found = read(body)
        assert found.news == (LIN, News("Patient", "sofia-reyes"))
        assert found.is_bundle


class TestBackport:
    """Subscriptions R5 Backport 1.1: handshake, heartbeat, and events with content of three kinds."""

    @pytest.mark.parametrize("kind", ["handshake", "heartbeat", "query-status"])
    def test_what_tells_of_no_event_has_no_news(self, kind: str) -> None:
        found = read(notification(kind, so_far=7))
        assert (found.kind, found.news, found.numbers) == (kind, (), ())
        assert (found.subscription, found.since_start) == ("Subscription/s1", 7)

    def test_with_full_resources_the_resource_names_the_patient(self) -> None:
        told = event(3, f"{BASE}/Observation/new-result")
        found = read(notification("event-notification", told, so_far=3, resources=[observation()]))
        assert (found.news, found.numbers, found.untold) == ((LIN,), (3,), 0)

    def test_with_ids_only_the_resource_is_to_be_asked_for(self) -> None:
        found = read(notification("event-notification", event(3, f"{BASE}/Observation/new-result")))
        assert found.news == (News("Observation", "new-result"),)

    def test_with_ids_only_a_patient_in_the_context_need_not_be_asked_for(self) -> None:
        told = event(3, "Observation/new-result", "Encounter/9", "Patient/lin-mei")
        assert read(notification("event-notification", told)).news == (LIN,)

    def test_of_two_patients_in_the_context_neither_is_taken(self) -> None:
        told = event(3, "Observation/new-result", "Patient/mother", "Patient/child")
        assert read(notification("event-notification", told)).news == (News("Observation", "new-result"),)

    def test_without_content_something_is_new(self) -> None:
        found = read(notification("event-notification", event(4, None), so_far=4))
        assert (found.news, found.numbers) == ((SOMETHING,), (4,))

    def test_resources_that_no_event_names_are_read_all_the_same(self) -> None:
        found = read(notification("event-notification", event(1, None), resources=[observation()]))
        assert found.news == (LIN,)

    def test_a_focus_on_another_server_is_counted_as_untold(self) -> None:
        found = read(notification("event-notification", event(1, "https://another.example/fhir/Patient/1")))
        assert (found.news, found.untold) == ((), 1)

    def test_a_subscription_status_of_r4b_says_the_same(self) -> None:
        status = {
            "resourceType": "SubscriptionStatus",
            "status": "active",
            "type": "event-notification",
            "eventsSinceSubscriptionStart": "2",
            "notificationEvent": [{"eventNumber": "2", "focus": {"reference": "Patient/lin-mei"}}],
            "subscription": {"reference": "Subscription/s1"},
        }
        body = {
            "resourceType": "Bundle",
            "type": "subscription-notification",
            "entry": [{"resource": status}],
        }
        found = read(body)
        assert (found.news, found.numbers, found.since_start) == ((LIN,), (2,), 2)

    @pytest.mark.parametrize(("status", "is_faulty"), [("error", True), ("off", True), ("active", False)])
    def test_a_subscription_in_error_is_told(self, status: str, is_faulty: bool) -> None:
        body = json.dumps(notification("heartbeat")).replace('"active"', f'"{status}"')
        assert read_notification(body.encode(), SERVER).is_faulty is is_faulty

    @pytest.mark.parametrize("number", ["-1", "1.5", "many", True, None, "9" * 400])
    def test_a_number_that_is_none_is_left_out(self, number: Any) -> None:
        told = event(1, "Patient/lin-mei")
        told["part"][0]["valueString"] = number
        found = read(notification("event-notification", told))
        assert (found.news, found.numbers) == ((LIN,), ())


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'"text"',
        b"{}",
        b'{"resourceType": 7}',
        b'{"resourceType": "Patient", "resourceType": "Patient"}',
        b'{"resourceType": "Bundle", "entry": 3}',
        b'{"resourceType": "Bundle", "type": "history"}',
        b'{"resourceType": "Bundle", "type": "history", "entry": [{"resource": {"resourceType": "X"}}]}',
        b'{"resourceType": "Parameters"}',
        b'{"resourceType": "Parameters", "parameter": [{"name": "type", "valueCode": "party"}]}',
        b'{"resourceType": "Parameters", "parameter": [{}]}',
        b'{"resourceType": "Parameters", "parameter": 5}',
        b'{"resourceType": "SubscriptionStatus", "type": "event-notification", "notificationEvent": [3]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_notification_is_refused_and_nothing_of_it_repeated(body: bytes) -> None:
    with pytest.raises(UnreadableBodyError) as refused:
        read_notification(body, SERVER)
    assert "party" not in refused.value.message


def test_an_id_that_could_lead_elsewhere_names_nothing() -> None:
    for reference in ("Patient/a/b", "Patient/a?b", "Patient/", "/Patient/1x y", "Patient/%2e%2e", 7, None):
        assert of_reference(reference, SERVER) is None, reference


def test_a_version_of_a_resource_is_that_resource() -> None:
    assert of_reference(f"{BASE}/Observation/1/_history/3", SERVER) == News("Observation", "1")


def test_a_resource_that_names_two_patients_is_about_neither() -> None:
    body = observation(patient="Patient/a") | {"patient": {"reference": "Patient/b"}}
    assert of_resource(json.dumps(body).encode(), SERVER) is None
