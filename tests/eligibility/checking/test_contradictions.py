"""Protocol files that contradict themselves, within a criterion or between two."""

from __future__ import annotations

import pytest

from tests.eligibility.checking.checked_files import checked, criterion, file, only

CONTRADICTIONS = {
    "two thresholds of one value": """
requires:
  all:
    - number: {input: age, at_least: 18}
    - number: {input: age, below: 18} # here
""",
    "at most and above": """
requires:
  all:
    - number: {input: score, at_most: 5}
    - number: {input: score, above: 5} # here
""",
    "in two units: 1 g/g is 113.12 mg/mmol": """
requires:
  all:
    - number: {input: upcr, at_least: 1 g/g}
    - number: {input: upcr, below: 113.12 mg/mmol} # here
""",
    "multiples of the same limit": """
requires:
  all:
    - number: {input: alt, above: 3 ULN}
    - number: {input: alt, at_most: 2 ULN} # here
""",
    "every value, and one of them": """
requires:
  all:
    - number: {input: score, at_most: 5, choose: every}
    - number: {input: score, above: 5, choose: any} # here
""",
    "none of the values, and the latest": """
requires:
  all:
    - not: {number: {input: score, above: 5, choose: any}}
    - number: {input: score, above: 7} # here
""",
    "a category and not that category": """
requires:
  all:
    - category: {input: hbsag, is: [positive]}
    - not: {category: {input: hbsag, is: [positive]}} # here
""",
    "a statement and its negation": """
requires:
  all:
    - exposed_for: {of: [drug_a], at_least: 6 mo}
    - not: {exposed_for: {of: [drug_a], at_least: 6 mo}} # here
""",
    "an event that is asked for and ruled out": """
requires:
  all:
    - found: {kind: [diagnosis], of: [cond_skin_cancer], during: {before: 1 a}}
    - not: {found: {kind: [diagnosis], of: [class_cancer], during: {before: 5 a}}} # here
""",
    "an answer that is both": """
requires:
  all:
    - attest: {question: q, ask: Is it so?}
    - not: {attest: {question: q, ask: Is it so?}} # here
""",
    "behind a review and a carve-out": """
requires:
  all:
    - review: {of: {number: {input: score, at_least: 6}}, because: to be judged}
    - number: {input: score, below: 6} # here
""",
    "two of three that exclude each other": """
requires:
  at_least:
    count: 2
    of:
      - number: {input: score, below: 2}
      - number: {input: score, above: 4} # here
""",
}


