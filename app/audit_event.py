"""The audit trail as FHIR: one R4 AuditEvent for each call, answered or refused, and each page seen.

Of an answered one it tells who asked (the client, and the user as kept), for which patient (by pseudonym),
and which protocols in which version came to which verdict; of a refused one, what was called and why it was
not answered; of a page, who saw it, of which patient. Source of the codes: HL7's audit-event-type,
object-role, audit-entity-type and audit-event-outcome, and DICOM's participant roles.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle

from app.store.records import (
    UNKNOWN_CLIENT,
    AnswerRecord,
    Audited,
    HookCall,
    JudgedTrial,
    PageView,
    RefusedCall,
)
from cds_hooks.hooks import HOOKS

IDENTIFIERS = "urn:trialcards:"
"""Systems of identifiers begin so: of clients, patients, encounters, users, protocols."""

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_HOOKS = "https://cds-hooks.hl7.org/hooks"
_SUCCESS, _MINOR_FAILURE, _SERIOUS_FAILURE = "0", "4", "8"
_CREATE, _READ, _UPDATE, _EXECUTE = "C", "R", "U", "E"


def audit_event(entry: Audited) -> AuditEvent:
    """One call or page as an AuditEvent, validated."""
    if isinstance(entry, PageView):
        return _viewed(entry)
    if isinstance(entry, AnswerRecord):
        return _answer_act(entry)
    return _answered(entry) if isinstance(entry, HookCall) else _refused(entry)


def _viewed(view: PageView) -> AuditEvent:
    """A page that a person saw, as the type says: HTML over HTTP is as much REST as a hook is."""
    told = {
        **_event(view, view.page, _SUCCESS),
        "subtype": [{"system": IDENTIFIERS + "page", "code": view.page}],
        "action": _READ,
        "agent": [
            {
                "type": _participant("human"),
                "who": {"identifier": _identifier("person", view.person)},
                "requestor": True,
            }
        ],
    }
    about = [] if view.patient is None else [_patient(view.patient)]
    if view.trial is not None:
        about.append(_study(view.trial))
    return AuditEvent.model_validate({**told, "entity": about} if about else told)


def _answer_act(act: AnswerRecord) -> AuditEvent:
    """That a question was answered, or an answer taken back, and by whom; not what was answered."""
    told = {"version": act.version, "question": act.question}
    details = [{"type": name, "valueString": value} for name, value in told.items()]
    return AuditEvent.model_validate(
        {
            **_event(act, act.act, _SUCCESS),
            "action": _CREATE if act.act == "answer" else _UPDATE,
            "agent": [*_users(act, "author"), _client(act.client, requestor=act.user is None)],
            "entity": [_patient(act.patient), {**_study(act.trial), "detail": details}],
        }
    )


def _answered(call: HookCall) -> AuditEvent:
    return AuditEvent.model_validate(
        {
            **_event(call, call.hook, _SUCCESS),
            "agent": [*_users(call), _client(call.client, requestor=call.user is None)],
            "entity": [
                _patient(call.patient),
                *_encounters(call),
                *(_protocol(each) for each in call.judged),
            ],
        }
    )


def _refused(call: RefusedCall) -> AuditEvent:
    """Statuses from 500 on are the service's own fault, and so a serious failure."""
    why = f"{call.status} {call.reason}"
    if call.status is None:
        why = f"{call.calls} more calls were refused within a minute, and not kept one by one"
    serious = call.status is not None and call.status >= 500
    return AuditEvent.model_validate(
        {
            **_event(call, call.hook or call.call, _SERIOUS_FAILURE if serious else _MINOR_FAILURE),
            "outcomeDesc": why,
            "agent": [_client(call.client, requestor=True)],
        }
    )


def _event(call: Audited, what: str | None, outcome: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": call.id,
        "type": _coding("audit-event-type", "rest", "RESTful Operation"),
        "action": _EXECUTE,
        "recorded": call.at.isoformat(timespec="milliseconds"),
        "outcome": outcome,
        "source": {
            "observer": {"display": "Trialcards"},
            "type": [_coding("security-source-type", "4", "Application Server")],
        },
    }
    if what is not None:
        told["subtype"] = [{"system": _HOOKS if what in HOOKS else IDENTIFIERS + "call", "code": what}]
    return told


def audit_bundle(calls: Iterable[Audited]) -> bytes:
    """Calls and pages as a Bundle of type collection, as JSON."""
    entries = [
        {"fullUrl": f"urn:uuid:{call.id}", "resource": audit_event(call).model_dump(mode="json")}
        for call in calls
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection"}
    if entries:
        bundle["entry"] = entries
    return Bundle.model_validate(bundle).model_dump_json(exclude_none=True, indent=2).encode()


def _users(call: HookCall | AnswerRecord, part: str = "human") -> list[dict[str, Any]]:
    if call.user is None:
        return []
    named = "/" in call.user
    kind = "person" if isinstance(call, AnswerRecord) and call.is_by_person else "user"
    who = {"reference": call.user} if named else {"identifier": _identifier(kind, call.user)}
    return [{"type": _participant(part), "who": who, "requestor": True}]


def _client(client: str, *, requestor: bool) -> dict[str, Any]:
    known = client != UNKNOWN_CLIENT
    return {
        "type": _participant("source"),
        "who": {"identifier": _identifier("client", client)} if known else {"display": client},
        "requestor": requestor,
    }


def _participant(kind: str) -> dict[str, Any]:
    codings = {
        "human": _coding("v3-ParticipationType", "IRCP", "information recipient"),
        "author": _coding("v3-ParticipationType", "AUT", "author (originator)"),
        "source": {
            "system": "http://dicom.nema.org/resources/ontology/DCM",
            "code": "110153",
            "display": "Source Role ID",
        },
    }
    return {"coding": [codings[kind]]}


def _patient(patient: str) -> dict[str, Any]:
    return {
        "what": {"type": "Patient", "identifier": _identifier("patient", patient)},
        "type": _coding("audit-entity-type", "1", "Person"),
        "role": _coding("object-role", "1", "Patient"),
    }


def _encounters(call: HookCall) -> list[dict[str, Any]]:
    if call.encounter is None:
        return []
    return [
        {
            "what": {"type": "Encounter", "identifier": _identifier("encounter", call.encounter)},
            "type": _coding("audit-entity-type", "2", "System Object"),
            "role": _coding("object-role", "4", "Domain Resource"),
        }
    ]


def _protocol(judged: JudgedTrial) -> dict[str, Any]:
    told = {
        "version": judged.version,
        "verdict": judged.verdict,
        "card": judged.card,
        "silence": judged.silence,
    }
    details = [{"type": name, "valueString": value} for name, value in told.items() if value is not None]
    return {**_study(judged.trial), "detail": details}


def _study(trial: str) -> dict[str, Any]:
    return {
        "what": {"type": "ResearchStudy", "identifier": _identifier("protocol", trial)},
        "type": _coding("audit-entity-type", "2", "System Object"),
        "role": _coding("object-role", "4", "Domain Resource"),
    }


def _coding(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": _TERMINOLOGY + system, "code": code, "display": display}


def _identifier(kind: str, value: str) -> dict[str, str]:
    return {"system": IDENTIFIERS + kind, "value": value}
