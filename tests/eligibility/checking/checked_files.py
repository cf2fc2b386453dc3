"""Protocol files of few lines, and what the check says of them.

The faulty line of a file carries the mark ``# here``.
"""

from __future__ import annotations

from textwrap import indent

from eligibility.checking.check import check_text
from eligibility.errors import ProtocolProblem
from tests.eligibility.charts import PROTOCOL_HEAD, HandVocabulary

FRAME = (
    PROTOCOL_HEAD
    + """\
{top}
applies_to: {{found: {{kind: [diagnosis], of: [cond_mi]}}}}
criteria:
"""
)
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
