"""Facts of one patient in plain values, and the inputs asked of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from fhir_mappings.facts import Diagnosis, Event, Evidence, Measurement, Procedure, Report, Series, Unusable
from fhir_mappings.inputs import compute_series
from fhir_mappings.intervals import DateSpan, Interval, day, point
from fhir_mappings.patient_facts import PatientFacts

ON = date(2026, 6, 15)
JUNE_1 = date(2026, 6, 1)
YEAR_2026 = DateSpan(date(2026, 1, 1), date(2026, 12, 31))


def at(hour: int, on: date = JUNE_1) -> datetime:
    """A time of day."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def below(number: float) -> Interval:
    """``<number``."""
    return Interval(high=number, high_open=True)


def above(number: float) -> Interval:
    """``>number``."""
    return Interval(low=number, low_open=True)


def result(
    name: str,
    value: float | Interval | str | None = None,
    on: date | DateSpan = JUNE_1,
    *,
    hour: int | None = None,
    **more: Any,
) -> Measurement:
    """A result: a number in the canonical unit, an interval, or a category."""
    category = value if isinstance(value, str) else more.pop("category", None)
    if isinstance(value, int | float):
        value = point(float(value))
    when = day(on) if isinstance(on, date) else on
    count = more.pop("count", 1)
    return Measurement(
        input=name,
        when=when,
        at=at(hour, when.first) if hour is not None else None,
        value=value if isinstance(value, Interval) else None,
        category=category,
        evidence=(Evidence(reference=f"Observation/{name}-{when}-{hour}-{count}", path="value"),),
        **more,
    )


def unusable(detail: str, on: date = JUNE_1) -> Unusable:
    """A result that may not be used."""
    return Unusable(why="unreadable", detail=detail, when=day(on))


def facts(
    *given: Measurement | Event,
    born: date | DateSpan | None = date(1974, 3, 10),
    unreadable: dict[str, Sequence[Unusable]] | None = None,
    **more: Any,
) -> PatientFacts:
    """A woman of 52, unless said otherwise."""
    measurements: dict[str, list[Measurement]] = defaultdict(list)
    for item in given:
        if isinstance(item, Measurement):
            measurements[item.input].append(item)
    for found in measurements.values():
        found.sort(key=lambda m: (m.when.last, m.at or at(0, m.when.last)), reverse=True)
    more.setdefault("sex", "female")
    return PatientFacts(
        reference="Patient/1",
        birth_date=day(born) if isinstance(born, date) else born,
        measurements=measurements,
        events=[item for item in given if isinstance(item, Event)],
        unusable=unreadable or {},
        **more,
    )


def ask(name: str, *given: Measurement | Event, on: date = ON, **more: Any) -> Series:
    """An input of a patient with these facts."""
    return compute_series(name, facts(*given, **more), on, None)


def values(series: Series) -> list[str]:
    """The values of a series, latest first, as text."""
    return [str(m.value) for m in series.measurements]


def categories(series: Series) -> list[str | None]:
    """The categories of a series, latest first."""
    return [m.category for m in series.measurements]


def the(series: Series) -> Measurement:
    """The only measurement of a series."""
    (measurement,) = series.measurements
    return measurement


def _event(kind: type[Event], concepts: str, start: date | DateSpan | None, **more: Any) -> Any:
    reference = more.pop("reference", f"{kind.__name__}/1")
    return kind(
        reference=reference,
        concepts=frozenset(concepts.split()),
        label=more.pop("label", concepts or reference),
        start=day(start) if isinstance(start, date) else start,
        evidence=Evidence(reference=reference, path="code"),
        **more,
    )


def diagnosis(concepts: str, start: date | DateSpan | None = JUNE_1, **more: Any) -> Diagnosis:
    """An active diagnosis, unless said otherwise."""
    more.setdefault("clinical", "active")
    found: Diagnosis = _event(Diagnosis, concepts, start, **more)
    return found


def procedure(concepts: str, start: date | DateSpan | None = JUNE_1, **more: Any) -> Procedure:
    """A procedure that was done."""
    found: Procedure = _event(Procedure, concepts, start, **more)
    return found


def report(concepts: str, text: str | None, start: date | DateSpan | None = JUNE_1, **more: Any) -> Report:
    """A report with its conclusion."""
    found: Report = _event(Report, concepts, start, text=text, **more)
    return found
