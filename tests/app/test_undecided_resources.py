"""Resources of which the decisive part is not told, from whole Bundles to findings: none is a no or a yes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.app.service import default_client

SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
CVX = "http://hl7.org/fhir/sid/cvx"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
KIDNEY, SLE = "nct07517536", "nct05247203"
Finding = tuple[str, str | None]

WHO = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1990-01-01"}
OPEN: Finding = ("missing", None)
AGAINST: Finding = ("review", "fail")
FOR: Finding = ("review", "pass")


def coded(code: str, system: str = ICD10CM) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def of_patient(kind: str, number: int = 1, **elements: Any) -> dict[str, Any]:
    holder = "patient" if kind == "Immunization" else "subject"
    return {"resourceType": kind, "id": f"r{number}", holder: {"reference": "Patient/p"}, **elements}


def condition(code: str, status: str, number: int = 1, **elements: Any) -> dict[str, Any]:
    return of_patient(
        "Condition", number, code=coded(code), clinicalStatus=coded(status, CLINICAL), **elements
    )


def admission(status: str = "finished", **elements: Any) -> dict[str, Any]:
    period = {"start": "2026-06-01", "end": "2026-06-03"}
    imp = {"system": ACT, "code": "IMP"}
    return of_patient("Encounter", 9, **{"status": status, "class": imp, "period": period, **elements})


def nyha(number: int, class_: str, on: str) -> dict[str, Any]:
    return of_patient(
        "Observation",
        number,
        status="final",
        code=coded("88020-3", "http://loinc.org"),
        effectiveDateTime=on,
        valueCodeableConcept={"text": f"Class {class_}"},
    )


def chest_ct(conclusion: str) -> dict[str, Any]:
    return of_patient(
        "DiagnosticReport",
        status="final",
        code=coded("24627-2", "http://loinc.org"),
        effectiveDateTime="2026-05-01",
        conclusion=conclusion,
    )


def screened(protocol: str, *resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": one} for one in (WHO, *resources)]
    body = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    answer = default_client().post(
        f"/screenings?asOf=2026-06-15&protocol={protocol}",
        content=body,
        headers={"Content-Type": "application/fhir+json"},
    )
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def finding(report: dict[str, Any], criterion: str) -> dict[str, Any]:
    queue = [f for screening in report["screenings"] for f in screening["findings"]]
    while queue:
        one: dict[str, Any] = queue.pop()
        if one["criterion"] == criterion:
            return one
        queue += one.get("parts") or []
    raise AssertionError(criterion)


def outcome(protocol: str, criterion: str, *resources: dict[str, Any]) -> Finding:
    found = finding(screened(protocol, *resources), criterion)
    return found["outcome"], found.get("leaning")


HEART_FAILURE = condition("I50.9", "active", onsetDateTime="2024-05-01")
STROKE_WITHIN = condition("I63.9", "active", onsetPeriod={"start": "2025-11-01", "end": "2026-01-01"})
STROKE_OVER_SINCE = condition(
    "I63.9", "resolved", onsetDateTime="2025-01-01", abatementPeriod={"start": "2026-03-01"}
)
BYPASS = of_patient("ServiceRequest", intent="order", code=coded("232717009", SNOMED))
UNKNOWN_VACCINE = of_patient(
    "Immunization", status="completed", vaccineCode=coded("999", CVX), occurrenceDateTime="2026-06-01"
)

CASES: dict[str, tuple[str, str, tuple[dict[str, Any], ...], Finding]] = {
    "a stroke that began within a Period on both sides of the limit": (KIDNEY, "E3", (STROKE_WITHIN,), OPEN),
    "a stroke that was over some day since March": (SLE, "E2", (STROKE_OVER_SINCE,), OPEN),
    "one ulcer, to the day and to the month": (
        SLE,
        "E5.ulcer",
        (
            condition("K25.9", "resolved", 1, onsetDateTime="2020-01-03"),
            condition("K25.9", "resolved", 2, onsetDateTime="2020-01"),
        ),
        FOR,
    ),
    "one ulcer, recorded once more while it lasted": (
        SLE,
        "E5.ulcer",
        (
            condition("K25.9", "resolved", 1, onsetDateTime="2020-01-01", abatementDateTime="2020-03-01"),
            condition("K25.9", "resolved", 2, recordedDate="2020-02-01"),
        ),
        OPEN,
    ),
    "two ulcers, years apart": (
        SLE,
        "E5.ulcer",
        (
            condition("K25.9", "resolved", 1, onsetDateTime="2018-01-01", abatementDateTime="2018-03-01"),
            condition("K26.9", "resolved", 2, onsetDateTime="2022-01"),
        ),
        ("fail", None),
    ),
    "an admission for a diagnosis that only its words tell": (
        KIDNEY,
        "E2",
        (admission(reasonReference=[{"reference": "Condition/x", "display": "Pneumonia"}]),),
        ("fail", None),
    ),
    "an admission for a diagnosis that nothing tells": (
        KIDNEY,
        "E2",
        (admission(reasonReference=[{"reference": "Condition/x"}]),),
        FOR,
    ),
    "an admission without a reason, on the day on which a pneumonia began": (
        KIDNEY,
        "E2",
        (
            admission(),
            condition("J18.9", "resolved", onsetDateTime="2026-06-01", abatementDateTime="2026-06-09"),
        ),
        AGAINST,
    ),
    "an admission for pneumonia of unknown status": (
        KIDNEY,
        "E2",
        (admission("unknown", reasonCode=[coded("J18.9")]),),
        AGAINST,
    ),
    "NYHA III, and II since": (
        KIDNEY,
        "E3",
        (HEART_FAILURE, nyha(2, "III", "2026-03-01"), nyha(3, "II", "2026-06-10")),
        ("fail", None),
    ),
    "NYHA III without a diagnosis of heart failure": (KIDNEY, "E3", (nyha(2, "III", "2026-03-01"),), AGAINST),
    "a bypass, ordered or not": (KIDNEY, "E3", ({**BYPASS, "status": "unknown"},), AGAINST),
    "a bypass, its order on hold": (KIDNEY, "E3", ({**BYPASS, "status": "on-hold"},), ("fail", None)),
    "a vaccine of which nobody knows which": (SLE, "E8", (UNKNOWN_VACCINE,), AGAINST),
    "an image of unchanged active tuberculosis": (
        KIDNEY,
        "E7",
        (chest_ct("No change of the active tuberculosis in the left upper lobe."),),
        AGAINST,
    ),
    "an image that cannot exclude it": (KIDNEY, "E7", (chest_ct("Active TB cannot be excluded."),), AGAINST),
}


@pytest.mark.parametrize(("protocol", "criterion", "resources", "expected"), CASES.values(), ids=CASES)
def test_what_is_not_told_is_left_open_and_what_is_told_counts(
    protocol: str, criterion: str, resources: tuple[dict[str, Any], ...], expected: Finding
) -> None:
    assert outcome(protocol, criterion, *resources) == expected


@pytest.mark.parametrize(
    ("protocol", "criterion", "code"), [(KIDNEY, "E5", "C50.9"), (SLE, "E14.infection", "B02.9")]
)
def test_a_diagnosis_that_is_active_and_over_is_open_and_told(
    protocol: str, criterion: str, code: str
) -> None:
    both = condition(code, "active", onsetDateTime="2015-01-01", abatementDateTime="2016-06-14")
    report = screened(protocol, both)
    assert finding(report, criterion)["outcome"] == "missing"
    assert [told["kind"] for told in report["contradictions"]] == ["active-and-over"]


def test_the_reason_of_a_report_that_speaks_of_tuberculosis_says_so() -> None:
    report = screened(KIDNEY, chest_ct("No change of the active tuberculosis in the left upper lobe."))
    assert "speaks of active tuberculosis" in finding(report, "E7")["reason"]


@pytest.mark.parametrize("severity", ["warning", "information"])
def test_a_server_that_says_its_results_are_incomplete_leaves_histories_open(severity: str) -> None:
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "incomplete"}]}
    report = screened(KIDNEY, remark)
    assert {finding(report, name)["outcome"] for name in ("E2", "E3", "E5")} == {"missing"}
    assert [unread["reference"] for unread in report["unread"]] == ["OperationOutcome"]
