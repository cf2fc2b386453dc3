"""What looks like a fault and is none, and services that do not answer."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from conformance.report import BREAKDOWNS as BREAKDOWN
from tests.conformance.tiny_service import ID, Tiny, failed, report_of


def test_feedback_may_be_acknowledged_with_an_empty_object() -> None:
    tiny = Tiny()
    tiny.spoil = lambda request, answer: (
        httpx.Response(200, json={})
        if request.url.path.endswith("/feedback") and answer.is_success
        else answer
    )
    assert failed(report_of(tiny)) == set()


def test_null_within_an_acknowledgement_is_found() -> None:
    tiny = Tiny()
    tiny.spoil = lambda request, answer: (
        httpx.Response(200, json={"x": None})
        if request.url.path.endswith("/feedback") and answer.is_success
        else answer
    )
    assert failed(report_of(tiny)) == {"C2"}


def test_cards_that_need_no_data_break_nothing_though_data_are_asked_for() -> None:
    tiny = Tiny()
    tiny.want_of_data = lambda: None  # type: ignore[method-assign]
    report = report_of(tiny)
    assert failed(report) == set()
    told = next(result for result in report.results if result.number == "C51")
    assert (told.status, told.reason) == (
        "passed",
        "cards came without any data; that it requires none cannot be seen",
    )


def _mute(tiny: Tiny) -> list[str]:
    """Calls of the service get no answer; discovery does, and what is not there. Gives the calls."""
    calls: list[str] = []
    answering = tiny.answer

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and f"/{ID}" in request.url.path:
            calls.append(request.url.path)
            raise httpx.ReadTimeout("", request=request)
        return answering(request)

    tiny.answer = answer  # type: ignore[method-assign]
    return calls


def test_a_service_that_never_answers_is_given_up_after_three_calls_and_told_so() -> None:
    tiny = Tiny()
    calls = _mute(tiny)
    report = report_of(tiny)
    assert len(calls) == 3
    assert report.stopped is not None
    assert report.stopped.startswith("given up after 3 calls without an answer")
    found = {result.number: result for result in report.results}
    assert "C56" in {result.number for result in report.broken}
    assert {failure.what for failure in found["C56"].failures} == {"no answer came in time"}
    # What was seen before stands; what was not tried says why.
    assert found["C5"].status == "passed"
    assert found["C59"].status == "skipped"
    assert "given up" in (found["C59"].reason or "")


def test_a_service_that_now_and_then_is_late_is_tried_to_the_end() -> None:
    tiny = Tiny()
    answering = tiny.answer

    def answer(request: httpx.Request) -> httpx.Response:
        if b"comExampleRoom" in request.content:
            raise httpx.ReadTimeout("", request=request)
        return answering(request)

    tiny.answer = answer  # type: ignore[method-assign]
    report = report_of(tiny)
    assert report.stopped is None
    assert failed(report) == {"C42", "C56"}


def _breaks_down(tiny: Tiny, when: Callable[[httpx.Request], bool], status: int = 500) -> None:
    trouble = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    tiny.spoil = lambda request, answer: httpx.Response(status, json=trouble) if when(request) else answer


BREAKDOWNS: dict[str, tuple[Callable[[httpx.Request], bool], str]] = {
    "without prefetch, which may be absent (C28)": (
        lambda request: b"hookInstance" in request.content and b'"prefetch"' not in request.content,
        "without prefetch",
    ),
    "at a body that is no JSON, which is to be refused (C22)": (
        lambda request: request.content == b"{" and not request.url.path.endswith("/feedback"),
        "the body is no JSON",
    ),
    "at feedback that is no JSON (C79)": (
        lambda request: request.content == b"{" and request.url.path.endswith("/feedback"),
        "POST feedback of tiny, no JSON",
    ),
    "at a path that it does not have (C13)": (
        lambda request: "conformance" in request.url.path,
        "",
    ),
}


@pytest.mark.parametrize(("when", "where"), BREAKDOWNS.values(), ids=BREAKDOWNS)
def test_a_service_that_breaks_down_is_not_conformant_whomever_the_rule_binds(
    when: Callable[[httpx.Request], bool], where: str
) -> None:
    tiny = Tiny()
    _breaks_down(tiny, when)
    report = report_of(tiny)
    assert BREAKDOWN in {result.number for result in report.broken}
    assert all(where in failure.where for failure in report.breakdowns.failures)
    assert {failure.what for failure in report.breakdowns.failures} == {"answered 500"}


def test_a_service_that_never_breaks_down_is_told_so() -> None:
    report = report_of(Tiny())
    told = report.breakdowns
    assert (told.status, told.checked, told.failures) == ("passed", report.calls, ())


def test_feedback_that_is_not_implemented_is_no_breakdown() -> None:
    tiny = Tiny()
    _breaks_down(tiny, lambda request: request.url.path.endswith("/feedback"), 501)
    assert report_of(tiny).broken == ()
