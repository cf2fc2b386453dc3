"""A corrected report takes the place of the one that it corrects; they are never both true (§ statuses)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Report
from fhir_mappings.inputs import compute_series
from tests.fhir_mappings.reading.written import loinc, read, resource

PATHOLOGY, CHEST_CT = "11529-5", "24627-2"
KIDNEY = "Kidney, needle biopsy: lupus nephritis, ISN/RPS class IV (A)"
CORRECTED = "Kidney, needle biopsy. CORRECTED: class II"
ACCESSION = [{"system": "urn:lab", "value": "S26-1"}]
STUDY = {"imagingStudy": [{"reference": "ImagingStudy/1"}]}


def report(own_id: str, text: str, code: str = PATHOLOGY, **elements: Any) -> dict[str, Any]:
    written = {
        "status": "final",
        "code": loinc(code),
        "effectiveDateTime": "2026-06-01T09:00:00Z",
        "conclusion": text,
    }
    return resource("DiagnosticReport", own_id, **{**written, **elements})


def asked(name: str, *reports: dict[str, Any]) -> list[str | None]:
    series = compute_series(name, read(*reports), date(2026, 6, 15), None)
    return [m.category for m in series.measurements]


@pytest.mark.parametrize("status", ["corrected", "amended"])
@pytest.mark.parametrize(
    "shared", [{"identifier": ACCESSION}, {}, {"basedOn": [{"reference": "ServiceRequest/1"}]}]
)
def test_a_corrected_biopsy_report_replaces_the_final_one(status: str, shared: dict[str, Any]) -> None:
    old, new = report("d1", KIDNEY, **shared), report("d2", CORRECTED, status=status, **shared)
    assert asked("lupus_nephritis_class", old, new) == ["II"]
    assert asked("lupus_nephritis_class", new, old) == ["II"]


def test_a_corrected_chest_ct_replaces_the_final_one() -> None:
    old = report("d1", "No active tuberculosis.", CHEST_CT, **STUDY)
    new = report("d2", "Active tuberculosis in the right upper lobe.", CHEST_CT, status="corrected", **STUDY)
    assert asked("chest_imaging", old, new) == ["active-tuberculosis"]


def test_what_was_replaced_is_told() -> None:
    facts = read(report("d1", KIDNEY), report("d2", CORRECTED, status="corrected"))
    assert [(u.reference, u.why) for u in facts.unread] == [
        ("DiagnosticReport/d1", "it was replaced by DiagnosticReport/d2")
    ]
    assert facts.retrieval_of(["DiagnosticReport"]) == "complete"


def test_a_final_report_replaces_its_preliminary_one() -> None:
    old = report("d1", KIDNEY, status="preliminary", effectiveDateTime="2026-06-03", identifier=ACCESSION)
    assert asked("lupus_nephritis_class", old, report("d2", CORRECTED, identifier=ACCESSION)) == ["II"]


def test_a_newer_preliminary_biopsy_report_keeps_the_older_one_from_passing() -> None:
    """A-I3: of the newer biopsy nothing is known yet."""
    older = report("d1", KIDNEY, effectiveDateTime="2026-02-01")
    assert asked("lupus_nephritis_class", older, report("d2", CORRECTED, status="preliminary")) == [
        None,
        "IV",
    ]


def test_of_two_corrections_the_one_that_was_issued_last_stands() -> None:
    first = report("d1", KIDNEY, status="corrected", issued="2026-06-05T10:00:00Z")
    last = report("d2", CORRECTED, status="corrected", issued="2026-06-07T10:00:00Z")
    assert asked("lupus_nephritis_class", first, last) == ["II"]


@pytest.mark.parametrize(
    "other",
    [
        {"effectiveDateTime": "2026-06-02T09:00:00Z"},
        {"effectiveDateTime": None},
        {"basedOn": [{"reference": "ServiceRequest/2"}]},
        {"status": "appended"},
        {"status": "final"},
    ],
)
def test_another_report_is_no_correction(other: dict[str, Any]) -> None:
    basis = {"basedOn": [{"reference": "ServiceRequest/1"}]}
    new = report("d2", CORRECTED, **{"status": "corrected", **basis, **other})
    facts = read(report("d1", KIDNEY, **basis), new)
    assert len([e for e in facts.events if isinstance(e, Report)]) == 2


def test_the_correction_of_a_skin_biopsy_of_that_day_leaves_the_kidney_alone() -> None:
    skin = report("d2", "Skin, left arm, punch biopsy: vasculitis.", status="corrected")
    assert asked("lupus_nephritis_class", report("d1", KIDNEY), skin) == ["IV"]


def test_a_correction_of_another_kind_with_the_same_number_is_none() -> None:
    ct = report("d2", "No active tuberculosis.", CHEST_CT, status="corrected", identifier=ACCESSION)
    assert asked("lupus_nephritis_class", report("d1", KIDNEY, identifier=ACCESSION), ct) == ["IV"]
