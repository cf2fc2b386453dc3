"""Exposures for tests: each call is one sentence of a medication history."""

from __future__ import annotations

from datetime import date
from typing import Any

from fhir_mappings.facts import DoseSegment, Evidence, Exposure
from fhir_mappings.intervals import DateSpan, Interval, day, point


def on(text: str) -> date:
    return date.fromisoformat(text)


def span(text: str) -> DateSpan:
    """``2026-03-01`` or ``2026-03-01/2026-03-31``."""
    first, _, last = text.partition("/")
    return DateSpan(on(first), on(last or first))


def exposure(
    drug: str,
    mg: float | Interval | None,
    start: str | None,
    end: str | None = None,
    *,
    ongoing: bool = False,
    source: Any = "request",
    route: str | None = "oral",
    reference: str | None = None,
    weekdays: frozenset[int] | None = None,
    every: int = 1,
    mean: Interval | None = None,
    **more: Any,
) -> Exposure:
    """A course of one daily amount; ``mg`` of ``None`` is an amount that cannot be read."""
    begins = span(start) if start else None
    ends = span(end) if end else None
    first = begins or DateSpan(date.min, date.max)
    doses: tuple[DoseSegment, ...] = ()
    if mg is not None:
        amount = mg if isinstance(mg, Interval) else point(mg)
        open_end = DateSpan(first.first, date.max)
        doses = (DoseSegment(first, ends or open_end, amount, weekdays, every, mean),)
    return Exposure(
        **{
            "reference": reference or f"{source}/{drug}-{mg}-{start}-{end}",
            "concepts": frozenset({f"drug_{drug}"}),
            "drug": f"drug_{drug}",
            "label": drug,
            "evidence": Evidence(reference=f"{source}/{drug}-{start}", path="dosageInstruction"),
            "start": begins,
            "end": ends,
            "ongoing": ongoing,
            "source": source,
            "route": route,
            "doses": doses,
            "dose_unreadable": "no amount" if mg is None else None,
            **more,
        }
    )


def given(drug: str, mg: float | None, when: str, **more: Any) -> Exposure:
    """One administration."""
    return exposure(drug, mg, when, when, **{"source": "administration", "route": "intravenous", **more})


def taper(drug: str, steps: list[tuple[float, int]], start: str, **more: Any) -> Exposure:
    """One order whose amount changes: (mg, days) after each other."""
    segments = []
    first = on(start).toordinal()
    for mg, length in steps:
        segments.append(
            DoseSegment(day(date.fromordinal(first)), day(date.fromordinal(first + length - 1)), point(mg))
        )
        first += length
    return exposure(drug, 0, start, str(segments[-1].end), doses=tuple(segments), **more)
