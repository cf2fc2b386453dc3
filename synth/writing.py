"""What all writers of resources have in common: days, codes, quantities, and what is left to be drawn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from synth.days import days_ago
from synth.entries import DayRange, Entry
from synth.templates import hole
from synth.terms import Style, Terms, said

Resource = dict[str, Any]
CLOCK = "T08:10:00"
"""The time of day of whatever has one; the day alone matters."""


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn for each patient: a whole number from ``low`` to ``high``.

    Attributes:
        name: of the hole.
        day: whether it is how many days ago; else ``digits`` of it stand behind the point.
        tied: see ``synth.entries.Entry``.
    """

    name: str
    low: int
    high: int
    day: bool
    digits: int = 0
    tied: str | None = None


class Writing:
    """Writes parts of resources in one style, as seen from one day."""

    def __init__(self, terms: Terms, style: Style, as_of: date) -> None:
        self.terms = terms
        self.style = style
        self.as_of = as_of
        self._draws: list[Draw] = []
        self._days: dict[str, int] = {}

    def meta(self) -> Resource:
        """What marks every resource as made for tests."""
        return {"tag": [self.terms.coding(("act-reason", "HTEST", "test health data"))]}

    def day(self, name: str, written: DayRange) -> str:
        """A date, or a hole for it."""
        if not isinstance(written, tuple):
            self._days[name] = ago = days_ago(written, self.as_of)
            return (self.as_of - timedelta(days=ago)).isoformat()
        near, far = sorted(days_ago(each, self.as_of) for each in written)
        self._draws.append(Draw(name=name, low=near, high=far, day=True))
        return hole(name)

    def instant(self, name: str, written: DayRange) -> str:
        """A date with a time of day."""
        return f"{self.day(name, written)}{CLOCK}{self.style.offset}"

    def concept(self, system: str, code: str, display: str | None = None) -> Resource:
        """A CodeableConcept of one code of FHIR's own."""
        coding = {"system": self.terms.systems[system], "code": code}
        return {"coding": [coding | ({"display": display} if display else {})]}

    def _about(self, entry: Entry) -> Resource:
        """What an entry is of: the term's codes and words, or its own words alone."""
        words = said(entry.words, self.style.language)
        if not entry.of:
            return {"text": words}
        return self.terms.coded(self.terms.things[entry.of], self.style, words=words)

    def _quantity(self, value: float | str, unit: tuple[str, str] | str | None) -> Resource:
        if unit is None or isinstance(unit, str):
            return {"value": value}
        return {"value": value, "unit": unit[0], "system": self.terms.systems["ucum"], "code": unit[1]}


def patient_reference() -> Resource:
    """A Reference to the patient."""
    return {"reference": f"Patient/{hole('p')}"}
