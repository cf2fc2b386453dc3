"""What was given at one time, as a dose of its day."""

from __future__ import annotations

from datetime import date

from fhir_mappings.datatypes import Dosage
from fhir_mappings.intervals import Interval, day, point
from tests.fhir_mappings.written_dosages import START, quantity, read


def administration(value: float, unit: str) -> Dosage:
    return Dosage(dose=quantity(value, unit))


def test_an_administration_is_one_amount_on_its_day() -> None:
    (segment,) = read(administration(500, "mg")).segments
    assert (segment.start, segment.end, segment.per_day) == (START, START, point(500))


def test_an_infusion_over_midnight_has_a_part_on_each_day() -> None:
    (segment,) = read(administration(1, "g"), end=day(date(2026, 3, 3))).segments
    assert segment.per_day == Interval(0, 1000)
    assert (segment.start, segment.end) == (START, day(date(2026, 3, 3)))


def test_one_amount_recorded_for_many_days_is_unreadable() -> None:
    assert read(administration(40, "mg"), end=day(date(2026, 3, 31))).unreadable == (
        "one amount was recorded for 30 days"
    )


def test_an_administration_with_a_rate_alone_is_unreadable() -> None:
    doses = read(Dosage(rate_quantity=quantity(10, "mg/h")))
    assert doses.unreadable == "the administration has a rate and no amount"
