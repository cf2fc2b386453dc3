"""Whose a fetched resource is, is told whatever the shape of its subject; what cannot be told is not used."""

from __future__ import annotations

import json
from typing import Any

import httpx
import msgspec
import pytest
from fastapi.testclient import TestClient

from app.fetched import whose
from tests.app.ehr import EVERY, KEYS, Ehr, hook_beside, request_without
from tests.app.service import (
    POTENTIAL,
    TRIAL_B,
    cards_of,
    client,
    findings_of,
    fire,
    request_of,
    screening_of,
    searchset,
)

pytestmark = pytest.mark.usefixtures("network")


@pytest.mark.parametrize(
    "subject",
    [
        "Patient/other",
        ["Patient/other"],
        [{"reference": "Patient/other"}, {"reference": "Patient/another"}],
        [{"reference": f"Patient/{POTENTIAL}"}, {"reference": "Patient/other"}],
    ],
    ids=str,
)
def test_a_procedure_of_somebody_else_costs_that_type_and_no_other(subject: object) -> None:
    """NCT05247203 E14 and its like ask for no procedure; they are then open, and all else is as it was."""
    done = {"resourceType": "Procedure", "id": "x", "status": "completed", "subject": subject}
    found = searchset({**done, "code": {"text": "Kidney transplant"}})

    def instead(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, json=found) if "/Procedure" in request.url.path else None

    whole = {screening_of(card)["protocol"]: findings_of(card) for card in cards_of(request_of(POTENTIAL))}
    ehr = Ehr(POTENTIAL, instead=instead)
    cards = cards_of(request_without("procedures", patient=POTENTIAL), hook_beside(ehr))
    assert {screening_of(card)["protocol"] for card in cards} == whole.keys()
    changed = {
        finding["outcome"]
        for card in cards
        for criterion, finding in findings_of(card).items()
        if finding["outcome"] != whole[screening_of(card)["protocol"]][criterion]["outcome"]
    }
    assert changed == {"missing"}


URNS = ["urn:uuid:11111111-1111-4111-8111-111111111111", "urn:oid:1.2.3"]
ODD = [
    *URNS,
    "Patient/zzz/_history/2",
    "#contained",
    "Group/1",
    "https://other.example/fhir/Patient/zzz",
    f"https://other.example/fhir/Patient/{POTENTIAL}",
    "patient/zzz",
    "zzz",
    "Patient?identifier=s|5",
    " Patient/zzz",
    "/Patient/zzz",
]


def of(subject: str, kind: str) -> dict[str, Any]:
    """A resource about that subject, of a kind that would change what is found."""
    said = {
        "Observation": {
            "status": "final",
            "effectiveDateTime": "2026-06-14",
            "code": {"coding": [{"system": "http://loinc.org", "code": "5196-1"}]},
            "valueString": "Positive",
        },
        "Procedure": {"status": "completed", "code": {"text": "Kidney transplant"}},
    }
    return {"resourceType": kind, "id": "odd", **said[kind], "subject": {"reference": subject}}


class Odd(Ehr):
    """A server whose answer for that type has such a resource among the patient's."""

    def __init__(self, subject: str, kind: str) -> None:
        super().__init__(POTENTIAL)
        self.resources[kind].append(of(subject, kind))


def found_by(request: dict[str, Any], http: TestClient) -> dict[tuple[str, str], str]:
    return {
        (screening_of(card)["protocol"], name): finding["outcome"]
        for card in cards_of(request, http)
        for name, finding in findings_of(card).items()
    }


def logged(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines of the log on requests."""
    return [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"request"' in line]


@pytest.mark.parametrize("subject", URNS)
@pytest.mark.parametrize("kind", ["Observation", "Procedure"])
def test_one_urn_among_all_that_was_fetched_costs_that_resource_and_leaves_its_type_a_part(
    subject: str, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = found_by(request_without(*EVERY, patient=POTENTIAL), hook_beside(Ehr(POTENTIAL)))
    capfd.readouterr()
    part = found_by(request_without(*EVERY, patient=POTENTIAL), hook_beside(Odd(subject, kind)))
    assert part.keys() == whole.keys()
    changed = {name for name in whole if part[name] != whole[name]}
    assert changed
    assert {part[name] for name in changed} == {"missing"}
    [line] = logged(capfd)
    assert (line["fetch"], line["fetch_why"], line["fetch_truncated"]) == ("partly", "incomplete", 1)


@pytest.mark.parametrize("kind", ["Observation", "Procedure"])
def test_a_prefetched_one_is_not_used_either_and_told(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    request = request_of(POTENTIAL)
    entries = (request["prefetch"][KEYS[kind]] or {}).get("entry", [])
    held = [entry["resource"] for entry in entries]
    request["prefetch"][KEYS[kind]] = searchset(*held, of(URNS[0], kind))
    cards = cards_of(request, client())
    assert [line["unread"] for line in logged(capfd)] == [1]
    [trial_b] = [card for card in cards if screening_of(card)["protocol"] == TRIAL_B]
    assert findings_of(trial_b)["E4.hbv"]["outcome"] == ("missing" if kind == "Observation" else "pass")


def test_a_urn_that_is_the_full_url_of_the_patients_entry_is_the_patient() -> None:
    """FHIR R4, Bundle, "resolving references in Bundles"; the Patient comes as a resource by itself."""
    ehr = Odd(f"urn:uuid:{POTENTIAL}", "Procedure")
    raw = json.dumps(of("urn:uuid:p", "Procedure")).encode()
    assert whose(msgspec.Raw(raw), POTENTIAL) == "untold"
    assert whose(msgspec.Raw(raw), POTENTIAL, {"urn:uuid:p"}) == "the-patient"
    named = json.dumps(ehr.resources["Procedure"][-1]).encode()
    assert whose(msgspec.Raw(named), POTENTIAL) == "the-patient"


@pytest.mark.parametrize("subject", ODD)
def test_nothing_that_is_fetched_makes_the_call_fail(subject: str) -> None:
    for kind in ("Observation", "Procedure"):
        http = hook_beside(Odd(subject, kind))
        assert fire(request_without(*EVERY, patient=POTENTIAL), http).status_code == 200


def test_what_is_noticed_only_when_all_is_read_costs_its_key_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first look at each answer is cheaper than the reading, which has the last word."""
    monkeypatch.setattr("app.charts.whose", lambda *_: "the-patient")
    whole = found_by(request_without(*EVERY, patient=POTENTIAL), hook_beside(Ehr(POTENTIAL)))
    ehr = Odd("Patient/zzz", "Procedure")
    capfd.readouterr()
    part = found_by(request_without(*EVERY, patient=POTENTIAL), hook_beside(ehr))
    assert {part[name] for name in whole if part[name] != whole[name]} == {"missing"}
    assert [line["fetch"] for line in logged(capfd)] == ["wrong-patient"]
