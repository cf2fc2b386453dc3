"""Orders of one amount at different times of a day: NCT05247203 E1 (≥ 100 mg/day of prednisone for 14 days).

FHIR R4, Timing.repeat: ``timeOfDay``, ``when``. Two orders of 60 mg, at 08:00 and at 20:00, are 120 mg a day;
two that are alike in every element may be one that was sent twice, and so may a renewal.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.draft_orders import prednisone, summaries
from tests.app.medication_records import PREDNISONE, dose, ends, finding, order

Json = dict[str, Any]
TWICE: dict[str, tuple[Json, Json]] = {
    "by the clock": ({"timeOfDay": ["08:00:00"]}, {"timeOfDay": ["20:00:00"]}),
    "by the part of the day": ({"when": ["MORN"]}, {"when": ["HS"]}),
    "by meals": ({"when": ["PCM"]}, {"when": ["PCV"]}),
}
NOT_SURELY_TWICE: dict[str, tuple[Json, Json]] = {
    "alike": ({}, {}),
    "at the same time": ({"timeOfDay": ["08:00:00"]}, {"timeOfDay": ["08:00"]}),
    "one does not tell": ({"timeOfDay": ["08:00:00"]}, {}),
    "the same part of the day": ({"when": ["MORN"]}, {"when": ["WAKE"]}),
    "clock and part of the day": ({"timeOfDay": ["08:00:00"]}, {"when": ["HS"]}),
    "a part that may be any": ({"when": ["PHS"]}, {"when": ["HS"]}),
}


def at(when: Json, mg: float = 60) -> Json:
    daily = dose(mg)
    return {**daily, "timing": {"repeat": {**daily["timing"]["repeat"], **when}}}


def drafts(*whens: Json, mg: float = 60, days: int = 14) -> list[Json]:
    found = []
    for when in whens:
        made = prednisone(mg, days)
        made["dosageInstruction"][0]["timing"]["repeat"].update(when)
        found.append(made)
    return found


@pytest.mark.parametrize("whens", TWICE.values(), ids=TWICE)
def test_drafts_at_different_times_of_day_are_summed(whens: tuple[Json, Json]) -> None:
    (said,) = summaries(drafts(*whens))
    assert "NCT05247203" in said
    assert "would be closed" in said


@pytest.mark.parametrize("whens", NOT_SURELY_TWICE.values(), ids=NOT_SURELY_TWICE)
def test_drafts_of_which_one_may_be_the_other_may_close_it(whens: tuple[Json, Json]) -> None:
    (said,) = summaries(drafts(*whens))
    assert "NCT05247203" in said
    assert "may be closed" in said


@pytest.mark.parametrize("whens", [*TWICE.values(), *NOT_SURELY_TWICE.values()])
def test_their_sum_closes_nothing_below_the_threshold(whens: tuple[Json, Json]) -> None:
    assert summaries(drafts(*whens, mg=49)) == []


def test_nor_where_it_is_taken_for_too_short_a_time() -> None:
    assert summaries(drafts(*TWICE["by the clock"], days=13)) == []


def test_a_draft_that_closes_it_by_itself_is_sure_however_often_it_was_sent() -> None:
    (said,) = summaries(drafts({}, {}, mg=100))
    assert "would be closed" in said


def orders(*whens: Json, starts: tuple[str, str] = ("2026-05-01", "2026-05-01")) -> list[Json]:
    return [
        order(PREDNISONE, ends(at(when), start, "2026-05-20"), start)
        for when, start in zip(whens, starts, strict=True)
    ]


@pytest.mark.parametrize("whens", TWICE.values(), ids=TWICE)
def test_orders_on_record_of_one_day_at_different_times_are_summed(whens: tuple[Json, Json]) -> None:
    assert finding(orders(*whens), "E1").outcome == "fail"


@pytest.mark.parametrize("whens", NOT_SURELY_TWICE.values(), ids=NOT_SURELY_TWICE)
def test_orders_on_record_of_which_one_may_be_the_other_are_for_a_person(whens: tuple[Json, Json]) -> None:
    found = finding(orders(*whens), "E1")
    assert (found.outcome, found.leaning) == ("review", "fail")


def test_an_order_that_began_later_at_another_time_may_be_a_renewal() -> None:
    found = finding(orders(*TWICE["by the clock"], starts=("2026-05-01", "2026-05-03")), "E1")
    assert (found.outcome, found.leaning) == ("review", "fail")


def test_one_order_with_both_times_is_their_sum() -> None:
    both = order(
        PREDNISONE, [ends(at(when), "2026-05-01", "2026-05-20") for when in TWICE["by meals"]], "2026-05-01"
    )
    assert finding([both], "E1").outcome == "fail"


def test_two_systems_with_times_of_their_own_for_one_order_tell_it_twice() -> None:
    morning, later = orders({"timeOfDay": ["08:00:00"]}, {"timeOfDay": ["09:00:00"]})
    morning["meta"], later["meta"] = {"source": "urn:clinic"}, {"source": "urn:hospital"}
    said = {finding(chart, "E1").reason for chart in ([morning], [later], [morning, later])}
    assert len(said) == 1  # what E1 asks of the kidney is not on record; the doses open nothing
