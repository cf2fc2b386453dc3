"""Results, scores and forms as Observations."""

from __future__ import annotations

from synth.entries import Entry
from synth.errors import RecipeError
from synth.templates import number_hole
from synth.terms import Written, said
from synth.writing import Draw, Resource, Writing, patient_reference


class Observations(Writing):
    """Writes Observations."""

    def _result(self, entry: Entry) -> Resource:
        test = self.terms.tests[entry.of]
        written = test.us if self.style.dialect == "us" else test.si
        resource = self._observation(entry, test.category, self._test_code(entry))
        if entry.answer is not None:
            return resource | {
                "valueCodeableConcept": self.terms.coded(self.terms.answers[entry.answer], self.style)
            }
        if entry.said:
            return resource | {"valueString": said(entry.said, self.style.language)}
        if entry.value is None and not entry.exactly:
            return resource
        unit = written.unit if entry.unit is None else entry.unit
        quantity = self._quantity(self._number(entry, written), unit)
        if entry.comparator:
            quantity = {"comparator": entry.comparator, **quantity}
        resource["valueQuantity"] = quantity
        limits = {
            name: self._quantity(limit, unit)
            for name, limit in (("low", written.low), ("high", written.high))
            if limit is not None
        }
        return resource | ({"referenceRange": [limits]} if limits and entry.ranged else {})

    def _form(self, entry: Entry) -> Resource:
        resource = self._observation(entry, "survey", self._test_code(entry))
        components = [
            {"code": {"text": self._word(name)}, "valueString": self._word(str(value))}
            for name, value in entry.items.items()
        ]
        return resource | {"component": components}

    def _word(self, name: str) -> str:
        return said(self.terms.words.get(name, {}), self.style.language) or name

    def _test_code(self, entry: Entry) -> Resource:
        test = self.terms.tests[entry.of]
        written = test.us if self.style.dialect == "us" else test.si
        code: Resource = {}
        if written.code is not None:
            code["coding"] = [self.terms.coding(("loinc", *written.code))]
        words = said(entry.words or test.text, self.style.language)
        return code | ({"text": words} if words else {})

    def _observation(self, entry: Entry, category: str, code: Resource) -> Resource:
        if entry.at is None:
            raise RecipeError(f"{entry.of}: a result needs the day it is of, at")
        return {
            "resourceType": "Observation",
            "status": entry.status or "final",
            "category": [self.concept("observation-category", category)],
            "code": code,
            "subject": patient_reference(),
            "effectiveDateTime": self.instant("at", entry.at),
        }

    def _number(self, entry: Entry, written: Written) -> float | str:
        if entry.exactly:
            return entry.exactly[self.style.dialect]
        scale = 10**written.digits
        if not isinstance(entry.value, tuple):
            value = round((entry.value or 0.0) * written.times, written.digits)
            return int(value) if written.digits == 0 else value
        low, high = (round(each * written.times * scale) for each in entry.value)
        self._draws.append(
            Draw(name="value", low=low, high=high, day=False, digits=written.digits, tied=entry.tied)
        )
        return number_hole("value")
