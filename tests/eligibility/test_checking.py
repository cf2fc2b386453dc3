"""The protocol check: each kind of fault is told once, with its line, its reason and how to mend it.

The faulty line of each file carries the mark ``# here``.
"""

from __future__ import annotations

import re
from textwrap import indent

import pytest

from eligibility.checking.check import check_text
from eligibility.errors import ProtocolProblem
from tests.eligibility.charts import HandVocabulary

FRAME = """\
id: nct00000000
version: "1"
title: A trial
short_title: Trial
registry_url: https://example.org/trial
source: made by hand
status: recruiting
condition: a disease
{top}
applies_to: {{found: {{kind: [diagnosis], of: [cond_mi]}}}}
criteria:
"""
CRITERION = """\
- id: {id}
  text: The words of {id}
  reading: The reading of {id}
{statement}
  examples:
    - {{name: "{id} passes", chart: {{sign: 1}}, outcome: pass}}
    - {{name: "{id} fails", chart: {{sign: 2}}, outcome: fail}}
    - {{name: "{id} is missing", chart: {{sign: 3}}, outcome: missing}}
"""


def criterion(statement: str, identifier: str = "I1") -> str:
    return CRITERION.format(id=identifier, statement=indent(statement.strip(), "  "))


def file(*criteria: str, top: str = "") -> str:
    return FRAME.format(top=top) + "".join(criteria)


def checked(text: str) -> list[ProtocolProblem]:
    return list(check_text(text, "trial.yaml", HandVocabulary()).problems)


def marked(text: str) -> int:
    lines = [i for i, line in enumerate(text.splitlines(), start=1) if "# here" in line]
    assert len(lines) == 1
    return lines[0]


def only(text: str) -> ProtocolProblem:
    """The only problem of a file, which is on the marked line."""
    found = checked(text)
    assert len(found) == 1, [problem.told("trial.yaml") for problem in found]
    assert found[0].line == marked(text), found[0].told("trial.yaml")
    assert found[0].reason
    assert found[0].column is not None
    return found[0]


GOOD = criterion("requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 28 d}}}")


def test_a_file_without_fault_has_no_problem() -> None:
    assert checked(file(GOOD)) == []


# -- contradictions within a criterion -------------------------------------------------------------

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


# -- between criteria ------------------------------------------------------------------------------


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


# -- ladders and tables ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rungs",
    [
        """
    - {when: {number: {input: score, at_least: 6}}, then: fail}
    - {when: {number: {input: score, at_least: 6}}, then: missing} # here
""",
        """
    - {when: {number: {input: score, at_least: 6}}, then: fail}
    - {when: {number: {input: score, at_least: 8}}, then: missing} # here
""",
        """
    - {when: {any: [{number: {input: age, at_least: 1}}, {number: {input: score, at_least: 6}}]}, then: fail}
    - {when: {proven: {number: {input: score, above: 6}}}, then: missing} # here
""",
        """
    - {when: {number: {input: score, at_least: 6}}, then: fail}
    - {when: {number: {input: score, at_most: 4}}, then: missing}
    - {when: {not: {number: {input: score, above: 1}}}, then: fail} # here
""",
        """
    - {when: {found: {kind: [diagnosis], of: [cond_skin_cancer]}}, then: fail}
    - {when: {found: {kind: [diagnosis], of: [cond_lymphoma]}}, then: review-fail}
    - {when: {found: {kind: [diagnosis], of: [class_cancer], during: {before: 5 a}}}, then: fail} # here
""",
    ],
    ids=[
        "the same",
        "a narrower one",
        "part of an alternative",
        "the negation of another",
        "all members of a class",
    ],
)
def test_a_rung_that_is_never_reached_is_told(rungs: str) -> None:
    text = file(criterion(f"cases:\n  of:\n{rungs.strip(chr(10))}\n  otherwise: pass"))
    problem = only(text)
    assert problem.reason.startswith("this rung is never reached: ")


def test_a_rung_for_what_is_only_unconfirmed_is_reached() -> None:
    """Where a statement is unconfirmed, a rung that speaks for the patient leaves it to those below."""
    rungs = """
cases:
  of:
    - {when: {found: {kind: [diagnosis], of: [cond_mi]}}, then: pass}
    - {when: {found: {kind: [diagnosis], of: [cond_mi]}}, then: review-fail}
  otherwise: fail
"""
    assert checked(file(criterion(rungs))) == []


