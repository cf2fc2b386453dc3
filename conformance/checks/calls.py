"""C3, C12, C13, C22–C52: what a service makes of requests, legal ones and others.

Most of these rules bind the client. A service keeps its side by answering what is legal with cards or 412,
and by refusing what is not with a 4xx; it never fails (5xx) for what a client sends.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from conformance.caller import Answer, Caller
from conformance.report import Ledger
from conformance.requests import (
    SHAPES,
    authorization,
    legal_request,
    searchset,
    with_context,
    with_prefetch,
    without,
)

_TIMED = 10
"""Calls of each service whose time is taken."""

_SOUND = 0.5
"""Seconds within which an answer should come."""

_SERVER = "https://ehr.invalid/fhir"
"""Nobody can have this name (RFC 6761)."""

_NOT_HERE = "conformance-no-such-service"


class Target(msgspec.Struct, frozen=True):
    """One service under one hook. ``own``: the user's request for that hook."""

    id: str
    hook: str
    templates: Mapping[str, str]
    own: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """For the report."""
        return f"{self.id} ({self.hook})"

    def request(self) -> dict[str, Any]:
        """A legal request, with a hookInstance of its own."""
        return legal_request(self.hook, self.templates, self.own)


def check_calls(target: Target, caller: Caller, ledger: Ledger, *, every_key: bool = True) -> None:
    """Everything about one service, with one well-formed request as the point of departure.

    ``every_key``: try each state of prefetch with each key, not with the last alone.
    """
    url = caller.url(target.id)

    def fire(what: str, document: Any) -> Answer:
        return caller.post(f"POST {target.name}, {what}", url, document)

    plain = fire("a legal request", target.request())
    for rule in ("C22", SHAPES[target.hook].rule):
        ledger.check(rule, plain.accepted, plain.where, plain.told)
    ledger.check("C6", plain.status not in (404, 405), plain.where, plain.told)
    if not plain.accepted:
        return
    _check_legal(target, fire, plain, ledger)
    _check_illegal(target, fire, ledger)
    _check_prefetch(target, fire, plain, ledger, every_key)
    _check_want_of_data(target, fire, ledger)
    _check_time(target, fire, ledger)


def check_elsewhere(caller: Caller, ledger: Ledger) -> None:
    """What is not there."""
    answer = caller.post("POST a service that is not there", caller.url(_NOT_HERE), {})
    ledger.check("C13", answer.refused, answer.where, answer.told)


Fire = Callable[[str, Any], Answer]


def _check_legal(target: Target, fire: Fire, plain: Answer, ledger: Ledger) -> None:
    """Variants that change nothing."""
    request = target.request()
    unlike = {"com.example.anything": [1, None, {"a": "b"}], "plain": "60", "davinci-crd.x": 1.5}
    variants: dict[str, tuple[str, Any]] = {
        "with fhirServer and fhirAuthorization": ("C26", _authorized(request)),
        "with an extension of any keys": ("C29", {**request, "extension": unlike}),
        "with a scope in free text": (
            "C34",
            _authorized(request, scope="Observation.Read (Labs) (R4) PATIENT.READ"),
        ),
        "with an unknown member of the context": ("C42", with_context(request, comExampleRoom={"bed": 3})),
    }
    if "encounterId" not in SHAPES[target.hook].required:
        variants["with encounterId"] = (
            SHAPES[target.hook].rule,
            with_context(request, encounterId="conformance-encounter"),
        )
    for what, (rule, document) in variants.items():
        answer = fire(what, _anew(document))
        same = answer.status == plain.status
        ledger.check(rule, same, answer.where, f"{answer.told}; without it, {plain.status}")
    answer = fire("with Patient/ before patientId", _anew(with_context(request, patientId=_typed(request))))
    ledger.check("C41", answer.accepted or answer.refused, answer.where, answer.told)
    other = _authorized(request, patient="conformance-another")
    answer = fire("with fhirAuthorization of another patient", _anew(other))
    ledger.check("C31", answer.accepted or answer.refused, answer.where, answer.told)
    for what, text in _loose_json(request):
        answer = fire(what, text)
        ledger.check("C3", answer.accepted or answer.refused, answer.where, answer.told)
    answer = fire("of another hook", _anew({**request, "hook": "conformance-no-such-hook"}))
    ledger.check("C12", answer.accepted or answer.refused, answer.where, answer.told)


