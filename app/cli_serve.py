"""``trialcards serve``."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from app.cli_errors import ArgumentError, InvalidClientsError, InvalidProtocolError, InvalidSubscriptionsError
from app.cli_settings import settings_faults
from eligibility.errors import ProtocolError

if TYPE_CHECKING:
    from app.settings import Settings

DEMO_PATIENT = "lin-mei"
_EACH_WORKER = "A token is good for one call in each worker; set TRIALCARDS_REDIS_URL for one call in all."
_UNGUARDED = (
    "Whoever reaches this address can read /metrics: keep it from others at the proxy, or set "
    "TRIALCARDS_METRICS_TOKEN, or TRIALCARDS_METRICS=false."
)
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # read here, never bound
"""Where to reach a server that listens on all addresses."""
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 1,
    open_to_all: Annotated[
        bool, typer.Option("--open", help="Also answer calls that no client vouches for: to try out.")
    ] = False,
) -> None:
    """Serve the CDS Hooks service, with the playground where it is open.

    Settings come from the environment (TRIALCARDS_…).

    \b
    Examples:
      trialcards serve --open
      TRIALCARDS_CLIENTS=clients.yaml trialcards serve --host 0.0.0.0 --port 9000 --workers 4
    """
    # FastAPI and uvicorn take half a second to import, which other commands need not wait for.
    import uvicorn

    from app.clients.registry import ClientsError, read_clients
    from app.loopback import is_loopback
    from app.request_heads import bounded_heads
    from app.server import create_app
    from app.settings import Settings
    from app.subscriptions.profile import SubscriptionsError

    _must_be_free(host, port)
    if open_to_all:
        os.environ["TRIALCARDS_OPEN"] = "true"  # workers read their settings anew
    try:
        settings = _reachable(Settings(), host, port)
        clients = read_clients(settings)
        application = create_app(settings, clients=clients)
    except ProtocolError as error:
        raise InvalidProtocolError(str(error)) from None
    except ClientsError as error:
        raise InvalidClientsError(str(error).replace("\n", "; ")) from None
    except SubscriptionsError as error:
        raise InvalidSubscriptionsError(str(error).replace("\n", "; ")) from None
    except ValidationError as error:
        raise ArgumentError(settings_faults(error)) from None
    warnings = [clients.warning] if clients.warning else []
    if workers > 1 and clients.profiles and settings.redis_url is None:
        warnings.append(_EACH_WORKER)
    if settings.metrics and settings.metrics_token is None and not is_loopback(host):
        warnings.append(_UNGUARDED)
    told = (settings, host, port, "\n".join(warnings), clients.open_mode is not None)
    threading.Thread(target=_announce, args=told, daemon=True).start()
    http = bounded_heads(settings.head_seconds, settings.write_seconds, settings.most_connections)
    if workers == 1:
        uvicorn.run(application, host=host, port=port, http=http, ws="none", server_header=False)
        return
    with tempfile.TemporaryDirectory(prefix="trialcards-metrics-") as folder:
        # The library looks for it when it is loaded, which each worker does anew; it adds their figures up.
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        uvicorn.run(
            "app.server:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=http,
            ws="none",
            server_header=False,
        )


def _reachable(settings: Settings, host: str, port: int) -> Settings:
    """Where nobody says where browsers reach the pages and only this machine can, that is known."""
    if settings.pages_url is not None or settings.base_url is not None or host not in _HERE:
        return settings
    os.environ["TRIALCARDS_PAGES_URL"] = address_of(host, port)  # workers read their settings anew
    return type(settings)()


def address_of(host: str, port: int) -> str:
    """How a browser on this machine reaches it."""
    reachable = _ANY.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def announcement(host: str, port: int, warning: str = "", demonstrated: bool = True) -> str:
    """Whom the hooks answer; and, for trying out, what to open, and a call that returns a card."""
    address = address_of(host, port)
    told = f"\n{warning}\n" if warning else ""
    if not demonstrated:
        return f"{told}\nTrialcards is ready at {address}/cds-services\n"
    return (
        f"{told}\nTrialcards is ready. Open {address}/\n"
        "or call the hook as an EHR does when a chart is opened:\n\n"
        f"  curl -s {address}/demo/requests/{DEMO_PATIENT} |\n"
        f"    curl -s {address}/cds-services/lupus-trials -H 'Content-Type: application/json' -d @-\n"
    )


def _must_be_free(host: str, port: int) -> None:
    """Raise in words what uvicorn would log: somebody else has the port, or the address is not ours."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ArgumentError(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another --port or --host"
            ) from None


def set_up_words(settings: Settings, host: str, port: int) -> str:
    """Once, at the first start: the link by which somebody sets the password of the local account."""
    from app.cli_people import set_up_address
    from app.people.configured import people_of
    from app.store.errors import StoreError

    if not settings.store or settings.oidc_issuer is not None:
        return ""
    desk = people_of(settings, lambda: datetime.now(UTC))
    try:
        token = desk.local_set_up()
    except StoreError:
        return ""  # the log tells of it; trialcards people reset makes a link later
    finally:
        desk.close()
    if token is None:
        return ""
    address = settings.pages_url or settings.base_url or address_of(host, port)
    return (
        "\nTo sign in, set a password within a week (this link is good once and is not told again):\n"
        f"\n  {set_up_address(address, token)}\n"
    )


def _announce(settings: Settings, host: str, port: int, warning: str, demonstrated: bool) -> None:
    """Say what to open as soon as the server accepts connections."""
    while True:
        try:
            socket.create_connection((_ANY.get(host, host), port), timeout=0.5).close()
        except OSError:
            time.sleep(0.05)
            continue
        typer.echo(announcement(host, port, warning, demonstrated))
        if words := set_up_words(settings, host, port):
            typer.echo(words)
        return
