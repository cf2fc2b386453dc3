"""The audit trail tells who asked, for whom, which protocols came to which verdict, and when."""

from __future__ import annotations

from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle

from app.audit_event import audit_bundle, audit_event
from app.store.configured import database_of
from app.store.reading import calls
from app.store.records import HookCall
from tests.app.service import LUPUS, NO_LUPUS, bundle_of, screening_service
from tests.app.store.calls import CALL, CALLS, NOBODY, PSEUDONYMOUS, REFUSED, VIEW, VIEW_OF_NOBODY
from tests.app.store.serving import Clock, overridden, service, settings_of


def trail(url: str) -> list[HookCall]:
    database = database_of(settings_of(url))
    try:
        with database.reading_on() as connection:
            return list(calls(connection, None, None))
    finally:
        database.close()


def test_every_answered_call_is_told_with_its_verdicts_also_those_without_a_card(
    url: str, clock: Clock
) -> None:
    with service(url, clock) as running:
        first = running.cards(LUPUS)
        running.tell(overridden(first["nct07517536"], clock.now))
        running.cards(LUPUS, context={"encounterId": "e1"})
        running.cards(NO_LUPUS)
        running.cards("hanna-lindqvist")
    shown, silent, inapplicable, ruled_out = trail(url)
    assert (shown.hook, shown.client, shown.user) == ("patient-view", "open", "Practitioner/demo")
    protocols = screening_service().protocols
    assert [(each.trial, each.version, each.verdict) for each in shown.judged] == [
        (trial, protocols[trial].protocol.version, "undetermined") for trial in ("nct05247203", "nct07517536")
    ]
    assert {each.card for each in shown.judged} == {card["uuid"] for card in first.values()}
    assert (shown.patient, shown.encounter) == (silent.patient, None)
    assert silent.encounter is not None
    assert [each.silence for each in silent.judged] == [None, "declined"]
    assert inapplicable.judged == ()
    assert {(each.verdict, each.silence) for each in ruled_out.judged} == {("ineligible", "not-shown")}
    assert len({call.patient for call in (shown, inapplicable, ruled_out)}) == 3


def test_a_screening_without_a_hook_is_told_too(url: str, clock: Clock) -> None:
    with service(url, clock) as running:
        assert running.http.post("/screenings", json=bundle_of(LUPUS)).status_code == 200
    (call,) = trail(url)
    assert (call.hook, call.client, call.user, call.encounter) == ("screenings", "open", None, None)
    assert {(each.trial, each.card, each.silence) for each in call.judged} == {
        ("nct05247203", None, None),
        ("nct07517536", None, None),
    }
    assert audit_event(call).model_dump(mode="json")["subtype"][0]["code"] == "screenings"


def test_a_call_is_a_valid_audit_event_of_fhir_r4() -> None:
    event = AuditEvent.model_validate_json(audit_event(CALL).model_dump_json())
    told = event.model_dump(mode="json")
    assert told["recorded"].startswith("2026-06-15T09:30:00")
    assert told["subtype"][0]["code"] == "patient-view"
    user, client = told["agent"]
    assert (user["who"], user["requestor"]) == ({"reference": "Practitioner/123"}, True)
    assert client["who"]["identifier"] == {"system": "urn:trialcards:client", "value": "clinic"}
    patient, encounter, first, second = told["entity"]
    assert patient["what"]["identifier"]["value"] == "ab" * 16
    assert encounter["what"]["type"] == "Encounter"
    assert first["what"]["identifier"] == {"system": "urn:trialcards:protocol", "value": "nct1"}
    assert {(each["type"], each["valueString"]) for each in first["detail"]} == {
        ("version", "2"),
        ("verdict", "undetermined"),
        ("card", "c1"),
    }
    assert ("silence", "not-shown") in {(each["type"], each["valueString"]) for each in second["detail"]}


def test_a_pseudonymous_user_is_an_identifier_and_without_a_user_the_client_is_the_requestor() -> None:
    hidden = audit_event(PSEUDONYMOUS).model_dump(mode="json")
    assert hidden["agent"][0]["who"] == {"identifier": {"system": "urn:trialcards:user", "value": "ef" * 16}}
    (client,) = audit_event(NOBODY).model_dump(mode="json")["agent"]
    assert client["requestor"]


def test_a_refused_call_is_a_failure_without_a_patient_and_names_whom_a_token_held_for() -> None:
    told = [audit_event(each).model_dump(mode="json") for each in REFUSED]
    assert [(each["outcome"], each["outcomeDesc"]) for each in told] == [
        ("4", "401 signature"),
        ("4", "412 incomplete"),
        ("8", "503 transient"),
        ("4", "311 more calls were refused within a minute, and not kept one by one"),
    ]
    assert [each.get("subtype", [{}])[0].get("code") for each in told] == [
        "hook",
        "patient-view",
        "feedback",
        None,
    ]
    nobody, clinic = (each["agent"][0] for each in told[:2])
    assert (nobody["who"], nobody["requestor"]) == ({"display": "unknown"}, True)
    assert clinic["who"]["identifier"]["value"] == "clinic"
    assert not any("entity" in each for each in told)


def test_many_calls_are_a_collection_and_none_is_an_empty_one() -> None:
    bundle = Bundle.model_validate_json(audit_bundle(CALLS))
    assert bundle.type == "collection"
    assert len(bundle.entry) == len(CALLS)
    assert Bundle.model_validate_json(audit_bundle([])).entry is None


def test_a_page_that_was_seen_tells_the_person_and_of_whom_it_was() -> None:
    told = audit_event(VIEW).model_dump(mode="json")
    assert (told["action"], told["outcome"]) == ("R", "0")
    assert told["subtype"] == [{"system": "urn:trialcards:page", "code": "list"}]
    (agent,) = told["agent"]
    assert agent["requestor"] is True
    assert agent["who"]["identifier"] == {"system": "urn:trialcards:person", "value": VIEW.person}
    patient, trial = told["entity"]
    assert patient["what"]["identifier"]["value"] == VIEW.patient
    assert trial["what"]["identifier"]["value"] == "nct1"


def test_a_page_of_no_patient_names_none() -> None:
    assert "entity" not in audit_event(VIEW_OF_NOBODY).model_dump(mode="json", exclude_none=True)
