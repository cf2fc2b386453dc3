"""Background treatment and its stability: the medication history behind trial B's I6 and trial A's I8."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from fhir_mappings.exposures import therapies
from fhir_mappings.facts import DoseSegment, Exposure, Therapy, TherapyChange
from fhir_mappings.intervals import DateSpan, Interval, day
from fhir_mappings.regimens import NO_STOP
from tests.fhir_mappings.exposure_samples import exposure, given, on, span, taper

LAST = on("2026-06-30")
FIRST = LAST - timedelta(days=30)


def therapy(*exposures: Exposure, first: date = FIRST, last: date = LAST) -> Therapy:
    (found,) = found_in(*exposures, first=first, last=last)
    return found


def found_in(*exposures: Exposure, first: date = FIRST, last: date = LAST) -> tuple[Therapy, ...]:
    concepts = frozenset(name for e in exposures for name in e.concepts)
    return therapies(exposures, concepts, first, last, "complete").therapies


def changes(*exposures: Exposure, **window: Any) -> list[tuple[str, str]]:
    return [(c.change, str(c.when)) for c in therapy(*exposures, **window).changes]


def stable(drug: str, mg: float, **more: Any) -> Exposure:
    return exposure(drug, mg, "2026-01-01", ongoing=True, **more)


# --- what a treatment is ---


def test_an_unchanged_order_is_one_stable_treatment() -> None:
    found = therapy(stable("azathioprine", 100))
    assert (found.drug, found.label) == ("drug_azathioprine", "azathioprine")
    assert (found.since, found.until, found.ongoing) == (day(on("2026-01-01")), None, True)
    assert found.dose_known
    assert found.changes == ()
    assert [e.reference for e in found.evidence] == ["request/azathioprine-2026-01-01"]


def test_each_ingredient_is_a_treatment_of_its_own() -> None:
    found = found_in(stable("mycophenolate_mofetil", 2000), stable("mycophenolic_acid", 1440))
    assert [t.drug for t in found] == ["drug_mycophenolate_mofetil", "drug_mycophenolic_acid"]


def test_an_exposure_of_no_asked_code_set_is_passed_over() -> None:
    asked = frozenset({"drug_azathioprine"})
    found = therapies(
        (stable("azathioprine", 100), stable("methotrexate", 15)), asked, FIRST, LAST, "truncated"
    )
    assert [t.drug for t in found.therapies] == ["drug_azathioprine"]
    assert found.retrieval == "truncated"


@pytest.mark.parametrize("route", ["topical", "ophthalmic", "inhaled", "nasal", "intraarticular"])
def test_local_treatment_is_no_background_treatment(route: str) -> None:
    assert found_in(stable("hydrocortisone", 20, route=route)) == ()


def test_a_dermatological_code_tells_a_local_treatment() -> None:
    both = frozenset({"drug_hydrocortisone", "drug_corticosteroid_topical"})
    assert found_in(stable("hydrocortisone", 20, route=None, concepts=both)) == ()


def test_the_form_in_the_product_name_tells_a_local_treatment() -> None:
    ointment = stable("tacrolimus", 1, route=None, label="tacrolimus 1 MG/ML Topical Ointment")
    assert found_in(ointment) == ()


def test_an_order_that_begins_after_the_day_is_not_yet_a_treatment() -> None:
    assert found_in(exposure("azathioprine", 100, "2026-07-01", ongoing=True)) == ()


def test_a_past_treatment_is_reported_with_its_end() -> None:
    found = therapy(exposure("azathioprine", 100, "2025-01-01", "2025-06-30"))
    assert (found.ongoing, str(found.until), found.changes) == (False, "2025-06-30", ())


def test_a_treatment_found_by_words_says_so() -> None:
    assert therapy(stable("azathioprine", 100, by_text=True)).by_text


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


# --- doses that are not known ---


def test_a_dose_that_cannot_be_read_leaves_changes_unseen() -> None:
    found = therapy(exposure("prednisone", None, "2026-01-01", ongoing=True))
    assert (found.dose_known, found.changes, found.ongoing) == (False, (), True)


def test_another_source_that_tells_the_dose_makes_it_known() -> None:
    assert therapy(
        exposure("prednisone", None, "2026-01-01", ongoing=True), stable("prednisone", 10, source="statement")
    ).dose_known


def test_an_unreadable_order_beside_a_readable_one_leaves_the_dose_unknown() -> None:
    assert not therapy(
        exposure("prednisone", None, "2026-01-01", ongoing=True), stable("prednisone", 10)
    ).dose_known


def test_an_unreadable_dose_before_the_period_does_not_matter() -> None:
    found = therapy(
        exposure("prednisone", None, "2026-01-01", "2026-03-31"),
        exposure("prednisone", 10, "2026-04-01", ongoing=True),
    )
    assert (found.dose_known, found.changes, str(found.since)) == (True, (), "2026-01-01")


def test_steps_of_unknown_length_leave_the_dose_unknown() -> None:
    steps = (DoseSegment(span("2026-01-01"), span("2026-12-31"), Interval(5, 15), varies=True),)
    assert not therapy(exposure("prednisone", 0, "2026-01-01", "2026-12-31", doses=steps)).dose_known


# --- series of administrations ---


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


# --- properties ---


@st.composite
def orders(draw: st.DrawFn) -> Exposure:
    start = on("2026-03-01") + timedelta(days=draw(st.integers(0, 120)))
    vague = draw(st.sampled_from([0, 0, 0, 5]))
    length = draw(st.one_of(st.none(), st.integers(0, 60)))
    return exposure(
        "prednisone",
        draw(st.sampled_from([None, 10.0, 20.0])),
        f"{start}/{start + timedelta(days=vague)}",
        None if length is None else str(start + timedelta(days=vague + length)),
        ongoing=length is None and draw(st.booleans()),
        source=draw(st.sampled_from(["administration", "dispense", "statement", "request"])),
        reference=draw(st.uuids()).hex,
        status=draw(st.sampled_from(["active", "on-hold"])),
    )


def dates(found: tuple[TherapyChange, ...]) -> list[tuple[str, DateSpan]]:
    return [(c.change, c.when) for c in found]


@settings(max_examples=80, deadline=None)
@for_all(st.lists(orders(), min_size=1, max_size=6))
def test_changes_lie_in_the_period_and_dates_are_in_order(exposures: list[Exposure]) -> None:
    for found in found_in(*exposures):
        for change in found.changes:
            assert change.when.first <= change.when.last
            assert change.when.last > FIRST
            assert change.when.first <= LAST
        assert found.since is not None
        assert found.since.first <= found.since.last
        assert found.until is None or found.until.first <= found.until.last
        assert found.ongoing or found.until is not None


@settings(max_examples=40, deadline=None)
@for_all(st.lists(orders(), min_size=1, max_size=5))
def test_a_wider_period_shows_all_changes_of_a_narrower_one(exposures: list[Exposure]) -> None:
    for narrow, wide in zip(
        found_in(*exposures), found_in(*exposures, first=FIRST - timedelta(days=60)), strict=True
    ):
        assert set(dates(narrow.changes)) <= set(dates(wide.changes))


@settings(max_examples=40, deadline=None)
@for_all(st.integers(1, 75), st.integers(2, 75))
def test_an_order_split_in_two_is_the_same_treatment(one: int, other: int) -> None:
    start = on("2026-02-01")
    seam = start + timedelta(days=one)
    end = seam + timedelta(days=other)
    whole = therapy(exposure("prednisone", 10, str(start), str(end)))
    halves = therapy(
        exposure("prednisone", 10, str(start), str(seam)),
        exposure("prednisone", 10, str(seam + timedelta(days=1)), str(end)),
    )
    assert (whole.since, whole.until, dates(whole.changes)) == (
        halves.since,
        halves.until,
        dates(halves.changes),
    )


# --- renewals of orders of which the end is not recorded (B-I6: a renewal is stable) ---


OVER = exposure("hydroxychloroquine", 400, "2026-03-02", reference="MedicationRequest/a")


def renewal(mg: float = 400, **more: Any) -> Exposure:
    return exposure("hydroxychloroquine", mg, "2026-06-20", ongoing=True, **more)


def test_a_renewal_of_an_order_without_a_recorded_end_is_no_certain_change() -> None:
    found = therapy(OVER, renewal())
    assert found.changes
    assert not any(change.certain for change in found.changes)
    assert found.ongoing


def test_a_renewal_that_names_its_predecessor_goes_on_with_it() -> None:
    found = therapy(OVER, renewal(renews="MedicationRequest/a"))
    assert (found.changes, found.since) == ((), day(on("2026-03-02")))


def test_a_renewal_with_a_recorded_gap_is_a_stop_and_a_start() -> None:
    over = exposure("hydroxychloroquine", 400, "2026-03-02", "2026-06-05", reference="MedicationRequest/a")
    found = therapy(over, renewal(renews="MedicationRequest/a"))
    assert [(c.change, c.certain) for c in found.changes] == [("stop", True), ("start", True)]


def test_dispenses_bridge_the_gap_between_two_orders() -> None:
    fills = [
        exposure("hydroxychloroquine", 400, str(s), str(s + timedelta(days=29)), source="dispense")
        for s in (on("2026-03-02"), on("2026-04-01"), on("2026-05-01"), on("2026-05-31"))
    ]
    assert changes(OVER, *fills, renewal()) == []


def test_a_renewal_with_another_dose_is_a_certain_change_whenever_the_old_order_ended() -> None:
    assert ("2026-06-20", True) in [(str(c.when), c.certain) for c in therapy(OVER, renewal(200)).changes]


def test_a_renewal_of_an_order_that_is_not_at_hand_is_no_certain_start() -> None:
    (change,) = therapy(renewal(renews="MedicationRequest/elsewhere")).changes
    assert (change.change, change.certain) == ("start", False)


# --- records that are not confirmed ---


def test_an_unconfirmed_order_alone_is_no_treatment_that_surely_goes_on() -> None:
    found = therapy(stable("hydroxychloroquine", 400, confirmed=False))
    assert (found.ongoing, found.until) == (False, None)


def test_an_unconfirmed_order_makes_no_certain_change() -> None:
    found = therapy(stable("hydroxychloroquine", 400), renewal(200, confirmed=False))
    assert [c.certain for c in found.changes] == [False]


def test_an_unconfirmed_order_hides_no_stop() -> None:
    found = therapy(
        exposure("hydroxychloroquine", 400, "2026-01-01", "2026-06-10"),
        exposure("hydroxychloroquine", 400, "2026-06-01", ongoing=True, confirmed=False),
    )
    assert [(c.change, c.certain) for c in found.changes] == [("stop", False)]
