"""``/screening-list``: filled by hooks, read by coordinators who are signed in, and by nobody else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from app.store.configured import database_of
from app.store.purging import purge_older, purge_patient
from tests.app.people.coming_in import Site, StandingClock, site
from tests.app.service import HOOK, LUPUS, TRIAL_A, TRIAL_B, request_of
from tests.app.store.serving import settings_of

OTHER = "daniel-okafor"
PATH = "/screening-list"


@pytest.fixture
def listing(url: str, clock: StandingClock) -> Iterator[Site]:
    with site(url, clock, screening_list=True) as here:
        here.set_up()
        yield here


def opened(here: Site, patient: str = LUPUS, without: str | None = None) -> None:
    """An EHR opens the chart; ``without`` resources whose id holds this."""
    request = request_of(patient)
    for bundle in request["prefetch"].values():
        if without is not None and bundle and "entry" in bundle:
            bundle["entry"] = [one for one in bundle["entry"] if without not in one["resource"]["id"]]
            bundle["total"] = len(bundle["entry"])
    assert here.http.post(HOOK, json=request).status_code == 200


def words(here: Site, query: str = "") -> str:
    page = here.get(f"{PATH}{query}")
    assert page.status_code == 200, page.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def csv_rows(here: Site, query: str = "") -> list[dict[str, str]]:
    answer = here.get(f"{PATH}.csv{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def said(here: Site, row: dict[str, Any], status: str, trial: str = TRIAL_A) -> int:
    return here.post(PATH, patient=row["patient"], trial=trial, status=status).status_code


def test_who_is_not_signed_in_is_led_to_sign_in_and_sees_nothing(url: str, clock: StandingClock) -> None:
    with site(url, clock, screening_list=True) as here:
        opened(here)
        for path in (PATH, f"{PATH}.csv", f"{PATH}.json"):
            answer = here.get(path)
            assert (answer.status_code, answer.text) == (303, "")
            assert answer.headers["location"].startswith("/sign-in?next=/screening-list")
        assert here.post(PATH, patient="ab" * 16, trial=TRIAL_A, status="enrolled").status_code == 303


def test_it_is_not_there_unless_the_operator_wants_it(url: str, clock: StandingClock) -> None:
    with site(url, clock) as here:
        here.set_up()
        opened(here)
        assert here.get(PATH).status_code == 404
        assert here.rows("listed_trials") == []


def test_a_patient_whose_chart_was_opened_is_listed_for_each_trial_with_what_is_missing(
    listing: Site,
) -> None:
    opened(listing)
    shown = words(listing)
    assert "2 of 2 entries" in shown
    assert "Patient/lin-mei" in shown
    assert "epatitis B virus DNA" in shown
    assert "never measured" in shown
    assert {row["trial"] for row in csv_rows(listing)} == {TRIAL_A, TRIAL_B}


def test_opening_the_chart_again_changes_nothing_but_the_day(listing: Site, clock: StandingClock) -> None:
    opened(listing)
    clock.passes(minutes=5)
    opened(listing)
    rows = csv_rows(listing)
    assert len(rows) == 2
    assert {row["changed"] for row in rows} == {""}
    assert {row["screened"] for row in rows} == {clock.now.isoformat()}


def test_what_changed_since_last_time_is_told(listing: Site, clock: StandingClock) -> None:
    """E9 of NCT07517536 asks for recent neutrophils."""
    opened(listing)
    clock.passes(minutes=5)
    opened(listing, without="lin-neutrophils")
    after = {row["trial"]: row for row in csv_rows(listing)}
    assert after[TRIAL_A]["changed"] == clock.now.isoformat()
    assert "now missing:" in after[TRIAL_A]["what_changed"]
    assert "neutrophil" in after[TRIAL_A]["what_changed"]
    assert "now missing" in words(listing, "?changed=yes")


def changed_chart(here: Site, change: Callable[[dict[str, Any]], None]) -> None:
    request = request_of(LUPUS)
    change(request["prefetch"])
    assert here.http.post(HOOK, json=request).status_code == 200


def test_one_who_has_died_is_no_candidate_any_more(listing: Site, clock: StandingClock) -> None:
    opened(listing)
    clock.passes(minutes=5)
    changed_chart(listing, lambda prefetch: prefetch["patient"].update(deceasedBoolean=True))
    rows = csv_rows(listing)
    assert {row["verdict"] for row in rows} == {"deceased"}
    assert {row["screened"] for row in rows} == {clock.now.isoformat()}
    assert "Undetermined → deceased" in words(listing, "?changed=yes")
    exported = listing.get(f"{PATH}.json").text
    assert "potential-candidate" not in exported
    assert exported.count('"ineligible"') == 2


def test_one_whose_disease_is_no_longer_on_record_is_none_either(listing: Site) -> None:
    opened(listing)

    def without_disease(prefetch: dict[str, Any]) -> None:
        for name in ("conditions", "reports", "observations", "procedures", "medicationRequests"):
            prefetch[name]["entry"], prefetch[name]["total"] = [], 0

    changed_chart(listing, without_disease)
    assert {row["verdict"] for row in csv_rows(listing)} == {"not-shown"}


def test_what_was_not_retrieved_takes_nobody_off_the_list(listing: Site) -> None:
    """Unknown is never no: diagnoses that came and evidence that did not."""
    opened(listing)

    def half(prefetch: dict[str, Any]) -> None:
        prefetch["conditions"]["entry"], prefetch["conditions"]["total"] = [], 0
        for name in ("reports", "observations"):
            prefetch[name] = {"resourceType": "OperationOutcome", "issue": []}

    changed_chart(listing, half)
    assert "not-shown" not in {row["verdict"] for row in csv_rows(listing)}


def test_nobody_comes_on_the_list_by_having_died(listing: Site) -> None:
    changed_chart(listing, lambda prefetch: prefetch["patient"].update(deceasedBoolean=True))
    assert listing.rows("listed_trials") == []


def test_what_changed_stays_until_something_else_does(listing: Site, clock: StandingClock) -> None:
    """What makes no difference that could be told, as another item to confirm, hides no change before it."""
    opened(listing)
    clock.passes(minutes=5)
    opened(listing, without="lin-neutrophils")
    told = {row["trial"]: row["what_changed"] for row in csv_rows(listing)}
    clock.passes(minutes=5)

    def without(prefetch: dict[str, Any]) -> None:
        found = prefetch["observations"]
        names = ("lin-neutrophils", "lin-phq-9-item-9")
        found["entry"] = [one for one in found["entry"] if one["resource"]["id"] not in names]
        found["total"] = len(found["entry"])

    changed_chart(listing, without)
    assert {row["trial"]: row["what_changed"] for row in csv_rows(listing)} == told


def test_a_status_is_kept_with_who_said_it_and_when_and_every_one_before_it(
    listing: Site, clock: StandingClock
) -> None:
    opened(listing)
    (row, *_) = (r for r in listing.rows("listed_trials") if r["trial"] == TRIAL_A)
    assert said(listing, row, "contacted") == 303
    clock.passes(hours=1)
    listing.sign_in()
    assert said(listing, row, "declined") == 303
    told = {r["trial"]: r["status"] for r in csv_rows(listing)}
    assert told == {TRIAL_A: "declined", TRIAL_B: "to-contact"}
    kept = listing.rows("listed_statuses")
    assert [one["status"] for one in kept] == ["contacted", "declined"]
    (person,) = {one["person"] for one in kept}
    assert person == listing.rows("people")[0]["id"]
    assert "1 of 2 entries" in words(listing, "?status=declined")


def test_a_status_that_there_is_not_or_of_nobody_is_refused(listing: Site) -> None:
    opened(listing)
    (row, *_) = listing.rows("listed_trials")
    assert said(listing, row, "vanished") == 400
    assert said(listing, {"patient": "00" * 16}, "contacted") == 404
    assert said(listing, row, "contacted", trial="nct1") == 404
    assert listing.rows("listed_statuses") == []


def test_a_form_of_another_site_changes_nothing(listing: Site) -> None:
    opened(listing)
    (row, *_) = listing.rows("listed_trials")
    fields = {"patient": row["patient"], "trial": row["trial"], "status": "enrolled"}
    answer = listing.http.post(PATH, data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert listing.rows("listed_statuses") == []


def test_each_view_is_in_the_audit_trail_with_every_patient_that_it_showed(listing: Site) -> None:
    opened(listing)
    opened(listing, OTHER)
    words(listing)
    csv_rows(listing)
    listing.get(f"{PATH}.json")
    patients = {row["patient"] for row in listing.rows("listed_trials")}
    views = listing.rows("page_views")
    for page in ("screening-list", "screening-list.csv", "screening-list.json"):
        assert {view["patient"] for view in views if view["page"] == page} == patients
    assert len(patients) == 2


def test_the_database_holds_no_word_of_whom_it_lists(listing: Site) -> None:
    opened(listing)
    for row in listing.rows("listed_trials"):
        for column in ("who", "now"):
            assert b"lin" not in row[column].lower()
            assert b"undetermined" not in row[column]


def test_the_name_of_a_chart_is_text_and_nothing_else(listing: Site) -> None:
    request = request_of(LUPUS)
    patient = request["prefetch"]["patient"]
    patient["name"] = [{"text": "<script>alert(1)</script>\u202eevil"}]
    assert listing.http.post(HOOK, json=request).status_code == 200
    page = listing.get(PATH).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;evil" in page


def test_the_fhir_export_names_the_patients_of_the_ehr(listing: Site) -> None:
    opened(listing)
    answer = listing.get(f"{PATH}.json?trial={TRIAL_A}")
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.headers["cache-control"] == "no-store"
    subjects = [
        item["resource"]
        for item in answer.json()["entry"]
        if item["resource"]["resourceType"] == "ResearchSubject"
    ]
    assert [subject["individual"]["reference"].rpartition("/")[2] for subject in subjects] == [LUPUS]


def test_a_rehearsal_puts_nobody_on_the_list(listing: Site) -> None:
    request = request_of(LUPUS)
    request["extension"] = {"org.trialcards.rehearsal": {"asOf": "2026-06-15"}}
    assert listing.http.post(HOOK, json=request).status_code == 200
    assert listing.rows("listed_trials") == []


def test_a_filter_that_there_is_not_is_none(listing: Site) -> None:
    opened(listing)
    assert "2 of 2 entries" in words(listing, "?verdict=perhaps&status=none&order=by-chance&page=9")


def test_it_speaks_chinese(listing: Site) -> None:
    opened(listing)
    page = listing.http.get(PATH, headers={"Accept-Language": "zh-CN"}).text
    assert "筛选名单" in page
    assert "待联系" in page


def test_what_is_older_than_the_operator_keeps_goes_with_its_statuses(
    listing: Site, clock: StandingClock
) -> None:
    opened(listing)
    (row, *_) = listing.rows("listed_trials")
    assert said(listing, row, "contacted", trial=row["trial"]) == 303
    database = database_of(settings_of(listing.url))
    assert purge_older(database, clock.now).listed == 0
    assert purge_older(database, clock.now + timedelta(days=1)).listed == 2
    database.close()
    assert listing.rows("listed_trials") == listing.rows("listed_statuses") == []


def test_what_is_kept_of_one_patient_can_be_deleted(listing: Site) -> None:
    opened(listing)
    opened(listing, OTHER)
    first = listing.rows("listed_trials")[0]["patient"]
    database = database_of(settings_of(listing.url))
    with database.changing() as connection:
        purge_patient(connection, first)
    database.close()
    assert first not in {row["patient"] for row in listing.rows("listed_trials")}
    assert listing.rows("listed_trials") != []
