"""``encounter-start``: as ``patient-view``, but an encounter that starts again is told nothing twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.server import create_app
from app.settings import Settings
from app.shown import ShownCards
from app.store.memory import Case
from app.store.records import JudgedTrial
from tests.app.service import AS_OF, LUPUS, cards_of, client, fire, outcome_of, request_of, screening_service


def starting(encounter: str | None = "e1", hook: str = "encounter-start", **more: Any) -> dict[str, Any]:
    request = {**request_of(LUPUS), "hook": hook, **more}
    if encounter is not None:
        request["context"]["encounterId"] = encounter
    return request


@pytest.fixture
def http() -> TestClient:
    return client()


class TestEncounterStart:
    def test_it_is_answered_as_patient_view_is(self, http: TestClient) -> None:
        expected = [card["summary"] for card in cards_of(request_of(LUPUS))]
        assert [card["summary"] for card in cards_of(starting(), http)] == expected

    def test_the_same_encounter_is_told_once(self, http: TestClient) -> None:
        assert len(cards_of(starting(), http)) == 2
        assert cards_of(starting(), http) == []

    def test_another_encounter_is_told_again(self, http: TestClient) -> None:
        cards_of(starting(), http)
        assert len(cards_of(starting("e2"), http)) == 2

    def test_what_patient_view_has_shown_in_the_encounter_is_not_repeated(self, http: TestClient) -> None:
        assert len(cards_of(starting(hook="patient-view"), http)) == 2
        assert cards_of(starting(), http) == []

    def test_patient_view_itself_shows_its_cards_each_time(self, http: TestClient) -> None:
        for _ in range(2):
            assert len(cards_of(starting(hook="patient-view"), http)) == 2

    def test_a_verdict_that_has_changed_is_news(self, http: TestClient) -> None:
        cards_of(starting(), http)
        changed = starting()
        changed["prefetch"]["medicationRequests"]["entry"].append(
            {
                "resource": {
                    "resourceType": "MedicationRequest",
                    "id": "new",
                    "status": "active",
                    "intent": "order",
                    "subject": {"reference": f"Patient/{LUPUS}"},
                    "authoredOn": AS_OF.isoformat(),
                    "medicationCodeableConcept": {"text": "telitacicept"},
                }
            }
        )
        (card,) = cards_of(changed, http)
        assert "NCT05247203" in card["summary"]
        assert "probably ineligible" in card["summary"]

    def test_the_encounter_is_required(self, http: TestClient) -> None:
        assert outcome_of(fire(starting(None), http), 400)["expression"] == ["context.encounterId"]

    def test_draft_orders_name_the_encounter(self, http: TestClient) -> None:
        for card in cards_of(starting(), http):
            resource = card["suggestions"][0]["actions"][0]["resource"]
            assert resource["encounter"] == {"reference": "Encounter/e1"}


def case(client: str = "a", patient: str = "p", encounter: str | None = "e") -> Case:
    return Case("encounter-start", client, None, patient, encounter)


class TestShownCards:
    """What a service without a store remembers."""

    trial = JudgedTrial(trial="t", version="1", verdict="undetermined", card="c")

    def recalled(self, shown: ShownCards, case: Case) -> set[tuple[str, str]]:
        return set(asyncio.run(shown.recall(case)).shown_in_encounter)

    def test_clients_patients_and_encounters_are_told_apart(self) -> None:
        shown = ShownCards()
        shown.remember(case(), [self.trial])
        assert self.recalled(shown, case()) == {("t", "undetermined")}
        for other in (case(client="b"), case(patient="q"), case(encounter="f")):
            assert not self.recalled(shown, other)

    def test_without_an_encounter_nothing_is_kept(self) -> None:
        shown = ShownCards()
        shown.remember(case(encounter=None), [self.trial])
        assert not self.recalled(shown, case(encounter=None))

    def test_it_keeps_the_latest_encounters_and_no_ids(self) -> None:
        shown = ShownCards(most=2)
        for encounter in ("first", "second", "third"):
            shown.remember(case(encounter=encounter), [self.trial])
        assert not self.recalled(shown, case(encounter="first"))
        assert self.recalled(shown, case(encounter="third"))
        assert "third" not in repr(vars(shown))


class TestProfiles:
    def serve(self, **profile: Any) -> TestClient:
        settings = Settings(open=True, tune_garbage_collection=False)
        clients = Clients(open_mode=ClientProfile(id="a-client", **profile))
        application = create_app(settings, service=screening_service(), clients=clients, today=lambda: AS_OF)
        return TestClient(application, raise_server_exceptions=False)

    @pytest.mark.parametrize(
        ("preset", "hooks"),
        [
            ("oracle-health", ["patient-view", "encounter-start"]),
            ("epic", ["patient-view", "encounter-start", "order-select", "order-sign"]),
        ],
    )
    def test_discovery_lists_the_hooks_that_the_client_is_served(self, preset: str, hooks: list[str]) -> None:
        listed = self.serve(preset=preset).get("/cds-services").json()["services"]
        assert [service["hook"] for service in listed] == hooks

    def test_a_client_that_fires_no_order_hooks_is_refused_them(self) -> None:
        issue = outcome_of(fire(starting(hook="order-sign"), self.serve(preset="oracle-health")), 400)
        assert issue["code"] == "not-supported"

    @pytest.mark.parametrize(("trigger", "cards"), [("60", 2), (60, 2), ("7", 0), ({"odd": 1}, 0), (None, 2)])
    def test_of_epics_triggers_only_an_opened_chart_gets_cards(self, trigger: Any, cards: int) -> None:
        extension = {"com.epic.cdshooks.request.bpa-trigger-action": trigger} if trigger is not None else {}
        http = self.serve(preset="epic")
        assert len(cards_of({**request_of(LUPUS), "extension": extension}, http)) == cards

    @pytest.mark.parametrize("extension", [None, [], "x", 7])
    def test_an_extension_that_is_no_object_is_ignored(self, extension: Any) -> None:
        assert len(cards_of({**request_of(LUPUS), "extension": extension}, self.serve(preset="epic"))) == 2
