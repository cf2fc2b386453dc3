"""A finding on treatment tells the day on which time alone changes it: on the day before it still stands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from eligibility.findings import Finding
from tests.app.medication_records import PREDNISONE, Json, dose, ends, order, standing
from tests.app.service import AS_OF
from tests.app.test_stable_background import CASES
from tests.app.test_steroid_run_dosages import DOSAGES
from tests.app.test_steroid_run_products import PRODUCTS
from tests.app.test_steroid_run_records import RECORDS
from tests.app.test_steroid_runs import AMOUNTS

LATER = (1, 29, 57)
"""Days on which a finding that time alone does not change is looked at."""

RUNS = [*AMOUNTS, *DOSAGES, *PRODUCTS, *RECORDS]
ROWS = [("E1e", *row[:2]) for row in RUNS] + [("I6", *row[:2]) for row in CASES]


Told = tuple[str, str | None, str | None]


def told(found: Finding) -> Told:
    return found.outcome, found.leaning, found.clears_on


def outcome(resources: list[Json], criterion: str, as_of: date) -> Told:
    return told(standing(resources, criterion, as_of=as_of)[0])


@pytest.mark.parametrize(
    ("criterion", "resources"),
    [(row[0], row[2]) for row in ROWS],
    ids=[f"{row[0]}: {row[1]}" for row in ROWS],
)
def test_a_finding_stands_until_its_day_and_no_longer(criterion: str, resources: list[Json]) -> None:
    now, until = standing(resources, criterion)
    same = told(now)
    if until is None:
        assert {outcome(resources, criterion, AS_OF + timedelta(days=n)) for n in LATER} == {same}
    else:
        assert outcome(resources, criterion, until - timedelta(days=1)) == same
        assert outcome(resources, criterion, until) != same


def test_a_run_that_goes_on_does_not_clear_by_time() -> None:
    found, _ = standing([order(PREDNISONE, dose(100), "2026-05-01")], "E1e")
    assert (found.outcome, found.clears_on) == ("fail", None)


def test_a_run_that_goes_on_to_a_known_day_clears_eight_weeks_after_it() -> None:
    known = order(PREDNISONE, ends(dose(100), "2026-05-01", "2026-06-30"), "2026-05-01")
    found, _ = standing([known], "E1e")
    assert (found.outcome, found.clears_on) == ("fail", "2026-08-26")


def test_a_run_that_is_over_clears_eight_weeks_after_its_last_day() -> None:
    over = order(PREDNISONE, ends(dose(100), "2026-05-01", "2026-05-31"), "2026-05-01", "completed")
    found, _ = standing([over], "E1e")
    assert found.clears_on == "2026-07-27"
