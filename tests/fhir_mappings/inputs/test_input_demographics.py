"""Age in completed years, and sex."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.facts import Evidence
from fhir_mappings.intervals import DateSpan, Interval
from tests.fhir_mappings.inputs.input_charts import ON, ask, categories, the


@pytest.mark.parametrize(
    ("born", "on", "age", "birthday"),
    [
        (date(1960, 6, 15), date(2026, 6, 14), 65, date(2026, 6, 15)),
        (date(1960, 6, 15), date(2026, 6, 15), 66, date(2027, 6, 15)),
        (date(2008, 6, 16), date(2026, 6, 15), 17, date(2026, 6, 16)),
        (date(2008, 2, 29), date(2026, 2, 28), 17, date(2026, 3, 1)),
        (date(2008, 2, 29), date(2026, 3, 1), 18, date(2027, 3, 1)),
        (date(2008, 2, 29), date(2028, 2, 28), 19, date(2028, 2, 29)),
    ],
)
def test_age_is_in_completed_years_and_changes_on_the_next_birthday(
    born: date, on: date, age: int, birthday: date
) -> None:
    measurement = the(ask("age", on=on, born=born))
    assert measurement.value == Interval(age, age)
    assert measurement.changes_on == birthday
    assert measurement.basis == "demographic"
    assert measurement.when.first == on


def test_a_year_of_birth_leaves_two_ages() -> None:
    measurement = the(ask("age", on=ON, born=DateSpan(date(1960, 1, 1), date(1960, 12, 31))))
    assert measurement.value == Interval(65, 66)
    assert measurement.changes_on == date(2026, 12, 31)


def test_a_month_of_birth_decides_outside_that_month() -> None:
    born = DateSpan(date(1960, 6, 1), date(1960, 6, 30))
    assert the(ask("age", on=date(2026, 7, 1), born=born)).value == Interval(66, 66)
    assert the(ask("age", on=date(2026, 6, 15), born=born)).value == Interval(65, 66)


def test_no_date_of_birth_is_a_need_and_not_an_age() -> None:
    series = ask("age", born=None)
    assert series.measurements == ()
    assert [(n.input, n.why) for n in series.needs] == [("age", "never-measured")]


def test_a_date_of_birth_in_the_future_cannot_be_used() -> None:
    series = ask("age", born=date(2026, 6, 16))
    assert series.measurements == ()
    assert "later than" in series.unusable[0].detail


def test_age_and_sex_tell_where_they_were_read_and_whether_the_patient_was_retrieved() -> None:
    evidence = Evidence(reference="Patient/1", path="birthDate")
    series = ask("age", demographics={"birth_date": evidence}, retrieval={"Patient": "failed"})
    assert the(series).evidence == (evidence,)
    assert series.retrieval == "failed"


@pytest.mark.parametrize("sex", ["female", "male"])
def test_sex_is_as_recorded(sex: str) -> None:
    assert categories(ask("sex", sex=sex)) == [sex]


def test_other_or_unknown_sex_is_a_need() -> None:
    series = ask("sex", sex=None)
    assert series.measurements == ()
    assert series.needs[0].input == "sex"
