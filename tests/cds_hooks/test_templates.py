"""Prefetch templates are held to what CDS Hooks 2.0.1 recommends."""

from __future__ import annotations

import pytest

from cds_hooks.templates import problems


@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{context.patientId}}",
        "{{context.userId}}",
        "Practitioner/{{userPractitionerId}}",
        "Encounter/{{context.encounterId}}",
        "Observation?patient={{context.patientId}}&category=laboratory,vital-signs&_sort=-date&_count=100",
        "Observation?patient={{context.patientId}}&code:in=http://example.org/ValueSet/x",
        "Observation?patient={{context.patientId}}&date=ge2026-01-01",
        "PractitionerRole?_id={{userPractitionerRoleId}}",
    ],
)
def test_what_the_subset_allows_has_no_problems(template: str) -> None:
    assert problems(template, "patient-view") == []


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("Patient/{{patientId}}", "neither a field"),
        ("Patient/{{context.medication.id}}", "not a root-level field"),
        ("Patient/{{context.draftOrders}}", "not a root-level field"),
        ("Observation?patient={{context.patientId}}&date=ge{{today()}}", "neither a field"),
        ("Observation?patient={{context.patientId}}&date=ge{{today() - 90 days}}", "neither a field"),
        ("Patient/{context.patientId}", "braces"),
        ("Patient/{{context.patientId}", "braces"),
        (
            "ResearchSubject?patient={{context.patientId}}&_include=ResearchSubject:study",
            "outside the subset",
        ),
        ("Patient?_has:Observation:patient:code=1234", "outside the subset"),
        ("Observation?subject.name=peter", "chained"),
        ("Observation?patient={{context.patientId}}&code:below=x", "no modifier"),
        ("Condition?patient={{context.patientId}}&code:not=x", "no modifier"),
        ("Observation?patient={{context.patientId}}&date=ne2026-01-01", "prefix 'ne'"),
        ("Observation?patient={{context.patientId}}&date=sa2026", "prefix 'sa'"),
        ("Observation?patient={{context.patientId}}&_summary=count", "outside the subset"),
        ("Observation?patient=", "no value"),
        ("Patient/{{context.patientId}}/$everything", "neither a read"),
        ("https://ehr.example/Patient/{{context.patientId}}", "neither a read"),
        ("", "neither a read"),
    ],
)
def test_what_lies_outside_the_subset_is_told(template: str, word: str) -> None:
    found = problems(template, "patient-view")
    assert any(word in problem for problem in found), found


def test_a_hook_that_is_not_known_has_no_templates() -> None:
    with pytest.raises(KeyError):
        problems("Patient/1", "no-such-hook")
