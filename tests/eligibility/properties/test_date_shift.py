"""What a protocol says of a chart depends on how far its dates lie apart, not on which year it is.

How exactly that holds depends on the windows, because months and years are not all of one length:

* windows in days and weeks: for a shift by any number of days;
* windows in months and years: for a shift by whole months, where no date is later than the 28th of its month,
  so that no end of a month is clamped;
* any mixture of windows, and whole protocols: for a shift by 400 years, after which the calendar repeats
  itself, and between 1901 and 2099 by 28 years, after which leap years and weekdays do.

A shift by any other number of years moves leap days in or out of windows of days: nothing is promised of it.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.eligibility.charts import AS_OF
from tests.eligibility.properties import random_records as rnd
from tests.eligibility.properties.shifting import CYCLE, Step, by, shifted
from tests.eligibility.properties.worlds import Record

EXAMPLES = settings().max_examples


def _both(
    statement: dict[str, Any], record: Record, anchors: dict[str, date], step: Step
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What the engine says of the record moved, and what it says of the record, moved."""
    protocol = rnd.bound(statement)
    here = rnd.answered(protocol, rnd.chart_of(record), anchors)
    moved = Record(
        shifted(record.measurements, step),
        shifted(record.unusable, step),
        shifted(record.events, step),
        record.whole,
    )
    there = rnd.answered(protocol, rnd.chart_of(moved), shifted(anchors, step), step(AS_OF))
    return (there.state, there.flips_on), (here.state, shifted(here.flips_on, step))


def _in_unit(statement: dict[str, Any], month: str) -> dict[str, Any]:
    """The statement with this window in place of each of a month."""
    changed: dict[str, Any] = json.loads(json.dumps(statement).replace('"1 mo"', f'"{month}"'))
    return changed


@st.composite
def questions(draw: st.DrawFn) -> tuple[dict[str, Any], Record]:
    subjects = draw(rnd.subjects_lists(3))
    return draw(rnd.compounds(subjects)), draw(rnd.records(*rnd.split(subjects)))


@settings(max_examples=EXAMPLES)
@given(questions(), rnd.anchors, st.integers(-30_000, 30_000))
def test_windows_in_days_and_weeks_look_the_same_so_many_days_later(
    drawn: tuple[dict[str, Any], Record], anchors: dict[str, date], days: int
) -> None:
    statement, record = drawn
    there, here = _both(_in_unit(statement, "30 d"), record, anchors, by(timedelta(days=days)))
    assert there == here


@settings(max_examples=EXAMPLES)
@given(questions(), rnd.anchors, st.sampled_from([-1, 1, 5]))
def test_every_window_looks_the_same_400_years_later(
    drawn: tuple[dict[str, Any], Record], anchors: dict[str, date], cycles: int
) -> None:
    assume(AS_OF.year + 400 * cycles > 400)
    there, here = _both(*drawn, anchors, by(cycles * CYCLE))
    assert there == here


@settings(max_examples=EXAMPLES)
@given(questions(), st.integers(-600, 600))
def test_windows_in_months_look_the_same_so_many_months_later_where_no_month_ends(
    drawn: tuple[dict[str, Any], Record], months: int
) -> None:
    statement, record = drawn
    dates = [
        day
        for fact in (*record.measurements, *record.events, *(item for _, item in record.unusable))
        for span in (getattr(fact, "when", None), getattr(fact, "start", None), getattr(fact, "end", None))
        if span is not None
        for day in (span.first, span.last)
    ]
    assume(all(day.day <= 28 for day in dates))
    written = json.dumps(statement)
    for window in ("28 d", "8 wk", "7 d"):
        written = written.replace(f'"{window}"', '"2 mo"')

    def step(day: date) -> date:
        return day + relativedelta(months=months)

    protocol = rnd.bound(json.loads(written))
    moved = Record(
        shifted(record.measurements, step),
        shifted(record.unusable, step),
        shifted(record.events, step),
        record.whole,
    )
    here = rnd.answered(protocol, rnd.chart_of(record), {})
    there = rnd.answered(protocol, rnd.chart_of(moved), {}, step(AS_OF))
    assert there.state is here.state
