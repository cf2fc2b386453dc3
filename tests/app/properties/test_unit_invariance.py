"""The same chart in US and in SI units, in any spelling, in mg or in tablets: the same findings."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.app.properties import dialects
from tests.app.properties.reports import PATIENTS, chart_of, differences, essence, report

FIRST, LAST = (lambda ways: ways[0]), (lambda ways: ways[-1])


@cache
def as_written(patient: str) -> dict[str, Any]:
    return essence(report(chart_of(patient)))


def test_every_result_of_the_demonstration_charts_that_has_a_unit_to_change_is_in_the_tables() -> None:
    """So that a new chart is converted too. Counts per field, per cent, seconds and points have one unit."""
    one_unit = {"/[HPF]", "%", "s", "{score}", None}
    left = {
        (resource["code"].get("coding", [{}])[0].get("code"), resource["valueQuantity"].get("code"))
        for patient in PATIENTS
        for resource in chart_of(patient)
        if "valueQuantity" in resource and not dialects.is_rewritable(resource)
    }
    assert {code for code, unit in left if unit not in one_unit} <= {"14959-1"}


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize("pick", [FIRST, LAST], ids=["mass units", "molar and SI units"])
def test_a_chart_in_another_countrys_units_has_the_same_findings(patient: str, pick: dialects.Pick) -> None:
    chart = [dialects.rewritten(resource, pick) for resource in chart_of(patient)]
    assert differences(as_written(patient), essence(report(chart))) == {}


@settings(max_examples=settings().max_examples // 2)
@given(patient=st.sampled_from(PATIENTS), data=st.data())
def test_a_chart_in_a_mixture_of_dialects_has_the_same_findings(patient: str, data: st.DataObject) -> None:
    def pick(ways: Any) -> Any:
        return ways[data.draw(st.integers(0, len(ways) - 1))]

    chart = [dialects.rewritten(resource, pick) for resource in chart_of(patient)]
    assert differences(as_written(patient), essence(report(chart))) == {}


NEAR = [0.1, 0.3, 0.49, 0.51, 0.69, 0.71, 0.98, 1.0, 1.02, 1.49, 1.51, 1.98, 2.02, 2.9, 3.1, 5.1]


@settings(max_examples=settings().max_examples // 2)
@given(patient=st.sampled_from(PATIENTS), data=st.data())
def test_whatever_the_numbers_their_unit_does_not_matter(patient: str, data: st.DataObject) -> None:
    """Numbers all over the range, and a fever: each chart once in mass units and once in a mixture."""
    plain: list[dict[str, Any]] = []
    mixed: list[dict[str, Any]] = []

    def pick(ways: Any) -> Any:
        return ways[data.draw(st.integers(0, len(ways) - 1))]

    chart = chart_of(patient)
    chart.append(_temperature(patient, chart, data.draw(st.sampled_from([36.6, 37.9, 38.2, 38.4, 39.5]))))
    for resource in chart:
        known = dialects.number_of(resource)
        if known is None:
            plain.append(dialects.rewritten(resource, FIRST))
            mixed.append(dialects.rewritten(resource, pick))
            continue
        name, number = known
        if name not in ("body_height", "body_temperature", "body_weight"):
            number = float(f"{number * data.draw(st.sampled_from(NEAR)):.3g}")
        plain.append(dialects.written(resource, number, FIRST))
        mixed.append(dialects.written(resource, number, pick))
    expected, found = essence(report(plain)), essence(report(mixed))
    note(str(differences(expected, found)))
    assert differences(expected, found) == {}


def _temperature(patient: str, chart: list[dict[str, Any]], degrees: float) -> dict[str, Any]:
    other = next(r for r in chart if r["resourceType"] == "Observation" and "effectiveDateTime" in r)
    return {
        "resourceType": "Observation",
        "id": "temperature",
        "status": "final",
        "code": {"coding": [{"system": dialects.LOINC, "code": "8310-5", "display": "Body temperature"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": other["effectiveDateTime"],
        "valueQuantity": {"value": degrees, "unit": "Cel", "system": dialects.UCUM, "code": "Cel"},
    }
