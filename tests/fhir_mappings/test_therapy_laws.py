"""What holds of every background treatment and its changes, whatever the records."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from fhir_mappings.facts import Exposure, TherapyChange
from fhir_mappings.intervals import DateSpan
from tests.fhir_mappings.background_treatments import FIRST, LAST, found_in, therapy
from tests.fhir_mappings.exposure_samples import exposure, on


@st.composite
def orders(draw: st.DrawFn) -> Exposure:
    start = on("2026-03-01") + timedelta(days=draw(st.integers(0, 120)))
    vague = draw(st.sampled_from([0, 0, 0, 5]))
    length = draw(st.one_of(st.none(), st.integers(0, 60)))
    return exposure(
        "prednisone",
        draw(st.sampled_from([None, 10.0, 20.0])),
        f"{start}/{start + timedelta(days=vague)}",
        None if length is None else str(start + timedelta(days=vague + length)),
        ongoing=length is None and draw(st.booleans()),
        source=draw(st.sampled_from(["administration", "dispense", "statement", "request"])),
        reference=draw(st.uuids()).hex,
        status=draw(st.sampled_from(["active", "on-hold"])),
    )


def dates(found: tuple[TherapyChange, ...]) -> list[tuple[str, DateSpan]]:
    return [(c.change, c.when) for c in found]


@settings(max_examples=80, deadline=None)
@for_all(st.lists(orders(), min_size=1, max_size=6))
def test_changes_lie_in_the_period_and_dates_are_in_order(exposures: list[Exposure]) -> None:
    for found in found_in(*exposures):
        for change in found.changes:
            assert change.when.first <= change.when.last
            assert change.when.last > FIRST
            assert change.when.first <= LAST
        assert found.since is not None
        assert found.since.first <= found.since.last
        assert found.until is None or found.until.first <= found.until.last
        assert found.ongoing or found.until is not None


@settings(max_examples=40, deadline=None)
@for_all(st.lists(orders(), min_size=1, max_size=5))
def test_a_wider_period_shows_all_changes_of_a_narrower_one(exposures: list[Exposure]) -> None:
    for narrow, wide in zip(
        found_in(*exposures), found_in(*exposures, first=FIRST - timedelta(days=60)), strict=True
    ):
        assert set(dates(narrow.changes)) <= set(dates(wide.changes))


@settings(max_examples=40, deadline=None)
@for_all(st.integers(1, 75), st.integers(2, 75))
def test_an_order_split_in_two_is_the_same_treatment(one: int, other: int) -> None:
    start = on("2026-02-01")
    seam = start + timedelta(days=one)
    end = seam + timedelta(days=other)
    whole = therapy(exposure("prednisone", 10, str(start), str(end)))
    halves = therapy(
        exposure("prednisone", 10, str(start), str(seam)),
        exposure("prednisone", 10, str(seam + timedelta(days=1)), str(end)),
    )
    assert (whole.since, whole.until, dates(whole.changes)) == (
        halves.since,
        halves.until,
        dates(halves.changes),
    )
