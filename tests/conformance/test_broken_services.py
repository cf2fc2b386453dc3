"""The suite is itself tested: it finds nothing wrong with a good service, and each fault of a broken one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance import Plan
from conformance.report import items
from conformance.requests import MARK, SECRET
from tests.conformance.tiny_service import SERVICE, Json, Refusal, Tiny, failed, report_of, signing_key


def test_the_rules_are_numbered_from_1_to_96() -> None:
    assert list(items()) == [f"C{number}" for number in range(1, 97)]


@pytest.mark.parametrize("signed", [False, True])
def test_nothing_is_wrong_with_a_good_service(signed: bool) -> None:
    report = report_of(Tiny(signing_key() if signed else None))
    assert failed(report) == set(), [r for r in report.results if r.status == "failed"]
    assert report.broken == ()
    assert all(result.reason for result in report.results if result.status in ("skipped", "not-applicable"))


def test_what_needs_a_key_is_skipped_without_one_and_tried_with_one() -> None:
    signed = [f"C{number}" for number in (87, 89, 90, 91, 92, 93, 94)]
    open_, closed = ({r.number: r for r in report_of(Tiny(key)).results} for key in (None, signing_key()))
    assert {open_[number].status for number in signed} == {"skipped"}
    assert {closed[number].status for number in signed} == {"passed"}


def changed(**parts: Any) -> Callable[[Tiny], None]:
    """Elements of the card."""
    return lambda tiny: tiny.card.update(parts)


def without(name: str) -> Callable[[Tiny], None]:
    return lambda tiny: tiny.card.pop(name)


def in_service(**parts: Any) -> Callable[[Tiny], None]:
    return lambda tiny: tiny.services[0].update(parts)


def prefetch(template: str) -> Callable[[Tiny], None]:
    return lambda tiny: tiny.services[0]["prefetch"].update({"more": template})


def first(name: str, **parts: Any) -> Callable[[Tiny], None]:
    """Elements of the first suggestion, link or reason; ``None`` leaves one out."""

    def breaking(tiny: Tiny) -> None:
        tiny.card[name][0].update(parts)
        tiny.card[name][0] = {key: value for key, value in tiny.card[name][0].items() if value is not None}

    return breaking


def action(number: int, **parts: Any) -> Callable[[Tiny], None]:
    def breaking(tiny: Tiny) -> None:
        broken = tiny.card["suggestions"][0]["actions"][number]
        broken.update(parts)
        for name in [name for name, value in parts.items() if value is None]:
            del broken[name]

    return breaking


def spoiled(change: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> Callable[[Tiny], None]:
    return lambda tiny: setattr(tiny, "spoil", change)


def _slow(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    if b"Ada" in request.content and answer.status_code == 200:
        time.sleep(0.51)
    return answer


def _replaced(status: int, content: bytes = b"{}", kind: str = "application/json") -> Any:
    def change(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != status:
            return answer
        return httpx.Response(status, content=content, headers={"content-type": kind})

    return change


def _without_cards(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return httpx.Response(200, json={"summary": "x"}) if b"summary" in answer.content else answer


def _with_nan(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
    if b'"summary"' not in answer.content:
        return answer
    return httpx.Response(
        200, content=b'{"cards": [], "x": NaN}', headers={"content-type": "application/json"}
    )


def _status(before: int, after: int) -> Any:
    def change(_: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return (
            httpx.Response(after, content=answer.content, headers={"content-type": "application/json"})
            if (answer.status_code == before)
            else answer
        )

    return change


def _fails_for(sign: bytes) -> Any:
    """The service breaks down where a request holds this."""

    def change(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return httpx.Response(500, json=_TROUBLE) if sign in request.content else answer

    return change


def _takes(sign: bytes) -> Any:
    """The service takes requests and feedback that hold this."""

    def change(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return httpx.Response(200, json={"cards": []}) if sign in request.content else answer

    return change


def _lax(tiny: Tiny) -> None:
    tiny.lax = True


def _wants_data_with_400(tiny: Tiny) -> None:
    def refused() -> None:
        raise Refusal(400)

    tiny.want_of_data = refused  # type: ignore[method-assign]


def _takes_any_feedback(tiny: Tiny) -> None:
    tiny.feedback = lambda given: None  # type: ignore[method-assign]


def _refuses_repeated_feedback(tiny: Tiny) -> None:
    seen: set[str] = set()

    def feedback(given: Json) -> None:
        Tiny.feedback(tiny, given)
        for item in given["feedback"]:
            if item["card"] in seen:
                raise Refusal(409, "conflict")
            seen.add(item["card"])

    tiny.feedback = feedback  # type: ignore[method-assign]


_TROUBLE = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
_TWICE = [
    {"label": "One", "isRecommended": True},
    {"label": "Two", "isRecommended": True},
]

BROKEN: list[tuple[str, str, Callable[[Tiny], None]]] = [
    ("C1", "errors are HTML", spoiled(_replaced(404, b"<html>", "text/html"))),
    ("C1", "NaN, which is no JSON", spoiled(_with_nan)),
    ("C2", "an element is null", changed(com=None)),
    ("C2", "an element is empty", changed(links=[])),
    ("C3", "breaks down at a comment", spoiled(_fails_for(b"/*"))),
    ("C4", "no discovery", lambda tiny: tiny.services.clear() or spoiled(_status(200, 404))(tiny)),
    ("C5", "services is an object", lambda tiny: setattr(tiny, "services", {"a": 1})),
    ("C6", "no description", lambda tiny: tiny.services[0].pop("description")),
    ("C6", "an id that is no segment", in_service(id="a/b")),
    ("C7", "no title", lambda tiny: tiny.services[0].pop("title")),
    ("C8", "templates are no texts", in_service(prefetch={"patient": {"template": "Patient"}})),
    ("C9", "usageRequirements is a list", in_service(usageRequirements=["x"])),
    ("C10", "a version that is none", in_service(version="STU2")),
    ("C11", "a version that the hook has not", in_service(hookVersion="9.9")),
    ("C12", "a pair twice", lambda tiny: tiny.services.append(dict(SERVICE))),
    ("C13", "any path is found", spoiled(_status(404, 200))),
    ("C14", "an extension that is a list", in_service(extension=["x"])),
    ("C15", "single braces", prefetch("Patient/{context.patientId}")),
    ("C16", "a token within a resource", prefetch("Medication/{{context.medication.id}}")),
    ("C17", "today() in 2.0.1", prefetch("Observation?patient={{context.patientId}}&date=ge{{today()}}")),
    ("C18", "_include", prefetch("Condition?patient={{context.patientId}}&_include=Condition:encounter")),
    ("C21", "a key that comes later", prefetch("Condition?encounter={{%later.id}}")),
    ("C22", "legal requests are refused", spoiled(_status(200, 400))),
    ("C23", "hook is not needed", _lax),
    ("C24", "hookInstance is not needed", _lax),
    ("C25", "a token without server is taken", _lax),
    ("C26", "breaks down at a token", spoiled(_fails_for(b"access_token"))),
    ("C27", "context is not needed", _lax),
    ("C28", "breaks down without prefetch", spoiled(_status(412, 500))),
    ("C29", "breaks down at an extension", spoiled(_fails_for(b"com.example.anything"))),
    ("C30", "any token is taken", _lax),
    ("C31", "breaks down at a token's patient", spoiled(_fails_for(b'"patient": "conformance-another"'))),
    ("C34", "breaks down at a scope", spoiled(_fails_for(b"PATIENT.READ"))),
    ("C35", "any context is taken", _lax),
    ("C41", "breaks down at Patient/", spoiled(_fails_for(b'"patientId": "Patient/'))),
    ("C42", "breaks down at an unknown member", spoiled(_fails_for(b"comExampleRoom"))),
    ("C43", "data that lack are a 400", _wants_data_with_400),
    ("C44", "one key alone is a 400", _wants_data_with_400),
    ("C45", "breaks down at null", spoiled(_fails_for(b'"conditions": null'))),
    ("C46", "breaks down at an OperationOutcome", spoiled(_fails_for(b"OperationOutcome"))),
    ("C47", "breaks down at a key it did not ask for", spoiled(_fails_for(b"conformanceOther"))),
    ("C48", "breaks down at a next link", spoiled(_fails_for(b"page2"))),
    ("C51", "data that lack are a 400", _wants_data_with_400),
    ("C52", "slow", spoiled(_slow)),
    ("C54", "no cards", spoiled(_without_cards)),
    ("C54", "NaN, which is no JSON", spoiled(_with_nan)),
    ("C55", "systemActions is empty", lambda tiny: tiny.response.update(systemActions=[])),
    ("C56", "errors are a redirect", spoiled(_status(404, 302))),
    ("C57", "errors without OperationOutcome", spoiled(_replaced(404, b'{"error": "x"}'))),
    ("C58", "a uuid that is none", changed(uuid="1")),
    ("C58", "the same uuid again", changed(uuid="8b1a7e0e-6c5b-4f0c-8f9c-1f2f6f0f7c12")),
    ("C59", "140 characters", changed(summary="x" * 140)),
    ("C59", "no summary", without("summary")),
    ("C60", "HTML of the chart", changed(detail=f"For {MARK}")),
    ("C60", "a script", changed(detail="<script>alert(1)</script>")),
    ("C61", "another indicator", changed(indicator="hard-stop")),
    ("C62", "no source", without("source")),
    ("C63", "a relative URL", lambda tiny: tiny.card["source"].update(url="/x")),
    ("C64", "a relative icon", lambda tiny: tiny.card["source"].update(icon="icon.png")),
    ("C65", "a topic in words", lambda tiny: tiny.card["source"].update(topic="t")),
    ("C66", "a topic without system", lambda tiny: tiny.card["source"]["topic"].pop("system")),
    ("C67", "no selectionBehavior", without("selectionBehavior")),
    ("C68", "no label", first("suggestions", label=None)),
    ("C68", "two recommended of which one may be chosen", changed(suggestions=_TWICE)),
    ("C69", "another type of action", action(0, type="patch")),
    ("C69", "no description", action(0, description=None)),
    ("C70", "nothing to create", action(0, resource=None)),
    ("C70", "nothing to delete", action(1, resourceId=None)),
    ("C71", "actionSelectionBehavior", first("suggestions", actionSelectionBehavior="all")),
    ("C72", "a reason without display", first("overrideReasons", display=None)),
    ("C73", "a link without type", first("links", type=None)),
    ("C73", "a relative link", first("links", url="/read")),
    ("C74", "appContext of an absolute link", first("links", appContext="x")),
    ("C75", "autolaunchable in words", first("links", autolaunchable="yes")),
    ("C78", "breaks down at feedback", spoiled(_fails_for(b"outcomeTimestamp"))),
    ("C79", "takes any feedback", _takes_any_feedback),
    ("C80", "feedback without card is taken", _takes_any_feedback),
    ("C81", "feedback twice is refused", _refuses_repeated_feedback),
    ("C82", "any outcome is taken", spoiled(_takes(b'"ignored"'))),
    ("C83", "accepted without suggestions is taken", _takes_any_feedback),
    ("C84", "any time is taken", spoiled(_takes(b"22/11/2026"))),
    ("C85", "a reason without anything is taken", _takes_any_feedback),
    ("C96", "an extension that is a list", changed(extension=["x"])),
]


@pytest.mark.parametrize(("rule", "fault", "breaking"), BROKEN, ids=[f"{r}: {f}" for r, f, _ in BROKEN])
def test_each_fault_is_found(rule: str, fault: str, breaking: Callable[[Tiny], None]) -> None:
    tiny = Tiny()
    breaking(tiny)
    report = report_of(tiny)
    assert rule in failed(report), fault
    found = next(result for result in report.results if result.number == rule)
    assert all(failure.where and failure.what for failure in found.failures)
    assert (found in report.broken) == (found.keyword == "MUST" and found.side != "client")


def test_an_access_token_in_an_answer_is_found() -> None:
    tiny = Tiny()

    def repeating(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        return (
            httpx.Response(200, json={"cards": [], "x": SECRET})
            if SECRET.encode() in request.content
            else answer
        )

    tiny.spoil = repeating
    assert "C32" in failed(report_of(tiny))


class Unguarded(Tiny):
    """Takes whatever token it is shown, or none."""

    def authenticate(self, request: httpx.Request) -> None:
        """Anybody may call."""


def test_a_service_that_checks_no_token_fails_each_rule_about_them() -> None:
    key = signing_key()
    report = report_of(Unguarded(key))
    assert failed(report) == {"C87", "C89", "C90", "C91", "C92", "C93"}
    assert {result.number for result in report.broken} == {"C91", "C93"}


def test_a_service_that_tells_why_it_refuses_is_found() -> None:
    tiny = Tiny(signing_key())

    def telling(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != 401:
            return answer
        return httpx.Response(401, json={**_TROUBLE, "id": str(hash(request.headers.get("authorization")))})

    tiny.spoil = telling
    assert "C94" in failed(report_of(tiny))


def test_browsers_that_may_call_without_their_token_are_found() -> None:
    tiny = Tiny()
    allowed = {"access-control-allow-origin": "*", "access-control-allow-headers": "content-type"}
    tiny.spoil = lambda request, answer: (
        httpx.Response(204, headers=allowed) if request.method == "OPTIONS" else answer
    )
    assert "C95" in failed(report_of(tiny))


def test_an_address_without_tls_is_found_and_this_machine_needs_none() -> None:
    from conformance.checks.security import check_transport
    from conformance.report import Ledger

    status = {}
    for address in ("http://cds.example", "http://127.0.0.1:8000", "https://cds.example"):
        ledger = Ledger()
        check_transport(address, ledger)
        status[address] = next(result.status for result in ledger.results() if result.number == "C88")
    assert list(status.values()) == ["failed", "not-applicable", "passed"]


def test_feedback_is_not_sent_where_it_is_not_wanted() -> None:
    tiny = Tiny()
    _refuses_repeated_feedback(tiny)
    report = report_of(tiny, plan=Plan(feedback=False))
    assert failed(report) == set()
    assert next(result for result in report.results if result.number == "C79").status == "skipped"
