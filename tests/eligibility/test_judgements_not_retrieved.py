"""A clinician's judgement beside what was not retrieved, and may be newer than it.

``docs/architecture.md``: unknown is never no. What did not come may be what the judgement did not see.
"""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from eligibility.findings import Finding
from eligibility.screening import screen
from fhir_mappings.facts import Evidence, Retrieval
from tests.app.answered_charts import finding, lab
from tests.app.test_answers_that_may_not_hold import told
from tests.eligibility.charts import AS_OF, JUNE_1, HandChart, diagnosis
from tests.eligibility.test_recorded_judgements import (
    CARVE,
    JUNE_10,
    REVIEW,
    bound_review,
    judgement,
    result,
)

REVIEWED_EVENT = """
excludes:
  review:
    of: {found: {kind: [diagnosis], of: [cond_mi]}}
    because: Look at it
"""


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize(
    ("statement", "name", "lacks"),
    [(REVIEW, "judged", "alt"), (CARVE, "attributable", "alt"), (REVIEWED_EVENT, "judged", "diagnosis")],
    ids=["review", "carve_out", "review of events"],
)
@pytest.mark.parametrize("retrieval", ["truncated", "failed", "not-asked"])
def test_a_judgement_stands_only_while_nothing_newer_can_have_been_left_behind(
    statement: str, name: str, lacks: str, yes: bool, retrieval: Retrieval
) -> None:
    results = [result("alt", 150, JUNE_1)]
    infarction = msgspec.structs.replace(
        diagnosis("cond_mi", JUNE_1),
        evidence=Evidence(reference="Condition/c", path="code", date=JUNE_1.isoformat()),
    )

    def judged_on(on: date, retrieval: Retrieval = "complete") -> Finding:
        given = judgement(f"nct00000000/E1/{name}", yes, on)
        chart = HandChart(results, [infarction], answers=[given], retrieval=retrieval)
        return screen(bound_review(statement), chart, AS_OF).findings[0]

    settled = "pass" if yes else "fail"
    assert judged_on(JUNE_10).outcome == settled
    found = judged_on(JUNE_10, retrieval)
    assert found.outcome == "review"
    assert f"not known whether something newer speaks against it: {lacks} was not retrieved" in found.reason
    # What came on the day of the judgement counts as seen.
    assert judged_on(AS_OF, retrieval).outcome == settled


@pytest.mark.parametrize(("yes", "outcome"), [(True, "pass"), (False, "fail")])
def test_a_count_attributed_to_lupus_is_open_while_newer_counts_were_not_retrieved(
    yes: bool, outcome: str
) -> None:
    """NCT07517536 E9a.i: neutrophils below 0.8, except in cases attributable to SLE."""
    count = lab("751-8", 0.5, "10*9/L", "2026-06-08")
    said = told("E9a.i/attributable-to-sle", yes, "2026-06-09")
    assert finding("E9a.i", count, said).outcome == outcome
    found = finding("E9a.i", count, said, not_retrieved=("Observation",))
    assert found.outcome == "missing"
    assert "a newer one may say otherwise" in found.reason
    # What does not bear on the count may lack.
    assert finding("E9a.i", count, said, not_retrieved=("Procedure",)).outcome == outcome
