"""Entries as FHIR R4 resources of one style, with holes where patients differ."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from synth.entries import Entry
from synth.errors import RecipeError
from synth.observations import Observations
from synth.templates import Template, hole
from synth.terms import said
from synth.writing import Draw, Resource, patient_reference

_LENGTHS = {"day": 10, "month": 7, "year": 4}
"""How much of a written date its precision leaves."""


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, ready to be filled. ``days``: of what is not drawn, by field, how many days ago."""

    template: Template
    draws: tuple[Draw, ...]
    days: dict[str, int]


class Compiler(Observations):
    """Makes templates of entries."""

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
        head = {
            "resourceType": resource.pop("resourceType"),
            "id": f"{hole('p')}-{slot}",
            "meta": self.meta(),
        }
        return Compiled(
            template=Template.of(head | resource), draws=tuple(self._draws), days=dict(self._days)
        )

    # -- problems --------------------------------------------------------------------------------

    def _problem(self, entry: Entry) -> Resource:
        resource: Resource = {
            "resourceType": "Condition",
            "clinicalStatus": self.concept("condition-clinical", entry.clinical),
            "verificationStatus": self.concept("condition-ver-status", entry.verification),
            "category": [self.concept("condition-category", "problem-list-item")],
            "code": self._about(entry),
            "subject": patient_reference(),
        }
        if entry.since is not None:
            resource["onsetDateTime"] = self.day("since", entry.since)
        if entry.until is not None:
            resource["abatementDateTime"] = self.day("until", entry.until)
        return resource

    # -- drugs -----------------------------------------------------------------------------------

    def _drug(self, entry: Entry) -> Resource:
        return (
            self._statement(entry) if self.style.treatment == "MedicationStatement" else self._request(entry)
        )

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
            **({"asNeededBoolean": True} if entry.as_needed else {}),
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
            "subject": patient_reference(),
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
            "subject": patient_reference(),
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
            "subject": patient_reference(),
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
            "subject": patient_reference(),
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
            "subject": patient_reference(),
        }
        return resource | ({"performedDateTime": self.day("at", entry.at)} if entry.at is not None else {})

    def _vaccine(self, entry: Entry) -> Resource:
        if entry.at is None:
            raise RecipeError(f"{entry.of}: a vaccination needs its day, at")
        return {
            "resourceType": "Immunization",
            "status": entry.status or "completed",
            "vaccineCode": self._about(entry),
            "patient": patient_reference(),
            "occurrenceDateTime": self.day("at", entry.at)[: _LENGTHS[entry.precision]],
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
        resource |= {"code": self._about(entry), "patient": patient_reference()}
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
            "subject": patient_reference(),
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
            "individual": patient_reference(),
        }

    def _consent(self, entry: Entry) -> Resource:
        if entry.at is None:
            raise RecipeError("a consent needs its day, at")
        return {
            "resourceType": "Consent",
            "status": entry.status or "active",
            "scope": self.concept("consent-scope", "research"),
            "category": [self.concept("consent-category", "RESEARCH")],
            "patient": patient_reference(),
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
            "subject": patient_reference(),
        }
        return resource | ({"authoredOn": self.day("at", entry.at)} if entry.at is not None else {})


def medication_id(drug: str) -> str:
    """The id of the Medication that stands for a drug."""
    return f"synthetic-{drug}"
