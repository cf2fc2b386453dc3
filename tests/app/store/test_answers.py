"""What is kept of answers: sealed for one patient, for as long as it is to be, on both databases."""

from __future__ import annotations

import asyncio
import uuid
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.bundle import Bundle

from app.answers import book as book_module
from app.answers.book import About, AnswerBook
from app.answers.given import GivenAnswer, standing_responses
from app.audit_event import audit_bundle, audit_event
from app.questionnaires.places import Group, Place
from app.rehearsal import EXTENSION
from app.store.configured import database_of, pseudonyms_of
from app.store.purging import purge_older, purge_patient
from app.store.records import AnswerRecord
from app.store.trail import trail
from tests.app.answering import HERE, answered, path_of
from tests.app.service import LUPUS, TRIAL_A
from tests.app.store.calls import ANSWERS
from tests.app.store.serving import Clock, rows, service, settings_of

ABOUT = About("open", None, LUPUS)
QUESTION = f"{TRIAL_A}/I9/contraception"


class Watcher:
    def __init__(self) -> None:
        self.failed: list[str] = []

    def store_failed(self, operation: str, error: BaseException | None, records: int = 1) -> None:
        self.failed.append(operation)


def opened(url: str, clock: Clock, key: str | None = None) -> AnswerBook:
    settings = settings_of(url, **({} if key is None else {"pseudonym_key": key}))
    return AnswerBook(database_of(settings), lambda: pseudonyms_of(settings), clock, Watcher())


def answer(clock: Clock, **changed: Any) -> GivenAnswer:
    return msgspec.structs.replace(
        GivenAnswer(
            id=str(uuid.uuid4()),
            at=clock(),
            trial=TRIAL_A,
            version="1",
            question=QUESTION,
            words="Is contraception agreed?",
            place=Place("Is contraception agreed?", (Group(f"{TRIAL_A}/I9", "I9"),)),
            value=True,
            on=date(2026, 6, 15),
            authored="2026-06-15",
            name="Dr Wu",
            role="clinician",
            user="Practitioner/1",
        ),
        **changed,
    )


def test_an_answer_comes_back_as_it_was_given(url: str, clock: Clock) -> None:
    book, given = opened(url, clock), answer(clock, why="As agreed")
    book.keep(ABOUT, given)
    assert list(book.all(ABOUT)) == [given]
    book.close()


@pytest.mark.parametrize(
    "other",
    [
        ABOUT._replace(patient_id="another"),
        ABOUT._replace(client="clinic"),
        ABOUT._replace(fhir_server="https://ehr.example/fhir"),
        ABOUT._replace(link="a link"),
    ],
)
def test_it_is_one_patients_alone(sqlite_url: str, clock: Clock, other: About) -> None:
    book = opened(sqlite_url, clock)
    book.keep(ABOUT, answer(clock))
    assert list(book.all(other)) == []
    book.close()


def test_with_another_secret_nothing_is_found_and_nothing_can_be_read(sqlite_url: str, clock: Clock) -> None:
    book = opened(sqlite_url, clock)
    book.keep(ABOUT, answer(clock))
    book.close()
    other = opened(sqlite_url, clock, "another key of thirty-two signs or more")
    assert list(other.all(ABOUT)) == []
    other.close()


def test_an_answer_that_ends_with_a_link_is_gone_when_that_has_run_out(url: str, clock: Clock) -> None:
    book = opened(url, clock)
    whom = ABOUT._replace(link="a link", until=clock.now + timedelta(minutes=5))
    book.keep(whom, answer(clock))
    assert len(book.all(whom)) == 1
    clock.now += timedelta(minutes=6)
    assert list(book.all(whom)) == []
    book.close()


def test_what_is_deleted_of_a_patient_and_of_old_days_takes_answers_along(url: str, clock: Clock) -> None:
    book, settings = opened(url, clock), settings_of(url)
    other = ABOUT._replace(patient_id="another")
    for whom in (ABOUT, other):
        book.keep(whom, answer(clock))
    database = database_of(settings)
    with database.changing() as connection:
        name = pseudonyms_of(settings).of_patient("open", None, LUPUS)
        assert purge_patient(connection, name).answers == 1
    assert (len(book.all(ABOUT)), len(book.all(other))) == (0, 1)
    assert purge_older(database, clock.now + timedelta(days=1)).answers == 1
    assert list(book.all(other)) == []
    for each in (book, database):
        each.close()


