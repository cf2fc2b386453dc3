"""The whole suite against one service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conformance.caller import Answer, Caller, Silent, Unreachable
from conformance.checks.calls import Target, check_calls, check_elsewhere
from conformance.checks.cards import ABOUT_CARDS, check_cards
from conformance.checks.discovery import announced, check_discovery
from conformance.checks.everywhere import check_answers
from conformance.checks.feedback import ABOUT_FEEDBACK, FEEDBACK, check_feedback
from conformance.checks.security import check_browsers, check_callers, check_transport
from conformance.report import Ledger, Report, Result, breakdowns_in
from conformance.requests import SHAPES

SANDBOX = "https://sandbox.cds-hooks.org"


class Plan(msgspec.Struct, frozen=True):
    """What to try.

    Attributes:
        service_ids: of these services alone; all that are announced where there are none.
        hooks: under these hooks alone.
        requests: the user's own requests by hook, in place of built-in ones.
        origin: of browser clients.
        feedback: whether to send feedback, which a service may act upon.
        every_key: whether to try each state of prefetch with each key, not with the last alone.
    """

    service_ids: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    requests: Mapping[str, dict[str, Any]] = {}
    origin: str = SANDBOX
    feedback: bool = True
    every_key: bool = True


def run(caller: Caller, plan: Plan = Plan()) -> Report:  # noqa: B008  # immutable
    """Try every rule; of a service that falls silent, those that were tried until then.

    Raises:
        Unreachable: nobody answers under the address.
    """
    ledger = Ledger()
    found = caller.get("GET discovery", caller.url())
    if not found.status:
        raise Unreachable(f"{caller.url()} cannot be reached: {found.text}")
    check_transport(caller.base_url, ledger)
    check_discovery(found, ledger)
    targets = _targets(found.body, plan)
    stopped = None
    try:
        _call(targets, caller, plan, ledger)
    except Silent as silent:
        ledger.check("C56", False, silent.where, silent.told)
        stopped = str(silent)
    if targets:
        _look_at_cards(caller, ledger)
    check_answers(caller.answers, ledger)
    _say_why_not(targets, plan, ledger, stopped)
    names = tuple(target.name for target in targets)
    calls = len(caller.answers)
    return Report(caller.base_url, names, calls, ledger.results(), _breakdowns(caller.answers), stopped)


def _breakdowns(answers: Sequence[Answer]) -> Result:
    # 501 says that there is no such endpoint, and feedback need not be taken.
    kept = (a for a in answers if not (a.status == 501 and a.where.startswith(FEEDBACK)))
    return breakdowns_in((answer.where, answer.status) for answer in kept)


def _call(targets: list[Target], caller: Caller, plan: Plan, ledger: Ledger) -> None:
    """Every call after discovery.

    Raises:
        Silent: the service does not answer.
    """
    asked: list[Mapping[str, str]] = []
    for target in targets:
        # One service is often offered under several hooks with the same templates.
        check_calls(target, caller, ledger, every_key=plan.every_key and target.templates not in asked)
        asked.append(target.templates)
    check_elsewhere(caller, ledger)
    if targets:
        check_browsers(targets[0], caller, plan.origin, ledger)
        check_callers(targets[0], caller, ledger)
    _give_feedback(targets, caller, plan, ledger)


def _targets(discovery: Any, plan: Plan) -> list[Target]:
    """The services that the suite has requests for."""
    found = []
    for _, service in announced(discovery):
        service_id, hook, prefetch = service.get("id"), service.get("hook"), service.get("prefetch")
        if not isinstance(service_id, str) or not isinstance(hook, str) or hook not in SHAPES:
            continue
        if plan.service_ids and service_id not in plan.service_ids:
            continue
        if plan.hooks and hook not in plan.hooks:
            continue
        given = prefetch.items() if isinstance(prefetch, dict) else ()
        templates = {key: template for key, template in given if isinstance(template, str)}
        found.append(Target(service_id, hook, templates, plan.requests.get(hook)))
    return found


def _look_at_cards(caller: Caller, ledger: Ledger) -> None:
    seen: set[str] = set()
    for answer in caller.answers:
        called = answer.where.startswith("POST ") and not answer.where.startswith(FEEDBACK)
        if called and answer.status == 200:
            check_cards(answer.body, answer.where, ledger, seen)


def _give_feedback(targets: list[Target], caller: Caller, plan: Plan, ledger: Ledger) -> None:
    """Last of all: a service may stay silent about what was declined."""
    if not plan.feedback:
        ledger.skip(("C78", *ABOUT_FEEDBACK), "feedback was not to be sent")
        return
    for service_id in dict.fromkeys(target.id for target in targets):
        called = f"POST {service_id} ("
        answers = [answer for answer in caller.answers if answer.where.startswith(called)]
        cards = next((answer.cards for answer in answers if answer.cards), [])
        check_feedback(service_id, cards, caller, ledger)


def _say_why_not(targets: list[Target], plan: Plan, ledger: Ledger, stopped: str | None) -> None:
    everything = [f"C{number}" for number in range(22, 97)]
    if stopped is not None:
        ledger.skip(everything, "the service was given up before, as it does not answer")
    if not targets:
        named = " of the ids named" if plan.service_ids else " with a hook that the suite knows"
        ledger.skip(everything, f"no service{named} was announced")
        return
    hooks = {target.hook for target in targets}
    for hook, shape in SHAPES.items():
        if hook not in hooks:
            ledger.not_applicable([shape.rule], f"no service for {hook} was tried")
    ledger.not_applicable(["C55"], "no answer held systemActions, as is usual")
    ledger.not_applicable(["C96"], "no answer held an extension")
    ledger.skip(ABOUT_CARDS, "no answer held such an element; a request of your own may get one: --request")
    ledger.skip(everything, "no call came as far")
