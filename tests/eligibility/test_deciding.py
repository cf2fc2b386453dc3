"""Which open items of a score would decide: cheapest first, few, and none that is not needed."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eligibility.deciding import MOST_SETS, Aim, deciding_sets
from fhir_mappings.facts import ClassificationRule, Effort, ItemState, ScoreItem, ScoreSheet
from fhir_mappings.intervals import Interval
from tests.eligibility.charts import AS_OF

COSTS: dict[Effort, int] = {"attribution": 1, "laboratory": 4, "bedside": 20, "biopsy": 100}


def item(
    name: str,
    weight: int,
    state: ItemState = "unknown",
    effort: Effort | None = "laboratory",
    domain: str | None = None,
) -> ScoreItem:
    takes = "attribution" if state == "unattributed" else effort if state == "unknown" else None
    return ScoreItem(
        id=name,
        label=name,
        domain=domain or name,
        weight=weight,
        state=state,
        effort=takes,
        cost=COSTS[takes] if takes else 0,
    )


def score(*items: ScoreItem, best: bool = False, rule: ClassificationRule | None = None) -> ScoreSheet:
    def points(states: set[ItemState]) -> int:
        weights: dict[str, int] = {}
        for i in items:
            if i.state in states:
                key = i.domain if best else i.id
                weights[key] = max(weights.get(key, 0), i.weight)
        return sum(weights.values())

    return ScoreSheet(
        score="score",
        label="Score",
        items=items,
        value=Interval(points({"present"}), points({"present", "unattributed", "unknown"})),
        attributed=points({"present", "unattributed"}),
        basis="items",
        on=AS_OF,
        best_of_domain=best,
        rule=rule,
    )


def sets(of: ScoreSheet, points: float, *, strictly: bool = False) -> list[tuple[str, ...]]:
    return [tuple(i.id for i in chosen) for chosen in deciding_sets(of, Aim(points, strictly))]


def test_a_question_comes_before_an_order_and_an_order_before_an_examination() -> None:
    of = score(
        item("upcr", 4, "present"),
        item("arthritis", 4, effort="bedside"),
        item("complement", 4),
        item("haematuria", 4, "unattributed"),
    )
    assert sets(of, 8) == [("haematuria",), ("complement",), ("arthritis",)]


def test_two_orders_come_before_one_examination() -> None:
    of = score(item("seizure", 8, effort="bedside"), item("c3", 2), item("dna", 2))
    assert sets(of, 4) == [("c3", "dna"), ("seizure",)]


def test_no_set_holds_an_item_that_is_not_needed() -> None:
    of = score(item("fever", 1, "unattributed"), item("upcr", 4), item("casts", 4))
    assert sets(of, 4) == [("upcr",), ("casts",)]


def test_there_are_never_more_than_three() -> None:
    of = score(*(item(f"i{n}", 4, effort="bedside") for n in range(8)))
    assert len(sets(of, 4)) == MOST_SETS == 3


@pytest.mark.parametrize(("strictly", "expected"), [(False, [("a",)]), (True, [("a", "b")])])
def test_above_asks_for_more_than_the_number(strictly: bool, expected: list[tuple[str, ...]]) -> None:
    assert sets(score(item("a", 4), item("b", 1)), 4, strictly=strictly) == expected


def test_nothing_decides_what_is_decided_or_out_of_reach() -> None:
    assert sets(score(item("a", 4, "present"), item("b", 4)), 4) == []
    assert sets(score(item("a", 4), item("b", 4, "absent")), 6) == []


def test_a_recorded_total_or_a_contradiction_is_not_decided_by_items() -> None:
    of = score(item("a", 4))
    for basis in ("recorded", "conflict"):
        assert deciding_sets(ScoreSheet(**{**_fields(of), "basis": basis}), Aim(4)) == ()


def test_an_earlier_total_may_hold_the_items_already_so_that_they_do_not_add_to_it() -> None:
    of = score(item("a", 1), item("b", 1), item("c", 1), item("d", 1))
    floored = ScoreSheet(**{**_fields(of), "value": Interval(3, 4), "recorded": "3 on 2020"})
    assert sets(floored, 4) == [("a", "b", "c", "d")]


def _fields(of: ScoreSheet) -> dict[str, object]:
    return {name: getattr(of, name) for name in of.__struct_fields__}


class TestClassification:
    """EULAR/ACR 2019: an entry criterion, at least one clinical one, and only the heaviest of a domain."""

    rule = ClassificationRule(entry="ana", points=10, clinical_domains=frozenset({"renal", "skin"}))

    def of(self, *items: ScoreItem) -> ScoreSheet:
        return score(*items, best=True, rule=self.rule)

    def test_the_entry_criterion_alone_may_be_what_lacks(self) -> None:
        of = self.of(
            item("ana", 0), item("class_iv", 10, "present", domain="renal"), item("dna", 6, domain="antibody")
        )
        assert sets(of, 10) == [("ana",)]

    def test_points_without_a_clinical_criterion_do_not_classify(self) -> None:
        of = self.of(
            item("ana", 0, "present"),
            item("dna", 6, "present", domain="antibody"),
            item("c3_and_c4", 4, "present", domain="complement"),
            item("aph", 2, domain="aph"),
            item("upcr", 4, domain="renal"),
        )
        assert of.value.low == 10
        assert sets(of, 10) == [("upcr",)]

    def test_a_lighter_item_of_a_domain_adds_nothing_to_a_heavier_one(self) -> None:
        of = self.of(
            item("ana", 0, "present"),
            item("class_v", 8, "present", domain="renal"),
            item("upcr", 4, domain="renal"),
            item("rash", 6, effort="bedside", domain="skin"),
        )
        assert sets(of, 10) == [("rash",)]


@given(
    weights=st.lists(st.integers(1, 8), min_size=1, max_size=8),
    data=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_every_set_reaches_is_minimal_and_none_that_is_cheaper_is_passed_over(
    weights: list[int], data: st.DataObject
) -> None:
    states: list[ItemState] = ["present", "unattributed", "absent", "unknown"]
    efforts: list[Effort] = ["laboratory", "bedside", "biopsy"]
    items = [
        item(f"i{n}", w, data.draw(st.sampled_from(states)), data.draw(st.sampled_from(efforts)))
        for n, w in enumerate(weights)
    ]
    of = score(*items)
    aim = data.draw(st.integers(1, 30))
    found = deciding_sets(of, Aim(aim))
    lower = of.value.low

    def reaches(chosen: tuple[ScoreItem, ...]) -> bool:
        return lower + sum(i.weight for i in chosen) >= aim

    open_items = [i for i in items if i.effort]
    minimal = [
        chosen
        for size in range(1, len(open_items) + 1)
        for chosen in combinations(open_items, size)
        if reaches(chosen) and not any(reaches(tuple(o for o in chosen if o is not i)) for i in chosen)
    ]
    if lower >= aim:
        assert found == ()
        return
    costs = sorted(sum(i.cost for i in chosen) for chosen in minimal)
    assert [sum(i.cost for i in chosen) for chosen in found] == costs[:MOST_SETS]
    assert all(set(chosen) in [set(m) for m in minimal] for chosen in found)


def test_a_search_that_is_too_long_still_gives_a_minimal_set() -> None:
    of = score(*(item(f"i{n}", 1, effort="bedside") for n in range(24)))
    ((*chosen,),) = deciding_sets(of, Aim(20))
    assert len(chosen) == 20
