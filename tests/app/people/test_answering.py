"""Where answers are for investigators who are signed in, the link alone does not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from app.answers.configured import who_answers
from app.people.person import Role
from tests.app.answering import HERE, asked_on, outcome_on, path_of
from tests.app.people.coming_in import Site, StandingClock, site
from tests.app.service import TRIAL_A
from tests.app.store.serving import settings_of

CONSENT = f"{TRIAL_A}/I10/consent"
FIELDS = {"value": "yes", "role": "clinician", "on": "2026-06-15"}


@pytest.fixture
def here(sqlite_url: str, clock: StandingClock) -> Iterator[Site]:
    with site(sqlite_url, clock, pages_url=HERE, answers="signed-in") as running:
        yield running


def answer(here: Site, path: str, question: str = CONSENT, **fields: str) -> int:
    return here.post(f"{path}/answers", question=question, **{**FIELDS, **fields}).status_code


def test_who_is_not_signed_in_sees_the_evidence_and_where_to_sign_in(here: Site) -> None:
    path = path_of(here.http)
    page = here.get(path).text
    assert asked_on(page) == []
    assert f"/sign-in?next={path}" in unescape(page)
    assert answer(here, path) == 303
    assert here.rows("person_answers") == []


def test_an_investigator_answers_under_the_own_name(here: Site) -> None:
    path = path_of(here.http)
    here.set_up("Ana Müller")
    assert CONSENT in asked_on(here.get(path).text)
    assert answer(here, path, name="Somebody Else") == 303
    page = here.get(path).text
    assert outcome_on(page, "I10") == "pass"
    assert "Ana Müller" in page
    assert "Somebody Else" not in page
    (row,) = here.rows("person_answers")
    (person,) = here.rows("people")
    assert row["user_reference"] == person["id"]
    assert here.post(f"{path}/answers/{row['id']}/withdrawal").status_code == 303
    assert here.rows("person_answers")[0]["withdrawn_by"] == person["id"]


def test_a_coordinator_reads_and_does_not_answer(here: Site) -> None:
    path = path_of(here.http)
    here.set_up()
    (person,) = here.rows("people")
    here.people.give_roles(person["id"], [Role.COORDINATOR])
    page = here.get(path).text
    assert asked_on(page) == []
    assert re.search("Only investigators can answer", page)
    assert answer(here, path) == 403
    assert here.rows("person_answers") == []


@pytest.mark.parametrize(
    ("settings", "is_open", "who"),
    [
        ({}, True, "link"),
        ({}, False, "signed-in"),
        ({"answers": "off"}, True, "off"),
        ({"answers": "link"}, False, "link"),
        ({"store": False}, True, "off"),
    ],
)
def test_who_answers_is_for_the_operator_to_say(
    sqlite_url: str, settings: dict[str, object], is_open: bool, who: str
) -> None:
    assert who_answers(settings_of(sqlite_url, **settings), is_open=is_open) == who
