"""Reports: their words, their days, and the results that they contain."""

from __future__ import annotations

import base64
from datetime import date

import pytest

from fhir_mappings.facts import Report
from fhir_mappings.intervals import up_to
from tests.fhir_mappings.reading.written import (
    CREATININE,
    JUNE,
    SNOMED,
    concept,
    event,
    events,
    loinc,
    quantity,
    read,
    specimen,
)
from tests.fhir_mappings.reading.written_care import report


def test_a_report_carries_its_conclusion() -> None:
    found = event(Report, report())
    assert found.text is not None
    assert "No active tuberculosis." in found.text
    assert found.start == JUNE
    assert found.concepts


def test_a_plain_text_form_is_read_and_others_are_not() -> None:
    plain = {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode("胸部未见异常".encode()).decode(),
    }
    picture = {"contentType": "application/pdf", "data": base64.b64encode(b"%PDF secret").decode()}
    found = event(Report, report(conclusion=None, presentedForm=[plain, picture]))
    assert found.text == "胸部未见异常"


def test_a_form_that_cannot_be_decoded_costs_only_itself() -> None:
    found = event(Report, report(presentedForm=[{"contentType": "text/plain", "data": "%%%"}]))
    assert found.text is not None


@pytest.mark.parametrize("status", ["preliminary", "partial", "registered", "unknown"])
def test_a_report_that_is_not_final_is_told_and_not_used(status: str) -> None:
    """It is there as unconfirmed, so that a biopsy or an image of before does not answer in its place."""
    facts = read(report(status=status))
    assert [e.confirmed for e in facts.events] == [False]
    assert [u.reference for u in facts.unread] == ["DiagnosticReport/d1"]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_withdrawn_report_is_none(status: str) -> None:
    assert events(Report, report(status=status)) == []


def test_the_day_of_issue_is_not_the_day_of_the_examination() -> None:
    found = event(Report, report(effectiveDateTime=None, issued="2026-06-03T10:00:00Z"))
    assert found.start is None or found.start.first < date(2026, 6, 3)


def test_an_undated_report_is_of_the_day_on_which_its_specimen_was_taken() -> None:
    """NCT07517536 I3: the biopsy counts from its specimen, whenever the report was issued."""
    written = report(
        code=loinc("11529-5"),
        effectiveDateTime=None,
        specimen=[{"reference": "Specimen/s1"}],
        issued="2026-06-09T10:00:00Z",
    )
    taken = specimen("2026-06-01")
    assert event(Report, written, taken).start == JUNE
    # Of several specimens, which one the report is about cannot be told.
    two = {**written, "specimen": [{"reference": "Specimen/s1"}, {"reference": "Specimen/s2"}]}
    assert event(Report, two, taken).start == up_to(date(2026, 6, 9))


def test_a_coded_conclusion_is_part_of_the_report() -> None:
    found = event(Report, report(conclusionCode=[concept("154283005", SNOMED, "Pulmonary tuberculosis")]))
    assert found.text is not None
    assert "Pulmonary tuberculosis" in found.text
    assert len(found.concepts) > len(event(Report, report()).concepts)


def test_results_that_a_report_contains_are_results() -> None:
    inner = {
        "resourceType": "Observation",
        "id": "k",
        "status": "final",
        "code": loinc(CREATININE),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-06-01",
        "valueQuantity": quantity(1.2, "mg/dL"),
    }
    facts = read(report(code=loinc("24323-8"), contained=[inner], result=[{"reference": "#k"}]))
    (found,) = facts.measurements["serum_creatinine"]
    assert found.evidence[0].reference.startswith("DiagnosticReport/d1")
