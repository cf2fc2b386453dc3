"""How many are lost at which criterion, and of how many it is not known.

Three branches: what data show to stand in the way (``fail``), what is not known (``missing``, or ``review``
that leans to failing), and the rest. Unknown is never counted as lost: who is lost has some criterion that
fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

import msgspec

from cohort.tables import Tables
from eligibility.bound import BoundCriterion

Way = Literal["fail", "for-now", "missing", "review"]
"""In which way a criterion blocks: it fails for good, or until a day; it lacks data; it leans to failing."""

WAYS: tuple[Way, ...] = ("fail", "for-now", "missing", "review")
_LOST: tuple[Way, ...] = ("fail", "for-now")


class Step(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A criterion in the funnel. All numbers are of patients who were screened.

    In the order of the protocol:

    Attributes:
        entering: nothing before fails; ``entering`` = ``lost`` + ``clear`` + ``open``.
        lost: those of ``entering`` for whom this criterion fails; ``lost_for_now`` of them until a day.
        clear: those left of whom nothing up to here is unknown.
        open: those left of whom something up to here is unknown.
        unknown: those left of whom this criterion is unknown.

    By itself, whatever the others say:

    Attributes:
        fails, fails_for_now: it fails (``fails_for_now`` of them until a day).
        missing, review: it is unknown, by why.
        confirm: it does not block, and a person should confirm (presumed, attest, review leaning pass).
        only_fails, only_unknown: likewise, and no other criterion blocks.
    """

    criterion: str
    kind: str
    text: str
    entering: int
    lost: int
    lost_for_now: int
    clear: int
    open: int
    unknown: int
    fails: int
    fails_for_now: int
    missing: int
    review: int
    confirm: int
    only_fails: int
    only_unknown: int


def prepare(tables: Tables) -> None:
    """Make ``blocking`` (criteria that block, each with its ``way``) and ``blocked`` (a row for a patient).

    What blocks is what ``eligibility.judging.blocks`` says.
    """
    tables.run(
        """
        CREATE TABLE blocking AS
        SELECT protocol, patient, position, criterion, clears_on,
               CASE WHEN outcome <> 'fail' THEN outcome WHEN clears_on IS NULL THEN 'fail' ELSE 'for-now' END
               AS way
        FROM findings
        WHERE parent IS NULL
          AND (outcome IN ('fail', 'missing') OR (outcome = 'review' AND leaning = 'fail'))
        """
    )
    tables.run(
        """
        CREATE TABLE blocked AS
        SELECT protocol, patient, count(*) AS criteria, min(position) AS first,
               min(position) FILTER (way IN ('fail', 'for-now')) AS lost_at
        FROM blocking GROUP BY protocol, patient
        """
    )
    tables.run(
        """
        CREATE TABLE blocking_counts AS
        SELECT protocol, position, way, count(*) AS patients, count(*) FILTER (criteria = 1) AS alone,
               count(*) FILTER (lost_at IS NULL OR lost_at >= position) AS reached
        FROM blocking JOIN blocked USING (protocol, patient) GROUP BY protocol, position, way
        """
    )
    tables.run(
        """
        CREATE TABLE confirming_counts AS
        SELECT protocol, position, count(*) AS patients FROM findings
        WHERE parent IS NULL
          AND (outcome IN ('presumed', 'attest') OR (outcome = 'review' AND leaning IS DISTINCT FROM 'fail'))
        GROUP BY protocol, position
        """
    )


def funnel_of(
    tables: Tables, protocol: str, criteria: Sequence[BoundCriterion], screened: int
) -> tuple[Step, ...]:
    """The steps of a protocol, for ``screened`` patients; ``prepare`` has been called."""
    counts = {
        (position, way): tuple(numbers)
        for position, way, *numbers in tables.ask(
            "SELECT position, way, patients, alone, reached FROM blocking_counts WHERE protocol = ?",
            [protocol],
        )
    }
    marred: Counter[int] = Counter(
        dict(tables.ask("SELECT first, count(*) FROM blocked WHERE protocol = ? GROUP BY first", [protocol]))
    )
    confirming: dict[int, int] = dict(
        tables.ask("SELECT position, patients FROM confirming_counts WHERE protocol = ?", [protocol])
    )
    steps = []
    entering = clear = screened
    for position, criterion in enumerate(criteria):
        by: dict[Way, tuple[int, ...]] = {way: counts.get((position, way), (0, 0, 0)) for way in WAYS}
        lost = sum(by[way][2] for way in _LOST)
        clear -= marred[position]
        steps.append(
            Step(
                criterion=criterion.id,
                kind=criterion.kind,
                text=criterion.text,
                entering=entering,
                lost=lost,
                lost_for_now=by["for-now"][2],
                clear=clear,
                open=entering - lost - clear,
                unknown=by["missing"][2] + by["review"][2],
                fails=by["fail"][0] + by["for-now"][0],
                fails_for_now=by["for-now"][0],
                missing=by["missing"][0],
                review=by["review"][0],
                confirm=confirming.get(position, 0),
                only_fails=by["fail"][1] + by["for-now"][1],
                only_unknown=by["missing"][1] + by["review"][1],
            )
        )
        entering -= lost
    return tuple(steps)
