"""From the dosage of a record to the daily table and the treatment, and the span of an exposure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from fhir_mappings.datatypes import Dosage
from fhir_mappings.dosage import read_doses
from fhir_mappings.exposure_days import day_amounts
from fhir_mappings.exposures import dose_history, exposure_span, therapies
from fhir_mappings.facts import DoseSegment, Exposure
from fhir_mappings.intervals import DateSpan, Interval, day, point
from tests.fhir_mappings.any_dosages import DOSAGES
from tests.fhir_mappings.exposure_samples import exposure, on, span
from tests.fhir_mappings.written_dosages import DAILY, FIVE_MG_TABLET, dosage, repeat

AS_OF = on("2026-06-30")
PREDNISONE = frozenset({"drug_prednisone"})


def from_dosages(*dosages: Dosage, start: str | None, end: str | None = None, **more: Any) -> Exposure:
    """An exposure as a reader makes it: dosages read between the dates of the resource."""
    begins, ends = span(start) if start else None, span(end) if end else None
    doses = read_doses(dosages, begins, ends, "drug_prednisone", FIVE_MG_TABLET, point(60), None)
    return exposure(
        "prednisone",
        0,
        start,
        end,
        doses=doses.segments,
        dose_unreadable=doses.unreadable,
        as_needed=doses.as_needed,
        **more,
    )


@pytest.mark.parametrize(
    ("start", "end", "ongoing", "expected"),
    [
        ("2026-01-01", "2026-02-01", False, (day(on("2026-01-01")), day(on("2026-02-01")))),
        ("2026-01-01", None, True, (day(on("2026-01-01")), day(date.max))),
        ("2026-01-01", None, False, (day(on("2026-01-01")), DateSpan(on("2026-01-01"), AS_OF))),
        (None, "2026-02-01", False, (DateSpan(date.min, AS_OF), day(on("2026-02-01")))),
        (
            "2026-01-01/2026-01-31",
            "2026-01-10",
            False,
            (span("2026-01-01/2026-01-31"), day(on("2026-01-10"))),
        ),
        ("2026-08-01", None, False, (day(on("2026-08-01")), day(on("2026-08-01")))),
    ],
)
def test_the_span_of_an_exposure(
    start: str | None, end: str | None, ongoing: bool, expected: tuple[DateSpan, DateSpan]
) -> None:
    """An open course has no last day; one that is over without an end ended between its start and now."""
    assert exposure_span(exposure("prednisone", 5, start, end, ongoing=ongoing), AS_OF) == expected


def test_a_course_bounded_by_its_dosage_ends_though_the_order_is_still_active() -> None:
    week = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": 7, "code": "d"})
    burst = from_dosages(dosage((40, "mg"), timing=week), start="2026-06-01", ongoing=True)
    found = dose_history("prednisone_equivalent", (burst,), on("2026-05-01"), AS_OF, "complete")
    assert [d.day.day for d in found.days] == [1, 2, 3, 4, 5, 6, 7]
    (therapy,) = therapies((burst,), PREDNISONE, on("2026-05-31"), AS_OF, "complete").therapies
    assert [(c.change, str(c.when)) for c in therapy.changes] == [
        ("start", "2026-06-01"),
        ("stop", "2026-06-08"),
    ]
    assert not therapy.ongoing


def test_tablets_of_a_taper_become_a_daily_table_and_changes_of_dose() -> None:
    def tablets(count: float, sequence: int, days: int) -> Dosage:
        timing = repeat(frequency=1, period=1, periodUnit="d", boundsDuration={"value": days, "code": "d"})
        return dosage((count, "tablet"), sequence=sequence, timing=timing)

    order = from_dosages(tablets(20, 1, 14), tablets(12, 2, 14), tablets(8, 3, 300), start="2026-05-20")
    found = dose_history("prednisone_equivalent", (order,), on("2026-05-01"), on("2026-06-20"), "complete")
    assert [d.amount.low for d in found.days] == [100] * 14 + [60] * 14 + [40] * 4
    (therapy,) = therapies((order,), PREDNISONE, on("2026-05-31"), AS_OF, "complete").therapies
    assert [(c.change, str(c.when)) for c in therapy.changes] == [
        ("dose", "2026-06-03"),
        ("dose", "2026-06-17"),
    ]


def test_numbered_dosages_without_lengths_leave_the_dose_of_a_treatment_unknown() -> None:
    order = from_dosages(
        dosage((10, "mg"), sequence=1, timing=DAILY),
        dosage((5, "mg"), sequence=2, timing=DAILY),
        start="2026-01-01",
        ongoing=True,
    )
    (therapy,) = therapies((order,), PREDNISONE, on("2026-05-31"), AS_OF, "complete").therapies
    assert not therapy.dose_known


def test_segments_of_one_exposure_that_overlap_are_summed() -> None:
    order = from_dosages(
        dosage((10, "mg"), timing=DAILY), dosage((5, "mg"), timing=DAILY), start="2026-06-01", ongoing=True
    )
    amounts = day_amounts(order, on("2026-06-01"), on("2026-06-02"))
    assert amounts[on("2026-06-02")].amount == point(15)
    assert amounts[on("2026-06-02")].certain


def test_every_second_day_with_an_uncertain_start_may_be_any_day() -> None:
    order = exposure("prednisone", 20, "2026-06-01/2026-06-02", "2026-06-30", every=2)
    amounts = day_amounts(order, on("2026-06-01"), on("2026-06-10"))
    assert amounts[on("2026-06-10")].amount == Interval(0, 20)


def test_concurrent_segments_of_uncertain_end_add_up_at_most() -> None:
    ends = span("2026-06-05/2026-06-10")
    segments = (
        DoseSegment(day(on("2026-06-01")), ends, point(20)),
        DoseSegment(day(on("2026-06-01")), span("2026-06-04/2026-06-11"), point(5)),
    )
    order = exposure("prednisone", 0, "2026-06-01", "2026-06-30", doses=segments)
    amounts = day_amounts(order, on("2026-06-01"), on("2026-06-30"))
    assert amounts[on("2026-06-04")].amount == point(25)
    assert amounts[on("2026-06-07")].amount.high == 25
    assert not amounts[on("2026-06-07")].certain


@settings(max_examples=200, deadline=None)
@for_all(
    st.lists(
        st.tuples(
            st.lists(DOSAGES, max_size=3),
            st.sampled_from([None, "2026-06-01", "2026-05-01/2026-05-31"]),
            st.sampled_from([None, "2026-06-20", "2026-06-01/2026-06-30"]),
            st.booleans(),
            st.sampled_from(["administration", "dispense", "statement", "request"]),
            st.sampled_from(["active", "on-hold", "completed"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_was_recorded_the_exposures_can_be_asked(records: list[Any]) -> None:
    exposures = [
        from_dosages(
            *dosages,
            start=start,
            end=end,
            ongoing=ongoing and end is None,
            source=source,
            status=status,
            reference=str(number),
        )
        for number, (dosages, start, end, ongoing, source, status) in enumerate(records)
    ]
    first = AS_OF - timedelta(days=40)
    for found in dose_history("prednisone_equivalent", exposures, first, AS_OF, "complete").days:
        assert 0 <= found.amount.low <= found.amount.high
    (therapy,) = therapies(exposures, PREDNISONE, first, AS_OF, "complete").therapies
    for change in therapy.changes:
        assert first < change.when.last
        assert change.when.first <= change.when.last
