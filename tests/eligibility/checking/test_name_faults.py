"""Names that do not exist are told with the one that was probably meant."""

from __future__ import annotations

import pytest

from tests.eligibility.checking.checked_files import criterion, file, only


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
