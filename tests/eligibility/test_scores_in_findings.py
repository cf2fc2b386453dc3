"""A finding carries the scores that it asked for, whichever way the question was put, and no others."""

from __future__ import annotations

import msgspec
import pytest

from eligibility.findings import Finding
from eligibility.reported import ReportedScore
from eligibility.screening import screen
from fhir_mappings.facts import Measurement, Need, ScoreItem, ScoreSheet
from fhir_mappings.intervals import Interval, day
from tests.eligibility.charts import AS_OF, JUNE_1, HandChart, evidence, judged, protocol, value

NEED = Need(input="culture", why="never-measured", detail="urine culture")
FORM = Need(input="score", why="never-measured", detail="the form")
SHEET = ScoreSheet(
    score="score",
    label="Score",
    items=(
        ScoreItem(
            id="upcr",
            label="proteinuria",
            domain="renal",
            weight=4,
            state="present",
            counted=True,
            evidence=(evidence("Observation/upcr"),),
        ),
        ScoreItem(
            id="rbc",
            label="haematuria",
            domain="renal",
            weight=4,
            state="unattributed",
            effort="attribution",
            cost=1,
            doubts=("no culture",),
            needs=(NEED,),
        ),
        ScoreItem(
            id="joints",
            label="arthritis",
            domain="joints",
            weight=4,
            state="unknown",
            effort="bedside",
            cost=20,
        ),
        ScoreItem(id="fever", label="fever", domain="general", weight=1, state="absent"),
    ),
    value=Interval(4, 12),
    attributed=8,
    basis="items",
    on=AS_OF,
    form=FORM,
)
MEASURED = Measurement(
    input="score",
    when=day(JUNE_1),
    unit="{score}",
    value=Interval(4, 12),
    attributed=Interval(8, 12),
    basis="bounded",
    sheet=SHEET,
    needs=(FORM,),
)
ASKED = "{number: {input: score, at_least: 6, fresh: lab}}"
BELOW = "{number: {input: score, below: 6, fresh: lab}}"
CHEAP = "{number: {input: upcr, at_least: 1.0 g/g, fresh: lab}}"
STATEMENTS = {
    "alone": f"requires: {ASKED}",
    "below": f"requires: {BELOW}",
    "excluded": f"excludes: {ASKED}",
    "all": f"requires: {{all: [{CHEAP}, {ASKED}]}}",
    "any": f"requires: {{any: [{CHEAP}, {ASKED}]}}",
    "not": f"requires: {{not: {BELOW}}}",
    "at_least": f"requires: {{at_least: {{count: 1, of: [{CHEAP}, {ASKED}]}}}}",
    "reviewed": f"requires: {{review: {{of: {ASKED}, because: look}}}}",
    "case": f"cases: {{of: [{{when: {ASKED}, then: pass}}], otherwise: fail}}",
    "proven": f"cases: {{of: [{{when: {{proven: {ASKED}}}, then: pass}}], otherwise: review-fail}}",
    "twice": f"cases: {{of: [{{when: {{proven: {ASKED}}}, then: pass}}, {{when: {BELOW}, then: fail}}],"
    " otherwise: missing}",
    "passed by": f"cases: {{of: [{{when: {{proven: {ASKED}}}, then: pass}}, {{when: {CHEAP}, then: fail}}],"
    " otherwise: pass}",
}


def asked(statement: str, *facts: Measurement) -> Finding:
    return judged(statement, HandChart([MEASURED, *facts, value("upcr", 2.0, JUNE_1)]))


def only(finding: Finding) -> ReportedScore:
    (score,) = finding.scores
    return score


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_score_is_carried_once_whichever_way_it_is_asked_for(name: str) -> None:
    assert only(asked(STATEMENTS[name])).input == "score"


def test_a_finding_that_asked_for_none_carries_none_and_its_json_says_nothing_of_scores() -> None:
    finding = asked(f"requires: {CHEAP}")
    assert finding.scores == ()
    assert b'"scores"' not in msgspec.json.encode(finding)


def test_a_rung_that_was_never_reached_asks_for_nothing() -> None:
    ladder = f"cases: {{of: [{{when: {CHEAP}, then: fail}}, {{when: {ASKED}, then: pass}}], otherwise: fail}}"
    assert asked(ladder).scores == ()


def test_the_items_are_told_with_state_doubt_evidence_and_need() -> None:
    score = only(asked(STATEMENTS["alone"]))
    assert [(i.item, i.weight, i.state, i.counted) for i in score.items] == [
        ("upcr", 4, "present", True),
        ("rbc", 4, "unattributed", False),
        ("joints", 4, "unknown", False),
        ("fever", 1, "absent", False),
    ]
    assert score.items[0].evidence[0].reference == "Observation/upcr"
    assert (score.items[1].because, [n.input for n in score.items[1].needs]) == ("no culture", ["culture"])
    assert (score.lower, score.attributed, score.upper) == (4, 8, 12)


@pytest.mark.parametrize("name", ["alone", "below", "excluded", "twice"])
def test_what_would_decide_is_the_same_whichever_side_is_asked_for(name: str) -> None:
    decisions = only(asked(STATEMENTS[name])).deciding
    assert [(d.items, d.points, d.effort) for d in decisions] == [
        (("rbc",), 4, "attribution"),
        (("joints",), 4, "bedside"),
    ]
    assert [[n.input for n in d.needs] for d in decisions] == [["culture"], ["score"]]


def test_two_thresholds_share_one_sheet_and_each_says_what_would_decide() -> None:
    higher = "{number: {input: score, at_least: 10, fresh: lab}}"
    score = only(asked(f"requires: {{all: [{ASKED}, {higher}]}}"))
    assert [d.items for d in score.deciding] == [("rbc",), ("joints",), ("rbc", "joints")]


def test_parts_carry_their_scores_and_the_whole_carries_those_of_its_parts() -> None:
    bound = protocol(
        f"""
    parts:
      - {{id: I1.a, text: a, requires: {CHEAP}}}
      - {{id: I1.b, text: b, requires: {ASKED}}}
    """
    )
    (finding,) = screen(bound, HandChart([MEASURED, value("upcr", 2.0, JUNE_1)]), AS_OF).findings
    assert [len(part.scores) for part in finding.parts] == [0, 1]
    assert finding.scores == finding.parts[1].scores


def test_without_details_the_bounds_are_told_and_not_the_items() -> None:
    bound = protocol(STATEMENTS["alone"])
    chart = HandChart([MEASURED])
    (finding,) = screen(bound, chart, AS_OF, detailed=False).findings
    score = only(finding)
    assert (score.lower, score.attributed, score.upper) == (4, 8, 12)
    assert (score.items, score.deciding) == ((), ())


def test_what_has_nothing_to_tell_is_left_out_of_the_json() -> None:
    told = msgspec.json.decode(msgspec.json.encode(only(asked(STATEMENTS["alone"]))))
    assert set(told["items"][3]) == {"item", "label", "domain", "weight", "state"}
    assert "conflict" not in told
