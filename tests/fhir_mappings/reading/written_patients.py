"""Records of several patients, and what is read of each."""

from __future__ import annotations

from typing import Any

import msgspec

from fhir_mappings.facts import Retrieval
from fhir_mappings.patient import read_patient
from fhir_mappings.patient_facts import PatientFacts
from tests.fhir_mappings.reading.written import (
    CREATININE,
    SNOMED,
    concept,
    observation,
    quantity,
)

SLE = concept("55464009", SNOMED, "Systemic lupus erythematosus")


def creatinine(who: str = "p1", own_id: str = "o1") -> dict[str, Any]:
    return observation(
        CREATININE,
        own_id,
        subject={"reference": f"Patient/{who}"},
        valueQuantity=quantity(1.2, "mg/dL"),
    )


def prefetched(
    *resources: dict[str, Any], patient_id: str | None = "p1", **states: Retrieval
) -> PatientFacts:
    return read_patient(
        [msgspec.Raw(msgspec.json.encode(one)) for one in resources],
        patient_id=patient_id,
        retrieval=states,
        default_retrieval="not-asked",
    )
