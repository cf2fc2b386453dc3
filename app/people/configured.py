"""From settings to the people who may sign in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from app.clients.key_fetcher import KeyFetcher
from app.people.desk import People
from app.people.person import Role
from app.people.provider import Provider, Registered
from app.settings import Settings
from app.store.configured import database_of, pseudonyms_of


def people_of(settings: Settings, now: Callable[[], datetime], *, hurried: bool = True) -> People:
    """Their database is that of the store; it is not opened here. ``hurried``: no statement may take long."""
    return People(
        database_of(settings, hurried=hurried),
        now,
        timedelta(minutes=settings.session_idle_minutes),
        timedelta(hours=settings.session_hours),
    )


def served_people(settings: Settings, now: Callable[[], datetime], closing: AsyncExitStack) -> People | None:
    """The people, to be let go of by ``closing``; ``None`` where nothing is stored: then nobody signs in."""
    if not settings.store:
        return None
    people = people_of(settings, now)
    closing.callback(people.close)
    return people


def provider_of(settings: Settings, closing: AsyncExitStack) -> Provider | None:
    """The OpenID provider that the settings name; what it holds open is closed with ``closing``."""
    base = settings.pages_url or settings.base_url
    if settings.oidc_issuer is None or settings.oidc_client_id is None or base is None:
        return None
    secret = settings.oidc_client_secret
    trusted = settings.fetch_ca_file
    ca_file = str(trusted) if trusted else None
    fetcher = KeyFetcher(ca_file=ca_file)
    closing.push_async_callback(fetcher.close)
    registered = Registered(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=None if secret is None else secret.get_secret_value(),
        redirect_uri=f"{base}/sign-in/back",
        signed_out_uri=f"{base}/sign-in",
        scope=" ".join(settings.oidc_scope or ("openid", "profile")),
        roles_claim=settings.oidc_roles_claim,
        roles=_role_names(settings.oidc_roles),
        ca_file=ca_file,
    )
    return Provider(registered, fetcher, lambda: pseudonyms_of(settings).key_for("sign-in"))


def _role_names(told: tuple[str, ...]) -> dict[str, Role]:
    """Which of the provider's names is which role; by default our own names."""
    pairs = (pair.rpartition("=") for pair in told)
    return {name: Role(role) for name, _, role in pairs} or {role.value: role for role in Role}
