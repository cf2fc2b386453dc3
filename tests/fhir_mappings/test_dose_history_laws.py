"""What holds of every dose history, whatever the records."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from fhir_mappings.dose_equivalents import dose_equivalents
from fhir_mappings.exposure_days import day_amounts
from fhir_mappings.facts import Exposure
from tests.fhir_mappings.dose_days import WHOLE, amount, history
from tests.fhir_mappings.exposure_samples import exposure, on

DRUGS = sorted(name.removeprefix("drug_") for name in dose_equivalents()["prednisone_equivalent"].drugs)


@st.composite
def courses(draw: st.DrawFn, source: str | None = None) -> Exposure:
    start = on("2026-02-20") + timedelta(days=draw(st.integers(0, 45)))
    vague = draw(st.integers(0, 3))
    length = draw(st.one_of(st.none(), st.integers(0, 30)))
    end = None if length is None else start + timedelta(days=vague + length)
    return exposure(
        draw(st.sampled_from(DRUGS)),
        draw(st.sampled_from([5.0, 20.0, 100.0])),
        f"{start}/{start + timedelta(days=vague)}",
        None if end is None else str(end),
        ongoing=length is None and draw(st.booleans()),
        source=source or draw(st.sampled_from(["administration", "dispense", "statement", "request"])),
        route=draw(st.sampled_from(["oral", "intravenous", None])),
        reference=draw(st.uuids()).hex,
        every=draw(st.sampled_from([1, 1, 1, 2, 7])),
    )


@settings(max_examples=60, deadline=None)
@for_all(st.lists(courses(), max_size=6))
def test_the_sum_is_never_negative_nor_upside_down(exposures: list[Exposure]) -> None:
    for found in history(*exposures).days:
        assert 0 <= found.amount.low <= found.amount.high
        assert found.amount.high > 0


@settings(max_examples=60, deadline=None)
@for_all(st.lists(courses(source="request"), max_size=5), courses(source="request"))
def test_another_order_never_lowers_what_is_possible(exposures: list[Exposure], more: Exposure) -> None:
    before, after = history(*exposures), history(*exposures, more)
    for found in before.days:
        assert amount(after, str(found.day)).high >= found.amount.high - 1e-9


@settings(max_examples=60, deadline=None)
@for_all(st.lists(courses(), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(exposures: list[Exposure], random: object) -> None:
    shuffled = list(exposures)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = history(*exposures), history(*shuffled)
    assert [d.day for d in one.days] == [d.day for d in other.days]
    for a, b in zip(one.days, other.days, strict=True):
        assert a.amount.low == pytest.approx(b.amount.low)
        assert a.amount.high == pytest.approx(b.amount.high)


@settings(max_examples=60, deadline=None)
@for_all(st.integers(1, 60), st.integers(1, 59), st.sampled_from(DRUGS))
def test_an_order_split_in_two_back_to_back_is_the_same_table(length: int, cut: int, drug: str) -> None:
    start = on("2026-02-15")
    end = start + timedelta(days=length)
    seam = start + timedelta(days=cut % length)
    whole = history(exposure(drug, 30, str(start), str(end)))
    halves = history(
        exposure(drug, 30, str(start), str(seam)),
        exposure(drug, 30, str(seam + timedelta(days=1)), str(end)),
    )
    assert [(d.day, d.amount) for d in whole.days] == [(d.day, d.amount) for d in halves.days]


def test_only_the_days_asked_for_are_reckoned() -> None:
    """An order that runs for a century is laid out over the two months that are asked for."""
    long = exposure("prednisone", 5, "1950-01-01", ongoing=True)
    first, last = on("2026-02-01"), on("2026-03-31")
    assert len(day_amounts(long, first, last)) == 59
    assert len(history(long, first=first, last=last).days) == 59


def test_the_history_is_plain_data() -> None:
    assert msgspec.json.decode(msgspec.json.encode(history(exposure("prednisone", 20, *WHOLE)).days))
