"""What a FHIR server posts to a rest-hook endpoint, read.

R4 (https://hl7.org/fhir/R4/subscription.html): the resource that matched, or nothing at all. Subscriptions R5
Backport 1.1 (https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html): a Bundle whose first
entry tells what the notification is and of which events: a Parameters in R4, a SubscriptionStatus in R4B. The
resources themselves may follow (``full-resource``), be named (``id-only``), or neither (``empty``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast, get_args

import msgspec

from app.errors import UnreadableBodyError
from app.subscriptions.news import PATIENT, SOMETHING, News, of_reference, of_resource
from cds_hooks.errors import NotJsonError
from cds_hooks.json_objects import members, text_of
from cds_hooks.prefetch import type_of
from fhir_mappings.client import Address
from fhir_mappings.decoding import peek

Kind = Literal[
    "handshake", "heartbeat", "event-notification", "query-status", "query-event",
    "resource", "deletion", "empty",
]  # fmt: skip
"""The code of the backport's notification type; the last three where R4 has none."""

_TYPES = frozenset(get_args(Kind)[:5])
_OF_EVENTS = frozenset({"event-notification", "query-event"})
_STATUSES = frozenset({"Parameters", "SubscriptionStatus"})
_NOTIFYING = frozenset({"history", "subscription-notification"})


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One notification.

    Attributes:
        kind: what it is.
        news: what is new, each once.
        untold: events and resources of which it cannot be told whom they are about.
        subscription: ``Subscription/ID`` of the server, where it is told.
        numbers: of the events, counted by the server since the subscription began.
        since_start: how many there were so far; ``None`` where that is not told.
        is_faulty: whether the server says that the subscription is in error or off.
        is_bundle: whether it came as a Bundle.
    """

    kind: Kind
    news: tuple[News, ...] = ()
    untold: int = 0
    subscription: str | None = None
    numbers: tuple[int, ...] = ()
    since_start: int | None = None
    is_faulty: bool = False
    is_bundle: bool = False


_NONE = msgspec.Raw(b"null")


class _Entry(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = _NONE


class _Bundle(msgspec.Struct, frozen=True):
    type: str | None = None
    entry: tuple[_Entry, ...] = ()


class _Event(msgspec.Struct, frozen=True):
    number: int | None
    focus: object
    context: Sequence[object]


_bundles = msgspec.json.Decoder(_Bundle)
_resources = msgspec.json.Decoder(dict[str, Any])

EMPTY = Notification(kind="empty", news=(SOMETHING,))
"""A rest-hook without payload: something is new."""


def read_notification(body: bytes, base: Address) -> Notification:
    """What a body tells.

    Args:
        body: as it was posted.
        base: the server that posts.

    Raises:
        UnreadableBodyError: it is no FHIR resource as JSON, or a Bundle that cannot be read.
    """
    if not body.strip():
        return EMPTY
    try:
        text = text_of(body)
        members(text)
    except NotJsonError as error:
        raise UnreadableBodyError(error.message) from None
    kind = type_of(text)
    if kind is None:
        raise UnreadableBodyError("'resourceType' is required: a FHIR resource, or a Bundle of notification")
    if kind == "Bundle":
        return msgspec.structs.replace(_of_bundle(text, base), is_bundle=True)
    if kind in _STATUSES:
        return _of_status(text, (), base)
    return _of_resources([text], base)


def _of_bundle(text: bytes, base: Address) -> Notification:
    try:
        bundle = _bundles.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableBodyError("'entry' is no list of entries of a Bundle", "Bundle.entry") from None
    resources = [entry.resource for entry in bundle.entry if entry.resource != _NONE]
    if bundle.type in _NOTIFYING:
        if not resources or type_of(resources[0]) not in _STATUSES:
            raise UnreadableBodyError(
                "the first entry of a notification is its status: a Parameters or a SubscriptionStatus",
                "Bundle.entry[0].resource",
            )
        return _of_status(bytes(resources[0]), resources[1:], base)
    return _of_resources(resources, base)


def _of_resources(resources: Iterable[msgspec.Raw | bytes], base: Address) -> Notification:
    found = [of_resource(raw, base) for raw in resources]
    return Notification(kind="resource", news=_once(found), untold=found.count(None))


def _of_status(text: bytes, resources: Sequence[msgspec.Raw], base: Address) -> Notification:
    try:
        told = _resources.decode(text)
        status = _parameters(told) if told["resourceType"] == "Parameters" else told
        kind = status.get("type")
        if kind not in _TYPES:
            raise UnreadableBodyError(
                "the status of the notification has no 'type' that is known: handshake, heartbeat, "
                "event-notification, query-status, query-event",
                "type",
            )
        events = tuple(_events(status.get("notificationEvent")))
        since_start = _number(status.get("eventsSinceSubscriptionStart"))
    except (msgspec.DecodeError, RecursionError, TypeError, AttributeError, KeyError):
        raise UnreadableBodyError("the status of the notification cannot be read") from None
    found: list[News | None] = []
    if kind in _OF_EVENTS:
        at_hand = {_name(raw): of_resource(raw, base) for raw in resources}
        found = [_news_of(event, at_hand, base) for event in events]
        if not any(event.focus is not None for event in events):
            # Nothing named what is new; the resources themselves may.
            found = list(at_hand.values()) or [SOMETHING]
    subscription = of_reference(_reference(status.get("subscription")), base)
    return Notification(
        kind=cast("Kind", kind),
        news=_once(found),
        untold=found.count(None),
        subscription=None if subscription is None else "/".join(subscription),
        numbers=tuple(event.number for event in events if event.number is not None),
        since_start=since_start,
        is_faulty=status.get("status") in ("error", "off"),
    )


def _news_of(event: _Event, at_hand: Mapping[News | None, News | None], base: Address) -> News | None:
    focus = of_reference(event.focus, base)
    if focus is None:
        return None if event.focus is not None else SOMETHING
    if focus.kind == PATIENT:
        return focus
    if at_hand.get(focus) is not None:
        return at_hand[focus]
    around = {news for one in event.context if (news := of_reference(one, base)) and news.kind == PATIENT}
    if len(around) == 1:
        return around.pop()
    return None if focus in at_hand else focus


def _name(raw: msgspec.Raw) -> News | None:
    seen = peek(raw)
    return News(seen.resource_type or "", seen.id or "") if seen is not None else None


def _once(found: Iterable[News | None]) -> tuple[News, ...]:
    return tuple(dict.fromkeys(news for news in found if news is not None))


def _parameters(told: Mapping[str, Any]) -> dict[str, Any]:
    """A Parameters of the backport in the shape of a SubscriptionStatus."""
    status: dict[str, Any] = {"notificationEvent": []}
    for one in told.get("parameter", ()):
        name = _camel(one["name"])
        if name == "notificationEvent":
            parts: dict[str, Any] = {"additionalContext": []}
            for part in one.get("part", ()):
                if part["name"] == "additional-context":
                    parts["additionalContext"].append(_value(part))
                else:
                    parts[_camel(part["name"])] = _value(part)
            status[name].append(parts)
        else:
            status[name] = _value(one)
    return status


def _value(parameter: Mapping[str, Any]) -> Any:
    return next((value for name, value in parameter.items() if name.startswith("value")), None)


def _camel(name: str) -> str:
    first, *others = name.split("-")
    return first + "".join(part.capitalize() for part in others)


def _events(told: Any) -> Iterator[_Event]:
    for one in told or ():
        yield _Event(
            number=_number(one.get("eventNumber")),
            focus=_reference(one.get("focus")),
            context=[_reference(context) for context in one.get("additionalContext") or ()],
        )


def _reference(told: Any) -> object:
    return told.get("reference") if isinstance(told, dict) else None


def _number(told: Any) -> int | None:
    """An integer, also as the string that JSON has for 64 bits (R5's ``integer64``)."""
    text = str(told) if isinstance(told, (int, str)) and not isinstance(told, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
