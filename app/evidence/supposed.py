"""What somebody supposes about an opened chart, read from a form; nothing of it is ever kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from app.plain_text import plain
from app.prefetch_needs import inputs_of
from eligibility.bound import BoundProtocol
from eligibility.findings import Screening
from fhir_mappings.facts import InputDescription
from fhir_mappings.vocabulary import vocabulary

ROWS: Final = 3
"""So many values can be supposed at once."""
UCUM: Final = "http://unitsofmeasure.org"
_LONGEST: Final = 60
_NUMBER = re.compile(r"(?P<sign><=|>=|<|>)?\s*(?P<number>-?\d{1,9}(?:[.,]\d{1,6})?)")
_TITRE = re.compile(r"1\s*:\s*\d{1,6}")
_THOUSANDS = re.compile(r"-?\d{1,3},\d{3}")
"""Some write 7,500 for 7.5, others for 7500."""
_FIRST = date(1900, 1, 1)
_LAST = date(2200, 12, 31)


class Value(NamedTuple):
    """A value that is supposed to have been measured; ``row``: of the form, from 0."""

    row: int
    input: InputDescription
    written: str
    unit: str
    on: date

    @property
    def id(self) -> str:
        """The id of the resource that it is read from."""
        return f"what-if-{self.row + 1}"

    def resource(self, patient_id: str) -> dict[str, Any]:
        """A final Observation by the code that a laboratory is asked for, as the value was written."""
        order = self.input.order
        coding = [] if order is None else [{"system": order.system, "code": order.code}]
        told: dict[str, Any] = {
            "resourceType": "Observation",
            "id": self.id,
            "status": "final",
            "subject": {"reference": f"Patient/{patient_id}"},
            "effectiveDateTime": self.on.isoformat(),
            "code": {"coding": coding, "text": str(self.input.label)},
        }
        number = _NUMBER.fullmatch(self.written)
        if number is None:
            return {**told, "valueString": self.written}
        quantity: dict[str, Any] = {"value": float(number["number"].replace(",", "."))}
        if number["sign"]:
            quantity["comparator"] = number["sign"]
        if self.unit:
            quantity |= {"unit": self.unit, "system": UCUM, "code": self.unit}
        return {**told, "valueQuantity": quantity}


class Supposition(NamedTuple):
    """What is supposed.

    Attributes:
        as_of: the day for which the chart is judged.
        day0: the day of the first dose; ``None``: as the day of judging.
        said: answers to questions, by id.
        values: results that are not in the chart.
    """

    as_of: date
    day0: date | None = None
    said: Mapping[str, bool] = {}
    values: Sequence[Value] = ()


class SupposedForm(NamedTuple):
    """A form: what was typed, and by field the key of the page words that say what is wrong."""

    fields: Mapping[str, str]
    errors: Mapping[str, str]


def choosable(bound: BoundProtocol, screening: Screening) -> list[InputDescription]:
    """What a value can be supposed for: dated inputs that one result reports; those that lack come first."""
    lacking = {need.input for finding in screening.findings for need in finding.needs}
    known = (vocabulary().input(name) for name in inputs_of(bound.protocol) | lacking)
    found = [each for each in known if each is not None and each.order is not None and each.dated]
    return sorted(found, key=lambda each: (each.name not in lacking, str(each.label).lower()))


def read_supposition(
    fields: Mapping[str, str], bound: BoundProtocol, screening: Screening, as_of: date
) -> Supposition | SupposedForm:
    """What a form supposes; the form with what is wrong in it where it cannot be read.

    ``as_of``: the day of which the chart was judged, where the form names none.
    """
    typed = {name: plain(text)[:_LONGEST].strip() for name, text in fields.items()}
    errors: dict[str, str] = {}
    chosen = _day(typed.get("as_of", ""), "as_of", errors) or as_of
    day0 = _day(typed.get("day0", ""), "day0", errors)
    said = {
        question: typed[f"said.{question}"] == "yes"
        for question in bound.questions
        if typed.get(f"said.{question}") in ("yes", "no")
    }
    known = {each.name: each for each in choosable(bound, screening)}
    values = [
        value for row in range(ROWS) if (value := _value(typed, row, known, chosen, errors)) is not None
    ]
    if errors:
        return SupposedForm(typed, errors)
    return Supposition(chosen, day0, said, values)


def _value(
    typed: Mapping[str, str],
    row: int,
    known: Mapping[str, InputDescription],
    as_of: date,
    errors: dict[str, str],
) -> Value | None:
    """One row of the form; ``None`` where it is empty or wrong."""
    name, written = typed.get(f"input.{row}", ""), typed.get(f"value.{row}", "")
    if not name and not written:
        return None
    described = known.get(name)
    if described is None:
        errors[f"input.{row}"] = "what-if.error.input"
        return None
    number = _NUMBER.fullmatch(written)
    if number is not None and _THOUSANDS.fullmatch(number["number"]):
        errors[f"value.{row}"] = "what-if.error.comma"
        return None
    term = written.lower() in described.categories or _TITRE.fullmatch(written) is not None
    if number is None and not (described.kind != "number" and term):
        errors[f"value.{row}"] = (
            "what-if.error.number" if described.kind == "number" else "what-if.error.term"
        )
        return None
    on = _day(typed.get(f"on.{row}", ""), f"on.{row}", errors) or as_of
    if on > as_of:
        errors[f"on.{row}"] = "what-if.error.later"
        return None
    own = described.unit if described.unit != "1" else ""
    return Value(row, described, written, (typed.get(f"unit.{row}", "") or own) if number else "", on)


def _day(text: str, field: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not _FIRST <= found <= _LAST:
        errors[field] = "what-if.error.day"
        return None
    return found
