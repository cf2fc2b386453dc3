"""C4–C21: what a service announces."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cds_hooks.templates import faults
from conformance.caller import Answer
from conformance.checks.shapes import is_text, objects
from conformance.report import Ledger
from conformance.requests import SHAPES

_SEMVER = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
_KEY_TOKEN = re.compile(r"%([A-Za-z][A-Za-z0-9_-]*)")
_RULES = {"delimiters": "C15", "context": "C16", "user": "C17", "subset": "C18"}


def announced(body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The services of a discovery document, each with its place."""
    yield from objects(body.get("services") if isinstance(body, dict) else None, "services")


def check_discovery(answer: Answer, ledger: Ledger) -> None:
    """The answer to ``GET {base}/cds-services``."""
    where = answer.where
    if ledger.check("C4", answer.status == 200, where, answer.told):
        check_document(answer.body, where, ledger)


def check_document(body: Any, where: str, ledger: Ledger) -> None:
    """A discovery document."""
    held = isinstance(body, dict) and isinstance(body.get("services"), list)
    if not ledger.check("C5", held, where, "the body is no object with the array 'services'"):
        return
    whole = all(isinstance(each, dict) for each in body["services"])
    ledger.check("C5", whole, f"{where}: services", "a service is no object")
    pairs = Counter((service.get("id"), service.get("hook")) for _, service in _hashable(body))
    for (service_id, hook), count in pairs.items():
        told = f"'{service_id}' is given {count} times for {hook}"
        ledger.check("C12", count == 1, f"{where}: services", told)
    for place, service in announced(body):
        _check_service(service, f"{where}: {place}", ledger)


def _hashable(body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, service in announced(body):
        if is_text(service.get("id")) and is_text(service.get("hook")):
            yield place, service


def _check_service(service: dict[str, Any], place: str, ledger: Ledger) -> None:
    for name in ("hook", "description", "id"):
        ledger.check("C6", is_text(service.get(name)), f"{place}.{name}", "it lacks or is no text")
    segment = service.get("id")
    if isinstance(segment, str):
        whole = not re.search(r"[/?#\s]", segment)
        ledger.check("C6", whole, f"{place}.id", "it is no segment of a URL")
    ledger.check("C7", is_text(service.get("title")), f"{place}.title", "it lacks")
    if "usageRequirements" in service:
        good = is_text(service["usageRequirements"])
        ledger.check("C9", good, f"{place}.usageRequirements", "it is no text")
    if "version" in service:
        good = is_text(service["version"]) and _SEMVER.fullmatch(service["version"]) is not None
        ledger.check("C10", good, f"{place}.version", "it is no semantic version")
    else:
        ledger.not_applicable(["C10"], "the service announces no version; that belongs to 3.0")
    if "hookVersion" in service and service.get("hook") in SHAPES:
        expected = SHAPES[service["hook"]].version
        good = service["hookVersion"] == expected
        ledger.check("C11", good, f"{place}.hookVersion", f"the hook's definition has {expected}")
    else:
        ledger.not_applicable(["C11"], "the service announces no version of its hook; that belongs to 3.0")
    if "extension" in service:
        ledger.check("C14", isinstance(service["extension"], dict), f"{place}.extension", "it is no object")
    if "prefetch" in service:
        _check_prefetch(service, f"{place}.prefetch", ledger)


def _check_prefetch(service: dict[str, Any], place: str, ledger: Ledger) -> None:
    prefetch = service["prefetch"]
    good = isinstance(prefetch, dict) and all(is_text(template) for template in prefetch.values())
    if not ledger.check("C8", good, place, "it does not map keys to texts"):
        return
    shape = SHAPES.get(str(service.get("hook")))
    earlier: list[str] = []
    for key, template in prefetch.items():
        for name in _KEY_TOKEN.findall(" ".join(re.findall(r"\{\{(.*?)\}\}", template))):
            ledger.check("C21", name in earlier, f"{place}.{key}", f"'%{name}' is no key that comes before")
        earlier.append(key)
        found = faults(template, shape.tokens) if shape else []
        for fault in found:
            ledger.check(_RULES[fault.rule], False, f"{place}.{key}", fault.words)
        if shape:
            for rule in _RULES.values():
                ledger.check(rule, True, f"{place}.{key}", "")
    ledger.not_applicable(["C21"], "no template names another key")
