"""Entries of a screening list, with what a test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from app.listing.entries import Entry, Lacking, Patient, Standing

AT = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
ANNA = Patient(
    patient_id="anna", client="clinic", fhir_server="https://ehr.test/fhir", name="Anna Berg",
    birth_date="1990-05-01", identifiers=("MRN-1",),
)  # fmt: skip
UNDETERMINED = Standing(
    version="2", verdict="undetermined", missing=(Lacking(input="upcr", why="stale", criteria=("I4",)),)
)


def standing(**given: Any) -> Standing:
    return msgspec.structs.replace(UNDETERMINED, **given)


def entry(**given: Any) -> Entry:
    known: dict[str, Any] = {
        "key": "ab" * 16,
        "trial": "nct07517536",
        "at": AT,
        "changed": None,
        "patient": ANNA,
        "now": UNDETERMINED,
        "before": None,
    }
    return Entry(**{**known, **given})


def named(name: str | None, **given: Any) -> Entry:
    patient = msgspec.structs.replace(ANNA, name=name, patient_id=(name or "nobody").lower())
    return entry(patient=patient, key=f"{hash(name) & 0xFFFF:032x}", **given)