@pytest.mark.parametrize("statement", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_conjunction_that_no_chart_can_satisfy_is_a_contradiction(statement: str) -> None:
    problem = only(file(criterion(statement)))
    assert problem.severity == "error"
    assert problem.of == "I1"
    assert problem.reason.startswith("contradiction: ")
    assert problem.mend


NO_CONTRADICTIONS = {
    "a range": "requires: {all: [{number: {input: age, at_least: 18}}, {number: {input: age, below: 66}}]}",
    "the same value in other windows": """
requires:
  all:
    - number: {input: score, at_least: 6, fresh: {before: 28 d}}
    - number: {input: score, below: 6, fresh: {before: 1 a}}
""",
    "two values of several": """
requires:
  all:
    - number: {input: score, at_least: 6, choose: any}
    - number: {input: score, below: 2, choose: any}
""",
    "a narrower event that is ruled out": """
requires:
  all:
    - found: {kind: [diagnosis], of: [class_cancer]}
    - not: {found: {kind: [diagnosis], of: [cond_skin_cancer]}}
""",
    "an event of another time": """
requires:
  all:
    - found: {kind: [diagnosis], of: [cond_mi], during: {before: 5 a}}
    - not: {found: {kind: [diagnosis], of: [cond_mi], during: {before: 1 a}}}
""",
    "what is only not proven": """
cases:
  of:
    - when: {proven: {number: {input: score, at_least: 6}}}
      then: pass
    - when: {number: {input: score, at_least: 6}}
      then: fail
  otherwise: missing
""",
}


@pytest.mark.parametrize("statement", NO_CONTRADICTIONS.values(), ids=NO_CONTRADICTIONS.keys())
def test_what_some_chart_can_satisfy_is_none(statement: str) -> None:
    assert [p.told("trial.yaml") for p in checked(file(criterion(statement))) if p.severity == "error"] == []


def test_a_threshold_at_the_edge_of_the_physical_range_can_never_be_passed() -> None:
    problem = only(file(criterion("requires:\n  number: {input: upcr, above: 100 g/g} # here")))
    assert problem.reason == "this can never hold: no value within the physical range is UPCR above 100 g/g"


def test_a_threshold_that_every_value_reaches_is_a_warning() -> None:
    problem = only(file(criterion("requires:\n  number: {input: upcr, at_least: 0 g/g} # here")))
    assert problem.severity == "warning"
    assert "it only asks whether there is one" in problem.reason


def test_alternatives_that_leave_nothing_out_ask_nothing() -> None:
    problem = only(
        file(
            criterion("""
requires:
  any: # here
    - number: {input: age, at_least: 18}
    - number: {input: age, below: 18}
""")
        )
    )
    assert problem.reason == "this can never be false, so it asks nothing"


def test_attributes_that_are_asked_for_and_ruled_out_are_a_contradiction() -> None:
    problem = only(
        file(
            criterion("""
requires:
  found:
    kind: [diagnosis]
    of: [cond_mi]
    where: {clinical: [active]}
    where_not: {clinical: [active, relapse]} # here
""")
        )
    )
    assert problem.reason.startswith("contradiction: every 'clinical'")


def test_code_sets_that_are_all_excepted_are_a_contradiction() -> None:
    problem = only(
        file(
            criterion("""
requires:
  found:
    kind: [diagnosis]
    of: [cond_skin_cancer]
    except: [class_cancer] # here
""")
        )
    )
    assert problem.reason == "contradiction: 'except' rules out every code set of 'of'"


def test_two_criteria_that_nobody_can_meet_are_a_contradiction() -> None:
    lab = "freshness: {lab: {before: 28 d}}"
    problem = only(
        file(
            criterion("requires: {number: {input: upcr, at_least: 1 g/g, fresh: lab}}", "I4"),
            criterion(
                "excludes:\n  number: {input: upcr, at_least: 0.5 g/g, fresh: {before: 28 d}} # here", "E2"
            ),
            top=lab,
        )
    )
    assert problem.of == "E2"
    assert problem.reason == (
        "contradiction: nobody can meet E2 together with I4: UPCR below 0.5 g/g against UPCR at least 1 g/g"
    )


def test_an_event_that_one_criterion_asks_for_and_another_excludes_is_a_contradiction() -> None:
    problem = only(
        file(
            criterion("requires: {found: {kind: [exposure], of: [drug_a], during: {before: 28 d}}}", "I4"),
            criterion(
                "excludes:\n  found: {kind: [exposure], of: [drug_a], during: {before: 28 d}} # here", "E2"
            ),
        )
    )
    assert "nobody can meet E2 together with I4" in problem.reason


def test_ladders_and_parts_are_compared_too() -> None:
    problem = only(
        file(
            criterion("requires: {number: {input: score, at_least: 6}}", "I4"),
            criterion(
                """
parts:
  - id: E2a
    text: one
    excludes: {attest: {question: q, ask: Is it so?}}
  - id: E2b
    text: two
    cases:
      of:
        - {when: {number: {input: score, at_least: 6}}, then: fail}
      otherwise: pass
""",
                "E2",
            ).replace("score, at_least: 6}}, then: fail}", "score, at_least: 6}}, then: fail} # here"),
        )
        .replace(
            '    - {name: "E2 passes"',
            "    - {name: a, part: E2a, outcome: pass}\n    - {name: b, part: E2a, outcome: fail}\n"
            "    - {name: c, part: E2b, outcome: pass}\n    - {name: d, part: E2b, outcome: fail}\n"
            '    - {name: e, part: E2b, chart: {x: 1}, outcome: missing}\n    - {name: "E2 passes"',
        )
        .replace("{name: a, part: E2a", "{name: a, chart: {x: 2}, part: E2a")
        .replace("{name: c, part: E2b", "{name: c, chart: {x: 2}, part: E2b")
    )
    assert "nobody can meet E2b together with I4" in problem.reason


def test_criteria_about_other_windows_or_other_inputs_are_none() -> None:
    assert not checked(
        file(
            criterion("requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 28 d}}}", "I4"),
            criterion("excludes: {number: {input: upcr, at_least: 0.5 g/g, fresh: {before: 8 wk}}}", "E2"),
            criterion("excludes: {number: {input: alt, at_least: 3 ULN}}", "E3"),
        )
    )
