# ruff: noqa: E501  # the words are lines of the page, and as long
"""Statements in plain words: each kind says what it asks, with thresholds and windows as they are bound."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import yaml
from pydantic import TypeAdapter

from eligibility.describing.phrases import Phrases
from eligibility.describing.statements import DESCRIBED, Told, describe
from eligibility.describing.timelines import describe_timeline
from eligibility.kinds import Node
from eligibility.timeline import TimelineBody
from eligibility.windows import Window
from tests.eligibility.charts import HandVocabulary

PHRASES = Phrases(
    HandVocabulary(),
    {"lab": Window.model_validate({"anchor": "screening", "before": "28 d", "assumption": "P1"})},
)
NODE: TypeAdapter[Any] = TypeAdapter(Node)


def told(text: str) -> list[str]:
    def lines(one: Told, depth: int) -> list[str]:
        return ["  " * depth + one.text, *(line for inner in one.below for line in lines(inner, depth + 1))]

    return lines(describe(NODE.validate_python(yaml.load(text, yaml.BaseLoader)), PHRASES), 0)  # noqa: S506


WORDS = {
    "number: {input: upcr, at_least: 113.12 mg/mmol, fresh: lab}": [
        "the latest UPCR within 28 days before screening (P1) is at least 113.12 mg/mmol (= 1 g/g)"
    ],
    "number: {input: alt, above: 3 ULN, choose: any, plausible_limit: [30 U/L, 60 U/L]}": [
        "any ALT is above 3 times the upper limit of that very result (ULN)",
        "  a result without a limit of its own decides only if every limit from 30 U/L to 60 U/L agrees",
    ],
    "number: {input: upcr, at_least: 1 g/g, grey: {to: 0.7 g/g, settle_with: protein_24h}}": [
        "the latest UPCR is at least 1 g/g",
        "  a value between there and 0.7 g/g does not disprove it: 24-h protein settles it",
    ],
    "number: {input: age, at_least: 18, on: screening}": ["Age on the day of screening is at least 18 years"],
    "category: {input: hbsag, is: [positive], lasting: [positive]}": [
        "the latest HBsAg is positive; once positive it counts for good"
    ],
    "found: {kind: [diagnosis], of: [class_cancer], except: [cond_skin_cancer], where: {clinical: [active]},"
    " during: {anchor: day0, before: 5 a, until: anchor}, absent: no}": [
        "the record shows diagnosis: cancer (`class_cancer`), within 5 years before day 0, and not after day 0",
        "  not counted: skin_cancer (`cond_skin_cancer`)",
        "  only if clinical is active; where that is not recorded, it stays open",
        "  nothing on a whole record: not so; a provisional or unconfirmed statement needs a person",
    ],
    "found: {kind: [exposure], of: [drug_a], where_not: {route: topical}, timing: start, count: 2,"
    " or_half_lives: {count: 5, unknown_until: 12 mo}, unconfirmed: counts}": [
        "the record shows at least 2 times, exposure: drug_a (`drug_a`), begun at any time",
        "  not counted if route is topical",
        "  or 5 half-lives of the drug, if that is longer; if its half-life is not known, it stays open for 12 months",
        "  nothing on a whole record: presumably not; provisional and unconfirmed statements count too",
    ],
    "all: [{number: {input: score, above: 5}}, {not: {number: {input: score, at_most: 9}}}]": [
        "all of these hold:",
        "  the latest Score is above 5",
        "  it does not hold that the latest Score is at most 9",
    ],
    "any: [{number: {input: score, above: 5}}]": [
        "at least one of these holds:",
        "  the latest Score is above 5",
    ],
    "at_least: {count: 1, of: [{number: {input: score, above: 5}}]}": [
        "at least 1 of these hold:",
        "  the latest Score is above 5",
    ],
    "dose_run: {history: prednisone_equivalent, at_least: 100 mg, length: 14 d, during: {anchor: day0, before: 8 wk}}": [
        "the daily prednisone equivalent was 100 mg or more on 14 days in a row,"
        " of which any lies within 8 weeks before day 0",
        "  as many days that are scattered, or only possible by the order, need a person",
    ],
    "stable_therapy: {of: [drug_a], open_list: [drug_b], unchanged_for: 30 d}": [
        "the patient takes drug_a (`drug_a`), with no start, stop, hold or change of dose in the 30 days before day 0",
        "  if only these are taken, a person has to judge: drug_b (`drug_b`)",
    ],
    "exposed_for: {of: [drug_a], at_least: 6 mo, routes: [oral]}": [
        "drug_a (`drug_a`) were taken for at least 6 months altogether, by route oral or unrecorded, at any time"
    ],
    "review: {of: {number: {input: score, above: 5}}, because: It is doubtful.}": [
        "the latest Score is above 5",
        "  then a person has to judge, until then taken against the patient: It is doubtful.",
    ],
    "carve_out: {of: {number: {input: score, above: 5}}, question: q, ask: Is it so, fresh: lab}": [
        "the latest Score is above 5",
        "  unless a clinician has answered yes (within 28 days before screening (P1)): “Is it so”",
    ],
    "attest: {question: q, ask: Is it so}": [
        "a person has answered yes (at any time): “Is it so”; unanswered, it stays open"
    ],
    "attest: {question: q, ask: Is it so, by: clinician}": [
        "a clinician has answered yes (at any time): “Is it so”; unanswered, it stays open"
    ],
    "attested: {question: q, ask: Is it so, answer: false, by: clinician}": [
        "a clinician has answered no (at any time): “Is it so”"
    ],
    "attested: {question: q, ask: Is it so, results: [upcr],"
    " against: {proven: {number: {input: score, above: 5}}}}": [
        "a person has answered yes (at any time): “Is it so”",
        "  the answer does not hold against a newer result: UPCR",
        "  the answer does not hold against newer evidence that data show that the latest Score is above 5",
    ],
    "attested: {question: q, ask: Is it so, answer: false}": [
        "a person has answered no (at any time): “Is it so”"
    ],
    "proven: {number: {input: score, above: 5}}": ["data show that the latest Score is above 5"],
    "seen: {number: {input: score, above: 5}}": [
        "it is seen that the latest Score is above 5",
        "  never measured or stale counts as not seen; unreadable or not retrieved stays open",
    ],
    "cases: {of: [{when: {number: {input: score, above: 5}}, then: missing, needs: [upcr], because: Measure it.}],"
    " otherwise: pass}": [
        "The first of these that holds decides:",
        "  **1** If the latest Score is above 5",
        "    → **missing**: open: data are missing; needed: UPCR (Measure it.)",
        "  Otherwise → **pass**: does not stand in the way",
    ],
    "table: {columns: {a: {input: hbsag, fresh: lab}}, rows: [{when: {a: negative}, then: pass}, {when: {}, then: fail}]}": [
        "The first row that fits decides; for a missing or equivocal result, every value that it could have is tried:",
        "  results asked for",
        "    HBsAg, the latest result within 28 days before screening (P1)",
        "  rows",
        "    HBsAg negative → **pass**: does not stand in the way",
        "    anything else → **fail**: stands in the way",
    ],
}


@pytest.mark.parametrize(("statement", "words"), WORDS.items(), ids=lambda value: str(value)[:40])
def test_a_statement_says_what_it_asks(statement: str, words: list[str]) -> None:
    assert told(statement) == words


def test_every_kind_of_statement_has_words_and_is_shown_above() -> None:
    kinds = {get_args(member)[1].tag for member in get_args(get_args(Node)[0])}
    assert kinds == DESCRIBED.keys()
    assert kinds <= {kind for statement in WORDS for kind in kinds if f"{kind}:" in statement}


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ({"before": "6 mo"}, "within 6 months before screening"),
        ({"before": "1 a", "until": "day0"}, "within 1 year before screening, or up to day 0"),
        ({"anchor": "latest:upcr", "before": "7 d"}, "within 7 days before the latest UPCR"),
        ({"before": "5 a", "gap": "90 d"}, "from 5 years before screening up to 90 days before screening"),
        ({"gap": "90 d"}, "up to 90 days before screening"),
        ({"anchor": "day0", "until": "anchor"}, "up to day 0, and not after day 0"),
    ],
)
def test_a_window_says_from_when_to_when(window: dict[str, str], words: str) -> None:
    assert PHRASES.window(Window.model_validate(window)) == words


def test_a_timeline_says_what_it_shows_and_that_it_decides_nothing() -> None:
    body = TimelineBody.model_validate(
        {
            "of": ["drug_a"],
            "besides": ["drug_b"],
            "response": {
                "input": "upcr",
                "remission": {"below": "0.5 g/g"},
                "relapse": {"at_least": "1 g/g"},
                "no_response": {"after": "6 mo", "fall_below": 50},
            },
            "recorded": {"relapse": [{"of": ["cond_mi"], "clinical": ["relapse"]}]},
        }
    )
    shown = describe_timeline(body, PHRASES)
    assert "decides nothing" in shown.text
    assert [line.text for line in shown.below] == [
        "the time on drug_a (`drug_a`) is counted",
        "shown and not counted: drug_b (`drug_b`)",
        "the course of UPCR is shown; a lower value is a better one",
        "possible remission: UPCR below 0.5 g/g, after a value that was not",
        "possible relapse: UPCR at least 1 g/g, after a remission",
        "possibly no response: after 6 months on treatment UPCR has fallen by less than 50 % of the last value within"
        " 90 days before the treatment began, or else of the first within 30 days after",
        "the record itself tells a relapse: diagnosis of mi (`cond_mi`) in the state relapse",
    ]