def test_a_ladder_whose_outcomes_are_all_the_same_decides_nothing() -> None:
    rungs = """
cases:
  of:
    - {when: {number: {input: score, at_least: 6}}, then: pass}
  otherwise: pass # here
"""
    assert "every rung and 'otherwise' say 'pass'" in only(file(criterion(rungs))).reason


def test_a_row_that_is_never_reached_is_told() -> None:
    table = """
table:
  columns: {hbsag: {input: hbsag}}
  rows:
    - {when: {hbsag: [positive, negative]}, then: pass}
    - {when: {}, then: fail} # here
"""
    assert "this row is never reached" in only(file(criterion(table))).reason


# -- windows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "severity", "reason"),
    [
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 0 d}}} # here",
            "error",
            "no length",
        ),
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 90 d, gap: 3 mo}}} # here",
            "error",
            "leaves nothing",
        ),
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {before: 280 a}}} # here",
            "error",
            "longer than 100 years",
        ),
        (
            "requires: {number: {input: score, at_least: 6, fresh: {anchor: 'latest:age',"
            " before: 7 d}}} # here",
            "error",
            "Age is not measured on a day",
        ),
        (
            "requires: {number: {input: score, at_least: 6, fresh: {gap: 7 d, until: day0}}} # here",
            "warning",
            "'until' has no effect beside a gap",
        ),
        (
            "requires: {number: {input: upcr, at_least: 1 g/g, fresh: {anchor: day0}}} # here",
            "warning",
            "neither a beginning nor an end",
        ),
        (
            "requires: {number: {input: age, at_least: 18, fresh: {before: 7 d}}} # here",
            "warning",
            "has no date",
        ),
        (
            "requires: {exposed_for: {of: [drug_a], at_least: 6 mo, during: {before: 3 mo}}} # here",
            "error",
            "do not fit into a window of 3 mo",
        ),
        (
            "requires: {dose_run: {history: prednisone_equivalent, at_least: 20 mg, length: 7 d,"
            " during: {gap: 7 d}}} # here",
            "error",
            "a window with a beginning",
        ),
        (
            "requires: {number: {input: upcr, at_least: 1 g/g,"
            " grey: {to: 1.2 g/g, settle_with: protein_24h}}} # here",
            "error",
            "the grey zone is empty",
        ),
    ],
)
def test_a_window_that_cannot_be_meant_is_told(statement: str, severity: str, reason: str) -> None:
    problem = only(file(criterion(statement)))
    assert (problem.severity, reason in problem.reason) == (severity, True), problem.reason


def test_a_window_that_nothing_uses_is_a_warning() -> None:
    problem = only(file(GOOD, top="freshness:\n  lab: {before: 28 d} # here"))
    assert (problem.severity, problem.reason) == ("warning", "the window 'lab' is never used")


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "severity", "reason"),
    [
        ("  text: The words of I1", "  text: ' ' # here", "error", "'text' is empty"),
        ("  reading: The reading of I1", "  reading: '' # here", "error", "'reading' is empty"),
        ("- id: I1\n", "- id: I1 # here\n", "error", "the key 'reading' is missing"),
        ("- id: I1\n", "- id: I1 # here\n", "error", "no computable reading and no attestation"),
    ],
)
def test_words_that_are_missing_are_told(old: str, new: str, severity: str, reason: str) -> None:
    text = file(GOOD).replace(old, new)
    if "the key 'reading'" in reason:
        text = text.replace("  reading: The reading of I1\n", "")
    if "no computable" in reason:
        text = re.sub(r"  requires: .*\n", "", text)
    problem = only(text)
    assert (problem.severity, reason in problem.reason) == (severity, True), problem.reason


def test_an_empty_question_is_told() -> None:
    statement = """
requires:
  carve_out:
    of: {number: {input: score, at_least: 6}}
    question: q
    ask: "" # here
"""
    assert only(file(criterion(statement))).reason == "'ask' is empty"


def test_the_same_sentence_at_two_criteria_is_a_warning() -> None:
    text = file(GOOD, criterion("requires: {number: {input: score, at_least: 6}}", "I2"))
    problem = only(text.replace("text: The words of I2", "text: The  words of I1 # here"))
    assert (problem.severity, problem.reason) == ("warning", "I2 has the same words as I1")


ASSUMPTION = "assumptions:\n  - {id: P1, text: It is so.}"


def test_an_assumption_that_nothing_rests_on_is_a_warning() -> None:
    problem = only(file(GOOD, top=ASSUMPTION + " # here"))
    assert (problem.severity, problem.of) == ("warning", "P1")
    assert problem.reason == "nothing rests on the assumption 'P1'"


