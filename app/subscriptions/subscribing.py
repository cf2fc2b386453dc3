"""The Subscription resources on a FHIR server that this service needs: made, brought up to date, removed.

One for each resource type from which the protocols are judged, in R4's own form: ``criteria`` such as
``Observation?``, and a rest-hook with payload, so that the notification itself tells whom it is about. They
are told from those of others by their endpoint.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

import msgspec

from app.fetch_plan import Way, is_id
from app.subscriptions.profile import Subscribed
from fhir_mappings.client import DocumentError, FetchLimits, FhirClient, Network, Query, sent

_PAYLOAD = "application/fhir+json"
_LIVE = frozenset({"requested", "active"})
_MOST_BYTES = 1_000_000
_LIMITS = FetchLimits(pages=100)
_REFUSED = frozenset({"rejected", "outcome"})


class NotSubscribedError(Exception):
    """The server did not take it; the message says what and why, and holds no secret."""


class Act(NamedTuple):
    """What was done about one Subscription. ``status``: as the server has it."""

    done: Literal["created", "updated", "unchanged", "removed", "there"]
    id: str
    criteria: str
    status: str


class _Channel(msgspec.Struct, frozen=True):
    type: str = ""
    endpoint: str = ""
    payload: str = ""
    header: tuple[str, ...] = ()


class _Subscription(msgspec.Struct, frozen=True):
    channel: _Channel
    id: str = ""
    criteria: str = ""
    status: str = ""


_decoder = msgspec.json.Decoder(_Subscription)


def subscription_of(resource_type: str, subscribed: Subscribed, endpoint: str) -> dict[str, Any]:
    """The Subscription for news of one resource type, as FHIR R4."""
    profile, secrets = subscribed
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": f"Trialcards ({profile.name}): screen patients again for open trials when data arrive",
        "criteria": f"{resource_type}?",
        "channel": {
            "type": "rest-hook",
            "endpoint": endpoint,
            "payload": _PAYLOAD,
            "header": [profile.header_told + secrets[0].get_secret_value()],
        },
    }


class Subscriber:
    """Makes and removes the Subscriptions of one endpoint on one server.

    Args:
        way: the server.
        network: the connections.
        endpoint: to which the server is to post.
        seconds: for each request.
    """

    def __init__(self, way: Way, network: Network, endpoint: str, seconds: float) -> None:
        self._way = way
        self._network = network
        self._endpoint = endpoint
        self._seconds = seconds

    async def there(self) -> list[Act]:
        """Those that are there.

        Raises:
            NotSubscribedError: the server does not tell.
            TokenError: it gives no access token.
        """
        return [Act("there", one.id, one.criteria, one.status) for one in await self._existing()]

    async def bring_about(self, resources: Iterable[Mapping[str, Any]]) -> list[Act]:
        """Have these there, and no others of this endpoint; what is as it should be stays untouched.

        Raises:
            NotSubscribedError: the server refused one, or does not tell which are there.
            TokenError: it gives no access token.
        """
        existing = await self._existing()
        acts = []
        kept: set[str] = set()
        for resource in resources:
            same = [one for one in existing if one.criteria == resource["criteria"]]
            found = min(same, key=lambda one: not _is_as(one, resource), default=None)
            if found is None:
                made = await self._sent("POST", "Subscription", resource)
                acts.append(Act("created", made.id, made.criteria, made.status))
            else:
                kept.add(found.id)
                if not _is_as(found, resource):
                    changed = {**resource, "id": found.id}
                    found = await self._sent("PUT", f"Subscription/{found.id}", changed)
                    acts.append(Act("updated", found.id, found.criteria, found.status))
                else:
                    acts.append(Act("unchanged", found.id, found.criteria, found.status))
        return acts + await self._removed(one for one in existing if one.id not in kept)

    async def remove(self) -> list[Act]:
        """Have none of this endpoint there.

        Raises:
            NotSubscribedError: the server refused, or does not tell which are there.
            TokenError: it gives no access token.
        """
        return await self._removed(await self._existing())

    async def _removed(self, subscriptions: Iterable[_Subscription]) -> list[Act]:
        acts = []
        for one in subscriptions:
            await self._sent("DELETE", f"Subscription/{one.id}", None)
            acts.append(Act("removed", one.id, one.criteria, "-"))
        return acts

    async def _existing(self) -> Sequence[_Subscription]:
        client = FhirClient(
            self._way.base,
            self._network,
            self._way.credentials,
            _LIMITS,
            private_allowed=self._way.private_allowed,
        )
        told = f"Subscription?url={quote(self._endpoint, safe='')}&_count=100"
        for path in (told, "Subscription?_count=100"):  # not every server knows the parameter
            deadline = asyncio.get_running_loop().time() + self._seconds
            found = (await client.fetch({"all": Query("Subscription", path)}, deadline))["all"]
            if found.why not in _REFUSED:
                break
        if found.why is not None:
            raise NotSubscribedError(f"it does not tell which Subscriptions there are ({found.why})")
        named = (_read(raw) for raw in found.resources)
        return [one for one in named if one is not None and one.channel.endpoint == self._endpoint]

    async def _sent(
        self,
        method: Literal["POST", "PUT", "DELETE"],
        path: str,
        resource: Mapping[str, Any] | None,
    ) -> _Subscription:
        try:
            answer = await sent(
                self._network,
                method,
                self._way.base.below(path).url,
                None if resource is None else json.dumps(resource).encode(),
                seconds=self._seconds,
                most_bytes=_MOST_BYTES,
                private_allowed=self._way.private_allowed,
                auth=self._way.credentials,
            )
        except DocumentError as error:
            raise NotSubscribedError(f"{method} {path.split('/')[0]}: no answer ({error})") from None
        if not 200 <= answer.status < 300 and not (method == "DELETE" and answer.status in (404, 410)):
            what = f" of {resource['criteria']}" if resource is not None else ""
            raise NotSubscribedError(
                f"{method} of a Subscription{what} was refused ({answer.status}); see docs/subscriptions.md"
            )
        wanted = resource or {}
        found = _read(answer.body) if answer.body.strip() else None
        if found is not None:
            return found
        name = _last_segment(answer.headers.get("location", "")) or str(wanted.get("id", "?"))
        return _Subscription(_Channel(), name, str(wanted.get("criteria", "")), "requested")


def _read(raw: msgspec.Raw | bytes) -> _Subscription | None:
    try:
        found = _decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if is_id(found.id) else None


def _is_as(found: _Subscription, wanted: Mapping[str, Any]) -> bool:
    channel = wanted["channel"]
    return (
        found.status in _LIVE
        and (found.channel.type, found.channel.payload) == (channel["type"], channel["payload"])
        and list(found.channel.header) == channel["header"]
    )


def _last_segment(location: str) -> str:
    parts: Collection[str] = location.split("/_history/")[0].rstrip("/").split("/")
    *_, last = parts
    return last if is_id(last) else ""
