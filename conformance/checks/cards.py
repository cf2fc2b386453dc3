"""C54–C77: what a service answers."""

from __future__ import annotations

import re
from typing import Any

from cds_hooks.cards import SUMMARY_LIMIT
from conformance.checks.shapes import is_absolute, is_coding, is_text, is_uuid, objects
from conformance.report import Ledger
from conformance.requests import MARK

ABOUT_CARDS = tuple(f"C{number}" for number in range(58, 76))
"""The rules that need a card to look at."""

_SCRIPT = re.compile(
    r"<\s*(script|iframe|object|embed)\b|<[^>]*\son[a-z]+\s*=|\]\(\s*javascript:", re.IGNORECASE
)


def check_cards(body: Any, where: str, ledger: Ledger, seen: set[str] | None = None) -> None:
    """The body of a 200. ``seen``: uuids of cards of other answers, to which these are added."""
    held = isinstance(body, dict) and isinstance(body.get("cards"), list)
    ledger.check("C54", held, where, "the body is no object with the array 'cards'")
    if not isinstance(body, dict):
        return
    if "systemActions" in body:
        actions = body["systemActions"]
        good = isinstance(actions, list) and bool(actions) and all(isinstance(each, dict) for each in actions)
        ledger.check("C55", good, where, "'systemActions' is no non-empty array of objects")
        for place, action in objects(actions, f"{where}: systemActions"):
            _check_action(action, place, ledger, described=False)
    if not held:
        return
    cards = body["cards"]
    ledger.check("C54", all(isinstance(each, dict) for each in cards), where, "a card is no object")
    uuids = seen if seen is not None else set()
    for place, card in objects(cards, f"{where}: cards"):
        _check_card(card, place, ledger, uuids)


def _check_card(card: dict[str, Any], place: str, ledger: Ledger, uuids: set[str]) -> None:
    if "uuid" in card:
        uuid = card["uuid"]
        ledger.check("C58", is_uuid(uuid), f"{place}.uuid", "it is no UUID")
        ledger.check("C58", str(uuid) not in uuids, f"{place}.uuid", "another card has the same")
        uuids.add(str(uuid))
    summary = card.get("summary")
    ledger.check("C59", is_text(summary), f"{place}.summary", "it lacks or is no text")
    if isinstance(summary, str):
        told = f"it has {len(summary)} characters"
        ledger.check("C59", len(summary) < SUMMARY_LIMIT, f"{place}.summary", told)
    _check_detail(card, place, ledger)
    known = card.get("indicator") in ("info", "warning", "critical")
    ledger.check("C61", known, f"{place}.indicator", "it is none of info, warning, critical")
    _check_source(card.get("source"), f"{place}.source", ledger)
    _check_suggestions(card, place, ledger)
    if "overrideReasons" in card:
        reasons = card["overrideReasons"]
        good = isinstance(reasons, list) and all(
            is_coding(each) and is_text(each.get("display")) for each in reasons
        )
        ledger.check(
            "C72", good, f"{place}.overrideReasons", "they are no Codings with code, system, display"
        )
    _check_links(card, place, ledger)


def _check_detail(card: dict[str, Any], place: str, ledger: Ledger) -> None:
    for name in ("summary", "detail"):
        text = card.get(name)
        if isinstance(text, str) and name == "detail":
            good = not _SCRIPT.search(text) and MARK not in text
            ledger.check("C60", good, f"{place}.{name}", "HTML that can run scripts")
        elif "detail" in card and name == "detail":
            ledger.check("C60", False, f"{place}.{name}", "it is no text")


def _check_source(source: Any, place: str, ledger: Ledger) -> None:
    good = isinstance(source, dict) and is_text(source.get("label"))
    ledger.check("C62", good, place, "it lacks, or has no label")
    if not isinstance(source, dict):
        return
    if "url" in source:
        ledger.check("C63", is_absolute(source["url"]), f"{place}.url", "it is no absolute URL")
    if "icon" in source:
        ledger.check("C64", is_absolute(source["icon"]), f"{place}.icon", "it is no absolute URL")
    if "topic" in source:
        topic = source["topic"]
        ledger.check("C65", isinstance(topic, dict), f"{place}.topic", "it is no object")
        ledger.check("C66", is_coding(topic), f"{place}.topic", "it lacks code or system")


