"""Facts: typed, unit-normalised, dated statements read from FHIR resources, each with its provenance.

This module is the border between the rooms: ``fhir_mappings`` produces these values, ``eligibility``
consumes them and nothing else of FHIR. It holds no logic beyond what a value knows of itself.

Two shapes carry almost everything:

``Measurement``
    a number or a category at a time (a laboratory result, a vital sign, a computed clearance, a score);
    a ``Series`` is all that is known of one criterion input, latest first, the unusable ones beside it.
``Event`` and its kinds
    something with a beginning and perhaps an end (a diagnosis, a course of a drug, a procedure …).

What could not be read is never dropped: it is an ``Unusable`` in its series, or an ``Unread`` in the
record. What could not be retrieved is told by ``Retrieval``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from fhir_mappings.intervals import DateSpan, Interval

Retrieval = Literal["complete", "truncated", "failed", "not-asked"]
"""Whether all resources of a type are at hand. Absence of evidence is evidence only when ``complete``."""

WhyMissing = Literal["never-measured", "stale", "unreadable", "not-retrieved", "conflicting", "too-coarse"]

Category = str
"""A categorical value: ``positive``, ``negative``, ``equivocal``, or a term that the input defines."""


class Coding(msgspec.Struct, frozen=True, gc=False):
    """A code with its system and its display."""

    system: str
    code: str
    display: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a statement comes from: a resource, an element in it, and the value before and after conversion."""

    reference: str
    path: str
    date: str | None = None
    recorded: str | None = None
    value: float | str | None = None
    unit: str | None = None
    label: str | None = None
    by_text: bool = False


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What would settle an open question: the criterion input, why it is missing, and the order to place."""

    input: str
    why: WhyMissing
    detail: str
    order: Coding | None = None


class Unread(msgspec.Struct, frozen=True, gc=False):
    """A resource, or an element of one, that could not be used as a fact, and why."""

    reference: str
    why: str


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a criterion input.

    Attributes:
        input: name of the criterion input, e.g. ``serum_creatinine``.
        when: local calendar date of the specimen or observation.
        at: the instant, where the source gives a time; orders values within a day.
        value: numeric value in ``unit`` (the input's canonical unit); ``None`` for a purely categorical one.
        unit: canonical unit of the input.
        category: categorical value, e.g. ``positive``; for numeric inputs the flag of the laboratory
            (``low``, ``high``, ``normal``) where the source gives one.
        upper_limit, lower_limit: the result's own reference range, in ``unit``.
        reported: the numeric value in the unit in which it was reported, before conversion.
        reported_unit: UCUM spelling of that unit.
        basis: how the value came about. ``policies``: the interval spans several accepted methods, so a
            threshold inside it is a question of judgement, not of missing data. ``bounded``: lower and upper
            bound from partial data.
        attributed: for scores, the interval if every finding that awaits attribution were counted.
        evidence: the resources it rests on, most important first.
        needs: what would narrow a bounded value.
        changes_on: first day on which the value changes by time alone (a birthday).
        notes: remarks that belong beside the value on a report.
        specimen: reference of the specimen, where given; only results of one specimen are combined.
        role: what the code reports, where that matters (``presence``, ``titre``, ``log``, ``confirmatory``
            …: the roles of the analyte).
    """

    input: str
    when: DateSpan
    unit: str = "1"
    value: Interval | None = None
    category: Category | None = None
    at: datetime | None = None
    upper_limit: float | None = None
    lower_limit: float | None = None
    reported: Interval | None = None
    reported_unit: str | None = None
    basis: Literal["measured", "computed", "policies", "bounded", "recorded", "demographic"] = "measured"
    attributed: Interval | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[Need, ...] = ()
    changes_on: date | None = None
    notes: tuple[str, ...] = ()
    specimen: str | None = None
    role: str = ""


class Unusable(msgspec.Struct, frozen=True, kw_only=True):
    """A value that is in the record but must not be used, and why (``preliminary``, unknown unit …)."""

    why: WhyMissing
    detail: str
    when: DateSpan | None = None
    evidence: tuple[Evidence, ...] = ()


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one criterion input.

    Attributes:
        measurements: usable values, latest first.
        unusable: values that may not be used; they explain why something is missing.
        retrieval: of the resource types that the input is read from, the worst.
        order: the order that would supply a value.
        needs: for computed inputs without any value: what they lack.
    """

    input: str
    label: str
    unit: str = "1"
    measurements: tuple[Measurement, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    retrieval: Retrieval = "complete"
    order: Coding | None = None
    needs: tuple[Need, ...] = ()


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
        investigational: given within a trial.
    """

    drug: str | None = None
    source: Literal["administration", "dispense", "statement", "request"] = "request"
    route: str | None = None
    doses: tuple[DoseSegment, ...] = ()
    dose_text: str | None = None
    dose_unreadable: str | None = None
    as_needed: bool = False
    investigational: bool = False


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


class Admission(Event, frozen=True, kw_only=True, tag="admission"):
    """An Encounter. ``concepts``: its reasons and diagnoses.

    ``inpatient``: whether the patient was admitted; ``None`` where the class does not tell.
    """

    inpatient: bool | None = None


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


