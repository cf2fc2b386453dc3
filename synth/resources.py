"""Entries as FHIR R4 resources of one style, with holes where patients differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import msgspec

from synth.days import days_ago
from synth.entries import DayRange, Entry
from synth.errors import RecipeError
from synth.templates import Template, hole, number_hole
from synth.terms import Style, Terms, Written, said

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


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, ready to be filled. ``days``: of what is not drawn, by field, how many days ago."""

    template: Template
    draws: tuple[Draw, ...]
    days: dict[str, int]


class Compiler:
    """Makes templates of entries for one style, as seen from one day."""

    def __init__(self, terms: Terms, style: Style, as_of: date) -> None:
        self.terms = terms
        self.style = style
        self.as_of = as_of
        self._draws: list[Draw] = []
        self._days: dict[str, int] = {}

    def compiled(self, entry: Entry, slot: str) -> Compiled:
        """The template of one entry.

        Raises:
            RecipeError: it names a term that there is not, or lacks what it needs.
        """
        self._draws, self._days = [], {}
        build: Callable[[Entry], Resource] = getattr(self, f"_{entry.kind}")
        try:
            resource = build(entry)
        except KeyError as error:
            raise RecipeError(f"{slot}: there is no term {error}") from None
        head = {"resourceType": resource.pop("resourceType"), "id": f"{hole('p')}-{slot}", "meta": self.meta()}
        return Compiled(
            template=Template.of(head | resource), draws=tuple(self._draws), days=dict(self._days)
        )

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

    # -- results ---------------------------------------------------------------------------------

    def _result(self, entry: Entry) -> Resource:
        test = self.terms.tests[entry.of]
        written = test.us if self.style.dialect == "us" else test.si
        resource = self._observation(entry, test.category, self._test_code(entry))
        if entry.answer is not None:
            return resource | {"valueCodeableConcept": self.terms.coded(self.terms.answers[entry.answer], self.style)}
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
            "subject": _patient(),
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

    def _quantity(self, value: float | str, unit: tuple[str, str] | str | None) -> Resource:
        if unit is None or isinstance(unit, str):
            return {"value": value}
        return {"value": value, "unit": unit[0], "system": self.terms.systems["ucum"], "code": unit[1]}

    # -- problems --------------------------------------------------------------------------------

    def _problem(self, entry: Entry) -> Resource:
        resource: Resource = {
            "resourceType": "Condition",
            "clinicalStatus": self.concept("condition-clinical", entry.clinical),
            "verificationStatus": self.concept("condition-ver-status", entry.verification),
            "category": [self.concept("condition-category", "problem-list-item")],
            "code": self._about(entry),
            "subject": _patient(),
        }
        if entry.since is not None:
            resource["onsetDateTime"] = self.day("since", entry.since)
        if entry.until is not None:
            resource["abatementDateTime"] = self.day("until", entry.until)
        return resource

    # -- drugs -----------------------------------------------------------------------------------

    def _drug(self, entry: Entry) -> Resource:
        return self._statement(entry) if self.style.treatment == "MedicationStatement" else self._request(entry)

    def _medication(self, entry: Entry, *, inline: bool = False) -> Resource:
        term = self.terms.drugs[entry.of]
        if self.style.medication == "reference" and not inline:
            return {"medicationReference": {"reference": f"Medication/{medication_id(entry.of)}"}}
        if self.style.medication == "text" and not inline:
            return {"medicationCodeableConcept": {"text": said(term.text, self.style.language)}}
        return {"medicationCodeableConcept": self.terms.coded(term, self.style)}

    def _dosage(self, entry: Entry) -> Resource:
        route = {"route": self.concept("sct", *self._route(entry))} if entry.route else {}
        if entry.per_day is None:
            return route
        dose = entry.per_day / entry.doses
        amount = int(dose) if dose == int(dose) else dose
        return {
            "timing": {"repeat": {"frequency": entry.doses, "period": 1, "periodUnit": "d"}},
            **route,
            "doseAndRate": [{"doseQuantity": self._quantity(amount, ("mg", "mg"))}],
        }

    def _route(self, entry: Entry) -> tuple[str, str]:
        _, code, display = self.terms.things[f"route_{entry.route}"].us[0]
        return code, display

    def _since(self, entry: Entry) -> str:
        if entry.since is None:
            raise RecipeError(f"{entry.of}: a drug needs the day on which it was begun, since")
        return self.day("since", entry.since)

    def _request(self, entry: Entry) -> Resource:
        period = {"start": self._since(entry)}
        if entry.until is not None:
            period["end"] = self.day("until", entry.until)
        dosage = self._dosage(entry)
        repeat = dosage.setdefault("timing", {}).setdefault("repeat", {})
        repeat["boundsPeriod"] = period
        return {
            "resourceType": "MedicationRequest",
            "status": entry.status or ("completed" if entry.until is not None else "active"),
            "intent": "order",
            **self._medication(entry),
            "subject": _patient(),
            "authoredOn": period["start"],
            "dosageInstruction": [dosage],
        }

    def _statement(self, entry: Entry) -> Resource:
        period = {"start": self._since(entry)}
        if entry.until is not None:
            period["end"] = self.day("until", entry.until)
        dosage = self._dosage(entry)
        return {
            "resourceType": "MedicationStatement",
            "status": entry.status or ("completed" if entry.until is not None else "active"),
            **self._medication(entry),
            "subject": _patient(),
            "effectivePeriod": period,
            **({"dosage": [dosage]} if dosage else {}),
        }

    def _infusion(self, entry: Entry) -> Resource:
        if entry.at is None:
            raise RecipeError(f"{entry.of}: an infusion needs its day, at")
        resource: Resource = {
            "resourceType": "MedicationAdministration",
            "status": entry.status or "completed",
            **self._medication(entry, inline=True),
            "subject": _patient(),
            "effectiveDateTime": self.day("at", entry.at),
        }
        dosage: Resource = {"route": self.concept("sct", *self._route(entry))} if entry.route else {}
        if entry.per_day is not None:
            dosage["dose"] = self._quantity(int(entry.per_day), ("mg", "mg"))
        return resource | ({"dosage": dosage} if "dose" in dosage else {})

    # -- the rest --------------------------------------------------------------------------------

    def _report(self, entry: Entry) -> Resource:
        category = {"kidney_biopsy": "PAT"}.get(entry.of, "RAD")
        resource: Resource = {
            "resourceType": "DiagnosticReport",
            "status": entry.status or "final",
            "category": [self.concept("diagnostic-service", category)],
            "code": self.terms.coded(self.terms.things[entry.of], self.style),
            "subject": _patient(),
            "conclusion": said(entry.words, self.style.language),
        }
        if entry.at is not None:
            resource["effectiveDateTime"] = self.instant("at", entry.at)
        return resource

    def _procedure(self, entry: Entry) -> Resource:
        resource: Resource = {
            "resourceType": "Procedure",
            "status": entry.status or "completed",
            "code": self._about(entry),
            "subject": _patient(),
        }
        return resource | ({"performedDateTime": self.day("at", entry.at)} if entry.at is not None else {})

    def _vaccine(self, entry: Entry) -> Resource:
        if entry.at is None:
            raise RecipeError(f"{entry.of}: a vaccination needs its day, at")
        return {
            "resourceType": "Immunization",
            "status": entry.status or "completed",
            "vaccineCode": self._about(entry),
            "patient": _patient(),
            "occurrenceDateTime": self.day("at", entry.at),
        }

    def _allergy(self, entry: Entry) -> Resource:
        resource: Resource = {
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": self.concept("allergy-clinical", entry.clinical),
            "verificationStatus": self.concept("allergy-verification", entry.verification),
        }
        if entry.type:
            resource["type"] = entry.type
        if entry.category:
            resource["category"] = [entry.category]
        if entry.criticality:
            resource["criticality"] = entry.criticality
        resource |= {"code": self._about(entry), "patient": _patient()}
        if entry.at is not None:
            resource["recordedDate"] = self.day("at", entry.at)
        if entry.severity:
            shown = self.terms.coded(self.terms.things["rash"], self.style)
            resource["reaction"] = [{"manifestation": [shown], "severity": entry.severity}]
        return resource

    def _encounter(self, entry: Entry) -> Resource:
        if entry.since is None:
            raise RecipeError(f"{entry.of or 'encounter'}: an encounter needs its first day, since")
        kind = ("IMP", "inpatient encounter") if entry.inpatient else ("AMB", "ambulatory")
        start = self.instant("since", entry.since)
        period = {"start": start}
        if entry.until is not None:
            period["end"] = self.instant("until", entry.until)
        resource: Resource = {
            "resourceType": "Encounter",
            "status": entry.status or "finished",
            "class": self.terms.coding(("act-code", *kind)),
            "subject": _patient(),
            "period": period,
        }
        if entry.reason is not None:
            resource["reasonCode"] = [self.terms.coded(self.terms.things[entry.reason], self.style)]
        return resource

    def _study(self, entry: Entry) -> Resource:
        kind = "interventional" if entry.interventional else "observational"
        period = {} if entry.since is None else {"start": self.day("since", entry.since)}
        if entry.until is not None:
            period["end"] = self.day("until", entry.until)
        study: Resource = {
            "resourceType": "ResearchStudy",
            "id": "study",
            "status": "active",
            "title": said(entry.words, self.style.language),
            "category": [{"text": kind}],
        }
        if entry.trial:
            study["identifier"] = [{"system": self.terms.systems["registry"], "value": entry.trial}]
        return {
            "resourceType": "ResearchSubject",
            "contained": [study],
            "status": entry.status or "on-study",
            "period": period,
            "study": {"reference": "#study"},
            "individual": _patient(),
        }

    def _consent(self, entry: Entry) -> Resource:
        if entry.at is None:
            raise RecipeError("a consent needs its day, at")
        return {
            "resourceType": "Consent",
            "status": entry.status or "active",
            "scope": self.concept("consent-scope", "research"),
            "category": [self.concept("consent-category", "RESEARCH")],
            "patient": _patient(),
            "dateTime": self.day("at", entry.at),
            "policyRule": self.concept("act-code", "OPTIN"),
            "sourceReference": {"display": entry.trial},
            "provision": {"type": entry.decision},
        }

    def _order(self, entry: Entry) -> Resource:
        resource: Resource = {
            "resourceType": "ServiceRequest",
            "status": entry.status or "active",
            "intent": "order",
            "code": self._about(entry),
            "subject": _patient(),
        }
        return resource | ({"authoredOn": self.day("at", entry.at)} if entry.at is not None else {})


def _patient() -> Resource:
    return {"reference": f"Patient/{hole('p')}"}


def medication_id(drug: str) -> str:
    """The id of the Medication that stands for a drug."""
    return f"synthetic-{drug}"
