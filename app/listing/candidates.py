"""Who is no candidate any more: what the screening list is told where a trial was not judged."""

from __future__ import annotations

from collections.abc import Mapping

from app.listing.entries import ListVerdict, Standing
from eligibility.bound import BoundProtocol
from eligibility.findings import ScreeningReport
from fhir_mappings.facts import Retrieval
from fhir_mappings.record import PatientRecord


def no_candidate_for(
    protocols: Mapping[str, BoundProtocol],
    record: PatientRecord,
    retrieval: Mapping[str, Retrieval],
    report: ScreeningReport,
) -> Mapping[str, Standing]:
    """Open trials for which the patient is no candidate any more, where that is known for certain.

    Args:
        protocols: by id, those that were screened for.
        record: the chart.
        retrieval: how far each resource type was retrieved.
        report: on the trials whose disease the living patient has.
    """
    deceased = record.deceased
    if not deceased and record.retrieval_of(tuple(retrieval)) != "complete":
        return {}
    judged = {each.protocol for each in report.screenings}
    verdict: ListVerdict = "deceased" if deceased else "not-shown"
    return {
        name: Standing(version=bound.protocol.version, verdict=verdict)
        for name, bound in protocols.items()
        if bound.protocol.open and name not in judged
    }
