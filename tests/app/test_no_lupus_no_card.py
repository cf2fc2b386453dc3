"""Charts of other systems, none of them of a patient with systemic lupus: not one card."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from app.screening import ScreeningService
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord

DATA = Path(__file__).parents[1] / "data"
SOURCES = sorted({path.parent for path in DATA.glob("*/*.ndjson*")} - {DATA / "cds-hooks"})


def body_of(folder: Path) -> bytes:
    files = [path.read_bytes() for path in sorted(folder.glob("*.ndjson*"))]
    return b"\n".join(gzip.decompress(file) if file[:2] == b"\x1f\x8b" else file for file in files)


def test_there_are_charts_to_try() -> None:
    assert len(SOURCES) >= 8


@pytest.mark.parametrize("folder", SOURCES, ids=lambda folder: folder.name)
def test_no_chart_of_another_disease_gets_a_card(folder: Path) -> None:
    service = ScreeningService.bundled()
    for facts in read_patients(body_of(folder)):
        report = service.screen_applicable(PatientRecord(facts), date(2026, 6, 15))
        assert [screening.protocol for screening in report.screenings] == []
