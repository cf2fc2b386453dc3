"""``/subscriptions/NAME``: whom it takes notifications from, what it answers, and how soon."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.subscriptions import rescreening
from tests.app.ehr import BASE, Ehr
from tests.app.service import HOOK, LUPUS, TRIAL_A, outcome_of, request_of
from tests.app.store.serving import rows
from tests.app.subscriptions.notified import (
    PATH,
    SECRET,
    SHOWN,
    Notified,
    event,
    notification,
    notified,
    observation,
    subscriptions_file,
)


class TestWhoMayTell:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": SECRET},
            {"Authorization": f"Basic {SECRET}"},
            {"Authorization": f"Bearer {SECRET}x"},
            {"Authorization": f"Bearer {SECRET[:-1]}"},
            {"Authorization": "Bearer "},
            {"X-Secret": SECRET},
        ],
    )
    def test_without_the_secret_nothing_is_taken(self, here: Notified, headers: dict[str, str]) -> None:
        for method, path in (
            ("POST", PATH),
            ("PUT", f"{PATH}/Observation/1"),
            ("DELETE", f"{PATH}/Patient/1"),
        ):
            outcome_of(here.post(observation(), path, method, headers=headers), 401)
        assert here.figure("notifications") == 0

    def test_a_name_that_there_is_not_is_answered_as_a_wrong_secret_is(self, here: Notified) -> None:
        unknown = here.post(observation(), "/subscriptions/another")
        wrong = here.post(observation(), headers={"Authorization": "Bearer wrong"})
        assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content)
        assert unknown.status_code == 401

    def test_of_two_secrets_none_is_taken(self, here: Notified) -> None:
        twice = [("Authorization", f"Bearer {SECRET}"), ("Authorization", f"Bearer {SECRET}")]
        outcome_of(here.http.post(PATH, headers=twice), 401)

    def test_another_header_holds_the_secret_alone(self, sqlite_url: str, tmp_path: Path) -> None:
        file = subscriptions_file(tmp_path, {"header": "X-Told-By"})
        with notified(sqlite_url, tmp_path, file=file) as here:
            assert here.post(observation(), headers={"x-told-by": SECRET}).status_code == 202
            outcome_of(here.post(observation(), headers=SHOWN), 401)

    def test_while_a_secret_is_changed_both_are_taken(self, sqlite_url: str, tmp_path: Path) -> None:
        new = "the-new-secret-of-thirty-two-characters"
        file = subscriptions_file(tmp_path, secret=f"{new}\n{SECRET}\n")
        with notified(sqlite_url, tmp_path, file=file) as here:
            for secret in (new, SECRET):
                assert here.post(headers={"Authorization": f"Bearer {secret}"}).status_code == 202

    def test_without_subscriptions_there_is_no_such_path(self) -> None:
        from tests.app.service import client

        outcome_of(client().post(PATH, headers=SHOWN), 404)


class TestWhatIsAnswered:
    def test_a_resource_is_accepted_before_anybody_is_screened(self, sqlite_url: str, tmp_path: Path) -> None:
        released = threading.Event()

        def hold(request: httpx.Request) -> httpx.Response | None:
            assert released.wait(20)
            return None

        with notified(sqlite_url, tmp_path, Ehr(instead=hold)) as here:
            answer = here.post(observation())
            assert (answer.status_code, answer.content) == (202, b"")
            assert here.in_trail() == []
            released.set()
            assert len(here.screened()) == 1

    def test_as_servers_put_each_resource_in_its_place(self, here: Notified) -> None:
        assert here.post(observation(), f"{PATH}/Observation/new-result", "PUT").status_code == 202
        assert len(here.screened()) == 1

    @pytest.mark.parametrize("place", ["Observation/another", "Condition/new-result"])
    def test_a_resource_in_another_ones_place_is_refused(self, here: Notified, place: str) -> None:
        outcome_of(here.post(observation(), f"{PATH}/{place}", "PUT"), 400)

    @pytest.mark.parametrize("kind", ["handshake", "heartbeat"])
    def test_a_handshake_is_answered_and_nobody_screened(self, here: Notified, kind: str) -> None:
        answer = here.post(notification(kind))
        assert answer.status_code == 200
        here.settled()
        assert here.in_trail() == []
        assert here.figure("notifications_total", kind=kind) == 1

    def test_a_bundle_is_answered_by_one_for_those_who_post_a_transaction(self, here: Notified) -> None:
        answer = here.post(notification("event-notification", event(1, f"Patient/{LUPUS}"), so_far=1))
        assert answer.status_code == 200
        assert answer.json() == {"resourceType": "Bundle", "type": "transaction-response"}

    def test_a_resource_of_nobody_is_taken_and_counted(self, here: Notified) -> None:
        answer = here.post({"resourceType": "Medication", "id": "1"})
        assert answer.status_code == 200
        assert here.figure("notifications_untold_total") == 1

    @pytest.mark.parametrize("body", [b"<Observation/>", b"[]", b'{"resourceType": "Bundle", "entry": 1}'])
    def test_what_is_no_notification_is_refused(self, here: Notified, body: bytes) -> None:
        outcome_of(here.post(body), 400)

    def test_xml_is_refused_and_json_named(self, here: Notified) -> None:
        answer = here.post(b"<x/>", headers={**SHOWN, "content-type": "application/fhir+xml"})
        assert "fhir+json" in outcome_of(answer, 415)["diagnostics"]

    def test_limits_of_size_and_depth_hold_here_too(self, sqlite_url: str, tmp_path: Path) -> None:
        with notified(sqlite_url, tmp_path, max_body_bytes=1000, max_nesting=20) as here:
            outcome_of(here.post(b" " * 1001), 413)
            outcome_of(here.post(b'{"resourceType": "Basic", "a": ' + b"[" * 30 + b"]" * 30 + b"}"), 400)

    def test_when_too_many_wait_the_server_is_to_send_it_again(self, sqlite_url: str, tmp_path: Path) -> None:
        settings = {"subscription_most_waiting": 2, "subscription_settle_seconds": 30}
        with notified(sqlite_url, tmp_path, **settings) as here:
            for patient in ("a", "b"):
                assert here.post(observation(f"Patient/{patient}")).status_code == 202
            answer = here.post(observation("Patient/c"))
            assert outcome_of(answer, 503)["code"] == "throttled"
            assert int(answer.headers["retry-after"]) > 0
            # Who waits already takes no more room.
            assert here.post(observation("Patient/b")).status_code == 202
            assert here.figure("rescreenings_waiting") == 2


class TestWhatComesOfIt:
    def test_the_patient_is_screened_and_the_list_says_what_changed(self, here: Notified) -> None:
        here.post(observation())
        here.screened()
        here.ehr.resources["Observation"].append(observation())
        here.post(observation())
        here.screened(2)
        listed = here.until(
            lambda: {row["trial"]: row for row in rows(here.url, "listed_trials")},
            lambda found: found[TRIAL_A]["changed"] is not None,
        )
        judged = [row for row in rows(here.url, "judged_trials") if row["trial"] == TRIAL_A]
        assert [row["verdict"] for row in judged] == ["undetermined", "potentially-eligible"]
        assert listed[TRIAL_A]["before"] is not None

    def test_the_same_notification_twice_changes_nothing(self, here: Notified) -> None:
        told = notification("event-notification", event(1, f"Patient/{LUPUS}"), so_far=1)
        for times in (1, 2):
            here.post(told)
            here.screened(times)
        here.settled()
        assert {row["changed"] for row in rows(here.url, "listed_trials")} == {None}
        assert here.figure("events_missed_total") == 0

    def test_who_has_died_is_a_candidate_no_more(self, here: Notified) -> None:
        here.post(observation())
        here.screened()
        (patient,) = here.ehr.resources["Patient"]
        here.post(patient | {"deceasedBoolean": True})
        patient["deceasedBoolean"] = True
        here.screened(2)
        here.until(
            lambda: [row["changed"] for row in rows(here.url, "listed_trials")],
            lambda found: len(found) == 2 and None not in found,
        )

    def test_hooks_of_the_client_and_its_server_keep_one_entry_of_a_patient(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        file = subscriptions_file(tmp_path, {"client": "open"})
        with notified(sqlite_url, tmp_path, file=file) as here:
            assert here.http.post(HOOK, json={**request_of(LUPUS), "fhirServer": BASE}).status_code == 200
            here.post(observation())
            here.screened()
            assert len(rows(here.url, "listed_trials")) == 2

    def test_many_notifications_of_one_patient_are_one_screening(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        with notified(sqlite_url, tmp_path, subscription_settle_seconds=0.5) as here:
            for number in range(20):
                here.post(observation(id=f"result-{number}"))
            here.screened()
            here.settled()
            assert len(here.in_trail()) == 1

    def test_a_patient_with_the_disease_of_no_trial_is_on_no_list(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        with notified(sqlite_url, tmp_path, Ehr("peter-novak")) as here:
            here.post(observation("Patient/peter-novak"))
            here.screened()
            assert rows(here.url, "listed_trials") == []

    def test_of_ids_alone_the_server_tells_whose_they_are(self, here: Notified) -> None:
        here.ehr.resources["Observation"].append(observation())
        here.post(notification("event-notification", event(1, "Observation/new-result"), so_far=1))
        assert len(here.screened()) == 1
        assert here.figure("rescreenings_total", outcome="found") == 1

    def test_what_is_gone_from_the_server_is_told_and_not_tried_again(self, here: Notified) -> None:
        here.post(method="DELETE", path=f"{PATH}/Observation/deleted")
        here.until(lambda: here.figure("rescreenings_total", outcome="gone"), lambda found: found == 1)

    def test_where_nothing_tells_what_is_new_the_server_is_asked_since_when(self, here: Notified) -> None:
        assert here.post().status_code == 202
        assert len(here.screened()) == 1
        asked = [request for request in here.ehr.asked if "_lastUpdated" in request.url.params]
        assert {request.url.path.rpartition("/")[2] for request in asked} >= {"Patient", "Observation"}
        assert {request.url.params["_lastUpdated"] for request in asked} == {"ge2026-06-15T09:25:00Z"}

    def test_what_says_of_itself_that_it_is_older_makes_nobody_be_screened(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        ehr = Ehr()
        for kind in ehr.resources:
            for resource in ehr.resources[kind]:
                resource["meta"] = {"lastUpdated": "2026-06-15T09:24:59.999Z"}
        with notified(sqlite_url, tmp_path, ehr) as here:
            here.post()
            here.until(lambda: here.figure("rescreenings_total", outcome="found"), lambda found: found == 1)
            here.settled()
            assert here.in_trail() == []


class TestFaults:
    @pytest.fixture(autouse=True)
    def _hurried(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rescreening, "FIRST_WAIT", 0.01)

    def test_a_server_that_is_away_is_asked_again(self, sqlite_url: str, tmp_path: Path) -> None:
        away = [True] * 4

        def fail(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(500) if "/Patient/" in request.url.path and away and away.pop() else None

        with notified(sqlite_url, tmp_path, Ehr(instead=fail)) as here:
            here.post(observation())
            assert len(here.screened()) == 1
            assert here.figure("rescreenings_total", outcome="again") == 4

    def test_what_stays_in_vain_is_given_up_and_told(self, sqlite_url: str, tmp_path: Path) -> None:
        with notified(sqlite_url, tmp_path, Ehr(instead=lambda _: httpx.Response(500))) as here:
            here.post(observation())
            here.until(
                lambda: here.figure("rescreenings_total", outcome="given-up"), lambda found: found == 1
            )
            assert here.figure("rescreenings_total", outcome="again") == rescreening.ATTEMPTS - 1
            assert here.in_trail() == []

    def test_a_type_that_does_not_come_for_a_moment_is_not_told_as_missing(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        away = [True]

        def fail(request: httpx.Request) -> httpx.Response | None:
            return (
                httpx.Response(500)
                if request.url.path.endswith("/Procedure") and away and away.pop()
                else None
            )

        with notified(sqlite_url, tmp_path, Ehr(instead=fail)) as here:
            here.post(observation())
            here.screened()
            assert here.figure("rescreenings_total", outcome="partly") == 0
            assert here.figure("rescreenings_total", outcome="done") == 1

    def test_what_a_server_refuses_leaves_the_patient_screened_without_it(
        self, sqlite_url: str, tmp_path: Path
    ) -> None:
        def refuse(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(403) if request.url.path.endswith("/Procedure") else None

        with notified(sqlite_url, tmp_path, Ehr(instead=refuse)) as here:
            here.post(observation())
            here.screened()
            assert here.figure("rescreenings_total", outcome="partly") == 1

    def test_a_fault_on_one_chart_does_not_end_the_work_on_others(
        self, here: Notified, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from app.subscriptions.screened import ChartScreening

        whole = ChartScreening.screen
        faults = [True]

        async def faulty(self: ChartScreening, *arguments: Any) -> int:
            if faults and faults.pop():
                raise RuntimeError("of this chart")
            return await whole(self, *arguments)

        monkeypatch.setattr(ChartScreening, "screen", faulty)
        here.post(observation())
        here.until(lambda: here.figure("rescreenings_total", outcome="failed"), lambda found: found == 1)
        here.post(observation())
        assert len(here.screened()) == 1

    def test_nothing_of_patient_or_secret_is_logged(
        self, sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with notified(sqlite_url, tmp_path) as here:
            here.post(observation())
            here.post(observation(), f"{PATH}/Observation/new-result", "PUT")
            here.post(notification("event-notification", event(1, "Observation/unknown"), so_far=1))
            here.post(observation(), headers={"Authorization": "Bearer a-wrong-secret"})
            here.screened()
            here.settled()
        logged = capsys.readouterr().err
        assert "screened again" in logged
        for secret in (LUPUS, "new-result", "unknown", SECRET, "a-wrong-secret", "Not detected"):
            assert secret not in logged, secret
        assert {"subscription": "ehr", "screenings": 2}.items() <= _line(logged, "screened again").items()


def _line(logged: str, event: str) -> dict[str, Any]:
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    return next(line for line in lines if line["event"] == event)
