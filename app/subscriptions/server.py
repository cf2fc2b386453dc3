"""The server that a subscription is of: charts, whose a resource is, and who has anything new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

import msgspec

from app.charts import Charts
from app.cli_errors import ArgumentError
from app.fetch_plan import Way
from app.server_charts import NoChartError, ServerChart, chart_from
from app.subscriptions.news import News, of_resource
from app.subscriptions.profile import SubscriptionProfile
from fhir_mappings.client import Credentials, FetchLimits, FhirClient, Query, base_address

_FOCUS = FetchLimits(pages=1)
_CHANGED = FetchLimits(
    pages=1_000, resources=100_000, answer_bytes=50_000_000, call_bytes=500_000_000, concurrency=2
)
_PAGE = 200


class NoAccessError(Exception):
    """How the operator's file says to get into the server is of no use; the message names no secret."""


class Changed(NamedTuple):
    """Who has anything new. ``partly``: resource types of which it is not known wholly, with the reason."""

    news: frozenset[News]
    partly: dict[str, str]


class SubscribedServer:
    """Asks one server.

    Args:
        profile: of the subscription.
        charts: gathers charts.
        types: resource types that a screening needs.
        not_offered: those that the server does not have.
        by_category: it demands a category in searches for Observations, and gives one to each.
        seconds: for one chart.
    """

    def __init__(
        self,
        profile: SubscriptionProfile,
        charts: Charts,
        types: Collection[str],
        not_offered: Collection[str],
        *,
        by_category: bool,
        seconds: float,
    ) -> None:
        self.base = base_address(profile.fhir_base)
        self._profile = profile
        self._charts = charts
        self._types = sorted(set(types) - set(not_offered))
        self._not_offered = not_offered
        self._by_category = by_category
        self._seconds = seconds
        self._credentials: list[Credentials | None] = []

    async def chart(self, patient_id: str) -> ServerChart:
        """The chart of a patient.

        Raises:
            NoAccessError: the access that the operator told cannot be used.
            NoChartError: there is none.
            TokenError: the server gives no access token.
        """
        return await chart_from(
            self._charts,
            await self._way(),
            patient_id,
            seconds=self._seconds,
            not_offered=self._not_offered,
        )

    async def patient_of(self, news: News) -> News | None:
        """The patient whom a resource of the server is about, if it is about one.

        Raises:
            NoAccessError, NoChartError, TokenError: as for a chart.
        """
        query = Query(news.kind, f"{news.kind}/{news.id}", urgent=True)
        found = (await (await self._client(_FOCUS)).fetch({"focus": query}, self._deadline()))["focus"]
        if found.why is not None or not found.resources:
            raise NoChartError(found.why or "not-found")
        return of_resource(found.resources[0], self.base)

    async def changed_since(self, instant: datetime) -> Changed:
        """The patients of whom anything was stored since an instant, which is in UTC.

        Raises:
            NoAccessError, TokenError: as for a chart.
        """
        told = instant.isoformat(timespec="seconds").replace("+00:00", "Z")
        queries = {kind: Query(kind, f"{kind}?_lastUpdated=ge{told}&_count={_PAGE}") for kind in self._types}
        answers = await (await self._client(_CHANGED)).fetch(queries, self._deadline())
        news = (
            of_resource(raw, self.base)
            for found in answers.values()
            for raw in found.resources
            if _may_be_since(raw, instant)
        )
        partly = {kind: found.why for kind, found in answers.items() if found.why is not None}
        return Changed(frozenset(one for one in news if one is not None), dict(partly))

    async def _client(self, limits: FetchLimits) -> FhirClient:
        way = await self._way()
        return FhirClient(
            way.base,
            self._charts.network,
            way.credentials,
            limits,
            share=way.share,
            private_allowed=way.private_allowed,
        )

    async def _way(self) -> Way:
        if not self._credentials:
            try:
                access = self._profile.access.of_server()
                self._credentials = [await access.credentials(self.base, self._charts.network)]
            except (OSError, ArgumentError) as error:
                raise NoAccessError(type(error).__name__) from None
        return Way(
            self.base,
            self._credentials[0],
            self._profile.allow_private_addresses,
            self.base,
            self._by_category,
        )

    def _deadline(self) -> float:
        clock: Callable[[], float] = asyncio.get_running_loop().time
        return clock() + self._seconds


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    last_updated: datetime | None = None


class _Stored(msgspec.Struct, frozen=True):
    meta: _Meta | None = None


_stored = msgspec.json.Decoder(_Stored)


def _may_be_since(raw: msgspec.Raw, instant: datetime) -> bool:
    """Not, if it says of itself that it is older: a server may not know ``_lastUpdated``, and send all."""
    try:
        meta = _stored.decode(raw).meta
    except (msgspec.DecodeError, RecursionError):
        return True
    at = None if meta is None else meta.last_updated
    return at is None or at.tzinfo is None or at >= instant
