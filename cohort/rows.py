"""From what the engine answers to rows of tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from cohort.plan import Chosen
from cohort.schema import SCREENED, Row
from eligibility.findings import Finding, Screening
from eligibility.judging import blocks
from eligibility.work_list import asking_of, work_list


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line of the input.

    Attributes:
        file, number: where it stands; the first line of a file is 1.
        raw: its bytes.
        fault: why it cannot be read.
        rank: position of its directory among those of the input; a later one replaces an earlier one.
    """

    file: str
    number: int
    raw: bytes
    fault: str | None = None
    rank: int = 0


def rejected_row(line: Line, reason: str, patient: str | None = None) -> Row:
    """The row of a line that was set aside; ``patient`` where its words name one."""
    return line.file, line.number, patient, reason, line.raw.decode("utf-8", "replace")


def inputs_alone(screening: Screening) -> list[str]:
    """The inputs of which each alone is all that stands in the way."""
    return [item.input for item in work_list([screening]) if all(one.alone for one in item.decides)]


def screening_row(
    patient: str,
    chosen: Chosen,
    screening: Screening,
    alone: Sequence[str],
    gate_until: date | None,
    as_of: date,
) -> Row:
    """The row of a screening.

    Args:
        patient, chosen, screening: whose, against what, and what was found.
        alone: the inputs of which each alone is all that stands in the way.
        gate_until: the first day on which the evidence of the disease changes by time alone.
        as_of: the evaluation date.
    """
    blocking = [finding for finding in screening.findings if blocks(finding)]
    by = {
        outcome: [finding.criterion for finding in blocking if finding.outcome == outcome]
        for outcome in ("fail", "missing", "review")
    }
    return (
        patient,
        chosen.id,
        chosen.version,
        SCREENED,
        screening.gate.grade if screening.gate is not None else None,
        screening.verdict,
        _day(screening.earliest),
        min(filter(None, (_day(screening.stands_until), gate_until)), default=None),
        [finding.criterion for finding in blocking],
        by["fail"],
        by["missing"],
        by["review"],
        list(alone),
        as_of,
    )


def finding_rows(
    patient: str, protocol: str, findings: Iterable[Finding], parent: str | None = None
) -> Iterator[Row]:
    """The rows of findings and their parts, each part behind its parent."""
    for position, finding in enumerate(findings):
        yield (
            patient,
            protocol,
            finding.criterion,
            parent,
            position,
            finding.kind,
            finding.outcome,
            finding.leaning,
            _day(finding.clears_on),
            finding.reason,
            list(dict.fromkeys(evidence.reference for evidence in finding.evidence)),
        )
        yield from finding_rows(patient, protocol, finding.parts, finding.criterion)


def need_rows(
    patient: str, protocol: str, findings: Iterable[Finding], alone: Sequence[str]
) -> Iterator[Row]:
    """Needs of what blocks, each by the innermost part that asks."""
    for finding in (part for top in findings if blocks(top) for part in asking_of(top)):
        for need in finding.needs:
            order = need.order
            yield (
                patient,
                protocol,
                finding.criterion,
                need.input,
                need.why,
                need.detail,
                order.system if order is not None else None,
                order.code if order is not None else None,
                order.display if order is not None else None,
                need.input in alone,
            )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
