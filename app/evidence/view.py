"""What the evidence page shows of one patient and one protocol: every criterion once, by what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from app.cards.groups import standing
from app.evidence.thinning import MOST_POINTS
from app.listing.entries import Patient
from eligibility.findings import Finding, Screening, ScreeningReport
from eligibility.protocol import Protocol
from eligibility.reported import ReportedTimeline

Group = Literal["in-the-way", "missing", "confirm", "met"]

_GROUPS: dict[str, Group] = {
    "fail": "in-the-way",
    "review-fail": "in-the-way",
    "missing": "missing",
    "review-pass": "confirm",
    "attest": "confirm",
    "presumed": "confirm",
    "pass": "met",
}
_ORDER: tuple[Group, ...] = ("in-the-way", "missing", "confirm", "met")


class EvidenceView(NamedTuple):
    """What is shown.

    Attributes:
        report: of the one protocol.
        screening: of it.
        protocol: its words.
        groups: its findings by what they ask of the reader, as on the card; none twice, none left out.
        source_base: where links to source resources begin; ``None`` where there is no server to link to.
        own: references of what persons answered on this page; it is shown there.
        whose: whose chart it is.
    """

    report: ScreeningReport
    screening: Screening
    protocol: Protocol
    groups: Sequence[tuple[Group, Sequence[Finding]]]
    source_base: str | None
    own: frozenset[str] = frozenset()
    whose: Patient | None = None

    def thinned(self, timeline: ReportedTimeline) -> tuple[ReportedTimeline, int]:
        """A criterion's timeline with the newest values alone, and how many are left out."""
        response = timeline.response
        if response is None or len(response.values) <= MOST_POINTS:
            return timeline, 0
        newest = msgspec.structs.replace(response, values=response.values[-MOST_POINTS:])
        return msgspec.structs.replace(timeline, response=newest), len(response.values) - MOST_POINTS

    def source(self, reference: str) -> str | None:
        """The address of a source resource, if its server can be linked to."""
        kind, _, rest = reference.partition("/")
        if reference in self.own:
            return f"#answer-{rest}"
        if self.source_base is None or not kind.isalpha() or not rest or "#" in rest or "/" in rest:
            return None
        return f"{self.source_base}/{reference}"


def evidence_view(
    report: ScreeningReport,
    protocol: Protocol,
    fhir_server: str | None,
    own: frozenset[str] = frozenset(),
    whose: Patient | None = None,
) -> EvidenceView:
    """The view of a report on one protocol. ``fhir_server``: base URL, as the client told it.

    ``own``: references of what persons answered on the page itself.
    """
    screening = report.screenings[0]
    by_group: dict[Group, list[Finding]] = {name: [] for name in _ORDER}
    for finding in screening.findings:
        by_group[_GROUPS[standing(finding)]].append(finding)
    groups = tuple((name, tuple(by_group[name])) for name in _ORDER if by_group[name])
    return EvidenceView(report, screening, protocol, groups, _linkable(fhir_server), own, whose)


def _linkable(base: str | None) -> str | None:
    """A base URL that a browser may be sent to: what a client told may hold anything."""
    if base is None:
        return None
    parts = urlsplit(base)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.query or parts.fragment:
        return None
    return base.rstrip("/")
