"""Override reasons: ours, each with words and its place among HL7's non-adherence reasons."""

from __future__ import annotations

import pytest

from app.cards.override_reasons import SYSTEM, override_reasons, reasons
from app.cards.trial import Subject

# HL7/cds-hooks, input/vocabulary/CodeSystem-non-adherence-reason-codes.json: the codes that are used here.
NON_ADHERENCE = {
    "action-completed",
    "action-not-priority",
    "cds-not-applicable",
    "inappropriate-recipient",
    "indication-order-exists",
    "not-convenient-feasible",
    "patient-refuses",
    "risk-benefit-ratio",
}


@pytest.mark.parametrize("subject", ["trial", "order"])
def test_a_card_offers_a_handful_of_reasons_each_with_words(subject: Subject) -> None:
    offered = override_reasons(subject, "en")
    assert 4 <= len(offered) <= 7
    assert all(reason.system == SYSTEM and reason.display for reason in offered)
    assert len({reason.code for reason in offered}) == len(offered)


def test_every_reason_is_offered_somewhere_and_has_a_counterpart() -> None:
    assert all(reason.cards for reason in reasons().values())
    assert {reason.hl7.code for reason in reasons().values()} == NON_ADHERENCE


def test_that_the_treatment_is_needed_is_a_reason_about_orders_alone() -> None:
    assert "treatment-needed" in {reason.code for reason in override_reasons("order", "en")}
    assert "treatment-needed" not in {reason.code for reason in override_reasons("trial", "en")}