def test_an_assumption_that_does_not_exist_is_told_where_it_is_cited() -> None:
    cited = GOOD.replace("  requires:", "  assumptions: [P1, P11] # here\n  requires:")
    assert "there is no assumption 'P11' (did you mean 'P1'?)" in only(file(cited, top=ASSUMPTION)).reason
    window = criterion("""
requires:
  number:
    input: score
    at_least: 6
    fresh: {before: 28 d, assumption: P2} # here
""")
    used = criterion("requires: {number: {input: upcr, at_least: 1 g/g}}", "I2")
    used = used.replace("  requires:", "  assumptions: [P1]\n  requires:")
    assert "there is no assumption 'P2'" in only(file(window, used, top=ASSUMPTION)).reason


def test_an_id_that_is_used_twice_is_told_where_it_stands_again() -> None:
    again = GOOD.replace("words of I1", "words of another").replace("id: I1", "id: I1 # here")
    assert only(file(GOOD, again)).reason == "the id 'I1' is used twice"


# -- examples --------------------------------------------------------------------------------------


def test_a_criterion_without_example_is_an_error() -> None:
    text = file(GOOD.partition("  examples:")[0].replace("id: I1", "id: I1 # here"))
    problem = only(text)
    assert (problem.severity, problem.reason) == ("error", "I1 has no example")


def test_examples_that_leave_out_an_outcome_are_a_warning() -> None:
    text = file(GOOD.replace("id: I1", "id: I1 # here"))
    text = re.sub(r"    - .*is missing.*\n", "", text)
    problem = only(text)
    assert (problem.severity, problem.reason) == ("warning", "I1 has no example that lacks data")


def test_what_only_a_person_can_say_needs_no_example_that_lacks_data() -> None:
    text = file(criterion("requires: {attest: {question: q, ask: Is it so?}}"))
    assert checked(re.sub(r"    - .*is missing.*\n", "", text)) == []


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["1 g/g"], "just below 1 g/g"),
        (["0.9 g/g"], "just at or above 1 g/g"),
        (["5 g/g", "0.9 g/g"], "just at or above 1 g/g"),
        (["1 g/g", "0.9 g/g"], None),
        (["115 mg/mmol", "112 mg/mmol"], None),
        ([], None),
    ],
)
def test_a_threshold_that_no_example_shows_from_both_sides_is_a_warning(
    values: list[str], reason: str | None
) -> None:
    statement = "requires:\n  number: {input: upcr, at_least: 1 g/g} # here"
    results = ", ".join(f"{{upcr: {value}, on: 2026-06-01}}" for value in values)
    text = file(criterion(statement)).replace("{sign: 1}", f"{{results: [{results}]}}")
    if reason is None:
        assert checked(text) == []
    else:
        problem = only(text)
        assert problem.severity == "warning"
        assert reason in problem.reason


def test_the_same_chart_with_two_outcomes_is_an_error() -> None:
    text = file(GOOD).replace("chart: {sign: 2}, outcome: fail}", "chart: {sign: 1}, outcome: fail} # here")
    assert only(text).reason == "the same chart is 'pass' in the example 'I1 passes'"


def test_an_example_of_a_part_that_does_not_exist_is_an_error() -> None:
    text = (
        file(GOOD)
        .replace("chart: {sign: 2}", "part: I1a, chart: {sign: 2}")
        .replace("outcome: fail}", "outcome: fail} # here")
    )
    found = checked(text)
    assert [p.line for p in found if p.severity == "error"] == [marked(text)]
    assert any("I1 has no part 'I1a' (did you mean 'I1'?)" in p.reason for p in found)


