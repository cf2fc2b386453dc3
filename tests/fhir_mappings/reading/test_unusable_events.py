"""What has no code, or what a modifier may turn, is told and not used, whatever its kind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir_mappings.reading.written import read, resource
from tests.fhir_mappings.reading.written_care import allergy, encounter, procedure, report, vaccine


@pytest.mark.parametrize(
    "written",
    [
        procedure(code=None),
        vaccine(vaccineCode=None),
        report(code=None),
        resource("ServiceRequest", "s1", status="active", intent="order"),
    ],
)
def test_what_has_no_code_is_told_and_leaves_the_history_open(written: dict[str, Any]) -> None:
    facts = read(written)
    assert not facts.events
    assert [u.reference for u in facts.unread] == [f"{written['resourceType']}/{written['id']}"]
    assert facts.retrieval_of([written["resourceType"]]) == "truncated"


@pytest.mark.parametrize(
    "written", [procedure(), vaccine(), encounter(), allergy(), report()], ids=lambda one: one["resourceType"]
)
def test_what_a_modifier_may_turn_is_told_and_not_used(written: dict[str, Any]) -> None:
    assert read(written).events
    facts = read({**written, "modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]})
    assert not facts.events
    assert [u.reference for u in facts.unread] == [f"{written['resourceType']}/{written['id']}"]
