"""Which changes of a background treatment are told, and which records tell of none (B-I6, A-I8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fhir_mappings.intervals import DateSpan, Interval, day
from fhir_mappings.regimens import NO_STOP
from tests.fhir_mappings.background_treatments import FIRST, LAST, changes, stable, therapy
from tests.fhir_mappings.exposure_samples import exposure, on, taper

# --- what is no change ---


def test_a_refill_is_no_change() -> None:
    fills = [
        exposure("azathioprine", 100, str(s), str(s + timedelta(days=29)), source="dispense")
        for s in (on("2026-03-01"), on("2026-03-31"), on("2026-04-30"), on("2026-05-30"), on("2026-06-29"))
    ]
    found = therapy(*fills)
    assert (found.changes, str(found.since), found.ongoing) == ((), "2026-03-01", True)


def test_a_renewed_order_of_the_same_amount_is_no_change_even_by_another_brand() -> None:
    found = therapy(
        exposure(
            "mycophenolate_mofetil", 2000, "2026-01-01", "2026-06-10", label="CellCept 500 MG Oral Tablet"
        ),
        exposure("mycophenolate_mofetil", 2000, "2026-06-11", ongoing=True, label="mycophenolate 250 MG"),
    )
    assert found.changes == ()
    assert found.since == day(on("2026-01-01"))


def test_a_renewal_that_overlaps_its_predecessor_is_no_change() -> None:
    assert (
        changes(
            exposure("prednisone", 10, "2026-01-01", "2026-06-20"),
            exposure("prednisone", 10, "2026-06-05", ongoing=True),
        )
        == []
    )


@pytest.mark.parametrize("gap", [0, 1, NO_STOP])
def test_a_gap_of_up_to_seven_days_is_no_stop(gap: int) -> None:
    resumed = on("2026-06-10") + timedelta(days=gap + 1)
    assert (
        changes(
            exposure("prednisone", 10, "2026-01-01", "2026-06-10"),
            exposure("prednisone", 10, str(resumed), ongoing=True),
        )
        == []
    )


def test_a_supply_that_ran_out_within_seven_days_awaits_its_refill() -> None:
    found = therapy(exposure("prednisone", 10, "2026-05-24", "2026-06-23", source="dispense"))
    assert (found.changes, found.ongoing) == ((), True)


def test_statement_request_and_dispense_of_one_treatment_agree() -> None:
    found = therapy(
        stable("prednisone", 10),
        exposure("prednisone", 10, "2026-06-05", ongoing=True, source="statement"),
        exposure("prednisone", None, "2026-06-07", "2026-07-07", source="dispense"),
    )
    assert (found.changes, found.dose_known, str(found.since)) == ((), True, "2026-01-01")


def test_a_statement_of_the_total_agrees_with_two_prescriptions() -> None:
    assert (
        changes(
            stable("prednisone", 20),
            stable("prednisone", 5),
            exposure("prednisone", 25, "2026-06-10", ongoing=True, source="statement"),
            exposure("prednisone", 5, "2026-06-12", "2026-07-12", source="dispense"),
        )
        == []
    )


def test_a_statement_of_another_dose_that_ends_may_be_a_change() -> None:
    found = therapy(
        exposure("prednisone", 15, "2026-01-01", "2026-06-15", source="statement"),
        stable("prednisone", 20),
    )
    assert [(c.change, str(c.when), c.certain) for c in found.changes] == [("dose", "2026-06-16", False)]


def test_a_statement_of_the_same_dose_that_ends_is_no_change() -> None:
    assert (
        changes(
            exposure("prednisone", 20, "2026-01-01", "2026-06-15", source="statement"),
            stable("prednisone", 20),
        )
        == []
    )


def test_the_same_mg_a_week_as_a_fixed_weekday_is_no_change() -> None:
    assert (
        changes(
            exposure("methotrexate", 15, "2026-01-05", "2026-06-14", every=7),
            exposure("methotrexate", 15, "2026-06-15", ongoing=True, weekdays=frozenset({0})),
        )
        == []
    )


# --- what is a change ---


def test_a_start_in_the_period_is_a_change() -> None:
    found = therapy(exposure("azathioprine", 100, "2026-06-10", ongoing=True))
    assert [(c.change, str(c.when), c.detail) for c in found.changes] == [
        ("start", "2026-06-10", "azathioprine: started, 100 mg a day")
    ]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (FIRST - timedelta(days=1), []),
        (FIRST, []),
        (FIRST + timedelta(days=1), ["start"]),
        (LAST, ["start"]),
    ],
)
def test_the_period_is_open_at_its_first_day_and_closed_at_its_last(start: date, expected: list[str]) -> None:
    """B-I6: a drug begun exactly 30 days before Day 0 has been taken for 30 days."""
    assert [c for c, _ in changes(exposure("azathioprine", 100, str(start), ongoing=True))] == expected


def test_a_stop_is_dated_on_the_first_day_without() -> None:
    found = therapy(exposure("azathioprine", 100, "2026-01-01", "2026-06-10"))
    assert [(c.change, str(c.when)) for c in found.changes] == [("stop", "2026-06-11")]
    assert (found.ongoing, str(found.until)) == (False, "2026-06-10")


def test_a_gap_of_more_than_seven_days_is_a_stop_and_a_start() -> None:
    assert changes(
        exposure("prednisone", 10, "2026-01-01", "2026-06-10"),
        exposure("prednisone", 10, "2026-06-19", ongoing=True),
    ) == [("stop", "2026-06-11"), ("start", "2026-06-19")]


def test_another_amount_is_a_change_of_dose() -> None:
    found = therapy(
        exposure("prednisone", 20, "2026-01-01", "2026-06-09"),
        exposure("prednisone", 15, "2026-06-10", ongoing=True),
    )
    (change,) = found.changes
    assert (change.change, str(change.when), change.detail) == (
        "dose",
        "2026-06-10",
        "prednisone: 20 mg a day → 15 mg a day",
    )
    assert [e.reference for e in change.evidence] == ["request/prednisone-2026-06-10"]


def test_orders_that_overlap_for_some_days_change_once() -> None:
    assert changes(
        exposure("prednisone", 20, "2026-01-01", "2026-06-13"),
        exposure("prednisone", 15, "2026-06-10", ongoing=True),
    ) == [("dose", "2026-06-10")]


def test_a_new_order_changes_the_dose_though_the_old_was_never_closed() -> None:
    assert changes(stable("prednisone", 20), exposure("prednisone", 15, "2026-06-10", ongoing=True)) == [
        ("dose", "2026-06-10")
    ]


def test_a_newer_order_is_a_change_though_the_statement_still_tells_the_old_dose() -> None:
    assert changes(
        stable("prednisone", 20, source="statement"), exposure("prednisone", 15, "2026-06-10", ongoing=True)
    ) == [("dose", "2026-06-10")]


def test_a_change_that_two_sources_tell_is_one_change() -> None:
    assert changes(
        exposure("prednisone", 20, "2026-01-01", "2026-06-09"),
        exposure("prednisone", 15, "2026-06-10", ongoing=True),
        exposure("prednisone", 20, "2026-01-01", "2026-06-14", source="statement"),
        exposure("prednisone", 15, "2026-06-15", ongoing=True, source="statement"),
    ) == [("dose", "2026-06-10")]


def test_a_second_prescription_on_top_is_a_change() -> None:
    assert changes(stable("prednisone", 20), exposure("prednisone", 5, "2026-06-10", "2026-12-31")) == [
        ("dose", "2026-06-10")
    ]


def test_a_taper_within_one_order_changes_the_dose() -> None:
    found = therapy(taper("prednisone", [(20, 100), (15, 10), (10, 300)], "2026-03-03"))
    assert [(c.change, str(c.when)) for c in found.changes] == [
        ("dose", "2026-06-11"),
        ("dose", "2026-06-21"),
    ]


def test_a_taper_that_ended_before_the_period_is_no_change_in_it() -> None:
    assert changes(taper("prednisone", [(20, 30), (15, 30), (10, 300)], "2026-03-01")) == []


def test_another_schedule_of_the_same_weekly_amount_is_a_change() -> None:
    """15 mg once a week and 2.14 mg a day are the same on average and not the same treatment."""
    assert changes(
        exposure("methotrexate", 15, "2026-01-05", "2026-06-14", every=7),
        exposure("methotrexate", 15 / 7, "2026-06-15", ongoing=True),
    ) == [("dose", "2026-06-15")]


def test_twice_and_three_times_a_week_are_told_apart() -> None:
    twice = exposure("prednisone", Interval(0, 10), "2026-01-01", "2026-06-09", mean=Interval(20 / 7, 20 / 7))
    thrice = exposure(
        "prednisone", Interval(0, 10), "2026-06-10", ongoing=True, mean=Interval(30 / 7, 30 / 7)
    )
    assert changes(twice, thrice) == [("dose", "2026-06-10")]


def test_an_order_on_hold_is_a_change_on_some_day_since_its_start() -> None:
    found = therapy(stable("mycophenolate_mofetil", 2000, status="on-hold"))
    assert [(c.change, c.when) for c in found.changes] == [("hold", DateSpan(on("2026-01-01"), LAST))]
    assert not found.ongoing


def test_a_start_known_to_the_month_makes_an_uncertain_change() -> None:
    assert changes(exposure("azathioprine", 100, "2026-05-15/2026-06-14", ongoing=True)) == [
        ("start", "2026-05-15/2026-06-14")
    ]


def test_an_order_that_is_over_without_an_end_may_have_stopped_on_any_day() -> None:
    found = therapy(exposure("azathioprine", 100, "2026-01-01"))
    (change,) = found.changes
    assert (change.change, change.when) == ("stop", DateSpan(on("2026-01-02"), LAST))
    assert (found.ongoing, found.until) == (False, DateSpan(on("2026-01-01"), LAST))


def test_without_a_start_it_may_have_begun_in_the_period() -> None:
    found = therapy(exposure("azathioprine", 100, None, ongoing=True))
    assert found.since is None
    assert [c.change for c in found.changes] == ["start"]
    assert found.changes[0].when == DateSpan(FIRST, LAST)


def test_an_undated_statement_does_not_undo_what_an_older_order_shows() -> None:
    found = therapy(
        stable("azathioprine", 100), exposure("azathioprine", 100, None, ongoing=True, source="statement")
    )
    assert found.changes == ()
    assert found.since == DateSpan(date.min, on("2026-01-01"))


def test_an_undated_statement_of_another_dose_may_be_a_change_in_the_period() -> None:
    found = therapy(
        stable("azathioprine", 100), exposure("azathioprine", 50, None, ongoing=True, source="statement")
    )
    assert [(c.change, c.when.exact) for c in found.changes] == [("dose", False)]


def test_the_evidence_is_what_reaches_into_the_period_and_the_beginning() -> None:
    orders = [
        exposure("azathioprine", 100, "2025-01-01", "2025-12-31"),
        exposure("azathioprine", 100, "2026-01-01", "2026-04-30"),
        exposure("azathioprine", 100, "2026-05-01", "2026-06-15"),
        exposure("azathioprine", 100, "2026-06-16", ongoing=True),
    ]
    assert [e.reference for e in therapy(*orders).evidence] == [
        "request/azathioprine-2026-06-16",
        "request/azathioprine-2026-05-01",
        "request/azathioprine-2025-01-01",
    ]
