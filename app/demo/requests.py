"""The request that an EHR would send when a demonstration patient's chart is opened."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from app.demo.patients import BASE, DemoPatient
from app.playground.ehr import Held, prefetched


def held(patient: DemoPatient, as_of: date) -> Held:
    """What the patient's EHR holds on the day ``as_of``."""
    return Held(patient.id, patient.chart(as_of), BASE, patient.withheld)


def hook_request(patient: DemoPatient, as_of: date, templates: Mapping[str, str]) -> dict[str, Any]:
    """A ``patient-view`` request with prefetch, as JSON-like data; ``templates`` are the service's own."""
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/demo", "patientId": patient.id},
        "prefetch": prefetched(held(patient, as_of), templates),
    }
