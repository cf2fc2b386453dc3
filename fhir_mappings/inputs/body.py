"""Body measures: the weight and height that belong to a day, body mass index, body surface area."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

import msgspec

from fhir_mappings.calculators import ADULT, body_mass_index, surface_dubois, surface_mosteller
from fhir_mappings.facts import Diagnosis, Measurement, Series, of_one_time
from fhir_mappings.inputs.asking import Asked, computes
from fhir_mappings.inputs.demographics import age_at, age_on
from fhir_mappings.inputs.pairing import Draws, latest_first
from fhir_mappings.inputs.wording import speaks_of_fluid
from fhir_mappings.intervals import INFINITY, DateSpan, Interval, day
from fhir_mappings.phrases import phrase

WEIGHT_LIMIT_DAYS = 90
"""How far a weight may lie from the result that it is combined with."""

FLUID_WEIGHT_LIMIT_DAYS = 30
"""The same where fluid makes the weight change."""

CHILD_HEIGHT_LIMIT_DAYS = 90

FLUID_CONDITIONS = frozenset({"cond_edema", "cond_nephrotic_syndrome", "cond_ascites"})


class Weight(NamedTuple):
    """The weight that goes with a day, and the remarks that go with it."""

    measurement: Measurement
    notes: tuple[str, ...]


class BodyMeasures:
    """Finds the weight and the height that go with a day. Nothing later than the day asked on counts.

    What nobody needs is not looked at: an adult's filtration rate is the same on every day.
    """

    def __init__(self, asked: Asked) -> None:
        self._facts = asked.facts
        self._asked = asked

    @cached_property
    def _fluid(self) -> tuple[Diagnosis, ...]:
        return self._facts.chosen_events(Diagnosis, lambda e: e.confirmed and _adds_fluid(e))

    @cached_property
    def _weights(self) -> list[Measurement]:
        return self._known("body_weight")

    @cached_property
    def _measured(self) -> _Dated:
        return _Dated([m for m in self._weights if m.role == ""])

    @cached_property
    def _other(self) -> _Dated:
        return _Dated([m for m in self._weights if m.role != ""])

    @cached_property
    def _heights(self) -> list[Measurement]:
        return of_one_time(self._known("body_height"))

    @property
    def last_weighed(self) -> DateSpan | None:
        """Date of the latest weight that bears one, if there is any."""
        return next((m.when for m in self._weights if not m.when.open_start), None)

    def _known(self, name: str) -> list[Measurement]:
        on = self._asked.on
        return [m for m in self._asked.recorded(name) if m.value is not None and m.when.first <= on]

    def weight(self, when: DateSpan, still_on: date | None = None) -> Weight | None:
        """The last weight before a day, else the first after it, within the limit; measured ones first.

        With ``still_on``, a later day, the weight must not be older than the limit on that day either. What
        bears no date goes with the weight of that day: where it does not count then, it does not matter.
        """
        if when.open_start and still_on is not None:
            when = day(min(when.last, still_on))
        fluid = self.fluid(when, still_on)
        limit = self.weight_limit(when, still_on)
        notes = (phrase("body.oedema-or-nephrotic-syndrome-is-on"),) if fluid else ()
        found = self._measured.near(when, limit, still_on)
        if found is not None:
            return Weight(found, notes)
        found = self._other.near(when, limit, still_on)
        if found is None:
            return None
        return Weight(found, (*notes, phrase("body.body-weight-as-not-as-measured", role=found.role)))

    def weight_limit(self, when: DateSpan, still_on: date | None = None) -> int:
        """Days that a weight may lie from this day."""
        return FLUID_WEIGHT_LIMIT_DAYS if self.fluid(when, still_on) else WEIGHT_LIMIT_DAYS

    def fluid(self, when: DateSpan, still_on: date | None = None) -> bool:
        """Whether a condition with oedema is on record for a day, or for the other one.

        An open or undated condition counts.
        """
        return self._fluid_on(when) or (still_on is not None and self._fluid_on(day(still_on)))

    def _fluid_on(self, when: DateSpan) -> bool:
        return any(
            (e.start is None or e.start.first <= when.last)
            and (e.end is None or e.end.last >= when.first)
            and (e.end is not None or e.clinical not in ("resolved", "inactive", "remission"))
            for e in self._fluid
        )

    def adult_height(self) -> Measurement | None:
        """The latest height that was measured in adult life."""
        for height in self._heights:
            years = age_on(self._facts, height.when)
            if years is not None and years.low >= ADULT:
                return height
        return None

    def height(self, when: DateSpan) -> Measurement | None:
        """The height that goes with a day: of an adult any, of a child one of about that time."""
        years = age_at(self._asked, when)
        if years is not None and years.low >= ADULT:
            return self.adult_height()
        return _Dated(self._heights).near(when, CHILD_HEIGHT_LIMIT_DAYS)


class _Dated:
    """Measurements by day."""

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self._ascending = tuple(reversed(latest_first(of_one_time(measurements))))
        self._days = [m.when.last for m in self._ascending]

    def near(self, when: DateSpan, limit: int, still_on: date | None = None) -> Measurement | None:
        """The last one before or on a day, else the first one after it, surely within ``limit`` days.

        With ``still_on``, one that may be older than that on this day is passed over.
        """
        after = bisect_right(self._days, when.last)
        for candidate in self._ascending[max(after - 1, 0) :]:
            distance = max(
                abs((candidate.when.last - when.first).days), abs((when.last - candidate.when.first).days)
            )
            age = (still_on - candidate.when.first).days if still_on is not None else 0
            if distance <= limit and age <= limit:
                return candidate
        return None


def both(formula: Callable[[float, float], float], one: Interval, other: Interval) -> Interval:
    """A formula that rises with both of its arguments, over two intervals."""
    low = formula(max(one.low, 0.0), max(other.low, 0.0))
    high = INFINITY if INFINITY in (one.high, other.high) else formula(one.high, other.high)
    return Interval(low, high, one.low_open or other.low_open, one.high_open or other.high_open)


def surface_area(weight: Interval, height: Interval) -> Interval:
    """Body surface area, m², spanning the formulas of Mosteller and of Du Bois."""
    return both(surface_mosteller, weight, height).hull(both(surface_dubois, weight, height))


@computes("bmi")
def body_mass(asked: Asked) -> Series:
    """Body mass index: as reported, and from each weight with a height that goes with it."""

    def quotient(weight: Interval, height: Interval) -> Interval:
        return Interval(
            body_mass_index(weight.low, height.high),
            body_mass_index(weight.high, height.low),
            weight.low_open or height.high_open,
            weight.high_open or height.low_open,
        )

    return _from_weight_and_height(asked, quotient)


@computes("bsa")
def body_surface(asked: Asked) -> Series:
    """Body surface area: as reported, and by the formula of Mosteller from weight and height."""
    return _from_weight_and_height(asked, lambda weight, height: both(surface_mosteller, weight, height))


def _from_weight_and_height(asked: Asked, formula: Callable[[Interval, Interval], Interval]) -> Series:
    reported = asked.recorded(asked.name)
    draws = Draws(reported)
    body = BodyMeasures(asked)
    computed = []
    for weight in asked.recorded("body_weight"):
        height = body.height(weight.when)
        if weight.value is None or height is None or height.value is None or draws.of(weight):
            continue
        computed.append(
            Measurement(
                input=asked.name,
                when=weight.when,
                at=weight.at,
                unit=asked.definition.description.unit,
                value=formula(weight.value, height.value),
                basis="computed",
                evidence=(*weight.evidence, *height.evidence),
            )
        )
    needs = [asked.lack(name) for name in ("body_weight", "body_height") if not asked.recorded(name)]
    known = latest_first((*reported, *computed))
    measured = bool(asked.recorded("body_height") or asked.unusable("body_height"))
    weights = [
        msgspec.structs.replace(u, measured=u.measured and measured) for u in asked.unusable("body_weight")
    ]
    draws = Draws(known)
    unread = (*asked.unusable(asked.name), *(u for u in weights if not draws.of(u)))
    return asked.result(known, unread, needs)


def _adds_fluid(event: Diagnosis) -> bool:
    return not FLUID_CONDITIONS.isdisjoint(event.concepts) or speaks_of_fluid(event.label)
