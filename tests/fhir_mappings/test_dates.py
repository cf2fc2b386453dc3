"""FHIR dates, whole and partial: local calendar days as intervals, instants for the order within a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.datatypes import Period, Quantity
from fhir_mappings.dates import at_age, hull, read_date, read_instant, read_period
from fhir_mappings.intervals import DateSpan, day

EARLIEST = datetime.fromisoformat("1900-01-01")
LATEST = datetime.fromisoformat("2100-01-01")


def span(first: str, last: str) -> DateSpan:
    return DateSpan(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("2024-03-05", "2024-03-05", "2024-03-05"),
    ],
)
def test_a_partial_date_is_all_the_days_that_it_may_mean(written: str, first: str, last: str) -> None:
    assert read_date(written) == span(first, last)


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-05T23:30:00-05:00",  # the 6th in UTC
        "2024-03-05T00:30:00+09:00",  # the 4th in UTC
        "2024-03-05T12:00:00Z",
        "2024-03-05T12:00:00.123456789Z",
        "2024-03-05T21:02:05+05:30",
        "2024-03-05T08:15:00",  # without a zone, as many systems send it
        "2024-03-05T08:15",
        "2024-03-05 08:15:00",
        "2024-03-05T24:00:00",  # not allowed in FHIR, seen in the wild
        "2024-03-05T23:59:60Z",
    ],
)
def test_the_calendar_day_is_the_local_one_whatever_the_offset(written: str) -> None:
    assert read_date(written) == day(date(2024, 3, 5))


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "unknown",
        "2024-13",
        "2024-00-10",
        "2023-02-29",
        "0000",
        "24",
        "05/03/2024",
        "around April 9, 2013",
        "2024-03-05X",
        "20240305",
        "2024-Q1",
        "9999-12-31",  # no end
        "0001-01-01T00:00:00Z",
    ],
)
def test_what_is_no_date_is_none_and_never_a_guess(written: str | None) -> None:
    assert read_date(written) is None


def test_the_instant_orders_across_offsets() -> None:
    earlier = read_instant("2024-03-05T23:30:00+09:00")
    later = read_instant("2024-03-05T15:00:00Z")
    assert earlier == datetime(2024, 3, 5, 14, 30, tzinfo=UTC)
    assert earlier is not None
    assert later is not None
    assert earlier < later


def test_an_instant_without_a_zone_can_be_ordered_beside_others() -> None:
    naive, aware = read_instant("2024-03-05T08:00:00"), read_instant("2024-03-05T09:00:00Z")
    assert naive is not None
    assert aware is not None
    assert naive < aware


@pytest.mark.parametrize("written", [None, "", "2024", "2024-03", "2024-03-05", "2024-03-05Tnoon"])
def test_a_date_without_a_time_has_no_instant(written: str | None) -> None:
    assert read_instant(written) is None


def test_midnight_at_the_end_of_the_day_comes_after_every_other_time_of_it() -> None:
    end, evening = read_instant("2024-03-05T24:00:00Z"), read_instant("2024-03-05T23:59:59Z")
    assert end is not None
    assert evening is not None
    assert end > evening


def test_a_period_has_the_ends_that_it_states() -> None:
    assert read_period(Period(start="2024-03", end="2024-04-02T10:00:00Z")) == (
        span("2024-03-01", "2024-03-31"),
        day(date(2024, 4, 2)),
    )
    assert read_period(Period(start="2021-05-14")) == (day(date(2021, 5, 14)), None)
    assert read_period(Period(end="nonsense")) == (None, None)
    assert read_period(None) == (None, None)


def test_hull_reaches_from_the_earliest_to_the_latest() -> None:
    assert hull(span("2024-03-01", "2024-03-31"), span("2024-02-10", "2024-03-02")) == span(
        "2024-02-10", "2024-03-31"
    )


@pytest.mark.parametrize(
    ("value", "unit", "first", "last"),
    [
        ("52", "a", "2012-05-10", "2013-05-09"),
        ("3", "mo", "1960-08-10", "1960-09-09"),
        ("2", "wk", "1960-05-24", "1960-05-30"),
        ("0", "a", "1960-05-10", "1961-05-09"),
    ],
)
def test_an_age_is_all_the_days_of_that_age(value: str, unit: str, first: str, last: str) -> None:
    born = day(date(1960, 5, 10))
    assert at_age(born, Quantity(value=Decimal(value), code=unit)) == span(first, last)


def test_an_age_of_someone_whose_year_of_birth_is_known_spans_two_years() -> None:
    found = at_age(span("1960-01-01", "1960-12-31"), Quantity(value=Decimal(52), code="a"))
    assert found == span("2012-01-01", "2013-12-30")


@pytest.mark.parametrize(
    "age",
    [
        None,
        Quantity(code="a"),
        Quantity(value=Decimal(-1), code="a"),
        Quantity(value=Decimal(5), code="furlong"),
        Quantity(value=Decimal(99999), code="a"),
    ],
)
def test_an_age_that_tells_no_time_is_none(age: Quantity | None) -> None:
    assert at_age(day(date(1960, 5, 10)), age) is None


def test_an_age_without_a_birth_date_is_none() -> None:
    assert at_age(None, Quantity(value=Decimal(52), code="a")) is None


@given(st.datetimes(min_value=EARLIEST, max_value=LATEST), st.integers(-14, 14))
def test_no_offset_moves_a_day(moment: datetime, hours: int) -> None:
    written = f"{moment.isoformat(timespec='seconds')}{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
    assert read_date(written) == day(moment.date())


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = read_date(text)
    assert found is None or found.first <= found.last
    read_instant(text)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-12", "2024-12-01", "2024-12-31"),
        ("2024-02-03", "2024-02-03", "2024-02-03"),
        ("2024-02-03/2024-03-01", "2024-02-03", "2024-03-01"),
        ("../2024-03-01", "0001-01-01", "2024-03-01"),
    ],
)
def test_a_span_is_written_as_precisely_as_it_is_known_and_read_back(
    written: str, first: str, last: str
) -> None:
    assert DateSpan.parse(written) == span(first, last)
    assert str(span(first, last)) == written
