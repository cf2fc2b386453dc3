"""Grades of evidence of the disease: their names, and the examples that name them."""

from __future__ import annotations

from collections.abc import Iterator

from eligibility.errors import ProtocolProblem
from eligibility.gate import NO_GRADE
from eligibility.protocol import Protocol
from eligibility.suggestions import did_you_mean


def broken_grades(protocol: Protocol) -> Iterator[ProtocolProblem]:
    """Grades that cannot be told apart, that nobody can pass, or that are named where there are none."""
    names = [grade.grade for grade in protocol.grades]
    for i, name in enumerate(names):
        if name == NO_GRADE or name in names[:i]:
            yield ProtocolProblem(
                ("applies_to", i, "grade"),
                f"'{name}' cannot be the name of a grade"
                if name == NO_GRADE
                else f"the grade '{name}' is there twice",
                mend="give each grade a name of its own",
            )
    if names and all(grade.opens == "no" for grade in protocol.grades):
        yield ProtocolProblem(
            ("applies_to",),
            "no grade opens, so that nobody could ever get a card",
            mend="leave out 'opens: no' where the evidence is enough",
        )
    for i, example in enumerate(protocol.applies_to_examples):
        if example.grade is not None and example.grade not in (*names, NO_GRADE):
            yield ProtocolProblem(
                ("applies_to_examples", i, "grade"),
                f"there is no grade '{example.grade}'{did_you_mean(example.grade, names)}",
                mend=f"name one of: {', '.join((*names, NO_GRADE))}",
            )
    for i, criterion in enumerate(protocol.criteria):
        for j, example in enumerate(criterion.examples):
            if example.grade is not None:
                yield ProtocolProblem(
                    ("criteria", i, "examples", j, "grade"),
                    "only examples of applies_to have a grade",
                    mend="leave it out",
                )
