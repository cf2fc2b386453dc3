"""What of a screening a clinician must see, in four groups: in the way, missing, to confirm, met.

A criterion with parts speaks through those of its parts that decide it: of several that must all be clear,
each part in its own group; of several of which one suffices, only those that stand as the whole does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from eligibility.findings import Finding, Screening
from fhir_mappings.facts import Need

# From worst to best, as a conjunction weighs them.
_SEVERITY = {
    "fail": 0,
    "review-fail": 1,
    "missing": 2,
    "attest": 3,
    "review-pass": 4,
    "presumed": 5,
    "pass": 6,
}
_MOST_NEEDS = 3


class Lack(msgspec.Struct, frozen=True):
    """Something that is missing, once for all the criteria that it would settle."""

    need: Need
    criteria: tuple[str, ...]


class Groups(msgspec.Struct, frozen=True):
    """The findings of a screening, sorted by what they ask of the reader.

    Attributes:
        in_the_way: failures, and reviews that lean to fail.
        open: the criteria that lack something.
        lacks: what is missing: what can be ordered first, and of it what settles most criteria.
        not_retrieved: what the EHR did not hand over.
        confirm: reviews that lean to pass, attestations, presumptions, in this order.
        met: passes, those with a measured value first.
    """

    in_the_way: tuple[Finding, ...]
    open: tuple[Finding, ...]
    lacks: tuple[Lack, ...]
    not_retrieved: tuple[Lack, ...]
    confirm: tuple[Finding, ...]
    met: tuple[Finding, ...]


def grouped(screening: Screening) -> Groups:
    """Sort the findings of a screening."""
    spoken = [leaf for finding in screening.findings for leaf in _speaking(finding)]
    missing = tuple(leaf for leaf in spoken if leaf.outcome == "missing")
    lacks = _lacks(missing)
    confirm = [leaf for leaf in spoken if standing(leaf) in ("review-pass", "attest", "presumed")]
    order = ("review-pass", "attest", "presumed")
    return Groups(
        in_the_way=tuple(leaf for leaf in spoken if standing(leaf) in ("fail", "review-fail")),
        open=missing,
        lacks=tuple(lack for lack in lacks if lack.need.why != "not-retrieved"),
        not_retrieved=tuple(lack for lack in lacks if lack.need.why == "not-retrieved"),
        confirm=tuple(sorted(confirm, key=lambda leaf: order.index(standing(leaf)))),
        met=tuple(
            sorted(
                (finding for finding in screening.findings if finding.outcome == "pass"),
                key=lambda finding: not _is_measured(finding),
            )
        ),
    )


def standing(finding: Finding) -> str:
    """The outcome, and for a review also its leaning: ``review-fail``."""
    return f"review-{finding.leaning}" if finding.outcome == "review" else finding.outcome


def only_time_in_the_way(screening: Screening) -> bool:
    """Whether nothing but wash-outs and the like keeps the patient out: no gap, no doubt besides."""
    if screening.verdict != "ineligible-for-now":
        return False
    return not any(standing(finding) in ("missing", "review-fail") for finding in screening.findings)


def _speaking(finding: Finding) -> Iterator[Finding]:
    if not finding.parts:
        yield finding
        return
    own = _SEVERITY[standing(finding)]
    worst = min(_SEVERITY[standing(part)] for part in finding.parts)
    for part in finding.parts:
        if own == worst or _SEVERITY[standing(part)] == own:
            yield from _speaking(part)


def _lacks(missing: Sequence[Finding]) -> list[Lack]:
    found: dict[tuple[str, str], tuple[Need, list[str]]] = {}
    for finding in missing:
        for need in _told(finding):
            _, criteria = found.setdefault((need.input, need.why), (need, []))
            if finding.criterion not in criteria:
                criteria.append(finding.criterion)
    lacks = [Lack(need, tuple(criteria)) for need, criteria in found.values()]
    return sorted(lacks, key=lambda lack: (lack.need.order is None, -len(lack.criteria)))


def _told(finding: Finding) -> tuple[Need, ...]:
    """The needs of a finding, as far as they help: a score that lacks a dozen items is one need."""
    needs = finding.needs
    if needs and (len(needs) <= _MOST_NEEDS or all(need.why == "not-retrieved" for need in needs)):
        return needs
    why = needs[0].why if needs else "too-coarse"
    return (Need(input=finding.criterion, why=why, detail=finding.reason),)


def _is_measured(finding: Finding) -> bool:
    return any(isinstance(item.value, int | float) for item in finding.evidence)
