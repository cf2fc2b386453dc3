"""What has a beginning and perhaps an end: diagnoses, drugs, procedures, admissions and the like."""

from __future__ import annotations

from typing import Literal

import msgspec

from fhir_mappings.facts.provenance import Evidence, Retrieval
from fhir_mappings.intervals import DateSpan, Interval

EventKind = Literal[
    "diagnosis",
    "exposure",
    "procedure",
    "vaccination",
    "allergy",
    "participation",
    "admission",
    "report",
    "planned",
    "device",
    "consent",
    "refutation",
]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something with a beginning and perhaps an end.

    Attributes:
        reference: resource it was read from, e.g. ``Condition/c1``.
        concepts: names of the code sets that its codes (or, by an explicit text rule, its words) belong to.
        label: the words to show: display or text as recorded.
        start: first day, as far as known.
        end: last day, as far as known. ``None`` with ``ongoing`` false means that the end is unknown.
        ongoing: no end is recorded and the status says that it goes on.
        confirmed: false for provisional, differential or unconfirmed statements.
        by_text: a text rule, not a code, put it into its concepts.
        status: the status as recorded.
        evidence: provenance for a report.
    """

    reference: str
    concepts: frozenset[str]
    label: str
    evidence: Evidence
    start: DateSpan | None = None
    end: DateSpan | None = None
    ongoing: bool = False
    confirmed: bool = True
    by_text: bool = False
    status: str | None = None
    notes: tuple[str, ...] = ()

    def dates(self) -> tuple[DateSpan, ...]:
        """All dates that the event names."""
        return tuple(when for when in (self.start, self.end) if when is not None)


class Diagnosis(Event, frozen=True, kw_only=True, tag="diagnosis"):
    """A Condition. ``clinical``: active, recurrence, relapse, inactive, remission, resolved or ``None``."""

    clinical: str | None = None
    stage: str | None = None
    severity: str | None = None


class DoseSegment(msgspec.Struct, frozen=True, gc=False):
    """A stretch of calendar days with one prescribed or given amount.

    Attributes:
        start, end: first and last day; an uncertain day makes a span.
        per_day: mg of the drug on each day that has a dose.
        weekdays: days of the week with a dose (0 = Monday), or ``None`` for all of them.
        every: a dose each ``every`` days, counted from the start (1 = daily).
        mean: mg per day averaged over the schedule, where the fields above do not tell it (twice a week, on
            days that are not named).
        varies: the amount changes within the segment, within ``per_day``, on days that are not told.
    """

    start: DateSpan
    end: DateSpan
    per_day: Interval
    weekdays: frozenset[int] | None = None
    every: int = 1
    mean: Interval | None = None
    varies: bool = False


class Otherwise(msgspec.Struct, frozen=True):
    """How a course went on by the other of two records that cannot both hold, and that other's evidence."""

    end: DateSpan | None
    ongoing: bool
    evidence: Evidence


class Exposure(Event, frozen=True, kw_only=True, tag="exposure"):
    """A course of a drug. ``concepts`` holds its code sets (``drug_prednisone``), never the classes.

    Attributes:
        drug: the ingredient-level concept that dose arithmetic goes by, if known.
        source: the kind of statement, strongest first: administration, dispense, statement, request.
        route: ``systemic``, ``intravenous``, ``oral``, ``subcutaneous``, ``intramuscular``, ``inhaled``,
            ``topical``, ``ophthalmic``, ``intraarticular``, ``nasal``, ``other`` or ``None``.
        doses: daily amounts, where they can be computed.
        dose_text: the dosage as recorded, for reports.
        dose_unreadable: why no daily amount could be computed, else ``None``.
        as_needed: PRN.
        times: when on a day, by the clock (``08:00``) or by its parts (``morning``); empty if not known.
        investigational: given within a trial.
        renews: reference of the order that this one follows.
        given_at: for an administration, its instant in UTC (``…+00:00``), or its time without a zone where
            none is recorded; ``None`` where only the day is.
        taken_on: the day for which a statement tells that it was taken, where that is neither the first nor
            the last of the course.
        not_given: days on which an administration of the drug is recorded as not done: a weaker source does
            not show that it was taken then.
        denied_by: the statement that the drug is not taken, where one stands against this record.
        otherwise: how it went on by another word, where an order or a supply that merely goes on and a
            statement that the drug was stopped, or is not taken, stand against each other.
    """

    drug: str | None = None
    source: Literal["administration", "dispense", "statement", "request"] = "request"
    route: str | None = None
    doses: tuple[DoseSegment, ...] = ()
    dose_text: str | None = None
    dose_unreadable: str | None = None
    as_needed: bool = False
    times: frozenset[str] = frozenset()
    investigational: bool = False
    renews: str | None = None
    given_at: str | None = None
    taken_on: DateSpan | None = None
    not_given: tuple[DateSpan, ...] = ()
    denied_by: Evidence | None = None
    otherwise: Otherwise | None = None

    def at_other_times_than(self, other: Exposure) -> bool:
        """Whether both are surely taken at different times of a day; an hour may be of any part of it."""
        both = self.times | other.times
        known = bool(self.times and other.times) and len({":" in time for time in both}) == 1
        return known and self.times.isdisjoint(other.times)

    def by_the_other_word(self) -> Exposure | None:
        """The course as the record that stands against it tells it; ``None`` where none does."""
        if self.otherwise is None:
            return None
        end, ongoing = self.otherwise.end, self.otherwise.ongoing
        return msgspec.structs.replace(self, end=end, ongoing=ongoing, otherwise=None)

    def dates(self) -> tuple[DateSpan, ...]:
        """All dates that the event names, those of its doses too."""
        own = tuple(when for when in (self.start, self.end, self.taken_on) if when is not None)
        own += self.not_given
        if self.otherwise is not None and self.otherwise.end is not None:
            own += (self.otherwise.end,)
        return (*own, *(when for dose in self.doses for when in (dose.start, dose.end)))


