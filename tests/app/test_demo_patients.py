"""The demonstration patients: valid charts whose dates move with the calendar, and an EHR that plays fair."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest

from app.demo.dates import resolve
from app.demo.patients import DemoPatient, demo_patients
from app.demo.requests import hook_request
from tests.app.service import AS_OF

TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "labs": "Observation?patient={{context.patientId}}&category=laboratory&_sort=-date&_count=200",
    "albumin": "Observation?patient={{context.patientId}}&code=http://loinc.org|1751-7,http://loinc.org|0-0",
    "conditions": "Condition?patient={{context.patientId}}",
    "vaccines": "Immunization?patient={{context.patientId}}",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("<today>", "2026-06-15"),
        ("<today-12d>T08:10:00+08:00", "2026-06-03T08:10:00+08:00"),
        ("<today+3d>", "2026-06-18"),
        ("<today-34a-100d>", "1992-03-07"),
        ("<today-2wk>", "2026-06-01"),
        ("<month-14mo>", "2025-04"),
        ("<year-2a>", "2024"),
        ("from <today-1d> to <today>", "from 2026-06-14 to 2026-06-15"),
        ("today", "today"),
        ("<5", "<5"),
        ("<today-1x>", "<today-1x>"),
    ],
)
def test_a_date_expression_is_seen_from_the_day_on_which_the_chart_is_looked_at(
    expression: str, expected: str
) -> None:
    assert resolve({"a": [expression]}, AS_OF) == {"a": [expected]}


def test_months_are_clamped_at_their_end_as_in_protocols() -> None:
    assert resolve("<today-6mo>", date(2026, 8, 31)) == "2026-02-28"
    assert resolve("<today-1a>", date(2028, 2, 29)) == "2027-02-28"


def test_the_template_itself_is_left_alone() -> None:
    template = {"a": ["<today>"]}
    resolve(template, AS_OF)
    assert template == {"a": ["<today>"]}


def test_there_are_charts_in_us_units_in_si_units_and_in_chinese() -> None:
    charts = {
        name: json.dumps(patient.resources, ensure_ascii=False) for name, patient in demo_patients().items()
    }
    assert len(charts) >= 6
    assert any(
        "mg/dL" in chart and "http://www.nlm.nih.gov/research/umls/rxnorm" in chart
        for chart in charts.values()
    )
    assert any("umol/L" in chart and "ukat/L" in chart for chart in charts.values())
    assert any(re.search(r"[\u4e00-\u9fff]", chart) for chart in charts.values())


@pytest.mark.parametrize("patient", demo_patients().values(), ids=lambda patient: patient.id)
class TestEachChart:
    def test_begins_with_its_patient_and_speaks_of_nobody_else(self, patient: DemoPatient) -> None:
        chart = patient.chart(AS_OF)
        assert (chart[0]["resourceType"], chart[0]["id"]) == ("Patient", patient.id)
        subjects = {(resource.get("subject") or resource["patient"])["reference"] for resource in chart[1:]}
        assert subjects == {f"Patient/{patient.id}"}

    def test_leaves_no_expression_unresolved_and_dates_nothing_after_the_day(
        self, patient: DemoPatient
    ) -> None:
        text = json.dumps(patient.bundle(AS_OF))
        assert "<today" not in text
        assert "<month" not in text
        assert "<year" not in text
        assert max(re.findall(r"\b20\d\d-\d\d-\d\d", text)) <= AS_OF.isoformat()

    def test_says_what_it_is_there_to_show(self, patient: DemoPatient) -> None:
        assert patient.shows.endswith(".")
        assert patient.setting
        assert patient.name


def test_ids_are_unique_across_all_charts_so_that_they_fit_on_one_server() -> None:
    names = [
        (resource["resourceType"], resource["id"])
        for patient in demo_patients().values()
        for resource in patient.resources
    ]
    assert len(names) == len(set(names))


def requested(name: str, templates: dict[str, str] = TEMPLATES) -> dict[str, Any]:
    return hook_request(demo_patients()[name], AS_OF, templates)


def found(result: dict[str, Any]) -> list[str]:
    return [entry["resource"]["id"] for entry in result.get("entry", [])]


def test_prefetch_answers_each_template_as_a_server_would() -> None:
    request = requested("lin-mei")
    assert request["hook"] == "patient-view"
    assert request["context"] == {"userId": "Practitioner/demo", "patientId": "lin-mei"}
    prefetch = request["prefetch"]
    assert prefetch["patient"]["id"] == "lin-mei"
    assert "lin-upcr" in found(prefetch["labs"])
    assert "lin-weight" not in found(prefetch["labs"])
    assert found(prefetch["albumin"]) == ["lin-albumin"]
    assert prefetch["conditions"]["total"] == len(found(prefetch["conditions"])) > 0


def test_a_search_without_result_has_no_empty_entry() -> None:
    assert requested("lin-mei")["prefetch"]["vaccines"] == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }


def test_what_the_ehr_withholds_comes_back_as_an_operation_outcome() -> None:
    refused = requested("amara-diallo")["prefetch"]["vaccines"]
    assert refused["resourceType"] == "OperationOutcome"


def test_a_template_that_the_demonstration_cannot_search_by_is_a_fault_and_not_a_guess() -> None:
    with pytest.raises(ValueError, match="'onset-date'"):
        requested("lin-mei", {"x": "Condition?patient={{context.patientId}}&onset-date=gt2020"})


def test_each_request_is_an_instance_of_its_own() -> None:
    assert requested("lin-mei")["hookInstance"] != requested("lin-mei")["hookInstance"]
