"""In which order, in how many documents and how often a resource arrives says nothing about the patient."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.app.properties.reports import (
    PATIENTS,
    bundle,
    chart_of,
    differences,
    essence,
    report,
    report_of,
)

EXAMPLES = settings().max_examples // 4


@settings(max_examples=EXAMPLES)
@given(patient=st.sampled_from(PATIENTS), data=st.data())
def test_shuffled_resources_have_the_same_findings(patient: str, data: st.DataObject) -> None:
    chart = chart_of(patient)
    shuffled = data.draw(st.permutations(chart))
    assert differences(essence(report(chart)), essence(report(shuffled))) == {}


@settings(max_examples=EXAMPLES)
@given(patient=st.sampled_from(PATIENTS), data=st.data())
def test_a_chart_in_several_documents_has_the_same_findings(patient: str, data: st.DataObject) -> None:
    """Lines of NDJSON, each a Bundle of some of the resources or a resource of its own."""
    chart = chart_of(patient)
    shuffled = data.draw(st.permutations(chart))
    lines: list[Any] = []
    while shuffled:
        size = data.draw(st.integers(1, 12))
        taken, shuffled = shuffled[:size], shuffled[size:]
        kind = data.draw(st.sampled_from(["collection", "searchset", "batch-response"]))
        lines.append(taken[0] if size == 1 else bundle(taken, kind))
    body = "\n".join(json.dumps(line, ensure_ascii=data.draw(st.booleans())) for line in lines)
    assert differences(essence(report(chart)), essence(report_of(body))) == {}


@settings(max_examples=EXAMPLES)
@given(patient=st.sampled_from(PATIENTS), data=st.data())
def test_a_resource_that_arrives_twice_counts_once(patient: str, data: st.DataObject) -> None:
    chart = chart_of(patient)
    again = data.draw(st.lists(st.sampled_from(chart), min_size=1, max_size=4))
    at = data.draw(st.integers(0, len(chart)))
    assert differences(essence(report(chart)), essence(report([*chart[:at], *again, *chart[at:]]))) == {}


@settings(max_examples=EXAMPLES)
@given(patient=st.sampled_from(PATIENTS), data=st.data())
def test_the_same_result_from_two_feeds_under_two_ids_changes_nothing(
    patient: str, data: st.DataObject
) -> None:
    """A laboratory result that a second interface delivers under its own id agrees with itself.

    Two courses of a drug that run side by side may be two courses, so only results are doubled.
    """
    chart = chart_of(patient)
    results = [r for r in chart if r["resourceType"] == "Observation" and "valueQuantity" in r]
    if not results:
        return
    doubled = data.draw(st.lists(st.sampled_from(results), min_size=1, max_size=4))
    copies = [{**result, "id": f"feed2-{i}"} for i, result in enumerate(doubled)]
    assert differences(essence(report(chart)), essence(report([*chart, *copies]))) == {}
