"""One exposure in several records: which amount counts on a day, and what may be counted twice."""

from __future__ import annotations

import pytest

from fhir_mappings.intervals import Interval, point
from tests.fhir_mappings.dose_days import WHOLE, amount, history
from tests.fhir_mappings.exposure_samples import exposure, given, on


@pytest.mark.parametrize("weaker", ["dispense", "statement", "request"])
def test_an_administration_replaces_the_order_on_its_day_and_on_no_other(weaker: str) -> None:
    found = history(
        exposure("methylprednisolone", 80, "2026-03-01", "2026-03-10", source=weaker, route="intravenous"),
        given("methylprednisolone", 40, "2026-03-05"),
    )
    assert amount(found, "2026-03-05") == point(50)
    assert amount(found, "2026-03-06") == point(100)
    assert next(d.sources for d in found.days if d.day == on("2026-03-05")) == (1,)


@pytest.mark.parametrize(
    ("stronger", "weaker"), [("dispense", "statement"), ("dispense", "request"), ("statement", "request")]
)
def test_a_statement_and_a_request_are_one_exposure_and_the_stronger_source_counts(
    stronger: str, weaker: str
) -> None:
    found = history(
        exposure("prednisone", 20, *WHOLE, source=weaker), exposure("prednisone", 15, *WHOLE, source=stronger)
    )
    assert amount(found, "2026-03-10") == point(15)


def test_two_administrations_of_a_day_are_two_doses() -> None:
    found = history(
        given("methylprednisolone", 40, "2026-03-05", reference="a"),
        given("methylprednisolone", 40, "2026-03-05", reference="b"),
    )
    assert amount(found, "2026-03-05") == point(100)


def test_concurrent_orders_of_two_strengths_are_summed() -> None:
    """Prednisone as a 20 mg and a 5 mg prescription."""
    found = history(
        exposure("prednisone", 20, "2026-01-01", ongoing=True),
        exposure("prednisone", 5, "2026-01-01", ongoing=True),
    )
    assert amount(found, "2026-03-10") == point(25)


def test_refills_back_to_back_do_not_double() -> None:
    found = history(
        exposure("prednisone", 20, "2026-03-01", "2026-03-15", source="dispense"),
        exposure("prednisone", 20, "2026-03-16", "2026-03-31", source="dispense"),
    )
    assert {d.amount for d in found.days} == {point(20)}
    assert len(found.days) == 31


def test_a_renewal_that_overlaps_is_between_one_and_both() -> None:
    found = history(
        exposure("prednisone", 20, "2026-03-01", "2026-03-18"),
        exposure("prednisone", 20, "2026-03-15", "2026-03-31"),
    )
    assert amount(found, "2026-03-14") == point(20)
    assert amount(found, "2026-03-15") == Interval(20, 40)
    assert amount(found, "2026-03-18") == Interval(20, 40)
    assert amount(found, "2026-03-19") == point(20)


def test_an_order_left_open_may_have_been_replaced_by_a_later_one() -> None:
    """60, 50 and 40 mg ordered one after the other and never closed are not 150 mg for sure."""
    found = history(
        exposure("prednisone", 60, "2026-01-01", ongoing=True),
        exposure("prednisone", 50, "2026-02-01", ongoing=True),
        exposure("prednisone", 40, "2026-03-01", ongoing=True),
    )
    assert amount(found, "2026-03-10") == Interval(40, 150)


def test_an_order_that_still_ran_by_the_record_adds_to_a_later_one() -> None:
    found = history(
        exposure("prednisone", 60, "2026-01-01", "2026-03-20"),
        exposure("prednisone", 40, "2026-03-01", ongoing=True),
    )
    assert amount(found, "2026-03-10") == point(100)
    assert amount(found, "2026-03-21") == point(40)


def test_an_open_order_may_have_been_replaced_by_one_that_cannot_be_read() -> None:
    found = history(
        exposure("prednisone", 100, "2026-01-01", ongoing=True),
        exposure("prednisone", None, "2026-03-10", ongoing=True),
    )
    assert amount(found, "2026-03-09") == point(100)
    assert amount(found, "2026-03-10") == Interval(0, 100)
    assert len(found.unknown) == 1


def test_a_newer_order_questions_an_older_open_statement() -> None:
    found = history(
        exposure("prednisone", 100, "2026-01-01", ongoing=True, source="statement"),
        exposure("prednisone", 20, "2026-03-10", ongoing=True),
    )
    assert amount(found, "2026-03-09") == point(100)
    assert amount(found, "2026-03-10") == Interval(20, 100)


def test_an_oral_order_beside_an_infusion_of_the_same_drug_may_go_on() -> None:
    found = history(
        exposure("methylprednisolone", 16, *WHOLE), given("methylprednisolone", 500, "2026-03-05")
    )
    assert amount(found, "2026-03-05") == Interval(625, 645)
    assert amount(found, "2026-03-06") == point(20)


def test_a_weaker_source_speaks_where_the_stronger_only_may_cover_the_day() -> None:
    found = history(
        exposure("prednisone", 40, "2026-03-01", source="statement"),  # over, end unknown
        exposure("prednisone", 20, *WHOLE),
    )
    assert amount(found, "2026-03-01") == point(40)
    assert amount(found, "2026-03-10") == Interval(20, 40)
