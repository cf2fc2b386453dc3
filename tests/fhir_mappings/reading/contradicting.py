"""Records read in both orders, and what they are told to contradict."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from fhir_mappings.facts import Conflict
from fhir_mappings.patient_facts import PatientFacts
from tests.fhir_mappings.reading.written import (
    ICD10CM,
    concept,
    read,
    resource,
)

Json = dict[str, Any]
AS_OF = date(2026, 6, 15)


def both_ways(*resources: Json) -> PatientFacts:
    """The facts, which must not depend on the order in which the resources are sent."""
    first = read(*resources)
    for order in itertools.islice(itertools.permutations(resources), 24):
        assert read(*order) == first
    return first


def only(facts: PatientFacts) -> Conflict:
    (conflict,) = facts.conflicts
    return conflict


def diagnosis(own_id: str, verification: str = "confirmed", **elements: Any) -> Json:
    written = {
        "code": concept("M32.9", ICD10CM, "SLE"),
        "clinicalStatus": concept("active"),
        "verificationStatus": concept(verification),
        "onsetDateTime": "2020-01-01",
    }
    return resource("Condition", own_id, **{**written, **elements})
