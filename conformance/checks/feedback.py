"""C78–C87: what became of cards."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.caller import Caller
from conformance.checks.shapes import is_text, objects
from conformance.report import Ledger

ABOUT_FEEDBACK = tuple(f"C{number}" for number in range(79, 88) if number != 86)
FEEDBACK = "POST feedback of "
"""Calls that give feedback are told so."""


def item(card: str | None, **changed: Any) -> dict[str, Any]:
    """An override without reason, a second ago; ``None`` leaves an element out."""
    told = datetime.now(UTC) - timedelta(seconds=1)
    made = {
        "card": card,
        "outcome": "overridden",
        "outcomeTimestamp": told.isoformat(timespec="seconds").replace("+00:00", "Z"),
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def check_feedback(service_id: str, cards: Sequence[Any], caller: Caller, ledger: Ledger) -> None:
    """Feedback for cards that this service has sent, and for others."""
    url = caller.url(service_id, feedback=True)

    def send(what: str, document: Any) -> Any:
        return caller.post(f"{FEEDBACK}{service_id}, {what}", url, document)

    unknown = str(uuid.uuid4())
    first = send("a card that is not known", {"feedback": [item(unknown)]})
    if first.status in (404, 405, 501):
        ledger.not_applicable(("C78", *ABOUT_FEEDBACK), "the service takes no feedback, which is free to it")
        return
    ledger.check("C78", first.status < 300, first.where, first.told)
    ledger.check("C80", first.status < 300, first.where, first.told)
    known = [each for each in cards if isinstance(each, dict) and is_text(each.get("uuid"))]
    uuids = [each["uuid"] for each in known] or [unknown]
    comment = item(uuids[0], overrideReason={"userComment": "not now"})
    old = item(unknown, outcomeTimestamp="2019-02-03T04:05:06Z")
    taken: dict[str, tuple[str, Any]] = {
        "every card in one batch": ("C81", {"feedback": [item(each) for each in uuids]}),
        "the same batch again": ("C81", {"feedback": [item(each) for each in uuids]}),
        "the same card twice in a batch": ("C81", {"feedback": [comment, comment]}),
        "a card of years ago": ("C81", {"feedback": [old]}),
        "known and unknown cards": ("C80", {"feedback": [item(unknown), item(uuids[0])]}),
        "a comment without a reason": ("C85", {"feedback": [comment]}),
        "a reason without display": ("C85", {"feedback": [item(uuids[0], overrideReason=_reason(known))]}),
    }
    for accepted in _accepted(known):
        taken["a suggestion is accepted"] = ("C83", {"feedback": [accepted]})
    for what, (rule, document) in taken.items():
        answer = send(what, document)
        ledger.check(rule, answer.status in range(200, 300), answer.where, answer.told)
    _check_refusals(send, uuids[0], ledger)


def _check_refusals(send: Any, card: str, ledger: Ledger) -> None:
    refused: dict[str, tuple[str, Any]] = {
        "no JSON": ("C79", b"{"),
        "without feedback": ("C79", {}),
        "feedback is an object": ("C79", {"feedback": item(card)}),
        "without card": ("C80", {"feedback": [item(None)]}),
        "without outcome": ("C82", {"feedback": [item(card, outcome=None)]}),
        "an outcome that is neither": ("C82", {"feedback": [item(card, outcome="ignored")]}),
        "accepted without acceptedSuggestions": ("C83", {"feedback": [item(card, outcome="accepted")]}),
        "without outcomeTimestamp": ("C84", {"feedback": [item(card, outcomeTimestamp=None)]}),
        "a time that is none": ("C84", {"feedback": [item(card, outcomeTimestamp="22/11/2026")]}),
        "an empty overrideReason": ("C85", {"feedback": [item(card, overrideReason={})]}),
    }
    for what, (rule, document) in refused.items():
        answer = send(what, document)
        ledger.check(rule, answer.refused, answer.where, f"{answer.told} to what it must refuse")


def _reason(cards: Sequence[dict[str, Any]]) -> dict[str, Any]:
    for card in cards:
        for _, reason in objects(card.get("overrideReasons"), ""):
            return {"reason": {name: reason.get(name) for name in ("code", "system")}}
    return {"reason": {"code": "other", "system": "https://ehr.invalid/reasons"}}


def _accepted(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the first suggestion that has a uuid."""
    for card in cards:
        for _, suggestion in objects(card.get("suggestions"), ""):
            if is_text(suggestion.get("uuid")):
                ids = [{"id": suggestion["uuid"]}]
                return [item(card["uuid"], outcome="accepted", acceptedSuggestions=ids)]
    return [item(str(uuid.uuid4()), outcome="accepted", acceptedSuggestions=[{"id": str(uuid.uuid4())}])]
