"""From settings to what screens patients again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from datetime import date, datetime

import structlog

from app.answers.book import AnswerBook
from app.charts import Charts
from app.clients.profile import ClientProfile
from app.clients.registry import Clients
from app.listing.desk import ListDesk
from app.metrics import Metrics
from app.prefetch_needs import queries_for, unneeded_types
from app.screening import ScreeningService, UnknownProtocolError
from app.server_charts import settings_for
from app.settings import Settings
from app.store.configured import database_of
from app.store.kept import Watcher
from app.store.memory import Memory
from app.subscriptions.desk import SubscriptionDesk
from app.subscriptions.profile import SubscriptionProfile, SubscriptionsError, read_subscriptions
from app.subscriptions.progress import Progress
from app.subscriptions.rescreening import Rescreener
from app.subscriptions.screened import ChartScreening
from app.subscriptions.server import SubscribedServer
from app.subscriptions.waiting import Waiting


def screened_for(service: ScreeningService, profile: SubscriptionProfile) -> ScreeningService:
    """The service with the protocols of a subscription alone.

    Raises:
        SubscriptionsError: there is no such protocol, or it is not open.
    """
    try:
        chosen = service.chosen(profile.protocols)
    except UnknownProtocolError as error:
        raise SubscriptionsError(f"subscription '{profile.name}', protocols: {error}") from None
    for bound in chosen:
        if not bound.protocol.open:
            raise SubscriptionsError(
                f"subscription '{profile.name}', protocols: '{bound.protocol.id}' is not open; only those "
                "that enrol are screened for"
            )
    return ScreeningService({bound.protocol.id: bound for bound in chosen})


def types_of(service: ScreeningService, not_offered: Collection[str] = ()) -> tuple[str, ...]:
    """The resource types of which news matter to these protocols, in the order of the prefetch."""
    queries = queries_for(bound.protocol for bound in service.protocols.values())
    return tuple(query.resource_type for query in queries if query.resource_type not in not_offered)


def subscription_desk(
    settings: Settings,
    clients: Clients,
    service: ScreeningService,
    memory: Memory,
    listing: ListDesk | None,
    answers: AnswerBook | None,
    metrics: Metrics,
    logger: structlog.typing.FilteringBoundLogger,
    watcher: Watcher,
    today: Callable[[], date],
    now: Callable[[], datetime],
    closing: AsyncExitStack,
) -> SubscriptionDesk | None:
    """What takes notifications, not yet started, to be stopped by ``closing``; ``None`` if none is to come.

    Raises:
        SubscriptionsError: the file of subscriptions cannot be used.
        OSError, ssl.SSLError: the file of trusted authorities cannot be used.
    """
    if settings.subscriptions is None:
        return None
    if not settings.store:
        raise SubscriptionsError(
            "TRIALCARDS_SUBSCRIPTIONS needs the store: what is screened again is kept there; leave "
            "TRIALCARDS_STORE on"
        )
    subscribed = read_subscriptions(settings.subscriptions)
    seconds = settings.subscription_fetch_seconds
    desks: dict[str, Rescreener] = {}
    for name, (profile, _) in subscribed.items():
        client = client_of(profile, clients)
        own = screened_for(service, profile)
        not_offered = not_offered_by(profile, client, settings)
        charts = Charts(
            settings_for(settings, seconds),
            unneeded_types(bound.protocol for bound in own.protocols.values()),
        )
        closing.push_async_callback(charts.aclose)
        by_category = profile.observations_by_category
        if by_category is None:
            by_category = client is not None and client.observations_by_category
        server = SubscribedServer(
            profile,
            charts,
            types_of(own, not_offered),
            not_offered,
            by_category=by_category,
            seconds=seconds,
        )
        desks[name] = Rescreener(
            name,
            server,
            ChartScreening(own, profile.client or name, server.base.url, today, memory, listing, answers),
            Waiting(settings.subscription_most_waiting, settings.subscription_settle_seconds),
            Progress(name, database_of(settings), watcher),
            metrics,
            logger,
            now,
        )
    desk = SubscriptionDesk(subscribed, desks)
    closing.push_async_callback(desk.stop)
    return desk


def client_of(profile: SubscriptionProfile, clients: Clients) -> ClientProfile | None:
    """The client whose charts they are, where one is named.

    Raises:
        SubscriptionsError: there is none of that id.
    """
    if profile.client is None:
        return None
    known = [*clients.profiles, *([clients.open_mode] if clients.open_mode is not None else [])]
    for client in known:
        if client.id == profile.client:
            return client
    raise SubscriptionsError(
        f"subscription '{profile.name}', client: there is no client '{profile.client}'; there are: "
        + (", ".join(client.id for client in known) or "none")
    )


def not_offered_by(
    profile: SubscriptionProfile, client: ClientProfile | None, settings: Settings
) -> frozenset[str]:
    """The resource types that the server does not have."""
    if profile.not_offered is not None:
        return frozenset(profile.not_offered)
    named = client.not_offered if client is not None else None
    return frozenset(settings.not_offered if named is None else named)
