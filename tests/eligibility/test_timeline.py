"""Treatment and response over time, laid out for a person: NCT07517536 I8, refractory disease.

Values keep their digits and dates; what may be a turn is a candidate, and decides nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from eligibility.errors import ProtocolError
from fhir_mappings.facts import Diagnosis, Event, Evidence, Measurement, Unusable
from fhir_mappings.intervals import Interval, day
from tests.eligibility.charts import AS_OF, HandChart, judged, protocol, value
from tests.eligibility.timelines import STATEMENT, span, taken, timeline


def upcr(number: float | Interval, on: str, **more: Any) -> Measurement:
    return value("upcr", number, span(on), **more)


def candidates(*facts: Event | Measurement) -> list[tuple[str, str | None]]:
    return [(c.what, c.date) for c in timeline(*facts).candidates]


def test_values_are_in_order_converted_and_as_recorded() -> None:
    evidence = Evidence(reference="Observation/1", path="valueQuantity", recorded="113 mg/mmol")
    found = timeline(upcr(2, "2026-05-01"), upcr(113 / 113.12, "2026-01-01", evidence=(evidence,))).response
    assert found is not None
    assert [(v.date, v.words, v.recorded) for v in found.values] == [
        ("2026-01-01", "0.999 g/g", "113 mg/mmol"),
        ("2026-05-01", "2 g/g", None),
    ]
    assert [(t.what, t.value) for t in found.thresholds] == [("remission", 0.5), ("relapse", 1.0)]


def test_no_digit_is_lost_that_would_put_a_value_on_the_other_side() -> None:
    found = timeline(upcr(0.99996, "2026-01-01"), upcr(1.65311, "2026-05-01")).response
    assert found is not None
    assert [v.words for v in found.values] == ["0.99996 g/g", "1.65 g/g"]


def test_a_value_of_the_future_is_left_out() -> None:
    found = timeline(upcr(2, "2026-06-15"), upcr(0.1, "2026-06-16")).response
    assert found is not None
    assert [v.date for v in found.values] == ["2026-06-15"]


def test_a_value_with_one_bound_has_no_other() -> None:
    found = timeline(upcr(Interval(high=0.04, high_open=True), "2026-01-01")).response
    assert found is not None
    assert (found.values[0].low, found.values[0].high, found.values[0].words) == (None, 0.04, "<0.04 g/g")


def test_no_value_one_value_and_values_that_could_not_be_used_are_told() -> None:
    assert "UPCR: no value is on record" in timeline(taken("2025-01-01")).missing
    assert "UPCR: only one value is on record; it shows no course" in timeline(upcr(2, "2026-05-01")).missing
    unusable = {"upcr": (Unusable(why="unreadable", detail="no unit"),)}
    assert any("could not be used: 1 (no unit)" in line for line in timeline(unusable=unusable).missing)


def test_a_value_below_after_one_above_may_be_a_remission_and_a_rise_after_it_a_relapse() -> None:
    values = upcr(2, "2025-01-01"), upcr(0.4, "2025-06-01"), upcr(0.7, "2025-09-01"), upcr(1.0, "2026-01-01")
    assert candidates(*values) == [("remission", "2025-06-01"), ("relapse", "2026-01-01")]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([(2, "2025-01-01"), (0.5, "2025-06-01")], []),
        ([(2, "2025-01-01"), (0.49, "2025-06-01")], ["remission"]),
        ([(0.5, "2025-01-01"), (0.49, "2025-06-01")], ["remission"]),
        ([(2, "2025-01-01"), (0.4, "2025-06-01"), (0.99, "2026-01-01")], ["remission"]),
        ([(0.4, "2025-01-01"), (0.3, "2025-06-01")], []),
        ([(0.4, "2025-01-01"), (2, "2025-06-01")], ["relapse"]),
        ([(2, "2025-01-01"), (0.4, "2025-03-01"), (0.3, "2025-06-01")], ["remission"]),
        (
            [(2, "2025-01-01"), (0.4, "2025-03-01"), (2, "2025-06-01"), (3, "2025-07-01")],
            ["remission", "relapse"],
        ),
        (
            [
                (2, "2024-01-01"),
                (0.4, "2024-03-01"),
                (2, "2024-06-01"),
                (0.3, "2025-01-01"),
                (1, "2025-07-01"),
            ],
            ["remission", "relapse", "remission", "relapse"],
        ),
        # An interval that lies on both sides turns nothing.
        ([(2, "2025-01-01"), (Interval(0.3, 0.6), "2025-06-01")], []),
        ([(2, "2025-01-01"), (0.4, "2025-03-01"), (Interval(0.8, 1.2), "2025-06-01")], ["remission"]),
        # Of one day, or of days that may be the same, neither is later.
        ([(2, "2025-01-01"), (0.4, "2025-01-01")], []),
        ([(2, "2025-01-01/2025-01-31"), (0.4, "2025-01-15")], []),
        ([(2, "2025-01-01/2025-01-31"), (0.4, "2025-02-01")], ["remission"]),
        ([(2, "2025-01-01")], []),
    ],
)
def test_turns_are_candidates_only_where_they_are_sure(
    values: list[tuple[Any, str]], found: list[str]
) -> None:
    assert [what for what, _ in candidates(*(upcr(number, on) for number, on in values))] == found


def test_a_candidate_says_what_it_rests_on_and_what_was_taken_then() -> None:
    [found] = timeline(taken("2025-01-01"), upcr(2, "2025-01-01"), upcr(0.4, "2025-06-01")).candidates
    assert (
        found.words
        == "0.4 g/g on 2025-06-01 is below 0.5 g/g, after 2 g/g on 2025-01-01; treatment then: drug_a"
    )
    assert [e.reference for e in found.evidence] == [
        "Observation/upcr-2025-06-01",
        "Observation/upcr-2025-01-01",
    ]


def test_a_rise_without_earlier_activity_says_so() -> None:
    [found] = timeline(upcr(0.4, "2025-01-01"), upcr(2, "2025-06-01")).candidates
    assert "no activity before that is on record" in found.words
    assert "no treatment is surely on record for that day" in found.words


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([(2, "2025-01-01"), (1.1, "2025-07-01")], True),
        ([(2, "2025-01-01"), (1.0, "2025-07-01")], False),  # half is a fall by 50 %
        ([(2, "2025-01-01"), (1.9, "2025-06-30")], False),  # a day before six months
        ([(2, "2024-10-03"), (1.9, "2025-07-01")], True),  # 90 days before is about the start
        ([(2, "2024-10-02"), (1.9, "2025-07-01")], False),
        ([(2, "2025-01-31"), (1.9, "2025-07-01")], True),  # 30 days after as well
        ([(2, "2025-02-01"), (1.9, "2025-07-01")], False),
        ([(0.6, "2025-01-01"), (0.45, "2025-07-01")], False),  # it is in remission
        ([(2, "2025-01-01"), (0.4, "2025-07-01"), (1.9, "2025-12-01")], False),  # it had responded
        ([(Interval(2, 4), "2025-01-01"), (1.9, "2025-07-01")], False),  # cannot be told
        ([(2, "2025-01-01"), (3, "2026-06-10")], True),
    ],
)
def test_less_than_half_a_fall_after_six_months_may_be_no_response(
    values: list[tuple[Any, str]], found: bool
) -> None:
    facts = [taken("2025-01-01"), *(upcr(number, on) for number, on in values)]
    assert ("no-response" in [what for what, _ in candidates(*facts)]) is found


def test_no_response_names_the_change_the_months_and_the_drugs() -> None:
    facts = taken("2025-01-01"), upcr(2, "2025-01-01"), upcr(1.8, "2025-07-15")
    [found] = timeline(*facts).candidates
    assert "1.8 g/g on 2025-07-15, after 6.4 months of treatment: a fall by 10 % against 2 g/g" in found.words


def test_what_keeps_a_response_from_being_seen_is_told() -> None:
    long = taken("2025-01-01")
    assert any("no value from about the start" in m for m in timeline(long, upcr(2, "2026-01-01")).missing)
    assert any(
        "no value on it from 2025-07-01 on" in m for m in timeline(long, upcr(2, "2025-01-01")).missing
    )
    open_fall = timeline(long, upcr(Interval(2, 4), "2025-01-01"), upcr(1.9, "2025-08-01"))
    assert any("whether it fell enough cannot be told" in m for m in open_fall.missing)


def diagnosis(concept: str, start: str | None, clinical: str | None = "relapse") -> Diagnosis:
    return Diagnosis(
        reference=f"Condition/{concept}",
        concepts=frozenset({concept}),
        label="Words of the record",
        evidence=Evidence(reference=f"Condition/{concept}", path="code"),
        start=span(start) if start else None,
        clinical=clinical,
    )


def test_turns_that_the_record_names_stand_among_the_others_by_their_day() -> None:
    facts = [upcr(2, "2025-01-01"), upcr(0.4, "2025-06-01"), upcr(2, "2026-01-01")]
    recorded = diagnosis("cond_mi", "2025-09-01/2025-09-30"), diagnosis("cond_skin_cancer", None, None)
    found = timeline(*facts, *recorded).candidates
    assert [(c.what, c.date) for c in found] == [
        ("remission", "2025-06-01"),
        ("relapse", "2025-09"),
        ("relapse", "2026-01-01"),
        ("remission", None),
    ]
    assert found[1].words == "recorded: Words of the record, relapse, since 2025-09"


def test_a_diagnosis_in_another_state_or_of_the_future_is_no_turn() -> None:
    assert candidates(diagnosis("cond_mi", "2025-09-01", "active"), diagnosis("cond_mi", "2026-07-01")) == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("of: [drug_a]", "of: [drug_zzz]"),
        ("besides: [drug_b]", "besides: [drug_zzz]"),
        ("input: upcr", "input: unheard_of"),
        ("input: upcr", "input: hbsag"),
        ("below: 0.5 g/g", "below: 0.5 furlong"),
        ("below: 0.5 g/g", "below: 1 LLN"),
        ("at_least: 1.0 g/g", "at_least: 0.4 g/g"),
        ("after: 6 mo", "after: 0 mo"),
        ("fall_below: 50", "fall_below: 0"),
    ],
)
def test_a_timeline_that_cannot_be_made_stops_the_load(line: str, wrong: str) -> None:
    assert line in STATEMENT
    with pytest.raises(ProtocolError):
        protocol(STATEMENT.replace(line, wrong))


def test_a_criterion_that_asks_for_none_has_none() -> None:
    assert judged("requires: {attest: {question: q, ask: Really?}}", HandChart()).timeline is None


def test_a_part_may_have_one_of_its_own() -> None:
    text = "parts:\n  - id: I1a\n    text: Words\n" + "\n".join(
        f"    {line}" for line in STATEMENT.strip().splitlines()
    )
    found = judged(text, HandChart(events=[taken("2025-01-01")]))
    assert found.timeline is None
    assert found.parts[0].timeline is not None
    assert day(AS_OF).last.isoformat() == found.parts[0].timeline.until
