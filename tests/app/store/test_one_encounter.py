"""``encounter-start`` does not say the same thing twice within an encounter, however often it fires."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.store import kept
from app.store.kept import Store
from app.store.memory import Case, Recalled
from app.store.records import JudgedTrial
from tests.app.service import LUPUS, TRIAL_A, TRIAL_B
from tests.app.store.serving import Clock, service


class TestOneEncounter:
    """encounter-start may fire more than once in an encounter (HL7/cds-hooks-library)."""

    shown = Recalled(shown_in_encounter={(TRIAL_A, "undetermined")})

    def test_a_card_is_not_repeated_by_encounter_start(self) -> None:
        assert self.shown.silence("encounter-start", TRIAL_A, "undetermined") == "shown-in-encounter"

    def test_another_verdict_or_another_trial_is_news(self) -> None:
        assert self.shown.silence("encounter-start", TRIAL_A, "potentially-eligible") is None
        assert self.shown.silence("encounter-start", TRIAL_B, "undetermined") is None

    def test_a_chart_that_is_opened_again_shows_its_cards_again(self) -> None:
        assert self.shown.silence("patient-view", TRIAL_A, "undetermined") is None

    def test_what_was_shown_in_which_encounter_is_recalled(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            running.cards(context={"encounterId": "e1"})

            def recalled(encounter: str | None) -> Recalled:
                case = Case("encounter-start", "open", None, LUPUS, encounter)
                return asyncio.run(running.store.recall(case))

            assert recalled("e1").shown_in_encounter == {
                (TRIAL_A, "undetermined"),
                (TRIAL_B, "undetermined"),
            }
            assert recalled("e2").shown_in_encounter == set()
            assert recalled(None).shown_in_encounter == set()

    def test_calls_that_come_together_show_a_card_once(self, url: str, clock: Clock) -> None:
        """The database may be read before what the first of them shows is written."""
        case = Case("encounter-start", "open", None, LUPUS, "e1")
        trial = JudgedTrial(trial=TRIAL_A, version="1", verdict="undetermined", card="c")

        async def shows(store: Store) -> bool:
            known = await store.recall(case)
            silent = known.silence(case.hook, TRIAL_A, "undetermined") is not None
            store.remember(case, [trial] if not silent else [])
            return not silent

        async def together(store: Store) -> int:
            return sum(await asyncio.gather(*[shows(store) for _ in range(24)]))

        with service(url, clock) as running:
            assert asyncio.run(together(running.store)) == 1

    def test_of_other_servers_nothing_is_recalled(self, url: str, clock: Clock) -> None:
        with service(url, clock) as running:
            running.cards(context={"encounterId": "e1"}, fhirServer="https://north.example/fhir")
            case = Case("encounter-start", "open", "https://south.example/fhir", LUPUS, "e1")
            assert asyncio.run(running.store.recall(case)).shown_in_encounter == set()

    def test_what_this_process_showed_is_known_though_the_database_does_not_answer(
        self, url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with service(url, clock) as running:
            running.cards(context={"encounterId": "e1"})
            monkeypatch.setattr(kept, "RECALL_SECONDS", 0.05)
            monkeypatch.setattr(Store, "_recalled", lambda *_: time.sleep(0.5))
            case = Case("encounter-start", "open", None, LUPUS, "e1")
            assert len(asyncio.run(running.store.recall(case)).shown_in_encounter) == 2
