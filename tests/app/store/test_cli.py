"""``trialcards feedback``, ``audit`` and ``store``: what operators and their scripts see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from app.cli import main
from app.store.migrating import NEWEST_REVISION
from tests.app.service import LUPUS, POTENTIAL, TRIAL_A, TRIAL_B
from tests.app.store.serving import KEY, Clock, accepted, overridden, rows, service

REASON = {"code": "not-suitable", "system": "https://example.org/reasons", "display": "Not suitable"}
SERVER = "https://ehr.example/fhir"

Run = Callable[..., str]


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against the database, and returns what it prints; its exit code must be ``code``."""
    monkeypatch.setenv("TRIALCARDS_DATABASE_URL", url)
    monkeypatch.setenv("TRIALCARDS_PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "200")

    def ran(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(arguments) == code
        out, errors = capsys.readouterr()
        assert errors.count("\n") == (1 if code else 0), errors
        return errors if code else out

    return ran


@pytest.fixture
def used(url: str, clock: Clock) -> Clock:
    """Three charts opened; one card declined with a reason, one without, one accepted, and two ignored."""
    with service(url, clock) as running:
        first = running.cards(LUPUS, fhirServer=SERVER)
        running.tell(overridden(first[TRIAL_A], clock.now, overrideReason={"reason": REASON}))
        clock.now += timedelta(days=10)
        second = running.cards(POTENTIAL)
        running.tell(
            overridden(second[TRIAL_A], clock.now),
            accepted(second[TRIAL_B], clock.now),
            overridden("123456", clock.now, overrideReason={"reason": REASON}),
        )
        running.cards(LUPUS, fhirServer=SERVER)
    return clock


@pytest.mark.usefixtures("used")
class TestFeedback:
    def test_reasons_trials_and_ignored_cards_are_counted(self, run: Run) -> None:
        told = json.loads(run("feedback", "--format", "json"))
        assert told == {
            "shown": 5,
            "accepted": 1,
            "overridden": 3,
            "ignored": 2,
            "unknown": 1,
            "commented": 0,
            "reasons": [{**REASON, "cards": 2}, {"code": "", "cards": 1}],
            "trials": [
                {"trial": TRIAL_B, "shown": 3, "accepted": 1, "overridden": 0, "ignored": 2},
                {"trial": TRIAL_A, "shown": 2, "accepted": 0, "overridden": 2, "ignored": 0},
            ],
        }

    def test_the_table_says_the_same(self, run: Run) -> None:
        told = run("feedback")
        assert (
            "5 cards shown, 2 of them ignored; 1 accepted, 3 overridden (1 of cards not known here)" in told
        )
        assert re.search(
            r"^2 +Not suitable +not-suitable +https://example.org/reasons *$", told, re.MULTILINE
        )
        assert "(no reason given)" in told

    def test_it_can_be_told_from_when_until_when(self, run: Run) -> None:
        early = json.loads(run("feedback", "--until", "2026-06-20", "--format", "json"))
        late = json.loads(run("feedback", "--since", "2026-06-20T00:00:00+00:00", "--format", "json"))
        assert (early["shown"], early["overridden"], late["shown"], late["overridden"]) == (2, 1, 3, 2)

    def test_what_is_no_time_is_refused_in_one_line(self, run: Run) -> None:
        assert "--since 'yesterday' is no day" in run("feedback", "--since", "yesterday", code=2)


@pytest.mark.usefixtures("used")
class TestAudit:
    def test_each_call_is_a_line_of_json(self, run: Run) -> None:
        calls = [json.loads(line) for line in run("audit", "--format", "json").splitlines()]
        assert [call["hook"] for call in calls] == ["patient-view"] * 3
        assert calls[0]["user"] == "Practitioner/demo"
        assert [each["silence"] for each in calls[2]["judged"]] == [None, "declined"]

    def test_it_is_a_bundle_of_audit_events_on_request(self, run: Run) -> None:
        bundle = Bundle.model_validate_json(run("audit", "--format", "fhir", "--since", "2026-06-20"))
        assert [entry.resource.get_resource_type() for entry in bundle.entry] == ["AuditEvent"] * 2

    def test_the_table_names_trials_and_verdicts(self, run: Run) -> None:
        assert f"{TRIAL_A} v2 undetermined, shown" in run("audit")
        assert f"{TRIAL_A} v2 undetermined, declined" in run("audit")

    def test_where_something_else_reads_each_call_is_one_line_with_tabs(self, run: Run) -> None:
        lines = run("audit").splitlines()
        assert len(lines) == 3
        assert {len(line.split("\t")) for line in lines} == {6}

    def test_a_patient_is_found_by_id_with_client_and_server(self, run: Run) -> None:
        theirs = ("audit", "--format", "json", "--patient", LUPUS, "--client", "open", "--fhir-server")
        assert len(run(*theirs, SERVER).splitlines()) == 2
        assert run(*theirs, "https://another.example").splitlines() == []
        assert "--patient needs --client" in run("audit", "--patient", LUPUS, code=2)


@pytest.mark.usefixtures("used")
class TestRefusedCalls:
    @pytest.fixture(autouse=True)
    def refused(self, url: str, used: Clock) -> None:
        with service(url, used) as running:
            running.http.post("/cds-services/lupus-trials", content=b"[]")

    def test_they_are_told_with_the_others_in_the_order_of_time(self, run: Run) -> None:
        lines = [json.loads(line) for line in run("audit", "--format", "json").splitlines()]
        assert [("judged" in line, line.get("status")) for line in lines] == [
            *[(True, None)] * 3,
            (False, 400),
        ]
        assert "refused: 400 structure" in run("audit")

    def test_alone_on_request_and_by_client(self, run: Run) -> None:
        (line,) = run("audit", "--refused", "--format", "json").splitlines()
        told = json.loads(line)
        assert (told["call"], told["client"], told["calls"]) == ("hook", "open", 1)
        assert run("audit", "--refused", "--format", "json", "--client", "unknown") == ""
        assert len(run("audit", "--format", "json", "--client", "open").splitlines()) == 4

    def test_as_audit_events_of_a_failure(self, run: Run) -> None:
        bundle = Bundle.model_validate_json(run("audit", "--refused", "--format", "fhir"))
        (entry,) = bundle.entry
        assert (entry.resource.outcome, entry.resource.outcomeDesc) == ("4", "400 structure")

    def test_of_a_patient_none_is_known(self, run: Run) -> None:
        theirs = ("--patient", LUPUS, "--client", "open", "--fhir-server", SERVER)
        assert len(run("audit", "--format", "json", *theirs).splitlines()) == 2
        assert "leave out --patient or --refused" in run("audit", "--refused", *theirs, code=2)

    def test_status_and_purge_count_them(self, run: Run) -> None:
        assert "1  refused calls" in run("store", "status")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("audit", "--patient", "\udcff", "--client", "open"), "--patient is not written in UTF-8"),
        (("audit", "--client", "\udcff"), "--client is the id of a client"),
        (("audit", "--client", "open\n"), "--client is the id of a client"),
        (("store", "purge", "--patient", "1", "--client", "a b"), "--client is the id of a client"),
        (("store", "purge", "--patient", "1"), "--patient needs --client"),
        (("store", "purge", "--older-than", "99999999"), "36500"),
        (("audit", "--since", "0001-01-01T00:00:00+14:00"), "is no day or instant"),
    ],
)
def test_arguments_that_can_name_nothing_are_refused_in_one_line(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    assert words in run(*arguments, code=2)


class TestPurge:
    def test_what_is_old_goes_and_what_is_newer_stays(
        self, run: Run, url: str, used: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import app.cli_store as commands

        class Later(commands.datetime):  # type: ignore[misc,name-defined]  # the clock of the command
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return used.now

        monkeypatch.setattr(commands, "datetime", Later)
        told = run("store", "purge", "--older-than", "5")
        assert told == "deleted: 1 calls with their cards, feedback on 1 cards\n"
        assert len(rows(url, "hook_calls")) == 2
        assert {row["at"].day for row in rows(url, "judged_trials")} == {25}
        assert len(rows(url, "feedback")) == 3

    def test_all_that_is_kept_of_one_patient_goes(self, run: Run, url: str, used: Clock) -> None:
        told = run("store", "purge", "--patient", LUPUS, "--client", "open", "--fhir-server", SERVER)
        assert told == "deleted: 2 calls with their cards, feedback on 1 cards\n"
        assert len(rows(url, "judged_trials")) == 2
        assert used.now

    @pytest.mark.parametrize("arguments", [(), ("--older-than", "1", "--patient", "1", "--client", "open")])
    def test_one_of_both_must_be_said(self, run: Run, arguments: tuple[str, ...]) -> None:
        assert "either --older-than DAYS or --patient ID" in run("store", "purge", *arguments, code=2)


class TestStore:
    def test_migrate_makes_the_tables_and_status_tells_what_is_in_them(self, run: Run) -> None:
        assert "none; run trialcards store migrate" in run("store", "status")
        assert f"revision {NEWEST_REVISION}" in run("store", "migrate")
        assert "0  cards shown" in run("store", "status")

    @pytest.mark.parametrize("command", [["feedback"], ["audit"], ["store", "migrate"], ["store", "status"]])
    def test_a_database_that_cannot_be_reached_is_one_line_without_the_password(
        self, run: Run, command: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRIALCARDS_DATABASE_URL", "postgresql://u:secret-word@127.0.0.1:1/x")
        told = run(*command, code=6)
        assert told.startswith("trialcards: the database x at 127.0.0.1 cannot be used: ")
        assert "secret-word" not in told

    def test_postgresql_needs_a_key_that_all_servers_share(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRIALCARDS_DATABASE_URL", "postgresql://u:secret-word@127.0.0.1:1/x")
        monkeypatch.delenv("TRIALCARDS_PSEUDONYM_KEY")
        monkeypatch.setenv("TRIALCARDS_STORE", "true")
        told = run("feedback", code=2)
        assert told.startswith("trialcards: TRIALCARDS_PSEUDONYM_KEY: ")
        assert "secret-word" not in told


@pytest.mark.parametrize("command", [["feedback"], ["audit"], ["store", "migrate"], ["store", "purge"]])
def test_every_command_shows_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main([*command, "--help"])
    assert f"\n    trialcards {' '.join(command)}" in capsys.readouterr().out.replace("\n  t", "\n    t")
