"""What the engine says of a synthetic patient, held against its label."""

from __future__ import annotations

from datetime import date
from functools import cache

from eligibility.bound import BoundProtocol
from eligibility.findings import Finding
from eligibility.judging import flattened
from eligibility.loading import load_bundled
from eligibility.screening import applies, screen
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from fhir_mappings.vocabulary import vocabulary
from synth.labels import Label, LabelledFinding, LabelledTrial
from synth.patients import Patients, Written

AS_OF = date(2026, 6, 15)


@cache
def protocols() -> dict[str, BoundProtocol]:
    """Those that come with the package."""
    return dict(load_bundled(vocabulary()))


def disagreements(patients: Patients, written: Written, label: Label) -> list[str]:
    """In what the engine and the label differ; nothing where they agree."""
    lines = [line for _, line in written] + list(patients.medications().values())
    (facts,) = read_patients("\n".join(lines).encode())
    record = PatientRecord(facts)
    as_of = patients.plan.as_of
    return [
        f"{label.patient} {label.group} {label.recipes} {name}: {told}"
        for name, trial in label.trials.items()
        for told in _of_trial(protocols()[name], record, trial, as_of)
    ]


def _of_trial(bound: BoundProtocol, record: PatientRecord, label: LabelledTrial, as_of: date) -> list[str]:
    opened = applies(bound, record, as_of)
    if opened != (label.status == "screened"):
        return [f"the gate is {'open' if opened else 'closed'}, meant to be {label.status}"]
    if not opened:
        return []
    screening = screen(bound, record, as_of)
    grade = screening.gate.grade if screening.gate is not None else None
    told = [] if grade == label.gate else [f"gate {grade}, meant to be {label.gate}"]
    if screening.verdict != label.verdict:
        told.append(f"verdict {screening.verdict}, meant to be {label.verdict}")
    found = {finding.criterion: finding for finding in flattened(screening.findings)}
    if found.keys() != label.findings.keys():
        told.append("the criteria are others than those of the label")
    return told + [
        f"{criterion}: {_words(found[criterion])} ({found[criterion].reason}), meant to be {meant}"
        for criterion, meant in label.findings.items()
        if criterion in found and not _agree(found[criterion], meant)
    ]


def _agree(found: Finding, meant: LabelledFinding) -> bool:
    needs = {(need.input, need.why) for need in found.needs}
    return (
        found.outcome == meant.outcome
        and found.leaning == meant.leaning
        and found.clears_on == meant.clears_on
        and (meant.outcome != "missing" or needs == {(each.input, each.why) for each in meant.missing})
    )


def _words(found: Finding) -> str:
    needs = ", ".join(f"{need.input} {need.why}" for need in found.needs)
    return f"{found.outcome} {found.leaning or ''} {found.clears_on or ''} [{needs}]"
