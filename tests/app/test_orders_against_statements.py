"""An order and a statement of one drug at different daily doses are told as a contradiction."""

from __future__ import annotations

import pytest

from eligibility.reported import Contradiction
from tests.app.medication_records import (
    AS_OF,
    HYDROXYCHLOROQUINE,
    INTRAVENOUS,
    ORAL,
    PREDNISONE,
    Json,
    dose,
    every,
    order,
    record,
    service,
    statement,
)

HCQ = HYDROXYCHLOROQUINE
ORDERED = order(HCQ, dose(400), "2025-01-01")


def told(*resources: Json) -> list[Contradiction]:
    report = service().screen_record(record(list(resources)), AS_OF, protocol_ids=["nct05247203"])
    return [conflict for conflict in report.contradictions if conflict.kind == "ordered-and-taken"]


@pytest.mark.parametrize("backwards", [False, True])
def test_ordered_at_400_mg_and_taken_at_200_mg_is_a_contradiction(backwards: bool) -> None:
    both = [ORDERED, statement(HCQ, dose(200), "2025-01-01")]
    [conflict] = told(*(both[::-1] if backwards else both))
    assert "400 mg a day is ordered, 200 mg a day is said to be taken" in conflict.detail
    assert sorted(e.reference.partition("/")[0] for e in conflict.evidence) == [
        "MedicationRequest",
        "MedicationStatement",
    ]


NONE: dict[str, list[Json]] = {
    "the same dose": [ORDERED, statement(HCQ, dose(400), "2025-01-01")],
    "the same dose in two parts": [ORDERED, statement(HCQ, dose(200, timing=every(2, 1, "d")), "2025-01-01")],
    "a dose that is not recorded": [ORDERED, statement(HCQ, None, "2025-01-01")],
    "a dose as needed": [ORDERED, statement(HCQ, dose(400, asNeededBoolean=True), "2025-01-01")],
    "a range that holds the order's dose": [
        ORDERED,
        statement(
            HCQ,
            {
                "timing": every(1, 1, "d"),
                "doseAndRate": [
                    {"doseRange": {"low": {"value": 200, "unit": "mg"}, "high": {"value": 400, "unit": "mg"}}}
                ],
            },
            "2025-01-01",
        ),
    ],
    "another drug": [ORDERED, statement(PREDNISONE, dose(5), "2025-01-01")],
    "a statement that is over": [ORDERED, statement(HCQ, dose(200), "2024-01-01", "2024-12-31", "completed")],
    "an order that is over": [
        order(HCQ, dose(400), "2024-01-01", "completed"),
        statement(HCQ, dose(200), "2025-01-01"),
    ],
    "an order on hold": [
        order(HCQ, dose(400), "2025-01-01", "on-hold"),
        statement(HCQ, dose(200), "2025-01-01"),
    ],
    "an unconfirmed statement": [ORDERED, statement(HCQ, dose(200), "2025-01-01", status="unknown")],
    "two orders, of which the statement tells the sum": [
        order(HCQ, dose(200), "2025-01-01"),
        order(HCQ, dose(400), "2025-01-01"),
        statement(HCQ, dose(600), "2025-01-01"),
    ],
    "by another route": [
        order(PREDNISONE, dose(5, route=ORAL), "2025-01-01"),
        statement(PREDNISONE, dose(100, route=INTRAVENOUS), "2025-01-01"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("resources", NONE.values(), ids=NONE)
def test_what_may_both_hold_is_no_contradiction(resources: list[Json]) -> None:
    assert told(*resources) == []
