"""C87–C95: who may call."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from conformance.caller import Answer, Caller
from conformance.checks.calls import Target
from conformance.checks.feedback import FEEDBACK
from conformance.report import Ledger

SIGNED = ("C87", "C90", "C91", "C92", "C93", "C94")
"""The rules that need a key to sign with."""


def check_transport(base_url: str, ledger: Ledger) -> None:
    """TLS, but for a service on this machine."""
    parts = urlsplit(base_url)
    if parts.scheme != "https" and _is_loopback(parts.hostname or ""):
        ledger.not_applicable(
            ["C88"], "the service is on this machine: nothing travels that TLS would protect"
        )
    else:
        ledger.check("C88", parts.scheme == "https", base_url, "the address is not https")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_callers(target: Target, caller: Caller, ledger: Ledger) -> None:
    """With a key: what signed calls get, and that attacks get nothing. Without: is anybody served?"""
    url = caller.url(target.id)

    def fire(what: str, token: str) -> Answer:
        return caller.post(f"POST {target.name}, {what}", url, target.request(), token=token)

    key = caller.key
    if key is None:
        ledger.skip(SIGNED, "needs a key to sign with: --key")
        answer = fire("without a token", "")
        if answer.status == 401:
            ledger.check("C89", True, answer.where, "")
        else:
            why = "it answers calls without a token; whether data are at risk cannot be told from outside"
            ledger.skip(["C89"], why)
        return
    good = key.token(url)
    answer = fire("signed", good)
    for rule in ("C90", "C91"):
        ledger.check(rule, answer.accepted, answer.where, f"{answer.told} to a good token")
    if not answer.accepted:
        ledger.skip(SIGNED, "the service did not take a good token")
        return
    listed = fire("aud is an array", key.token(url, aud=[url, "https://cds.invalid"]))
    ledger.check("C91", listed.accepted, listed.where, listed.told)
    refusals = [_refused("a token for the second time", "C91", fire(", replayed", good), ledger)]
    for what, (rule, token) in key.attacks(url).items():
        refusals.append(_refused(what, rule, fire(what, token), ledger))
    bodies = {answer.text for answer in refusals if answer.status == 401}
    ledger.check("C94", len(bodies) <= 1, f"POST {target.name}", "refusals differ in what they tell")
    feedback = caller.url(target.id, feedback=True)
    document: dict[str, Any] = {"feedback": []}
    answer = caller.post(f"{FEEDBACK}{target.id}, without a token", feedback, document, token="")
    if answer.status not in (404, 405, 501):
        _refused("no token at all", "C87", answer, ledger)
    answer = caller.get("GET discovery, without a token", caller.url(), token="")
    _refused("no token at all", "C89", answer, ledger)
    ledger.remark("C92", "that no key set was fetched for a forged token cannot be seen from outside")


def _refused(what: str, rule: str, answer: Answer, ledger: Ledger) -> Answer:
    ledger.check(rule, answer.status == 401, answer.where, f"{answer.told} to: {what}")
    return answer


def check_browsers(target: Target, caller: Caller, origin: str, ledger: Ledger) -> None:
    """A preflight from a browser client of this origin."""
    answer = caller.preflight(f"OPTIONS {target.name} from {origin}", caller.url(target.id), origin)
    allowed = answer.headers.get("access-control-allow-origin")
    if allowed is None:
        ledger.not_applicable(
            ["C95"], f"browser clients of {origin} may not call; the specification leaves it open"
        )
        return
    ledger.check("C95", answer.status < 300, answer.where, answer.told)
    ledger.check("C95", allowed in (origin, "*"), answer.where, "another origin is allowed")
    headers = {
        name.strip().lower() for name in answer.headers.get("access-control-allow-headers", "").split(",")
    }
    good = {"authorization", "content-type"} <= headers or "*" in headers
    ledger.check("C95", good, answer.where, "the headers authorization and content-type are not both allowed")
