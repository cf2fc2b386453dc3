"""Answers of persons on the evidence page: the verdict follows at once, and so does the next card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.app.answering import HERE, answered, asked_on, card_of, outcome_on, path_of, taken_back, verdict_on
from tests.app.service import POTENTIAL, TRIAL_A, cards_of, findings_of, request_of, screening_of
from tests.app.store.serving import Clock, Service, rows, service

CONTRACEPTION = f"{TRIAL_A}/I9/contraception"
E10 = f"{TRIAL_A}/E10/judged"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def running(url: str) -> Iterator[Service]:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(url, clock, pages_url=HERE, log_level="debug") as started:
        yield started


def test_a_judgement_that_excludes_turns_the_verdict_at_once(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    assert verdict_on(running.http.get(path).text) == "potentially-eligible"
    page = answered(running.http, path, E10, "no", why="Treated for severe depression").text
    assert outcome_on(page, "E10") == "fail"
    assert verdict_on(page) == "ineligible"
    assert 'role="status"' in page


def test_an_attestation_turns_its_criterion_and_is_shown_with_who_when_and_why(running: Service) -> None:
    path = path_of(running.http)
    page = answered(running.http, path, f"{TRIAL_A}/I10/consent", name="Dr Wu", why="Signed in clinic").text
    assert outcome_on(page, "I10") == "pass"
    table = page.split('<section class="answers"')[1]
    for told in ("Dr Wu", "2026-06-15", "Signed in clinic", "Clinician"):
        assert told in table


def test_the_next_hook_for_the_patient_uses_the_answer(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    assert findings_of(dict(card_of(running.http, POTENTIAL)))["E10"]["outcome"] == "presumed"
    answered(running.http, path, E10, "yes")
    card = dict(card_of(running.http, POTENTIAL))
    assert findings_of(card)["E10"]["outcome"] == "pass"
    assert "Dr Wu" in findings_of(card)["E10"]["reason"]


def test_no_other_patient_and_no_other_server_has_the_answer(running: Service) -> None:
    answered(running.http, path_of(running.http, POTENTIAL), E10, "yes")
    elsewhere = dict(card_of(running.http, POTENTIAL, fhirServer="https://other.example/fhir"))
    assert findings_of(elsewhere)["E10"]["outcome"] == "presumed"
    assert asked_on(running.http.get(path_of(running.http)).text).count(E10) == 1


def test_an_answer_that_is_taken_back_counts_no_more_and_stays_on_record(running: Service, url: str) -> None:
    path = path_of(running.http, POTENTIAL)
    answered(running.http, path, E10, "no", why="Treated for severe depression")
    (row,) = rows(url, "person_answers")
    page = taken_back(running.http, path, row["id"]).text
    assert verdict_on(page) == "potentially-eligible"
    assert "Taken back" in page
    assert findings_of(dict(card_of(running.http, POTENTIAL)))["E10"]["outcome"] == "presumed"
    (row,) = rows(url, "person_answers")
    assert row["withdrawn"] is not None
    assert row["withdrawn_by"] == "Practitioner/demo"


def test_an_answer_cannot_be_taken_back_twice_nor_by_another_patients_link(
    running: Service, url: str
) -> None:
    path, other = path_of(running.http, POTENTIAL), path_of(running.http)
    answered(running.http, path, E10, "yes")
    (row,) = rows(url, "person_answers")
    assert taken_back(running.http, other, row["id"]).status_code == 409
    assert taken_back(running.http, path, row["id"]).status_code == 200
    assert taken_back(running.http, path, row["id"]).status_code == 409


def test_of_two_answers_the_newer_one_counts(running: Service) -> None:
    path = path_of(running.http)
    before = answered(running.http, path, CONTRACEPTION, "no").text
    assert verdict_on(before) == "ineligible"
    page = answered(running.http, path, CONTRACEPTION, "yes", why="Agreed after all").text
    assert verdict_on(page) == "undetermined"
    assert findings_of(dict(card_of(running.http)))["I9"]["outcome"] != "fail"


def test_what_was_answered_before_is_changed_with_a_reason_only(running: Service) -> None:
    path = path_of(running.http)
    answered(running.http, path, CONTRACEPTION, "no")
    refused = answered(running.http, path, CONTRACEPTION, "yes")
    assert refused.status_code == 422
    assert "Say why." in refused.text


def test_a_judgement_against_what_the_record_suggests_needs_a_reason(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    refused = answered(running.http, path, E10, "no", name="Dr Wu Lan")
    assert refused.status_code == 422
    assert "Say why." in refused.text
    assert 'value="Dr Wu Lan"' in refused.text
    assert re.search(r'value="no" required checked', refused.text)
    assert answered(running.http, path, E10, "yes").status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Give a name"),
        ("name", "x" * 129, "at most 128 characters"),
        ("role", "nobody", "whose word"),
        ("role", "patient", "Only a clinician"),
        ("on", "15.06.2026", "as a date"),
        ("on", "2026-06-16", "would not count"),
        ("on", "1026-06-15", "as a date"),
        ("why", "x" * 2001, "at most 2000 characters"),
        ("value", "perhaps", "Choose yes or no"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_nothing_is_kept(
    running: Service, url: str, field: str, value: str, words: str
) -> None:
    path = path_of(running.http, POTENTIAL)
    sent = {"value": "yes", field: value}
    refused = answered(running.http, path, E10, **sent)
    assert refused.status_code == 422
    assert re.search(rf'id="q-{E10}-{field}-error">[^<]*{words}', refused.text)
    assert 'role="alert"' in refused.text
    assert rows(url, "person_answers") == []


def test_the_patients_word_does_not_stand_where_the_protocol_asks_a_clinician(running: Service) -> None:
    path = path_of(running.http)
    page = answered(running.http, path, f"{TRIAL_A}/I8/refractory", role="patient").text
    assert outcome_on(page, "I8") != "pass"


@pytest.mark.parametrize("question", ["nct07517536/I1/none", "nct05247203/E10/judged", ""])
def test_a_question_that_is_not_open_here_is_refused(running: Service, question: str) -> None:
    refused = answered(running.http, path_of(running.http), question)
    assert refused.status_code == 409
    assert "not open" in refused.text


def test_a_form_of_another_site_is_refused(running: Service, url: str) -> None:
    path = path_of(running.http)
    form = {"question": CONTRACEPTION, "value": "yes"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {}):
        assert running.http.post(f"{path}/answers", data=form, headers=headers).status_code == 403
    assert running.http.post(f"{path}/answers/1/withdrawal").status_code == 403
    assert rows(url, "person_answers") == []


def test_a_link_that_is_none_takes_no_answer(running: Service) -> None:
    assert answered(running.http, f"/evidence/none/{TRIAL_A}", CONTRACEPTION).status_code == 404


def test_the_download_holds_every_answer_as_fhir(running: Service, url: str) -> None:
    path = path_of(running.http)
    answered(running.http, path, CONTRACEPTION, "yes", why="<b>Pill</b> & condom")
    answered(running.http, path, f"{TRIAL_A}/I10/consent", "yes")
    taken_back(running.http, path, rows(url, "person_answers")[1]["id"])
    got = running.http.get(f"{path}/answers.json")
    assert got.headers["content-type"] == "application/fhir+json"
    bundle = Bundle.model_validate_json(got.content)
    found = [entry.resource for entry in bundle.entry]
    assert [each.status for each in found] == ["completed", "entered-in-error"]
    item = found[0].item[0]
    assert item.linkId == f"{TRIAL_A}/I9"  # in the groups of the form
    assert item.item[0].linkId == CONTRACEPTION
    assert item.item[0].answer[0].valueBoolean is True
    assert found[0].source.type == "Practitioner"
    assert "&lt;b&gt;Pill&lt;/b&gt; &amp; condom" in found[0].text.div


def test_markup_in_an_answer_is_shown_as_text(running: Service) -> None:
    path = path_of(running.http)
    page = answered(running.http, path, CONTRACEPTION, name="<img src=x>\u202e", why="<script>").text
    assert "<img" not in page
    assert "<script>" not in page
    assert "\u202e" not in page


def test_the_database_and_the_log_hold_no_word_of_an_answer(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(url, clock, pages_url=HERE, log_level="debug") as running:
        path = path_of(running.http)
        answered(running.http, path, CONTRACEPTION, name="Doktor Zebra", why="Quagga stripes")
    file = Path(url.removeprefix("sqlite:///")).read_bytes()
    wal = Path(url.removeprefix("sqlite:///") + "-wal")
    kept = file + (wal.read_bytes() if wal.exists() else b"")
    logged = "".join(capfd.readouterr()).encode()
    assert b"/answers" in logged
    assert CONTRACEPTION.encode() in kept  # who answered what can be told …
    for word in (b"Zebra", b"Quagga", b"lin-mei", b"Does the patient"):  # … and not what was said
        assert word not in kept
        assert word not in logged


def test_it_speaks_chinese(running: Service) -> None:
    path = path_of(running.http)
    page = running.http.get(path, headers={"Accept-Language": "zh-CN"}).text
    assert "待回答" in page
    assert "患者是否" in page


def test_where_nobody_may_answer_there_is_no_form_and_no_route(tmp_path: Path) -> None:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(f"sqlite:///{tmp_path / 's.db'}", clock, pages_url=HERE, answers="off") as running:
        path = path_of(running.http)
        assert asked_on(running.http.get(path).text) == []
        assert answered(running.http, path, CONTRACEPTION).status_code in (404, 405)


def test_a_patient_whom_an_answer_excludes_gets_no_card(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    answered(running.http, path, E10, "no", why="Treated for severe depression")
    shown = [screening_of(card)["protocol"] for card in cards_of(request_of(POTENTIAL), running.http)]
    assert TRIAL_A not in shown
