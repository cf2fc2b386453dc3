"""C1, C2, C32, C56, C57, C96: what holds of every answer."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.caller import Answer
from conformance.checks.feedback import FEEDBACK
from conformance.checks.shapes import REVERSE_DNS, empties, extensions
from conformance.report import Ledger
from conformance.requests import SECRET

_SEVERITIES = ("fatal", "error", "warning", "information")


def check_answers(answers: Iterable[Answer], ledger: Ledger) -> None:
    """Everything that came back."""
    for answer in answers:
        where = answer.where
        known = (
            answer.status == 200 or 400 <= answer.status < 600 or (answer.status == 204 and not answer.text)
        )
        # Feedback may be acknowledged by any 2xx; hooks by 200 alone, which is C54.
        feedback = where.startswith(FEEDBACK)
        known = known or (feedback and 200 <= answer.status < 300)
        ledger.check("C56", known, where, answer.told)
        ledger.check("C32", SECRET not in answer.text, where, "it repeats the access token")
        if answer.text and answer.status:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
            ledger.check("C1", json, where, f"content-type is '{kind[:80]}'")
            ledger.check("C1", answer.body is not ..., where, "the body is no JSON")
        if answer.body is ...:
            continue
        # An acknowledgement of feedback and an error have no elements of their own that could lack.
        own = not feedback and answer.status < 400
        for place in empties(answer.body) if own or answer.body != {} else ():
            ledger.check("C2", False, f"{where}: {place}", "it is null or empty")
        ledger.check("C2", True, where, "")
        if answer.status >= 400:
            ledger.check("C57", _is_outcome(answer), where, "the body is no OperationOutcome with an issue")
        for place, value in extensions(answer.body):
            good = isinstance(value, dict)
            if ledger.check("C96", good, f"{where}: {place}", "it is no object"):
                unlike = [name for name in value if not REVERSE_DNS.fullmatch(name)]
                if unlike:
                    ledger.remark("C96", f"names should be reverse DNS; '{unlike[0][:60]}' is not")


def _is_outcome(answer: Answer) -> bool:
    body = answer.body
    if not isinstance(body, dict) or body.get("resourceType") != "OperationOutcome":
        return False
    issues = body.get("issue")
    return (
        isinstance(issues, list)
        and bool(issues)
        and all(
            isinstance(each, dict) and each.get("severity") in _SEVERITIES and bool(each.get("code"))
            for each in issues
        )
    )
