"""Each view of a page that tells of patients is kept before the page is shown: who, when, what, of whom."""

from __future__ import annotations

import pytest

from app.people.desk import People
from app.store.errors import StoreError
from tests.app.people.coming_in import PATIENTS, StandingClock, site


def test_a_view_is_kept_with_person_time_page_and_trial(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        person = at.get("/private").json()["person"]
        (view,) = at.rows("page_views")
    assert (view["person"], view["at"], view["page"]) == (person, clock.now, "private")
    assert (view["patient"], view["trial"]) == (None, "nct1")


def test_a_page_of_several_patients_is_kept_for_each(url: str, clock: StandingClock) -> None:
    with site(url, clock) as at:
        at.set_up()
        at.get("/private?many=true")
        assert {view["patient"] for view in at.rows("page_views")} == set(PATIENTS)


def test_what_cannot_be_kept_is_not_shown(
    sqlite_url: str, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StoreError("away")

    with site(sqlite_url, clock) as at:
        at.set_up()
        monkeypatch.setattr(People, "saw", fails)
        refused = at.get("/private")
        assert refused.status_code == 503
        assert "person" not in refused.text.partition("<main")[2].partition("</main>")[0]


def test_whoever_is_not_signed_in_leaves_no_trace_of_a_view(sqlite_url: str, clock: StandingClock) -> None:
    with site(sqlite_url, clock) as at:
        at.get("/private")
        assert at.rows("page_views") == []
