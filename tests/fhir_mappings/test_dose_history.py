"""Prednisone equivalents by calendar day: the steroid arithmetic behind NCT05247203's E1e and E12b."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from fhir_mappings.dosage import NO_DOSAGE
from fhir_mappings.exposures import DOSE_HISTORIES, dose_history
from fhir_mappings.facts import DoseSegment
from fhir_mappings.intervals import DateSpan, Interval, day, point
from tests.fhir_mappings.dose_days import FIRST, LAST, WHOLE, amount, history
from tests.fhir_mappings.exposure_samples import exposure, on, taper

EQUIVALENTS = [
    ("methylprednisolone", 80, 100),
    ("methylprednisolone", 79, 98.75),
    ("methylprednisolone", 500, 625),
    ("hydrocortisone", 400, 100),
    ("cortisone", 500, 100),
    ("dexamethasone", 12, 80),
    ("dexamethasone", 15, 100),
    ("betamethasone", 12, 100),
    ("triamcinolone", 80, 100),
    ("prednisolone", 99.9, 99.9),
    ("prednisone", 100, 100),
    ("deflazacort", 120, 100),
]


@pytest.mark.parametrize(("drug", "mg", "prednisone"), EQUIVALENTS)
def test_glucocorticoids_count_as_prednisone(drug: str, mg: float, prednisone: float) -> None:
    found = history(exposure(drug, mg, *WHOLE))
    assert amount(found, "2026-03-10").low == pytest.approx(prednisone)
    assert amount(found, "2026-03-10").exact
    assert len(found.days) == 31


def test_all_glucocorticoids_of_a_day_are_summed() -> None:
    """Prednisone 60 mg and methylprednisolone 32 mg on the same day are 100 mg."""
    found = history(exposure("prednisone", 60, *WHOLE), exposure("methylprednisolone", 32, *WHOLE))
    assert amount(found, "2026-03-10").holds("at_least", 100) is True
    assert amount(found, "2026-03-10").holds("above", 100) is False
    assert found.days[0].sources == (0, 1)


def test_days_are_inclusive_25_april_to_8_may_are_14_days() -> None:
    found = history(
        exposure("prednisone", 100, "2026-04-25", "2026-05-08"), first=on("2026-04-01"), last=on("2026-05-31")
    )
    assert [d.day for d in found.days] == [on("2026-04-25") + timedelta(days=n) for n in range(14)]


def test_other_days_are_left_out_of_the_table() -> None:
    found = history(exposure("prednisone", 100, "2026-03-30", "2026-04-20"))
    assert [str(d.day) for d in found.days] == ["2026-03-30", "2026-03-31"]


def test_a_name_that_is_no_dose_history_is_refused() -> None:
    assert {"prednisone_equivalent"} == DOSE_HISTORIES
    with pytest.raises(KeyError):
        dose_history("prednisone", (), FIRST, LAST, "complete")


def test_the_retrieval_state_is_passed_on() -> None:
    assert dose_history("prednisone_equivalent", (), FIRST, LAST, "failed").retrieval == "failed"


@pytest.mark.parametrize("route", ["inhaled", "topical", "ophthalmic", "nasal"])
def test_local_routes_are_left_out_without_a_word(route: str) -> None:
    found = history(exposure("dexamethasone", 15, *WHOLE, route=route))
    assert (found.days, found.unknown, found.left_out) == ((), (), ())


def test_a_depot_in_a_joint_is_left_out_with_a_note() -> None:
    found = history(exposure("triamcinolone", 40, "2026-03-10", "2026-03-10", route="intraarticular"))
    assert (found.days, found.unknown) == ((), ())
    assert "given" in found.left_out[0].notes[-1]


def test_of_a_route_that_may_not_be_systemic_any_part_counts() -> None:
    found = history(exposure("prednisone", 40, "2026-03-10", "2026-03-10", route="other"))
    assert amount(found, "2026-03-10") == Interval(0, 40)
    assert "may or may not be" in found.exposures[0].notes[-1]


def test_budesonide_is_left_out_with_a_note_unless_inhaled() -> None:
    assert history(exposure("budesonide", 9, *WHOLE)).left_out[0].notes
    assert history(exposure("budesonide", 0.4, *WHOLE, route="inhaled")).left_out == ()


def test_fludrocortisone_is_left_out() -> None:
    found = history(exposure("fludrocortisone", 0.1, *WHOLE))
    assert (found.days, found.unknown, found.left_out) == ((), (), ())


def test_other_drugs_do_not_concern_the_history() -> None:
    found = history(exposure("azathioprine", 100, *WHOLE), exposure("methotrexate", None, *WHOLE))
    assert (found.days, found.unknown, found.left_out) == ((), (), ())


def test_a_corticosteroid_without_a_name_is_of_unknown_amount() -> None:
    [unknown] = history(exposure("corticosteroid_class", 40, *WHOLE)).unknown
    assert unknown.dose_unreadable == "the record does not name the glucocorticoid"
    assert history(exposure("corticosteroid_class", 40, *WHOLE, route="topical")).unknown == ()


def test_corticotropin_acts_systemically_at_an_amount_that_cannot_be_told() -> None:
    [unknown] = history(exposure("corticotropin", None, *WHOLE)).unknown
    assert "no fixed prednisone equivalent" in str(unknown.dose_unreadable)


def test_prednisone_without_a_route_is_taken_as_systemic_and_says_so() -> None:
    found = history(exposure("prednisone", 20, *WHOLE, route=None))
    assert amount(found, "2026-03-10") == point(20)
    assert "taken as systemic" in found.exposures[0].notes[-1]


def test_hydrocortisone_without_a_route_may_not_be_systemic() -> None:
    found = history(exposure("hydrocortisone", 400, *WHOLE, route=None))
    assert amount(found, "2026-03-10") == Interval(0, 100)


def test_the_form_in_the_product_name_tells_a_missing_route() -> None:
    cream = exposure("hydrocortisone", 400, *WHOLE, route=None, label="hydrocortisone 10 MG/ML Topical Cream")
    assert history(cream).days == ()
    tablet = exposure("hydrocortisone", 400, *WHOLE, route=None, label="hydrocortisone 20 MG Oral Tablet")
    assert amount(history(tablet), "2026-03-10") == point(100)


def test_a_dermatological_code_tells_that_a_steroid_is_not_systemic() -> None:
    both = frozenset({"drug_hydrocortisone", "drug_corticosteroid_topical"})
    cream = exposure("hydrocortisone", None, *WHOLE, route=None, concepts=both)
    assert history(cream).unknown == ()


def test_the_ingredient_is_known_by_the_concepts_where_no_drug_is_named() -> None:
    unnamed = msgspec.structs.replace(exposure("prednisone", 20, *WHOLE), drug=None)
    assert amount(history(unnamed), "2026-03-10") == point(20)


def test_an_order_that_is_over_without_an_end_may_have_ended_on_any_day() -> None:
    found = history(exposure("prednisone", 100, "2026-03-05"))
    assert amount(found, "2026-03-05") == point(100)
    assert amount(found, "2026-03-06") == Interval(0, 100)
    assert amount(found, "2026-03-31") == Interval(0, 100)


def test_an_open_order_runs_to_the_last_day() -> None:
    found = history(exposure("prednisone", 100, "2026-03-05", ongoing=True))
    assert amount(found, "2026-03-31") == point(100)


def test_many_refills_without_an_end_do_not_pile_up() -> None:
    refills = [exposure("prednisone", 20, f"2025-{month:02}-01") for month in range(1, 13)]
    assert amount(history(*refills), "2026-03-10") == Interval(0, 20)


def test_a_start_known_to_the_month_is_possible_on_each_of_its_days() -> None:
    found = history(exposure("prednisone", 100, "2026-03-01/2026-03-31", "2026-04-30"))
    assert amount(found, "2026-03-01") == Interval(0, 100)
    assert amount(found, "2026-03-31") == point(100)


def test_without_a_start_every_day_is_possible() -> None:
    found = history(exposure("prednisone", 100, None, ongoing=True))
    assert amount(found, "2026-03-10") == Interval(0, 100)


def test_an_unconfirmed_course_counts_from_zero() -> None:
    """A status ``unknown`` tells that it may have been taken, not that it was."""
    found = history(exposure("prednisone", 100, "2026-03-01", "2026-03-21", confirmed=False))
    assert {d.amount for d in found.days} == {Interval(0, 100)}
    assert len(found.days) == 21


def test_an_unconfirmed_course_beside_a_confirmed_one_only_raises_the_upper_bound() -> None:
    found = history(
        exposure("prednisone", 20, *WHOLE),
        exposure("prednisone", 100, "2026-03-01", "2026-03-21", confirmed=False),
    )
    assert amount(found, "2026-03-10").low == 20
    assert amount(found, "2026-03-10").high == 120


def test_an_order_on_hold_may_not_be_taken() -> None:
    found = history(exposure("prednisone", 100, "2026-03-01", ongoing=True, status="on-hold"))
    assert amount(found, "2026-03-10") == Interval(0, 100)


def test_as_needed_amounts_reach_from_zero() -> None:
    found = history(exposure("prednisone", Interval(0, 30), *WHOLE, as_needed=True))
    assert amount(found, "2026-03-10") == Interval(0, 30)


def test_a_taper_counts_each_step_on_its_days() -> None:
    found = history(taper("prednisone", [(100, 14), (80, 7), (60, 7)], "2026-03-01"))
    assert [d.amount.low for d in found.days] == [100] * 14 + [80] * 7 + [60] * 7


def test_steps_of_a_taper_with_an_uncertain_start_exclude_each_other() -> None:
    """60 then 40 mg from some day of the first week: 60 or 40 on a day between, never 100."""
    start = DateSpan(on("2026-03-01"), on("2026-03-07"))
    steps = (
        DoseSegment(start, DateSpan(on("2026-03-10"), on("2026-03-16")), point(60)),
        DoseSegment(DateSpan(on("2026-03-11"), on("2026-03-17")), day(on("2026-03-31")), point(40)),
    )
    found = history(exposure("prednisone", 0, "2026-03-01/2026-03-07", "2026-03-31", doses=steps))
    assert amount(found, "2026-03-03") == Interval(0, 60)
    assert amount(found, "2026-03-08") == point(60)
    assert amount(found, "2026-03-12") == Interval(0, 60)
    assert amount(found, "2026-03-20") == point(40)


def test_a_weekly_dose_is_on_its_day_and_not_averaged() -> None:
    found = history(exposure("dexamethasone", 40, "2026-03-02", ongoing=True, every=7))
    assert [d.day.day for d in found.days] == [2, 9, 16, 23, 30]


def test_doses_on_weekdays_fall_on_those_days() -> None:
    found = history(exposure("prednisone", 10, "2026-03-02", ongoing=True, weekdays=frozenset({0, 2, 4})))
    assert {d.day.weekday() for d in found.days} == {0, 2, 4}
    assert len(found.days) == 13


def test_an_alternate_day_statement_overrides_the_order_on_its_free_days_too() -> None:
    found = history(
        exposure("prednisone", 20, "2026-03-01", ongoing=True, every=2, source="statement"),
        exposure("prednisone", 20, "2026-03-01", ongoing=True),
    )
    assert amount(found, "2026-03-01") == point(20)
    assert amount(found, "2026-03-02") == point(0)


def test_a_steroid_of_unreadable_amount_is_unknown_and_not_zero() -> None:
    unreadable = exposure("prednisone", None, *WHOLE)
    assert history(unreadable).unknown == (unreadable,)


def test_an_unreadable_steroid_outside_the_period_does_not_matter() -> None:
    assert history(exposure("prednisone", None, "2025-01-01", "2025-02-01")).unknown == ()


def test_an_exposure_without_any_dosage_is_unknown() -> None:
    assert history(exposure("prednisone", None, *WHOLE, dose_unreadable=None)).unknown


def test_another_source_that_tells_the_amount_on_all_days_settles_it() -> None:
    """A dispense usually has no dosage; its order has."""
    found = history(
        exposure(
            "prednisone", None, "2026-03-01", "2026-03-31", source="dispense", dose_unreadable=NO_DOSAGE
        ),
        exposure("prednisone", 20, *WHOLE),
    )
    assert found.unknown == ()
    assert amount(found, "2026-03-10") == point(20)


def test_another_source_that_tells_the_amount_on_some_days_does_not() -> None:
    found = history(
        exposure("prednisone", None, "2026-03-01", "2026-03-31", source="dispense"),
        exposure("prednisone", 20, "2026-03-01", "2026-03-30"),
    )
    assert len(found.unknown) == 1


def test_another_order_of_the_same_source_does_not_settle_it() -> None:
    found = history(exposure("prednisone", None, *WHOLE), exposure("prednisone", 20, *WHOLE))
    assert len(found.unknown) == 1


def test_a_partly_readable_exposure_counts_and_stays_unknown() -> None:
    found = history(exposure("prednisone", 100, *WHOLE, dose_unreadable="the second dosage has no unit"))
    assert amount(found, "2026-03-10") == point(100)
    assert len(found.unknown) == 1
