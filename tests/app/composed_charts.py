"""Charts composed of the protocols' own examples, each moved in time: busy, real in content, and random."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from app.example_charts import chart_of
from eligibility.course import Anchors
from eligibility.example_notation import ExampleFacts, example_facts
from eligibility.examples import examples_of
from fhir_mappings.intervals import DateSpan
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary
from tests.app.service import AS_OF, screening_service

_OPEN_END = 9000
"""Years from here on stand for "no end", which no shift moves."""


@cache
def facts_of_examples() -> tuple[tuple[date, ExampleFacts], ...]:
    """The facts of all examples, with the day for which each is judged."""
    return tuple(
        (example.as_of, example_facts(example, vocabulary()))
        for bound in screening_service().protocols.values()
        for _, example in examples_of(bound)
    )


@st.composite
def composed_charts(draw: st.DrawFn, *, coarse: bool = False) -> PatientRecord:
    """A chart with the facts of some examples, moved to about ``AS_OF``.

    ``coarse``: the facts of some of them are dated to the month or the year alone.
    """
    known = facts_of_examples()
    chosen = draw(st.lists(st.sampled_from(range(len(known))), min_size=2, max_size=9))
    shifts = draw(
        st.lists(
            st.sampled_from((0, -5, -20, -40, -100, -300, 3, 10, 25)),
            min_size=len(chosen),
            max_size=len(chosen),
        )
    )
    precisions = ("day", "month", "month", "year") if coarse else ("day",)
    moved = [
        _moved(known[i][1], (AS_OF - known[i][0]).days + shift, draw(st.sampled_from(precisions)))
        for i, shift in zip(chosen, shifts, strict=True)
    ]
    born = draw(st.dates(date(1955, 1, 1), date(2009, 1, 1)))
    return chart_of(_together(moved, DateSpan(born, born), draw(st.sampled_from(("female", "male")))))


ANCHORS = st.builds(
    Anchors,
    *(
        st.one_of(st.none(), st.integers(-10, 40).map(lambda days: AS_OF + timedelta(days=days)))
        for _ in range(4)
    ),
)


def _together(facts: Sequence[ExampleFacts], born: DateSpan, sex: str) -> ExampleFacts:
    events = [event for one in facts for event in one.events]
    measurements = [measurement for one in facts for measurement in one.measurements]
    names = {name for one in facts for name in one.unusable}
    return ExampleFacts(
        born=born,
        sex=sex,
        measurements=tuple(sorted(measurements, key=lambda m: m.when.last, reverse=True)),
        unusable={name: tuple(u for one in facts for u in one.unusable.get(name, ())) for name in names},
        events=tuple(
            msgspec.structs.replace(event, reference=f"{event.reference}-{i}")
            for i, event in enumerate(events)
        ),
        assessments=tuple(assessment for one in facts for assessment in one.assessments),
        answers=tuple(answer for one in facts for answer in one.answers),
    )


def _moved(value: Any, days: int, precision: str) -> Any:
    """The same facts so many days later, told so precisely."""
    if isinstance(value, DateSpan):
        return _told(DateSpan(_later(value.first, days), _later(value.last, days)), precision)
    if isinstance(value, msgspec.Struct):
        names = (name for name in value.__struct_fields__ if name != "evidence")
        return msgspec.structs.replace(
            value, **{name: _moved(getattr(value, name), days, precision) for name in names}
        )
    if isinstance(value, tuple):
        return tuple(_moved(item, days, precision) for item in value)
    if isinstance(value, dict):
        return {key: _moved(item, days, precision) for key, item in value.items()}
    return value


def _told(when: DateSpan, precision: str) -> DateSpan:
    if precision == "day" or not when.exact or when.last.year > _OPEN_END:
        return when
    if precision == "year":
        return DateSpan(date(when.first.year, 1, 1), date(when.first.year, 12, 31))
    month = calendar.monthrange(when.first.year, when.first.month)[1]
    return DateSpan(when.first.replace(day=1), when.first.replace(day=month))


def _later(day: date, days: int) -> date:
    return day if day.year > _OPEN_END else day + timedelta(days=days)
