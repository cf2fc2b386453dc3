"""Dates in running text: each is the span of days that it may mean."""

from __future__ import annotations

import pytest

from fhir_mappings.stated_dates import stated_dates


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("2021-05-01", ["2021-05-01"]),
        ("2021/5/1", ["2021-05-01"]),
        ("2021年5月1日", ["2021-05-01"]),
        ("2021年5月", ["2021-05"]),
        ("2021-05", ["2021-05"]),
        ("2021年", ["2021"]),
        ("in 2021.", ["2021"]),
        ("03/2019", ["2019-03"]),
        ("May 2021", ["2021-05"]),
        ("12 May 2021", ["2021-05-12"]),
        ("May 12th, 2021", ["2021-05-12"]),
        ("25/01/2021", ["2021-01-25"]),
        ("05/01/2021", ["2021-01-05/2021-05-01"]),
        ("2024-02-29", ["2024-02-29"]),
        ("2023-02-29", []),
        ("2021-13-01", []),
        ("S21-2019", []),
        ("12021", []),
        ("from 2019 to March 2020", ["2019", "2020-03"]),
    ],
)
def test_a_date_is_read_as_the_days_that_it_may_mean(text: str, spans: list[str]) -> None:
    assert [str(span) for _, _, span in stated_dates(text)] == spans
