"""``trialcards subscribe``: the Subscriptions on a FHIR server by which it tells what is new."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_errors import ArgumentError, InvalidSubscriptionsError, RetrievalError, one_line
from app.cli_service import bundled_service
from app.cli_settings import read_settings

if TYPE_CHECKING:
    from app.settings import Settings
    from app.subscriptions.profile import Subscribed
    from app.subscriptions.subscribing import Act

_SCOPE = "system/Subscription.cruds"
_ENDPOINT = "/subscriptions/"


def subscribe(
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The subscription, as in the file TRIALCARDS_SUBSCRIPTIONS.")
    ],
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the server reaches this service: its base URL, or the whole endpoint. "
            "TRIALCARDS_BASE_URL by default.",
        ),
    ] = None,
    fhir_base: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The server, if it is reached otherwise than in the file."),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the Subscriptions of that endpoint.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Only list the Subscriptions of that endpoint.")
    ] = False,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Call a server of a private network without TLS.")
    ] = False,
    deadline: Annotated[
        float, typer.Option(min=1, max=3600, metavar="SECONDS", help="Time for each request.")
    ] = 30.0,
) -> None:
    """Have a FHIR server tell this service what is new, by one Subscription (R4, rest-hook) a resource type.

    Types are those that the protocols of the subscription need. Run again, it changes nothing, or what has
    changed since. Each line: what was done, the Subscription, its criteria, its status.

    How to get into the server is said by the file, or else by the environment, as for trialcards screen.

    \b
    Examples:
      export TRIALCARDS_SUBSCRIPTIONS=subscriptions.yaml
      trialcards subscribe --name general-hospital --endpoint https://cds.example.org
      trialcards subscribe --name general-hospital --endpoint https://cds.example.org --list
      trialcards subscribe --name general-hospital --endpoint https://cds.example.org --remove
    """
    if remove and show:
        raise ArgumentError("--remove and --list exclude each other; leave one out")
    settings = read_settings()
    subscribed, types = _read(settings, name)
    where = _endpoint(endpoint or settings.base_url, name)
    acts = asyncio.run(
        _done(
            settings,
            subscribed,
            types,
            where,
            fhir_base=fhir_base,
            allow_http=allow_http,
            seconds=deadline,
            what="remove" if remove else "list" if show else "subscribe",
        )
    )
    for act in acts:
        typer.echo(f"{act.done}\tSubscription/{act.id}\t{act.criteria}\t{act.status}")


def _read(settings: Settings, name: str) -> tuple[Subscribed, tuple[str, ...]]:
    from app.subscriptions.configured import screened_for, types_of
    from app.subscriptions.profile import SubscriptionsError, read_subscriptions

    if settings.subscriptions is None:
        raise ArgumentError("TRIALCARDS_SUBSCRIPTIONS must name the file of subscriptions")
    try:
        known = read_subscriptions(settings.subscriptions)
        if name not in known:
            raise ArgumentError(f"--name: there is no subscription '{name}'; there are: {', '.join(known)}")
        profile = known[name].profile
        not_offered = profile.not_offered if profile.not_offered is not None else settings.not_offered
        return known[name], types_of(screened_for(bundled_service(), profile), not_offered)
    except SubscriptionsError as error:
        raise InvalidSubscriptionsError(one_line(str(error).replace("\n", "; "))) from None


def _endpoint(text: str | None, name: str) -> str:
    """The whole endpoint; a base URL is one without it."""
    from fhir_mappings.client import AddressError, base_address

    if text is None:
        raise ArgumentError("--endpoint is needed, or TRIALCARDS_BASE_URL")
    try:
        found = base_address(text).url
    except AddressError as error:
        raise ArgumentError(f"--endpoint: {error}") from None
    return found if found.endswith(f"{_ENDPOINT}{name}") else f"{found}{_ENDPOINT}{name}"


async def _done(
    settings: Settings,
    subscribed: Subscribed,
    types: tuple[str, ...],
    endpoint: str,
    *,
    fhir_base: str | None,
    allow_http: bool,
    seconds: float,
    what: str,
) -> list[Act]:
    from app.fetch_plan import Way
    from app.server_access import ServerAccess, server_address
    from app.subscriptions.profile import Access
    from app.subscriptions.subscribing import NotSubscribedError, Subscriber, subscription_of
    from fhir_mappings.client import Network, TokenError

    profile = subscribed.profile
    base = server_address(
        fhir_base or profile.fhir_base, http_allowed=allow_http or profile.allow_private_addresses
    )
    try:
        ca_file = settings.fetch_ca_file
        network = Network(str(ca_file) if ca_file is not None else None)
    except (OSError, ssl.SSLError):
        raise ArgumentError("TRIALCARDS_FETCH_CA_FILE: it holds no certificates that can be read") from None
    try:
        own = profile.access != Access()
        access = profile.access.of_server() if own else ServerAccess()
        scope = _SCOPE if own else access.scope or _SCOPE
        credentials = await access.model_copy(update={"scope": scope}).credentials(base, network)
        subscriber = Subscriber(Way(base, credentials, private_allowed=True), network, endpoint, seconds)
        if what == "list":
            return await subscriber.there()
        if what == "remove":
            return await subscriber.remove()
        return await subscriber.bring_about(subscription_of(kind, subscribed, endpoint) for kind in types)
    except OSError as error:
        raise ArgumentError(f"access, bearer_token_file: cannot be read: {error.strerror}") from None
    except NotSubscribedError as error:
        raise RetrievalError(one_line(f"{base.url}: {error}")) from None
    except TokenError as error:
        raise RetrievalError(
            one_line(f"{base.url}: no access token: {error}; see docs/backend-services.md")
        ) from None
    finally:
        await network.aclose()