def _check_illegal(target: Target, fire: Fire, ledger: Ledger) -> None:
    """What a service must refuse."""
    request = target.request()
    shape = SHAPES[target.hook]
    violations: dict[str, tuple[str, Any]] = {
        "the body is no JSON": ("C22", b"{"),
        "the body is an array": ("C22", [request]),
        "without hook": ("C23", without(request, "hook")),
        "hook is a number": ("C23", {**request, "hook": 1}),
        "without hookInstance": ("C24", without(request, "hookInstance")),
        "fhirAuthorization without fhirServer": (
            "C25",
            {**without(request, "fhirServer"), "fhirAuthorization": authorization()},
        ),
        "without context": ("C27", without(request, "context")),
        "context is a text": ("C27", {**request, "context": "x"}),
        "token_type is not Bearer": ("C30", _authorized(request, token_type="mac")),  # noqa: S106
        "without access_token": ("C30", _authorized(request, access_token=None)),
        "expires_in is a text": ("C30", _authorized(request, expires_in="soon")),
    }
    for name in shape.required:
        violations[f"without context.{name}"] = (shape.rule, without(request, "context", name))
    for what, (rule, document) in violations.items():
        answer = fire(what, _anew(document))
        ledger.check(rule, answer.refused, answer.where, f"{answer.told} to what it must refuse")


def _check_prefetch(target: Target, fire: Fire, plain: Answer, ledger: Ledger, every_key: bool) -> None:
    """The states in which a key may come."""
    request = target.request()
    trouble = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "not-found"}]}
    with_remark = {
        **searchset(),
        "entry": [{"resource": remark, "search": {"mode": "outcome"}}],
    }
    paged = searchset(link=[{"relation": "next", "url": f"{_SERVER}/page2"}])
    stranger = {"resourceType": "Patient", "id": "conformance-another"}
    answer = fire("with a key that was not asked for", with_prefetch(request, conformanceOther=stranger))
    ledger.check("C47", answer.status == plain.status, answer.where, answer.told)
    keys = list(request.get("prefetch") or {})
    for key in keys if every_key else keys[-1:]:
        variants: dict[str, tuple[str, Any]] = {
            f"without prefetch {key}": ("C43", without(request, "prefetch", key)),
            f"with prefetch {key} alone": (
                "C44",
                {**request, "prefetch": {key: request["prefetch"][key]}},
            ),
            f"prefetch {key} is null": ("C45", with_prefetch(request, **{key: None})),
            f"prefetch {key} is an OperationOutcome": ("C46", with_prefetch(request, **{key: trouble})),
        }
        if "?" in target.templates.get(key, ""):
            variants |= {
                f"prefetch {key} is an empty searchset": (
                    "C45",
                    with_prefetch(request, **{key: searchset()}),
                ),
                f"prefetch {key} holds an OperationOutcome": (
                    "C46",
                    with_prefetch(request, **{key: with_remark}),
                ),
                f"prefetch {key} has a next page": ("C48", with_prefetch(request, **{key: paged})),
            }
        for what, (rule, document) in variants.items():
            answer = fire(what, _anew(document))
            ledger.check(rule, answer.accepted, answer.where, answer.told)
    if not keys:
        why = "no service announces prefetch"
        ledger.not_applicable(["C43", "C44", "C45", "C46", "C48"], why)


def _check_want_of_data(target: Target, fire: Fire, ledger: Ledger) -> None:
    """Nothing prefetched, and nowhere to ask."""
    bare = without(without(target.request(), "fhirServer"), "fhirAuthorization")
    empty = {**bare, "prefetch": {}}
    for what, rule, document in (
        ("without prefetch", "C28", without(bare, "prefetch")),
        ("with empty prefetch", "C51", empty),
    ):
        answer = fire(what, _anew(document))
        ledger.check(rule, answer.accepted, answer.where, answer.told)
        if not target.templates or not answer.accepted:
            continue
        if answer.cards:
            # Templates ask for what helps; which of it a service cannot do without, it need not say.
            ledger.remark("C51", "cards came without any data; that it requires none cannot be seen")


def _check_time(target: Target, fire: Fire, ledger: Ledger) -> None:
    seconds = sorted(fire("to take the time", target.request()).seconds for _ in range(_TIMED))
    slow = seconds[-2]
    told = f"nine of ten answers within {slow * 1000:.0f} ms"
    ledger.check("C52", slow <= _SOUND, f"POST {target.name}", told)


def _loose_json(request: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    text = json.dumps(request)
    yield "JSON with a trailing comma", f"{text[:-1]},}}".encode()
    yield "JSON with a comment", f"/* a comment */{text}".encode()


def _typed(request: dict[str, Any]) -> str:
    bare = str(request["context"].get("patientId", "")).removeprefix("Patient/")
    return f"Patient/{bare}"


def _authorized(request: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The request with a server and a token: its own, as far as it has them, lest its data be gone."""
    own = request.get("fhirAuthorization")
    token = authorization(**{**(own if isinstance(own, dict) else {}), **changed})
    return {"fhirServer": _SERVER, **request, "fhirAuthorization": token}


def _anew(document: Any) -> Any:
    """The same with another hookInstance, where it has one."""
    if isinstance(document, dict) and "hookInstance" in document:
        return {**document, "hookInstance": str(uuid.uuid4())}
    return document
