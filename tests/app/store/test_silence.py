"""A declined trial stays silent for this patient, for a time, and until the verdict changes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from app.cards.override_reasons import SYSTEM
from app.store.configured import database_of
from app.store.memory import Recalled
from app.store.tables import metadata
from tests.app.service import LUPUS, POTENTIAL, TRIAL_A, TRIAL_B, fire, request_of
from tests.app.store.serving import Clock, Service, accepted, overridden, rows, service, settings_of


def reason(code: str) -> dict[str, Any]:
    return {"overrideReason": {"reason": {"code": code, "system": SYSTEM}}}


def decline(running: Service, clock: Clock, **request: Any) -> None:
    """Both trials are shown, and one is declined."""
    cards = running.cards(**request)
    assert cards.keys() == {TRIAL_A, TRIAL_B}
    assert running.tell(overridden(cards[TRIAL_A], clock.now)).status_code == 200


def test_a_declined_trial_is_not_shown_again_and_the_other_is(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        decline(running, clock)
        assert running.cards().keys() == {TRIAL_B}
        assert running.cards().keys() == {TRIAL_B}
    last = [row for row in rows(url, "judged_trials") if row["trial"] == TRIAL_A][-1]
    assert (last["card"], last["silence"], last["verdict"]) == (None, "declined", "undetermined")


def test_it_survives_a_restart(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        decline(running, clock)
    with service(url, clock) as running:
        assert running.cards().keys() == {TRIAL_B}


def test_an_accepted_card_silences_nothing(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        running.tell(accepted(running.cards()[TRIAL_A], clock.now))
        assert running.cards().keys() == {TRIAL_A, TRIAL_B}


def test_a_trial_that_was_accepted_after_it_was_declined_speaks_again(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        first, second = running.cards()[TRIAL_A], running.cards()[TRIAL_A]
        running.tell(overridden(first, clock.now - timedelta(hours=1)), accepted(second, clock.now))
        assert TRIAL_A in running.cards()


def test_who_says_that_it_is_not_their_part_does_not_silence_the_trial_for_others(
    url: str, clock: Clock
) -> None:
    with service(url, clock) as running:
        cards = running.cards()
        running.tell(
            overridden(cards[TRIAL_A], clock.now, **reason("not-my-part")),
            overridden(cards[TRIAL_B], clock.now, **reason("patient-declines")),
        )
        assert running.cards().keys() == {TRIAL_A}


def test_other_patients_are_not_concerned(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        decline(running, clock)
        assert running.cards(POTENTIAL).keys() == {TRIAL_A, TRIAL_B}


def test_a_patient_of_the_same_id_in_another_server_is_another_patient(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        decline(running, clock, fhirServer="https://north.example/fhir")
        assert len(running.cards(fhirServer="https://south.example/fhir")) == 2
        assert len(running.cards(fhirServer="https://NORTH.example/fhir/")) == 1


@pytest.mark.parametrize(("days", "silent"), [(89, True), (91, False)])
def test_it_stays_silent_for_the_days_that_the_operator_set(
    url: str, clock: Clock, days: int, silent: bool
) -> None:
    with service(url, clock, declined_days=90) as running:
        decline(running, clock)
        clock.now += timedelta(days=days)
        assert (TRIAL_A not in running.cards()) == silent


def test_zero_days_switch_it_off(url: str, clock: Clock) -> None:
    with service(url, clock, declined_days=0) as running:
        decline(running, clock)
        assert TRIAL_A in running.cards()


def test_a_changed_verdict_speaks_at_once(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        decline(running, clock)
        # The same patient, now with the chart of one who may join.
        prefetch = request_of(POTENTIAL)["prefetch"]
        now = running.cards(POTENTIAL, prefetch=prefetch)
        running.tell(overridden(now[TRIAL_A], clock.now))
        assert TRIAL_A not in running.cards(POTENTIAL)
        del prefetch["medicationStatements"], prefetch["devices"]
        changed = running.cards(POTENTIAL, prefetch=prefetch)
        verdict = changed[TRIAL_A]["extension"]["org.trialcards.screening"]["verdict"]
        assert verdict == "undetermined"


def test_a_trial_declined_under_two_verdicts_stays_silent_when_the_verdict_changes_back(
    url: str, clock: Clock
) -> None:
    changed = request_of(POTENTIAL)["prefetch"]
    del changed["medicationStatements"], changed["devices"]
    with service(url, clock) as running:
        running.tell(overridden(running.cards(POTENTIAL, prefetch=changed)[TRIAL_A], clock.now))
        running.tell(overridden(running.cards(POTENTIAL)[TRIAL_A], clock.now))
        assert TRIAL_A not in running.cards(POTENTIAL)
        assert TRIAL_A not in running.cards(POTENTIAL, prefetch=changed)


def test_who_says_that_it_is_not_their_part_does_not_undo_what_another_declined(
    url: str, clock: Clock
) -> None:
    with service(url, clock) as running:
        first, second = running.cards()[TRIAL_A], running.cards()[TRIAL_A]
        running.tell(overridden(first, clock.now), overridden(second, clock.now, **reason("not-my-part")))
        assert TRIAL_A not in running.cards()


def test_feedback_that_another_client_gives_on_a_card_that_it_was_never_shown_silences_nothing(
    url: str, clock: Clock
) -> None:
    from app.store.records import CardFeedback
    from app.store.writing import write

    with service(url, clock) as running:
        card = running.cards()[TRIAL_A]
        stranger = CardFeedback(
            client="stranger", card=card["uuid"], outcome="overridden", at=clock.now, received=clock.now
        )
        database = database_of(settings_of(url))
        with database.writing() as connection:
            write(connection, [stranger])
        database.close()
        assert TRIAL_A in running.cards()


class TestOrders:
    """What an order would do to a trial is another matter than the trial itself."""

    def test_who_declined_the_trial_is_not_told_what_an_order_would_do_to_it(self) -> None:
        known = Recalled(declined={(TRIAL_A, "potentially-eligible")})
        assert known.silence("order-sign", TRIAL_A, "potentially-eligible") == "declined"
        assert known.silence("order-sign", TRIAL_A, "undetermined") is None

    def test_who_put_aside_what_an_order_would_do_has_not_declined_the_trial(self) -> None:
        known = Recalled(declined_closings={("E10 rituximab", "potentially-eligible")})
        closings = {"E10 rituximab"}
        assert known.silence("order-select", TRIAL_A, "potentially-eligible", closings) == "declined"
        assert known.silence("order-select", TRIAL_A, "undetermined", closings) is None
        assert known.silence("patient-view", TRIAL_A, "potentially-eligible") is None

    def test_a_card_is_silent_only_if_all_that_it_is_about_was_put_aside(self) -> None:
        known = Recalled(declined_closings={("E10 rituximab", "undetermined")})
        closings = {"E10 rituximab", "E13 thalidomide"}
        assert known.silence("order-sign", TRIAL_A, "undetermined", closings) is None

    def test_a_card_on_an_order_that_was_put_aside_is_not_shown_again_when_the_order_is_signed(
        self, url: str, clock: Clock
    ) -> None:
        with service(url, clock) as running:
            (card,) = told(running, "order-select")
            running.tell(overridden(card, clock.now))
            assert told(running, "order-sign") == []
            assert running.cards(POTENTIAL).keys() == {TRIAL_A, TRIAL_B}
        assert {row["hook"] for row in rows(url, "judged_trials")} == {
            "order-select",
            "order-sign",
            "patient-view",
        }

    def test_an_order_of_another_drug_speaks_all_the_same(self, url: str, clock: Clock) -> None:
        """Of the same exclusion (E10), and of another one (E13)."""
        with service(url, clock) as running:
            (card,) = told(running, "order-sign")
            running.tell(overridden(card, clock.now))
            for drug in ("belimumab", "thalidomide"):
                (other,) = told(running, "order-sign", drug)
                assert drug in other["summary"]
            (both,) = told(running, "order-sign", "rituximab", "thalidomide")
            running.tell(overridden(both, clock.now))
            assert told(running, "order-sign", "thalidomide") == []
            assert len(told(running, "order-sign", "belimumab")) == 1

    def test_the_same_drug_under_another_name_stays_silent(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            (card,) = told(running, "order-sign")
            running.tell(overridden(card, clock.now))
            assert told(running, "order-sign", "MabThera 500 mg/50 ml") == []

    def test_a_card_on_an_order_that_is_accepted_later_ends_the_silence(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            first, second = told(running, "order-sign")[0], told(running, "order-sign")[0]
            running.tell(overridden(first, clock.now - timedelta(hours=1)), accepted(second, clock.now))
            assert len(told(running, "order-sign")) == 1

    def test_what_another_calls_not_their_part_stays_put_aside(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            first, second = told(running, "order-sign")[0], told(running, "order-sign")[0]
            running.tell(overridden(first, clock.now), overridden(second, clock.now, **reason("not-my-part")))
            assert told(running, "order-sign") == []

    def test_another_patients_orders_are_not_concerned(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            (card,) = told(running, "order-sign")
            running.tell(overridden(card, clock.now))
            assert len(told(running, "order-sign", patient=LUPUS)) == 1

    def test_what_is_kept_of_an_order_names_neither_drug_nor_criterion(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            told(running, "order-sign")
        (kept,) = [row["closings"] for row in rows(url, "judged_trials")]
        assert re.fullmatch("[0-9a-f]{32}", kept)

    def test_what_was_shown_before_its_closings_were_kept_silences_nothing(
        self, url: str, clock: Clock
    ) -> None:
        with service(url, clock) as running:
            (card,) = told(running, "order-sign")
            running.tell(overridden(card, clock.now))
            database = database_of(settings_of(url))
            with database.writing() as connection:
                connection.execute(metadata.tables["judged_trials"].update().values(closings=None))
            database.close()
            assert len(told(running, "order-sign")) == 1

    def test_clients_that_remember_by_topic_silence_that_order_alone(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            topics = [
                told(running, "order-sign", drug)[0]["source"]["topic"]["code"]
                for drug in ("rituximab", "MabThera", "belimumab")
            ]
        assert topics[0] == topics[1] != topics[2]
        assert all(topic.startswith("NCT05247203ORDER") for topic in topics)


def told(running: Service, hook: str, *drugs: str, patient: str = POTENTIAL) -> list[dict[str, Any]]:
    """The cards on drafts of these drugs, or of rituximab, for a patient to whom both trials are open."""
    drafts = [
        {
            "resourceType": "MedicationRequest",
            "id": f"draft{number}",
            "status": "draft",
            "intent": "order",
            "subject": {"reference": f"Patient/{patient}"},
            "medicationCodeableConcept": {"text": drug},
            "authoredOn": "2026-06-15",
        }
        for number, drug in enumerate(drugs or ("rituximab",))
    ]
    request = {**request_of(patient), "hook": hook}
    entries = [{"resource": draft} for draft in drafts]
    request["context"] |= {
        "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries},
        "selections": [f"MedicationRequest/{draft['id']}" for draft in drafts],
    }
    found: list[dict[str, Any]] = fire(request, running.http).json()["cards"]
    assert running.store.flush()
    return found
