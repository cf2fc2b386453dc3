"""The hook end to end: whose chart gives which card, and what the state of the prefetch does to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from fastapi.testclient import TestClient

from app.demo.patients import demo_patients
from app.prefetch_table import RESOURCE_TYPES
from app.screening import ScreeningService
from app.server import create_app
from app.settings import MEDICATION_TYPES, Settings
from eligibility.bound import BoundProtocol
from tests.app.service import (
    AS_OF,
    LUPUS,
    NO_LUPUS,
    POTENTIAL,
    TRIAL_A,
    TRIAL_B,
    cards_of,
    client,
    findings_of,
    fire,
    request_of,
    screening_of,
    screening_service,
    searchset,
    verdicts_of,
)


def verdicts(request: Any, http: TestClient | None = None) -> dict[str, str]:
    return verdicts_of(cards_of(request, http))


class TestDemonstrationPatients:
    """Each was invented to show one thing; the card must show it."""

    @pytest.mark.parametrize(
        ("patient", "expected"),
        [
            ("lin-mei", {TRIAL_A: "undetermined", TRIAL_B: "undetermined"}),
            ("daniel-okafor", {TRIAL_A: "potentially-eligible", TRIAL_B: "potentially-eligible"}),
            ("amara-diallo", {TRIAL_A: "undetermined", TRIAL_B: "undetermined"}),
            ("hanna-lindqvist", {}),
            ("nguyen-lan", {TRIAL_A: "probably-ineligible"}),
            ("sofia-reyes", {TRIAL_A: "ineligible-for-now", TRIAL_B: "ineligible-for-now"}),
            ("wang-jianguo", {TRIAL_B: "probably-ineligible"}),
            ("peter-novak", {}),
        ],
    )
    def test_each_gets_the_cards_that_it_was_made_for(self, patient: str, expected: dict[str, str]) -> None:
        assert verdicts(request_of(patient)) == expected

    def test_the_one_test_that_stands_in_the_way_is_named_in_the_summary(self) -> None:
        for card in cards_of(request_of("lin-mei")):
            assert "missing: hepatitis B virus DNA" in card["summary"]
            assert "42595-9" in card["detail"]

    def test_a_wash_out_tells_its_day_in_the_summary(self) -> None:
        for card in cards_of(request_of("sofia-reyes")):
            day = screening_of(card)["earliest"]
            assert f"earliest {day}" in card["summary"]
            assert f"clears on **{day}**" in card["detail"]

    def test_what_the_ehr_withheld_is_told(self) -> None:
        card = next(c for c in cards_of(request_of("amara-diallo")) if screening_of(c)["protocol"] == TRIAL_B)
        assert "Not handed over by the EHR, but needed for E8" in card["detail"]


class TestNoCard:
    def test_for_a_patient_without_the_disease(self) -> None:
        assert cards_of(request_of(NO_LUPUS)) == []

    @pytest.mark.parametrize("deceased", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-06-01"}])
    def test_for_a_patient_who_has_died(self, deceased: dict[str, Any]) -> None:
        request = request_of()
        request["prefetch"]["patient"] |= deceased
        assert cards_of(request) == []

    def test_for_a_patient_who_has_died_even_if_the_diagnoses_did_not_come(self) -> None:
        request = request_of()
        request["prefetch"]["patient"]["deceasedBoolean"] = True
        del request["prefetch"]["conditions"]
        assert cards_of(request) == []

    @pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
    def test_for_a_diagnosis_that_was_refuted_or_entered_in_error(self, status: str) -> None:
        request = request_of(POTENTIAL)
        system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
        for entry in request["prefetch"]["conditions"]["entry"]:
            entry["resource"]["verificationStatus"] = {"coding": [{"system": system, "code": status}]}
        for key in ("reports", "observations", "procedures"):
            request["prefetch"][key] = searchset()
        assert cards_of(request) == []

    @pytest.mark.parametrize("status", ["completed", "terminated", "suspended", "active-not-recruiting"])
    def test_for_a_trial_that_is_not_open(self, status: str) -> None:
        def closed(bound: BoundProtocol) -> BoundProtocol:
            protocol = bound.protocol.model_copy(update={"status": status})
            return msgspec.structs.replace(bound, protocol=protocol)

        service = ScreeningService({name: closed(b) for name, b in screening_service().protocols.items()})
        application = create_app(
            Settings(open=True, tune_garbage_collection=False), service=service, today=lambda: AS_OF
        )
        assert cards_of(request_of(), TestClient(application)) == []

    def test_for_a_trial_that_rules_the_patient_out_unless_the_operator_wants_to_see_it(self) -> None:
        assert cards_of(request_of("hanna-lindqvist")) == []
        shown = verdicts(request_of("hanna-lindqvist"), client(show_ineligible=True))
        assert shown == {TRIAL_A: "ineligible", TRIAL_B: "ineligible"}

    def test_never_two_for_one_trial(self) -> None:
        for patient in ("lin-mei", "amara-diallo", "daniel-okafor"):
            protocols = [screening_of(card)["protocol"] for card in cards_of(request_of(patient))]
            assert len(set(protocols)) == len(protocols)


def lessen(prefetch: dict[str, Any], key: str, state: str) -> None:
    """Leave a key out, let it fail, or cut it off."""
    if state == "missing":
        del prefetch[key]
    elif state == "failed":
        prefetch[key] = {"resourceType": "OperationOutcome"}
    else:
        prefetch[key] = searchset(link=[{"relation": "next", "url": "https://ehr.example/2"}])


class TestUnknownIsNeverNo:
    """What did not come must never make a patient look fitter than the whole record does."""

    @pytest.mark.parametrize(
        ("patient", "state"),
        [(POTENTIAL, "failed"), (POTENTIAL, "truncated")]
        + [(name, "missing") for name in demo_patients() if name != NO_LUPUS],
    )
    def test_a_key_that_lacks_turns_no_finding_into_pass_fail_or_presumed(
        self, patient: str, state: str
    ) -> None:
        http = client(show_ineligible=True)
        whole = {screening_of(c)["protocol"]: findings_of(c) for c in cards_of(request_of(patient), http)}
        for key in RESOURCE_TYPES:
            if key in ("patient", "conditions"):
                continue
            request = request_of(patient)
            lessen(request["prefetch"], key, state)
            shown = {screening_of(c)["protocol"]: findings_of(c) for c in cards_of(request, http)}
            assert shown.keys() == whole.keys()
            changed = [
                (key, criterion, whole[protocol][criterion]["outcome"], finding["outcome"])
                for protocol, findings in shown.items()
                for criterion, finding in findings.items()
                if finding["outcome"] != whole[protocol][criterion]["outcome"]
            ]
            assert [change for change in changed if change[3] in ("pass", "presumed", "fail")] == []

    def test_nothing_but_the_patient_and_the_diagnoses_leaves_everything_open(self) -> None:
        request = request_of(POTENTIAL)
        request["prefetch"] = {key: request["prefetch"][key] for key in ("patient", "conditions")}
        for card in cards_of(request):
            assert screening_of(card)["verdict"] == "undetermined"


class TestNotOffered:
    def test_a_type_that_the_server_does_not_have_does_not_count_as_missing(self) -> None:
        request = request_of(POTENTIAL)
        for key in ("medicationStatements", "devices", "researchSubjects"):
            del request["prefetch"][key]
        without = verdicts(request)
        assert without != verdicts(request_of(POTENTIAL))
        offered = client(not_offered="MedicationStatement,Device,ResearchSubject")
        assert verdicts(request, offered) == verdicts(request_of(POTENTIAL))

    def test_data_that_come_all_the_same_are_used(self) -> None:
        offered = client(not_offered="MedicationAdministration")
        assert verdicts(request_of("sofia-reyes"), offered)[TRIAL_B] == "ineligible-for-now"

    def test_a_cut_off_answer_stays_cut_off(self) -> None:
        request = request_of(POTENTIAL)
        request["prefetch"]["immunizations"] = searchset(link=[{"relation": "next", "url": "x"}])
        card = cards_of(request, client(not_offered="Immunization"))[-1]
        assert findings_of(card)["E8"]["outcome"] == "missing"

    def test_the_medication_types_of_the_setting_are_those_of_the_table(self) -> None:
        assert set(RESOURCE_TYPES.values()) >= MEDICATION_TYPES


def test_the_evaluation_date_is_the_day_that_the_edge_tells() -> None:
    later = date(2027, 6, 15)
    settings = Settings(open=True, tune_garbage_collection=False)
    application = create_app(settings, service=screening_service(), today=lambda: later)
    for card in cards_of(request_of(), TestClient(application)):
        assert screening_of(card)["anchors"]["screening"] == "2027-06-15"


def test_nothing_is_kept_between_calls() -> None:
    first = [(c["summary"], c["detail"]) for c in cards_of(request_of(LUPUS))]
    cards_of(request_of(POTENTIAL))
    assert [(c["summary"], c["detail"]) for c in cards_of(request_of(LUPUS))] == first


def test_resources_sent_twice_count_once() -> None:
    request = request_of()
    expected = [card["detail"] for card in cards_of(request)]
    for key, value in request["prefetch"].items():
        if isinstance(value, dict) and value.get("entry"):
            value["total"] = len(value["entry"])  # of matches, each of which counts once
            value["entry"] += value["entry"]
            assert key
    assert [card["detail"] for card in cards_of(request)] == expected


def test_the_hook_answers_while_the_rest_of_the_request_is_strange() -> None:
    request = {**request_of(), "hookInstance": "not-a-uuid", "fhirServer": "not a url", "extra": None}
    assert fire(request).status_code == 200


def test_resources_that_name_the_patient_by_the_full_url_of_its_entry_are_the_patients() -> None:
    name = "urn:uuid:0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1"
    request = request_of()
    told = msgspec.json.encode(request["prefetch"]).replace(
        f'"Patient/{LUPUS}"'.encode(), f'"{name}"'.encode()
    )
    assert name.encode() in told
    prefetch = msgspec.json.decode(told)
    patient = searchset(prefetch["patient"])
    patient["entry"][0]["fullUrl"] = name
    request["prefetch"] = {**prefetch, "patient": patient}
    assert verdicts(request) == verdicts(request_of())
