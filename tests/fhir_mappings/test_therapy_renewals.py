"""Renewals of orders of which the end is not recorded, and records that are not confirmed (B-I6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fhir_mappings.facts import Exposure
from fhir_mappings.intervals import day
from tests.fhir_mappings.background_treatments import changes, stable, therapy
from tests.fhir_mappings.exposure_samples import exposure, on

# --- renewals of orders of which the end is not recorded (B-I6: a renewal is stable) ---


OVER = exposure("hydroxychloroquine", 400, "2026-03-02", reference="MedicationRequest/a")


def renewal(mg: float = 400, **more: Any) -> Exposure:
    return exposure("hydroxychloroquine", mg, "2026-06-20", ongoing=True, **more)


def test_a_renewal_of_an_order_without_a_recorded_end_is_no_certain_change() -> None:
    found = therapy(OVER, renewal())
    assert found.changes
    assert not any(change.certain for change in found.changes)
    assert found.ongoing


def test_a_renewal_that_names_its_predecessor_goes_on_with_it() -> None:
    found = therapy(OVER, renewal(renews="MedicationRequest/a"))
    assert (found.changes, found.since) == ((), day(on("2026-03-02")))


def test_a_renewal_with_a_recorded_gap_is_a_stop_and_a_start() -> None:
    over = exposure("hydroxychloroquine", 400, "2026-03-02", "2026-06-05", reference="MedicationRequest/a")
    found = therapy(over, renewal(renews="MedicationRequest/a"))
    assert [(c.change, c.certain) for c in found.changes] == [("stop", True), ("start", True)]


def test_dispenses_bridge_the_gap_between_two_orders() -> None:
    fills = [
        exposure("hydroxychloroquine", 400, str(s), str(s + timedelta(days=29)), source="dispense")
        for s in (on("2026-03-02"), on("2026-04-01"), on("2026-05-01"), on("2026-05-31"))
    ]
    assert changes(OVER, *fills, renewal()) == []


def test_a_renewal_with_another_dose_is_a_certain_change_whenever_the_old_order_ended() -> None:
    assert ("2026-06-20", True) in [(str(c.when), c.certain) for c in therapy(OVER, renewal(200)).changes]


def test_a_renewal_of_an_order_that_is_not_at_hand_is_no_certain_start() -> None:
    (change,) = therapy(renewal(renews="MedicationRequest/elsewhere")).changes
    assert (change.change, change.certain) == ("start", False)


# --- records that are not confirmed ---


def test_an_unconfirmed_order_alone_is_no_treatment_that_surely_goes_on() -> None:
    found = therapy(stable("hydroxychloroquine", 400, confirmed=False))
    assert (found.ongoing, found.until) == (False, None)


def test_an_unconfirmed_order_makes_no_certain_change() -> None:
    found = therapy(stable("hydroxychloroquine", 400), renewal(200, confirmed=False))
    assert [c.certain for c in found.changes] == [False]


def test_an_unconfirmed_order_hides_no_stop() -> None:
    found = therapy(
        exposure("hydroxychloroquine", 400, "2026-01-01", "2026-06-10"),
        exposure("hydroxychloroquine", 400, "2026-06-01", ongoing=True, confirmed=False),
    )
    assert [(c.change, c.certain) for c in found.changes] == [("stop", False)]
