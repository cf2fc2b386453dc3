"""What is to be done: orders, appointments, plans of care."""

from __future__ import annotations

from fhir_mappings.datatypes import CodeableConcept, Element, Period, Reference, Timing
from fhir_mappings.resources.base import Resource


class ServiceRequest(Resource, frozen=True, kw_only=True):
    """ServiceRequest."""

    status: str | None = None
    intent: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    occurrence_timing: Timing | None = None
    authored_on: str | None = None


class Participant(Element, frozen=True):
    """Appointment.participant."""

    actor: Reference | None = None


class Appointment(Resource, frozen=True, kw_only=True):
    """Appointment. R4 names the patient among the participants only."""

    status: str | None = None
    service_type: tuple[CodeableConcept, ...] = ()
    reason_code: tuple[CodeableConcept, ...] = ()
    start: str | None = None
    participant: tuple[Participant, ...] = ()

    @property
    def subject(self) -> Reference | None:
        """The participant who is a patient; ``None`` where none or several are."""
        actors = [one.actor for one in self.participant if one.actor is not None]
        patients = [actor for actor in actors if _is_patient(actor)]
        return patients[0] if len(patients) == 1 else None


def _is_patient(actor: Reference) -> bool:
    return actor.type == "Patient" or "Patient/" in (actor.reference or "")


class PlannedDetail(Element, frozen=True):
    """CarePlan.activity.detail."""

    status: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    scheduled_period: Period | None = None


class PlannedActivity(Element, frozen=True):
    """CarePlan.activity."""

    detail: PlannedDetail | None = None


class CarePlan(Resource, frozen=True, kw_only=True):
    """CarePlan."""

    status: str | None = None
    subject: Reference | None = None
    activity: tuple[PlannedActivity, ...] = ()