class Procedure(Event, frozen=True, kw_only=True, tag="procedure"):
    """A Procedure that was done (completed, in progress or stopped)."""


class Vaccination(Event, frozen=True, kw_only=True, tag="vaccination"):
    """An Immunization that was given."""


class Allergy(Event, frozen=True, kw_only=True, tag="allergy"):
    """An AllergyIntolerance. ``severity``: worst reaction severity; ``category``: food, medication …

    ``statement``: ``allergy`` for a real entry, ``none-known`` for a coded "no known allergy".
    ``type``: allergy or intolerance, as recorded.
    """

    statement: Literal["allergy", "none-known"] = "allergy"
    category: tuple[str, ...] = ()
    criticality: str | None = None
    severity: str | None = None
    manifestations: frozenset[str] = frozenset()
    type: str | None = None


class Participation(Event, frozen=True, kw_only=True, tag="participation"):
    """A ResearchSubject with what is known of its ResearchStudy.

    ``study_ids``: identifiers such as NCT numbers, upper case. ``study_kind``: interventional,
    observational or ``None``. ``drugs``: concepts of the study's drugs. ``last_dose``: last dose of the
    study drug that the record shows.
    """

    study_ids: frozenset[str] = frozenset()
    study_kind: str | None = None
    phase: str | None = None
    drugs: frozenset[str] = frozenset()
    last_dose: DateSpan | None = None

    def dates(self) -> tuple[DateSpan, ...]:
        """All dates that the event names, that of the last dose too."""
        return tuple(when for when in (self.start, self.end, self.last_dose) if when is not None)


class Admission(Event, frozen=True, kw_only=True, tag="admission"):
    """An Encounter. ``concepts``: its reasons and diagnoses.

    ``inpatient``: whether the patient was admitted; ``None`` where the class does not tell.
    ``reason``: whether the record tells why the patient came, in a code of a known system or in words.
    """

    inpatient: bool | None = None
    reason: Literal["recorded", "unrecorded"] = "recorded"


class Report(Event, frozen=True, kw_only=True, tag="report"):
    """A DiagnosticReport or a narrative Observation: imaging, histology. ``text``: its conclusion."""

    text: str | None = None


class Planned(Event, frozen=True, kw_only=True, tag="planned"):
    """An active ServiceRequest: something that is to be done."""


class Implant(Event, frozen=True, kw_only=True, tag="device"):
    """A Device of the patient."""


class ConsentGiven(Event, frozen=True, kw_only=True, tag="consent"):
    """A Consent in the research category. ``decision``: permit or deny; ``study_ids`` as in Participation."""

    decision: Literal["permit", "deny"] = "permit"
    study_ids: frozenset[str] = frozenset()


class Refutation(Event, frozen=True, kw_only=True, tag="refutation"):
    """A Condition that was refuted. One that was entered in error is none."""


EVENT_TYPES: dict[EventKind, type[Event]] = {
    "diagnosis": Diagnosis,
    "exposure": Exposure,
    "procedure": Procedure,
    "vaccination": Vaccination,
    "allergy": Allergy,
    "participation": Participation,
    "admission": Admission,
    "report": Report,
    "planned": Planned,
    "device": Implant,
    "consent": ConsentGiven,
    "refutation": Refutation,
}
"""The fact that each kind of event is."""

ATTRIBUTE_VALUES: dict[str, tuple[str | bool, ...]] = {
    "clinical": ("active", "recurrence", "relapse", "inactive", "remission", "resolved"),
    "source": ("administration", "dispense", "statement", "request"),
    "route": (
        "systemic", "intravenous", "oral", "subcutaneous", "intramuscular", "inhaled", "topical",
        "ophthalmic", "intraarticular", "nasal", "other",
    ),
    "statement": ("allergy", "none-known"),
    "type": ("allergy", "intolerance"),
    "criticality": ("low", "high", "unable-to-assess"),
    "study_kind": ("interventional", "observational"),
    "decision": ("permit", "deny"),
    "as_needed": (True, False),
    "investigational": (True, False),
    "inpatient": (True, False),
    "reason": ("recorded", "unrecorded"),
    "ongoing": (True, False),
    "confirmed": (True, False),
    "by_text": (True, False),
}  # fmt: skip
"""The values of the attributes whose values are fixed; any other attribute is as the record has it."""


class Events(msgspec.Struct, frozen=True):
    """The events of a kind that match, and whether the record of that kind is whole."""

    events: tuple[Event, ...]
    retrieval: Retrieval
    resource_types: tuple[str, ...] = ()
