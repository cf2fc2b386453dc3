"""The laws of monotonicity on whole charts: a resource less, or a spoilt one, never decides a question."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from app.prefetch_table import RESOURCE_TYPES
from eligibility.findings import Finding, ScreeningReport
from eligibility.judging import flattened
from tests.app.properties.reports import PATIENTS, chart_of, differences, essence, report

EXAMPLES = settings().max_examples // 3
DECIDED = {"pass", "presumed", "fail"}
DOUBT = {"conflicting", "too-coarse", "unreadable"}
Resource = dict[str, Any]


@cache
def whole(patient: str) -> ScreeningReport:
    return report(chart_of(patient))


@st.composite
def charts_and_a_resource(draw: st.DrawFn) -> tuple[str, list[Resource], Resource]:
    """A patient, the chart without one of its resources, and that resource."""
    patient = draw(st.sampled_from(PATIENTS))
    chart = chart_of(patient)
    taken = draw(st.sampled_from([r for r in chart if r["resourceType"] != "Patient"]))
    return patient, [r for r in chart if r is not taken], taken


def by_id(of: ScreeningReport) -> dict[str, Finding]:
    return {
        f"{screening.protocol} {finding.criterion}": finding
        for screening in of.screenings
        for finding in flattened(screening.findings)
    }


def is_the_question(finding: Finding, resource: Resource) -> bool:
    """Whether the finding is open because of this resource: it cites it and says that it does not decide."""
    reference = f"{resource['resourceType']}/{resource['id']}"
    cited = any(e.reference == reference for f in flattened([finding]) for e in f.evidence)
    return cited and any(need.why in DOUBT for need in finding.needs)


@settings(max_examples=EXAMPLES)
@given(charts_and_a_resource())
def test_forgetting_a_resource_never_turns_missing_into_a_decision(
    drawn: tuple[str, list[Resource], Resource],
) -> None:
    """Forgotten: the resource is gone, and its type is no longer taken for wholly retrieved."""
    patient, rest, taken = drawn
    note(f"{patient} {taken['resourceType']}/{taken['id']}")
    retrieved = frozenset(RESOURCE_TYPES.values()) - {taken["resourceType"]}
    less = by_id(report(rest, retrieved=retrieved))
    for name, finding in by_id(whole(patient)).items():
        if finding.outcome == "missing" and not is_the_question(finding, taken):
            assert less[name].outcome not in DECIDED, (name, finding.reason, less[name].reason)


@settings(max_examples=EXAMPLES)
@given(charts_and_a_resource())
def test_adding_a_resource_undoes_a_decision_only_where_it_raises_a_doubt(
    drawn: tuple[str, list[Resource], Resource],
) -> None:
    patient, rest, added = drawn
    note(f"{patient} {added['resourceType']}/{added['id']}")
    less = by_id(report(rest))
    for name, finding in by_id(whole(patient)).items():
        if less[name].outcome in {"pass", "fail"} and finding.outcome == "missing":
            assert is_the_question(finding, added), (name, finding.reason)


@settings(max_examples=EXAMPLES)
@given(charts_and_a_resource())
def test_a_resource_entered_in_error_is_as_good_as_none(
    drawn: tuple[str, list[Resource], Resource],
) -> None:
    patient, rest, taken = drawn
    wrong = deepcopy(taken)
    note(f"{patient} {taken['resourceType']}/{taken['id']}")
    if taken["resourceType"] in ("Condition", "AllergyIntolerance"):
        system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
        if taken["resourceType"] == "AllergyIntolerance":
            system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
        wrong["verificationStatus"] = {"coding": [{"system": system, "code": "entered-in-error"}]}
        wrong.pop("clinicalStatus", None)
    elif taken["resourceType"] in ("ResearchSubject", "ResearchStudy", "Medication"):
        return
    else:
        wrong["status"] = "entered-in-error"
    assert differences(essence(report(rest)), essence(report([*rest, wrong]))) == {}


@settings(max_examples=EXAMPLES)
@given(charts_and_a_resource())
def test_a_result_in_an_unknown_unit_decides_nothing_that_is_open_without_it(
    drawn: tuple[str, list[Resource], Resource],
) -> None:
    patient, rest, taken = drawn
    if "valueQuantity" not in taken:
        return
    spoilt = deepcopy(taken)
    spoilt["valueQuantity"] = {"value": taken["valueQuantity"]["value"], "unit": "furlong"}
    note(f"{patient} {taken['resourceType']}/{taken['id']}")
    without, found = by_id(report(rest)), by_id(report([*rest, spoilt]))
    for name, finding in found.items():
        if finding.outcome in DECIDED:
            assert finding.outcome == without[name].outcome, (name, finding.reason, without[name].reason)
