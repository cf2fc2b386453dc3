"""What is meant to be found of each patient: the label beside its chart.

Written from the recipes alone. How parts make a criterion, and criteria a verdict, is the rule that the
protocols state; it is written here once more, so that a fault of the engine does not mend its own label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from synth.recipes import Clearing, Intended, Outcome, Trial

Status = Literal["screened", "not-applicable", "deceased"]
Verdict = Literal[
    "ineligible", "ineligible-for-now", "probably-ineligible", "undetermined", "potentially-eligible"
]
DECISIVE: tuple[Outcome, ...] = (
    "fail", "review-fail", "missing", "attest", "review-pass", "presumed", "pass",
)  # fmt: skip
"""From what decides a criterion of several parts to what decides least."""


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing of a criterion: an input of its protocol, and why."""

    input: str
    why: str


class LabelledFinding(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The intended finding of a criterion, or of a part of one.

    Attributes:
        leaning: of a review.
        clears_on: of a failure that time repairs, the first day on which it no longer stands.
    """

    outcome: Literal["pass", "presumed", "fail", "review", "missing", "attest"]
    leaning: Literal["pass", "fail"] | None = None
    clears_on: str | None = None
    missing: tuple[Missing, ...] = ()


class LabelledTrial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The intended screening for one trial; without verdict and findings unless ``status`` is ``screened``.

    Attributes:
        gate: the grade of evidence of the trial's disease that is meant to be told.
    """

    status: Status
    gate: str | None = None
    verdict: Verdict | None = None
    findings: Mapping[str, LabelledFinding] = {}


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``labels.ndjson``.

    Attributes:
        patient: reference.
        group, recipes: of what the chart was made.
    """

    patient: str
    dialect: str
    style: str
    group: str
    variant: str
    recipes: tuple[str, ...]
    trials: Mapping[str, LabelledTrial]


Cleared = Callable[[Clearing | int], str]
"""The day on which a failure is over: of a clearing, or of a birthday."""


def labelled(trial: Trial, gate: str, found: Mapping[str, Intended], cleared: Cleared) -> LabelledTrial:
    """The label of a trial whose criteria without parts, and parts, are meant to come out so."""
    findings: dict[str, LabelledFinding] = {}
    top: list[LabelledFinding] = []
    for criterion, parts in trial.criteria.items():
        if not parts:
            findings[criterion] = own = _told(found[criterion], cleared)
        else:
            below = {part: _told(found[part], cleared) for part in parts}
            findings[criterion] = own = _together([(found[part].outcome, below[part]) for part in parts])
            findings |= below
        top.append(own)
    return LabelledTrial(status="screened", gate=gate, verdict=verdict_of(top), findings=findings)


def verdict_of(findings: Iterable[LabelledFinding]) -> Verdict:
    """The first that applies: a failure for good, one that time repairs, a review leaning fail, a gap."""
    every = list(findings)
    failures = [each for each in every if each.outcome == "fail"]
    if any(each.clears_on is None for each in failures):
        return "ineligible"
    if failures:
        return "ineligible-for-now"
    if any(each.leaning == "fail" for each in every):
        return "probably-ineligible"
    if any(each.outcome == "missing" for each in every):
        return "undetermined"
    return "potentially-eligible"


def _told(found: Intended, cleared: Cleared) -> LabelledFinding:
    clearing = found.clearing if found.birthday is None else found.birthday
    return _finding(
        found.outcome,
        clears_on=cleared(clearing) if clearing is not None else None,
        missing=tuple(Missing(input=name, why=why) for name, why in found.missing.items()),
    )


def _finding(
    outcome: Outcome, *, clears_on: str | None = None, missing: tuple[Missing, ...] = ()
) -> LabelledFinding:
    if outcome == "review-pass":
        return LabelledFinding(outcome="review", leaning="pass")
    if outcome == "review-fail":
        return LabelledFinding(outcome="review", leaning="fail")
    return LabelledFinding(outcome=outcome, clears_on=clears_on, missing=missing)


def _together(parts: list[tuple[Outcome, LabelledFinding]]) -> LabelledFinding:
    """A criterion of which every part has to hold."""
    decisive = min((outcome for outcome, _ in parts), key=DECISIVE.index)
    deciding = [finding for outcome, finding in parts if outcome == decisive]
    days = [finding.clears_on for finding in deciding]
    clears_on = max(day for day in days if day) if decisive == "fail" and all(days) else None
    missing = tuple(lacking for finding in deciding for lacking in finding.missing)
    return _finding(decisive, clears_on=clears_on, missing=missing)