def test_an_example_with_an_unknown_code_set_is_an_error() -> None:
    text = (
        file(GOOD)
        .replace("{sign: 2}", "{events: [{diagnosis: cond_mii}]}")
        .replace("outcome: fail}", "outcome: fail} # here")
    )
    assert "there is no code set 'cond_mii' (did you mean 'cond_mi'?)" in only(text).reason


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("requires: {number: {input: upcrr, at_least: 1 g/g}} # here", "'upcrr' (did you mean 'upcr'?)"),
        ("requires: {number: {input: upcr, at_least: 1 mg/dL}} # here", "unit 'mg/dL' does not fit 'upcr'"),
        ("requires: {number: {input: upcr, at_least: 1000 g/g}} # here", "outside the physical range"),
        (
            "requires: {category: {input: hbsag, is: [positiv]}} # here",
            "no category 'positiv' (did you mean 'positive'?)",
        ),
        (
            "requires: {found: {kind: [diagnosis], of: [class_cancr]}} # here",
            "no code set or class 'class_cancr' (did you mean 'class_cancer'?)",
        ),
        (
            "requires: {number: {input: score, at_least: 6, fresh: {anchor: screning, before: 1 d}}} # here",
            "no anchor 'screning' (did you mean 'screening'?)",
        ),
        (
            "requires: {found: {kind: [diagnosis], where: {clinicl: [active]}}} # here",
            "no attribute 'clinicl' (did you mean 'clinical'?)",
        ),
        (
            "requires: {found: {kind: [diagnosis], where: {clinical: [activ]}}} # here",
            "'clinical' is never 'activ' (did you mean 'active'?)",
        ),
        (
            "requires: {found: {kind: [exposure], where: {route: [intraveneous]}, unrecorded: yes}} # here",
            "'route' is never 'intraveneous' (did you mean 'intravenous'?)",
        ),
        ("requires: {numbr: {input: upcr}} # here", "no kind of statement 'numbr' (did you mean 'number'?)"),
        (
            "requires: {number: {input: upcr, at_lest: 1 g/g, at_least: 1 g/g}} # here",
            "there is no such key here: 'at_lest' (did you mean 'at_least'?)",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_the_one_that_was_probably_meant(
    statement: str, reason: str
) -> None:
    assert reason in only(file(criterion(statement))).reason


def test_a_freshness_that_does_not_exist_is_told_with_the_one_that_was_probably_meant() -> None:
    statement = "requires:\n  number: {input: upcr, at_least: 1 g/g, fresh: labs} # here"
    used = criterion("requires: {number: {input: score, at_least: 6, fresh: lab}}", "I2")
    problem = only(file(criterion(statement), used, top="freshness: {lab: {before: 28 d}}"))
    assert "no freshness window is called 'labs' (did you mean 'lab'?)" in problem.reason


# -- the report ------------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = file(
        criterion(
            "requires: {all: [{number: {input: age, at_least: 18}}, {number: {input: age, below: 18}}]}"
        ),
        criterion("requires: {number: {input: upcrr, at_least: 1 g/g}}", "I2"),
        GOOD.partition("  examples:")[0].replace("I1", "I3"),
        top="freshness: {lab: {before: 28 d}}",
    )
    found = checked(text)
    assert [p.line for p in found] == sorted(p.line or 0 for p in found)
    assert len(found) == 4
    assert {p.of for p in found} == {"", "I1", "I2", "I3"}


def test_a_problem_is_told_as_file_line_column_severity_criterion_key_reason_and_mend() -> None:
    text = file(criterion("requires:\n  number: {input: upcr, above: 100 g/g} # here"))
    assert only(text).told("trial.yaml") == (
        f"trial.yaml:{marked(text)}:5: error: I1, number: this can never hold: no value within the physical"
        " range is UPCR above 100 g/g; correct the threshold or its unit"
    )


def test_what_stands_behind_an_alias_is_told_once_where_it_is_written() -> None:
    text = file(
        criterion("requires: {number: &low {input: upcrr, at_least: 1 g/g}} # here"),
        criterion("requires: {number: *low}", "I2"),
    )
    assert only(text).of == "I1"


def test_a_rung_that_repeats_another_by_an_alias_is_told_at_the_alias() -> None:
    rungs = """
cases:
  of:
    - when: {found: &mi {kind: [diagnosis], of: [cond_mi]}}
      then: fail
    - when: {found: *mi} # here
      then: review-fail
  otherwise: pass
"""
    assert "never reached: rung 1" in only(file(criterion(rungs))).reason


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("id: [1\n", 2, "not readable as YAML"),
        ("id: a\ntitle: \x01", 2, "a character that YAML does not allow"),
        ("id: a\nborn: 2026-02-30", 2, "there is no day 2026-02-30"),
        ("id: a\n? [b]\n: c", 2, "a key is a word"),
        ("id: a\nb: &b [*b]", 2, "not readable as YAML"),
        ("id: a\n---\nid: b", 2, "not readable as YAML"),
        ("[" * 5000, None, ""),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, line: int | None, reason: str) -> None:
    found = checked(text)
    assert len(found) == 1
    assert reason in found[0].reason
    assert line is None or found[0].line == line
