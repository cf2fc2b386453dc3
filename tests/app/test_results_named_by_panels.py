"""An Observation names a member that is not at hand: it exists, and no older result decides in its place.

FHIR R4, ``Observation.hasMember``: "This observation is a group observation (e.g. a battery, a panel of
tests, a set of vital sign measurements) that includes the target as a member of the group".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from fhir_mappings.patient import read_patients
from tests.app.lacking_results import HBSAG, JUNE_14, LACKING, PANEL, POSITIVE, SUBJECT, screened
from tests.app.service import POTENTIAL, bundle_of

SLEDAI = {"text": "SLEDAI-2K total score"}
TOLD = "reports or panels name results that are not at hand: "


def panel(**elements: Any) -> dict[str, Any]:
    base = {"resourceType": "Observation", "id": "panel", "status": "final", "code": PANEL, **SUBJECT}
    return {**base, **JUNE_14, "hasMember": [LACKING], **elements}


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"status": "preliminary"},
        {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-06-13", "end": "2026-06-14"}},
        {"effectiveDateTime": None, "issued": "2026-06-14T08:00:00Z"},
        {"effectiveDateTime": None},
        {"code": HBSAG, "hasMember": [{"reference": "Observation/not-at-hand"}]},
        {"code": HBSAG, "hasMember": [{**LACKING, "display": "Result 1"}]},
        {"hasMember": [{"reference": "https://elsewhere.example/Observation/7", "display": "HBsAg"}]},
        {"hasMember": [{"reference": "urn:uuid:4e0a3a1e-3e71-46e7-b4d7-574bfd3d3cb1", "display": "HBsAg"}]},
        {"hasMember": [{"reference": "#lost", "display": "HBsAg"}]},
        {"hasMember": [{**LACKING, "type": "Observation"}]},
        {"hasMember": [{"reference": "Observation/new-anti-hbs"}, LACKING]},
    ],
)
def test_a_newer_member_that_is_not_at_hand_leaves_it_open(elements: dict[str, Any]) -> None:
    found, unread = screened(panel(**elements))
    assert (found.outcome, [need.why for need in found.needs]) == ("missing", ["not-retrieved"])
    assert "the panel names this result, and it is not at hand" in found.reason
    assert any(told.startswith(TOLD) for told in unread)


@pytest.mark.parametrize(
    "elements",
    [
        {"effectiveDateTime": "2026-05-01"},
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"hasMember": [{**LACKING, "display": "Sodium"}]},
        {"hasMember": [{"reference": "Observation/not-at-hand"}]},
        {"hasMember": [{"identifier": {"value": "7"}, "display": "HBsAg"}]},
        {"hasMember": [{"reference": "QuestionnaireResponse/7", "display": "HBsAg"}]},
        {"hasMember": [{"reference": "urn:uuid:7", "type": "MolecularSequence", "display": "HBsAg"}]},
        {"focus": [{"reference": "Patient/the-donor"}]},
        {"hasMember": [], "derivedFrom": [LACKING]},
    ],
)
def test_one_that_is_older_void_of_something_else_or_no_result_leaves_the_last_one_standing(
    elements: dict[str, Any],
) -> None:
    assert screened(panel(**elements))[0].outcome == "pass"


def test_a_panel_with_a_value_of_its_own_is_no_member_of_itself() -> None:
    """A negative HBsAg that names what confirmed it: the value at hand is that of its code."""
    confirmed = panel(
        code=HBSAG,
        valueString="Negative",
        hasMember=[{"reference": "Observation/7", "display": "Confirmation"}],
    )
    found, [told] = screened(confirmed)
    assert (found.outcome, told) == ("pass", f"{TOLD}Confirmation")


@pytest.mark.parametrize(
    "member", [{"reference": "Observation/not-at-hand"}, {**LACKING, "display": "Sodium"}]
)
def test_what_the_words_do_not_tell_is_told(member: dict[str, Any]) -> None:
    [told] = screened(panel(hasMember=[member]))[1]
    assert told == TOLD + member.get("display", PANEL["text"])


@pytest.mark.parametrize("name", ["Observation/new-hbsag", "https://ehr.example/fhir/Observation/new-hbsag"])
def test_a_member_that_is_at_hand_counts_and_nothing_is_told(name: str) -> None:
    found, unread = screened(panel(hasMember=[{"reference": name}]), POSITIVE)
    assert (found.outcome, unread) == ("fail", [])


def test_a_member_that_stands_in_the_same_report_counts_as_at_hand() -> None:
    inside = [{**panel(hasMember=[{"reference": "#result", "display": "HBsAg"}]), "id": "head"}]
    report = {
        "resourceType": "DiagnosticReport",
        "id": "report",
        "status": "final",
        "code": PANEL,
        **SUBJECT,
        **JUNE_14,
        "contained": [*inside, {**POSITIVE, "id": "result"}],
        "result": [{"reference": "#head"}],
    }
    found, unread = screened(report)
    assert (found.outcome, unread) == ("fail", [])


def test_one_of_the_same_day_as_a_result_at_hand_is_that_result() -> None:
    assert screened(panel(), POSITIVE)[0].outcome == "fail"


class TestAScore:
    """The items of a score are no results, whatever they are called."""

    ITEM = {"reference": "Observation/item", "display": "HBsAg"}

    def unread(self, **elements: Any) -> list[str]:
        bundle = bundle_of(POTENTIAL)
        bundle["entry"].append({"resource": panel(code=SLEDAI, hasMember=[self.ITEM], **elements)})
        [facts] = read_patients(json.dumps(bundle).encode())
        return [str(one.why) for one in facts.unread]

    def test_with_a_total_stands_without_its_items(self) -> None:
        assert self.unread(valueInteger=4) == []
        assert screened(panel(code=SLEDAI, hasMember=[self.ITEM], valueInteger=4))[0].outcome == "pass"

    def test_without_one_is_told(self) -> None:
        assert self.unread() == ["a recorded score without a total, whose items are not all at hand"]