def test_of_one_day_the_answer_recorded_last_is_read_and_none_that_was_taken_back(clock: Clock) -> None:
    first, second = answer(clock, value=False), answer(clock)
    withdrawn = answer(clock, value=False, withdrawn=clock())
    earlier = answer(clock, on=date(2026, 6, 1), authored="2026-06-01")
    read = [
        msgspec.json.decode(each)["id"]
        for each in standing_responses([withdrawn, earlier, second, first], LUPUS)
    ]
    assert sorted(read) == sorted([earlier.id, second.id])


def test_a_hook_waits_a_quarter_of_a_second_and_goes_without(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book_module, "HOOK_SECONDS", 0.25)
    watcher = Watcher()
    settings = settings_of("postgresql://nobody@127.0.0.1:1/none")
    book = AnswerBook(database_of(settings), lambda: pseudonyms_of(settings), clock, watcher)
    assert list(asyncio.run(book.at_once(ABOUT))) == []
    assert watcher.failed == ["read"]
    assert list(asyncio.run(book.at_once(ABOUT))) == []
    assert watcher.failed == ["read"]  # it rests before it tries again
    book.close()


def test_of_a_rehearsed_chart_an_answer_ends_with_its_link(sqlite_url: str, clock: Clock) -> None:
    rehearsed = {"extension": {EXTENSION: {"asOf": "2026-06-15", "keepEvidence": True}}}
    with service(sqlite_url, clock, pages_url=HERE) as running:
        path = path_of(running.http, **rehearsed)
        assert answered(running.http, path, QUESTION).status_code == 200
        (row,) = rows(sqlite_url, "person_answers")
        assert row["until"] is not None
        for other in (path_of(running.http, **rehearsed), path_of(running.http)):
            assert "Dr Wu" not in running.http.get(other).text


def told_of(url: str, **which: str) -> list[AnswerRecord]:
    """What the audit trail tells of answers."""
    database = database_of(settings_of(url))
    with database.reading_on() as connection:
        found = [each for each in trail(connection, None, None, **which) if isinstance(each, AnswerRecord)]
    database.close()
    return found


def test_the_audit_trail_tells_who_answered_what_and_took_it_back(url: str, clock: Clock) -> None:
    book = opened(url, clock)
    first, second = answer(clock), answer(clock)
    for given in (first, second):
        book.keep(ABOUT, given)
    assert book.withdraw(ABOUT, first.id, "Practitioner/2")
    book.close()
    acts = [(act.act, act.user, act.question) for act in told_of(url)]
    assert acts == [
        ("answer", "Practitioner/1", QUESTION),
        ("answer", "Practitioner/1", QUESTION),
        ("answer-withdrawn", "Practitioner/2", QUESTION),
    ]
    assert len({act.id for act in told_of(url)}) == 3
    assert told_of(url, patient="ab" * 16) == told_of(url, client="clinic") == []
    Bundle.model_validate_json(audit_bundle(told_of(url)))


def test_what_ends_with_a_link_is_not_in_the_audit_trail(sqlite_url: str, clock: Clock) -> None:
    book = opened(sqlite_url, clock)
    book.keep(ABOUT._replace(link="a link", until=clock.now + timedelta(hours=1)), answer(clock))
    book.close()
    assert told_of(sqlite_url) == []


def test_an_audit_event_names_the_person_who_was_signed_in_or_the_user_of_the_ehr() -> None:
    by_user, by_person, by_nobody = map(audit_event, ANSWERS)
    assert by_user.agent[0].who.reference == "Practitioner/1"
    assert by_person.agent[0].who.identifier.system == "urn:trialcards:person"
    assert by_nobody.agent[0].who.identifier.value == "open"
    assert (by_user.action, by_person.action) == ("C", "U")
    assert [detail.valueString for detail in by_user.entity[1].detail] == ["2", "nct1/E1/judged"]