def _check_suggestions(card: dict[str, Any], place: str, ledger: Ledger) -> None:
    behavior = card.get("selectionBehavior")
    suggestions = card.get("suggestions")
    if suggestions or behavior is not None:
        good = behavior in ("at-most-one", "any")
        ledger.check("C67", good, f"{place}.selectionBehavior", "it is neither at-most-one nor any")
    if suggestions is None:
        return
    whole = isinstance(suggestions, list) and all(isinstance(each, dict) for each in suggestions)
    ledger.check("C68", whole, f"{place}.suggestions", "they are no array of objects")
    recommended = 0
    for inner, suggestion in objects(suggestions, f"{place}.suggestions"):
        ledger.check("C68", is_text(suggestion.get("label")), f"{inner}.label", "it lacks or is no text")
        if "isRecommended" in suggestion:
            told = suggestion["isRecommended"]
            ledger.check(
                "C68", isinstance(told, bool), f"{inner}.isRecommended", "it is neither true nor false"
            )
            recommended += told is True
        if "uuid" in suggestion:
            ledger.check("C68", is_text(suggestion["uuid"]), f"{inner}.uuid", "it is no text")
        free = "actionSelectionBehavior" not in suggestion
        ledger.check(
            "C71", free, inner, "actionSelectionBehavior, which the client did not say that it knows"
        )
        for deeper, action in objects(suggestion.get("actions"), f"{inner}.actions"):
            _check_action(action, deeper, ledger, described=True)
    if behavior == "at-most-one":
        told = f"{recommended} are recommended, of which one may be chosen"
        ledger.check("C68", recommended <= 1, f"{place}.suggestions", told)


def _check_action(action: dict[str, Any], place: str, ledger: Ledger, *, described: bool) -> None:
    kind = action.get("type")
    good = kind in ("create", "update", "delete")
    ledger.check("C69", good, f"{place}.type", "it is none of create, update, delete")
    if described:
        good = is_text(action.get("description"))
        ledger.check("C69", good, f"{place}.description", "it lacks or is no text")
    resource = action.get("resource")
    if kind in ("create", "update"):
        good = isinstance(resource, dict) and is_text(resource.get("resourceType"))
        ledger.check("C70", good, f"{place}.resource", f"{kind} carries no resource")
        if kind == "update" and isinstance(resource, dict):
            ledger.check(
                "C70", is_text(resource.get("id")), f"{place}.resource.id", "the resource lacks its id"
            )
    elif kind == "delete":
        named = action.get("resourceId")
        good = is_text(named) or isinstance(resource, dict)
        ledger.check("C70", good, f"{place}.resourceId", "delete names no resource")


def _check_links(card: dict[str, Any], place: str, ledger: Ledger) -> None:
    if "links" not in card:
        return
    links = card["links"]
    whole = isinstance(links, list) and all(isinstance(each, dict) for each in links)
    ledger.check("C73", whole, f"{place}.links", "they are no array of objects")
    for inner, link in objects(links, f"{place}.links"):
        ledger.check("C73", is_text(link.get("label")), f"{inner}.label", "it lacks or is no text")
        ledger.check("C73", is_absolute(link.get("url")), f"{inner}.url", "it lacks or is no absolute URL")
        known = link.get("type") in ("absolute", "smart")
        ledger.check("C73", known, f"{inner}.type", "it is neither absolute nor smart")
        if "appContext" in link:
            ledger.check("C74", link.get("type") == "smart", f"{inner}.appContext", "the link is not smart")
            ledger.check("C74", is_text(link["appContext"]), f"{inner}.appContext", "it is no text")
        if "autolaunchable" in link:
            good = isinstance(link["autolaunchable"], bool)
            ledger.check("C75", good, f"{inner}.autolaunchable", "it is neither true nor false")