class AssessmentItem(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded item of an assessment: present or not, or a number, or a grade (``A`` … ``E``)."""

    item: str
    present: bool | None = None
    number: float | None = None
    grade: str | None = None
    evidence: Evidence


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded score: ``instrument`` is the criterion input that it answers, e.g. ``sledai_2k``.

    ``total`` is the recorded total, ``items`` what was recorded item by item. ``complete`` says that the
    form as a whole was filled in, so that an item not ticked is absent.
    """

    instrument: str
    when: DateSpan
    evidence: Evidence
    total: Interval | None = None
    items: tuple[AssessmentItem, ...] = ()
    complete: bool = False
    by_text: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A person's recorded answer to an attestation question (QuestionnaireResponse item or Observation)."""

    question: str
    value: bool
    when: DateSpan
    evidence: Evidence
    author: str | None = None


class Events(msgspec.Struct, frozen=True):
    """The events of a kind that match, and whether the record of that kind is whole."""

    events: tuple[Event, ...]
    retrieval: Retrieval
    resource_types: tuple[str, ...] = ()


class DayDose(msgspec.Struct, frozen=True, gc=False):
    """Amount on one calendar day, as an interval, with the exposures that contribute."""

    day: date
    amount: Interval
    sources: tuple[int, ...] = ()


class DoseHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Daily amounts over a period, e.g. prednisone equivalents in mg.

    Attributes:
        days: the days on which some amount is known or possible; other days are zero.
        exposures: what the days' ``sources`` index into.
        unknown: exposures whose amount could not be computed; a run cannot be excluded while they overlap.
        left_out: exposures that have no equivalent and still deserve a look (a depot in a joint); their
            ``notes`` say why.
    """

    days: tuple[DayDose, ...]
    exposures: tuple[Exposure, ...]
    unknown: tuple[Exposure, ...]
    retrieval: Retrieval
    left_out: tuple[Exposure, ...] = ()


class TherapyChange(msgspec.Struct, frozen=True, kw_only=True):
    """A start, stop, hold or change of dose or schedule of a drug of interest."""

    drug: str
    label: str
    change: Literal["start", "stop", "hold", "dose"]
    when: DateSpan
    detail: str
    evidence: tuple[Evidence, ...]


class Therapy(msgspec.Struct, frozen=True, kw_only=True):
    """One drug as background treatment: since when, until when, and its changes in a period.

    ``dose_known`` is false where a change of dose could not be seen.
    """

    drug: str
    label: str
    since: DateSpan | None
    until: DateSpan | None
    ongoing: bool
    dose_known: bool
    changes: tuple[TherapyChange, ...]
    evidence: tuple[Evidence, ...]
    by_text: bool = False


class Therapies(msgspec.Struct, frozen=True, kw_only=True):
    """All drugs of the asked classes, with the retrieval state of the medication resources."""

    therapies: tuple[Therapy, ...]
    retrieval: Retrieval


class Chart(Protocol):
    """One patient's facts, as the criterion engine sees them.

    ``fhir_mappings.record.PatientRecord`` is the implementation. All methods are pure: the same question
    gets the same answer, and none reads the clock.
    """

    @property
    def reference(self) -> str:
        """``Patient/123``."""

    @property
    def deceased(self) -> bool:
        """Whether the record says that the patient has died."""

    def series(self, name: str, on: date, since: date | None = None) -> Series:
        """The criterion input ``name`` as known on day ``on``; scores take their items since ``since``.

        Raises:
            KeyError: no such criterion input.
        """

    def events(self, kinds: Sequence[EventKind], concepts: frozenset[str] | None) -> Events:
        """Events of these kinds that belong to any of these code sets (``None``: all of the kinds)."""

    def dose_history(self, name: str, first: date, last: date) -> DoseHistory:
        """Daily amounts of a summed quantity (``prednisone_equivalent``, mg) over a period."""

    def therapies(self, concepts: frozenset[str], first: date, last: date) -> Therapies:
        """Background treatments with drugs of these classes and their changes within ``(first, last]``."""

    def answers(self, question: str) -> Sequence[Answer]:
        """Recorded answers to an attestation question, latest first."""

    def retrieval_of(self, resource_types: Sequence[str]) -> Retrieval:
        """The worst retrieval state of these resource types."""


class InputDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a protocol author may know of a criterion input: used to check protocols when they are loaded.

    Attributes:
        kind: ``number`` or ``category`` or ``both``.
        unit: canonical unit.
        units: unit spellings that a threshold may use, with the factor to the canonical unit.
        categories: the terms that a categorical input can take.
        plausible: physical range in the canonical unit; a threshold outside it is an error.
    """

    name: str
    label: str
    kind: Literal["number", "category", "both"]
    unit: str = "1"
    units: Mapping[str, float] = {}
    categories: tuple[str, ...] = ()
    plausible: Interval | None = None
    order: Coding | None = None


class Vocabulary(Protocol):
    """The names that protocols may use."""

    def input(self, name: str) -> InputDescription | None:
        """The criterion input of that name, if there is one."""

    def expand(self, name: str) -> frozenset[str] | None:
        """The code sets that a name stands for: itself, or the members of a class; ``None`` if unknown."""

    def concept_label(self, name: str) -> str:
        """Words for a code set."""

    def half_life_days(self, concept: str) -> float | None:
        """Upper published elimination half-life of a drug, in days."""

    def is_dose_history(self, name: str) -> bool:
        """Whether ``Chart.dose_history`` knows this name."""
