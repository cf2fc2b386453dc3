"""Of results that came only in part nobody knows the latest: what rests on it is missing, and is told.

``docs/architecture.md``: unknown is never no. NCT05247203 E4 (hepatitis B), E3.2 (creatinine clearance).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.service import POTENTIAL, cards_of, request_of, screening_of

TRIAL = "nct05247203"
OBSERVATIONS = "observations"


def findings(request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The findings of the trial, and of their parts, by criterion."""
    (screening,) = [
        screening_of(card) for card in cards_of(request) if screening_of(card)["protocol"] == TRIAL
    ]
    found = {}
    waiting = list(screening["findings"])
    while waiting:
        finding = waiting.pop()
        found[finding["criterion"]] = finding
        waiting += finding["parts"]
    return found


def test_a_negative_result_does_not_pass_while_a_newer_one_may_not_have_come() -> None:
    whole = request_of(POTENTIAL)
    assert findings(whole)["E4.hbv"]["outcome"] == "pass"
    whole["prefetch"][OBSERVATIONS]["total"] += 1
    cut = findings(whole)["E4.hbv"]
    assert cut["outcome"] == "missing"
    assert {need["why"] for need in cut["needs"]} == {"not-retrieved"}
    assert "not all were retrieved" in cut["reason"]


@pytest.mark.parametrize("criterion", ["E3.2", "E3.3", "E3.5", "E4.hcv"])
def test_no_value_of_a_part_decides(criterion: str) -> None:
    cut = request_of(POTENTIAL)
    cut["prefetch"][OBSERVATIONS]["total"] += 1
    assert findings(cut)[criterion]["outcome"] == "missing"


def test_one_result_that_cannot_be_read_does_not_sink_the_others() -> None:
    request = request_of(POTENTIAL)
    expected = {criterion: found["outcome"] for criterion, found in findings(request).items()}
    request["prefetch"][OBSERVATIONS]["entry"].append(
        {"resource": {"resourceType": "Observation", "id": "x"}}
    )
    request["prefetch"][OBSERVATIONS]["total"] += 1
    found = {criterion: finding["outcome"] for criterion, finding in findings(request).items()}
    assert found["E4.hbv"] == expected["E4.hbv"] == "pass"
    assert found["E3.5"] == expected["E3.5"] == "pass"


def test_a_newer_result_that_a_modifier_may_turn_displaces_the_older_one() -> None:
    request = request_of(POTENTIAL)
    entries = request["prefetch"][OBSERVATIONS]["entry"]
    negative = next(e["resource"] for e in entries if e["resource"]["id"] == "daniel-hbsag")
    modifier = [{"url": "https://ehr.example/not-what-it-seems", "valueBoolean": True}]
    newer = {**negative, "id": "newer", "effectiveDateTime": "2026-06-14", "modifierExtension": modifier}
    entries.append({"resource": newer})
    request["prefetch"][OBSERVATIONS]["total"] += 1
    found = findings(request)["E4.hbv"]
    assert found["outcome"] == "missing"
    assert "modifierExtension" in found["reason"]
