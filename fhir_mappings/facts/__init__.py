"""Facts: typed, unit-normalised, dated statements read from FHIR resources, each with its provenance.

This package is the border between the rooms: ``fhir_mappings`` produces these values, ``eligibility``
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

from fhir_mappings.facts.chart import Chart, InputDescription, Vocabulary
from fhir_mappings.facts.conflicts import Conflict, ConflictKind
from fhir_mappings.facts.events import (
    ATTRIBUTE_VALUES,
    EVENT_TYPES,
    Admission,
    Allergy,
    ConsentGiven,
    Diagnosis,
    DoseSegment,
    Event,
    EventKind,
    Events,
    Exposure,
    Implant,
    Otherwise,
    Participation,
    Planned,
    Procedure,
    Refutation,
    Report,
    Vaccination,
)
from fhir_mappings.facts.measurements import Category, Measurement, Series, Unusable
from fhir_mappings.facts.newer_results import may_be_newer
from fhir_mappings.facts.one_time import AT_ODDS, of_one_time
from fhir_mappings.facts.provenance import Coding, Entered, Evidence, Need, Retrieval, Unread, WhyMissing
from fhir_mappings.facts.recorded import Answer, AnsweredBy, Assessment, AssessmentItem
from fhir_mappings.facts.scores import (
    ClassificationRule,
    Effort,
    ItemState,
    ScoreItem,
    ScoreReading,
    ScoreSheet,
)
from fhir_mappings.facts.treatment import (
    LONGEST_CYCLE,
    NO_STOP,
    DayDose,
    DoseHistory,
    Therapies,
    Therapy,
    TherapyChange,
)

__all__ = [
    "ATTRIBUTE_VALUES",
    "AT_ODDS",
    "EVENT_TYPES",
    "LONGEST_CYCLE",
    "NO_STOP",
    "Admission",
    "Allergy",
    "Answer",
    "AnsweredBy",
    "Assessment",
    "AssessmentItem",
    "Category",
    "Chart",
    "ClassificationRule",
    "Coding",
    "Conflict",
    "ConflictKind",
    "ConsentGiven",
    "DayDose",
    "Diagnosis",
    "DoseHistory",
    "DoseSegment",
    "Effort",
    "Entered",
    "Event",
    "EventKind",
    "Events",
    "Evidence",
    "Exposure",
    "Implant",
    "InputDescription",
    "ItemState",
    "Measurement",
    "Need",
    "Otherwise",
    "Participation",
    "Planned",
    "Procedure",
    "Refutation",
    "Report",
    "Retrieval",
    "ScoreItem",
    "ScoreReading",
    "ScoreSheet",
    "Series",
    "Therapies",
    "Therapy",
    "TherapyChange",
    "Unread",
    "Unusable",
    "Vaccination",
    "Vocabulary",
    "WhyMissing",
    "may_be_newer",
    "of_one_time",
]
