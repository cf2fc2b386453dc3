"""Infusions and other single administrations as one background treatment, and its schedule (B-I6)."""

from __future__ import annotations

from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import DateSpan
from tests.fhir_mappings.background_treatments import changes, stable, therapy
from tests.fhir_mappings.exposure_samples import exposure, given, on


def infusions(*days: str, mg: float | None = 750) -> list[Exposure]:
    return [given("cyclophosphamide", mg, when) for when in days]


def test_monthly_infusions_on_schedule_are_stable() -> None:
    """B-I6: for intravenous cyclophosphamide, stable means that the schedule is unchanged."""
    found = therapy(*infusions("2026-03-10", "2026-04-07", "2026-05-05", "2026-06-03"))
    assert found.changes == ()
    assert (found.ongoing, found.dose_known, str(found.since)) == (True, True, "2026-03-10")


def test_a_few_days_early_or_late_is_on_schedule() -> None:
    assert changes(*infusions("2026-03-10", "2026-04-07", "2026-05-05", "2026-06-09")) == []


def test_another_amount_of_an_infusion_is_a_change() -> None:
    assert changes(
        *infusions("2026-03-10", "2026-04-07", "2026-05-05"), given("cyclophosphamide", 500, "2026-06-03")
    ) == [("dose", "2026-06-03")]


def test_infusions_that_come_twice_as_often_are_a_change() -> None:
    assert changes(*infusions("2026-03-10", "2026-04-07", "2026-05-05", "2026-06-03", "2026-06-17")) == [
        ("dose", "2026-06-17")
    ]


def test_an_infusion_left_out_is_a_change_when_the_next_one_comes() -> None:
    assert changes(*infusions("2026-02-10", "2026-03-10", "2026-04-07", "2026-06-03")) == [
        ("dose", "2026-06-03")
    ]


def test_an_infusion_that_is_overdue_may_be_a_stop() -> None:
    found = therapy(*infusions("2026-03-10", "2026-04-07", "2026-05-05"))
    assert not found.ongoing
    (change,) = found.changes
    assert change.change == "stop"
    assert change.when == DateSpan(on("2026-06-02"), on("2026-06-09"))


def test_a_single_infusion_in_the_period_starts_and_stops() -> None:
    assert changes(*infusions("2026-06-10")) == [("start", "2026-06-10"), ("stop", "2026-06-11")]


def test_single_dose_orders_make_a_series_like_administrations() -> None:
    orders = [
        exposure("cyclophosphamide", 750, when, when, route="intravenous")
        for when in ("2026-03-10", "2026-04-07", "2026-05-05", "2026-06-03")
    ]
    assert changes(*orders) == []


def test_an_infusion_of_unknown_amount_leaves_the_dose_unknown() -> None:
    assert not therapy(*infusions("2026-05-05"), *infusions("2026-06-03", mg=None)).dose_known


def test_administrations_of_an_ordered_dose_are_no_change() -> None:
    """Two of three daily doses were charted on the ward; the order is unchanged."""
    charted = [given("prednisone", 10, f"2026-06-{n:02}", route="oral") for n in (10, 11, 13)]
    assert changes(stable("prednisone", 10), *charted) == []


def test_administrations_above_the_ordered_dose_are_a_change() -> None:
    pulses = [given("methylprednisolone", 500, f"2026-06-{n:02}") for n in (10, 11, 12)]
    assert ("dose", "2026-06-10") in changes(stable("methylprednisolone", 16), *pulses)


def test_days_left_out_of_charted_daily_doses_are_no_stop() -> None:
    charted = [given("prednisone", 10, f"2026-06-{n:02}", route="oral") for n in (1, 2, 3, 8, 9, 10)]
    found = therapy(*charted, first=on("2026-06-02"), last=on("2026-06-10"))
    assert (found.changes, found.ongoing) == ((), True)
