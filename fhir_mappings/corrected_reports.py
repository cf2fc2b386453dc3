"""Which reports stand, once all have been read: a corrected one replaces what it corrects.

A report that was sent again under another id stands beside its correction for ever; only one of them is true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from fhir_mappings.biopsy_specimen import tissue_of
from fhir_mappings.facts import Conflict, Report
from fhir_mappings.phrases import phrase

_CORRECTING = frozenset({"amended", "corrected"})
_COMPLETE = frozenset({"final", "amended", "corrected", "appended"})

_Rank = Literal["incomplete", "complete", "correcting"]


class IssuedReport(msgspec.Struct, frozen=True):
    """A report as it was issued.

    Attributes:
        identifiers: of the resource.
        code: what kind of report it is, as coded.
        effective: date and time of the examination, as written.
        basis: references to the orders, studies and specimens that it is about.
    """

    report: Report
    identifiers: frozenset[str] = frozenset()
    code: frozenset[tuple[str | None, str | None]] = frozenset()
    effective: str | None = None
    issued: datetime | None = None
    basis: frozenset[str] = frozenset()


def replaced_reports(issued: Sequence[IssuedReport]) -> dict[str, str]:
    """The references of reports that do not stand, each with that of the report which replaces it.

    A correction replaces an earlier report of the same identifier, or of the same code and time that is about
    the same study; a complete report replaces a preliminary one likewise. An appended report adds to the one
    before it, and of two complete ones neither replaces the other.
    """
    replaced: dict[str, str] = {}
    positions = _by_what_they_share(issued)
    for newer in issued:
        ranks = _lower_ranks(newer)
        found = {p for key in _shared(newer) for rank in ranks for p in positions.get((rank, key), ())}
        for older in (issued[position] for position in sorted(found)):
            if newer is not older and _outranks(newer, older) and _is_about_the_same(newer, older):
                replaced[older.report.reference] = newer.report.reference
    return replaced


def _by_what_they_share(issued: Sequence[IssuedReport]) -> Mapping[tuple[_Rank, Hashable], Sequence[int]]:
    """The positions of the reports, by rank and by each thing of which one has to be the same."""
    positions: dict[tuple[_Rank, Hashable], list[int]] = defaultdict(list)
    for position, one in enumerate(issued):
        for key in _shared(one):
            positions[_rank(one), key].append(position)
    return positions


def _shared(one: IssuedReport) -> Iterator[Hashable]:
    """What reports may share that are about the same: an identifier, or code and time."""
    yield from one.identifiers
    if one.effective is not None:
        yield from ((code, one.effective) for code in one.code)


def corrections(issued: Sequence[IssuedReport], replaced: Mapping[str, str]) -> Iterable[Conflict]:
    """Reports in other words than those which replaced them."""
    reports = {one.report.reference: one.report for one in issued}
    for old, new in replaced.items():
        older, newer = reports[old], reports[new]
        if older.text == newer.text or not older.confirmed:
            continue
        of = phrase("corrected-reports.of", start=newer.start) if newer.start is not None else ""
        yield Conflict(
            input=min(newer.concepts, default=""),
            kind="corrected",
            detail=phrase(
                "corrected-reports.was-corrected-the-corrected-report-counts", newer=newer.label, of=of
            ),
            when=newer.start,
            evidence=(newer.evidence, older.evidence),
            concepts=newer.concepts,
        )


def _rank(one: IssuedReport) -> _Rank:
    if one.report.status in _CORRECTING:
        return "correcting"
    return "complete" if one.report.status in _COMPLETE else "incomplete"


def _lower_ranks(newer: IssuedReport) -> tuple[_Rank, ...]:
    """The ranks of the reports that this one may outrank."""
    match _rank(newer):
        case "correcting":
            return ("incomplete", "complete", "correcting")
        case "complete":
            return ("incomplete",)
        case "incomplete":
            return ()


def _outranks(newer: IssuedReport, older: IssuedReport) -> bool:
    before, now = older.report.status, newer.report.status
    if before not in _COMPLETE:
        return now in _COMPLETE
    if now not in _CORRECTING:
        return False
    if before not in _CORRECTING:
        return True
    return newer.issued is not None and older.issued is not None and newer.issued > older.issued


def _is_about_the_same(one: IssuedReport, other: IssuedReport) -> bool:
    if one.identifiers & other.identifiers:
        return bool(one.report.concepts & other.report.concepts)
    if not one.code & other.code or one.effective is None or one.effective != other.effective:
        return False
    if one.basis and other.basis:
        return bool(one.basis & other.basis)
    # One code serves the pathology of all organs: a skin biopsy of that day corrects no kidney biopsy.
    tissues = {tissue_of(r.label, r.text or "") for r in (one.report, other.report)}
    return not ("kidney" in tissues and tissues & {"other", "donor"})


def basis_of(references: Iterable[str | None]) -> frozenset[str]:
    """References that name something."""
    return frozenset(reference for reference in references if reference)
