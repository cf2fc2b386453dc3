"""Whatever a draft holds: nothing is raised, and a card says what judging again shows."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from eligibility.closing import OPEN
from eligibility.findings import Finding
from eligibility.screening import screen
from fhir_mappings.draft_orders import StrangerError, read_drafts, with_drafts
from fhir_mappings.errors import UnreadableInputError
from fhir_mappings.facts import Event
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.composed_charts import composed_charts
from tests.app.draft_orders import (
    CVX,
    OPEN_TO_BOTH,
    SNOMED,
    coded,
    draft,
    intravenous,
    prednisone,
    service_draft,
)
from tests.app.service import AS_OF, bundle_of, screening_service

SOUND = [
    draft("rituximab"),
    draft("thalidomide"),
    draft(coded(CVX, "03", "MMR")),
    prednisone(100),
    prednisone(200, 15),
    prednisone(5),
    intravenous("ceftriaxone"),
    service_draft(coded(SNOMED, "20720000", "Plasma exchange")),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A draft with junk in some of its elements."""
    made = dict(draw(st.sampled_from(SOUND)))
    for element in draw(st.lists(st.sampled_from(sorted(made)), max_size=3)):
        made[element] = draw(json_values)
    return made


def read(*resources: Any) -> tuple[Event, ...]:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    return read_drafts(json.dumps(bundle).encode(), AS_OF, patient="Patient/p").events


@given(st.lists(spoilt() | json_values, max_size=4))
def test_junk_is_read_as_nothing_or_refused(resources: list[Any]) -> None:
    try:
        found = read(*resources)
    except (UnreadableInputError, StrangerError):
        return
    assert all(event.reference.startswith("draft:") for event in found)


@st.composite
def open_charts(draw: st.DrawFn) -> PatientRecord:
    """The chart to which both trials are open, without some of its facts."""
    (facts,) = read_patients(json.dumps(bundle_of(OPEN_TO_BOTH)).encode())
    kept = draw(st.lists(st.sampled_from(facts.events), unique_by=id, min_size=len(facts.events) - 3))
    return PatientRecord(msgspec.structs.replace(facts, events=tuple(kept)))


def stands_in_the_way(finding: Finding) -> bool:
    return finding.outcome == "fail" or (finding.outcome == "review" and finding.leaning == "fail")


@settings(max_examples=settings().max_examples // 3)
@given(composed_charts() | open_charts(), st.lists(st.sampled_from(SOUND), min_size=1, max_size=3))
def test_what_a_card_says_is_what_judging_again_shows(
    chart: PatientRecord, orders: list[dict[str, Any]]
) -> None:
    service = screening_service()
    drafts = read(*orders)
    for bound in service.protocols.values():
        closed = service.closed_by([bound], chart, drafts, AS_OF)
        now = screen(bound, chart, AS_OF, detailed=False)
        if not closed:
            continue
        assert now.verdict in OPEN
        assert closed[0][1].verdict == now.verdict
        for closing in closed[0][1].closings:
            with_it = PatientRecord(with_drafts(chart.facts, drafts))
            (before,) = _of(bound, chart, closing.since, closing.finding.criterion)
            (after,) = _of(bound, with_it, closing.since, closing.finding.criterion)
            assert not stands_in_the_way(before)
            assert after.outcome == closing.finding.outcome
            assert closing.until is None or closing.until > closing.since


def _of(bound: Any, chart: PatientRecord, day: Any, criterion: str) -> list[Finding]:
    findings = screen(bound, chart, day, detailed=False).findings
    return [finding for finding in findings if finding.criterion == criterion]
