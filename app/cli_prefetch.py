"""``trialcards prefetch``: the templates that an EHR analyst types in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from pydantic import ValidationError

from app.cli_errors import ArgumentError, InvalidClientsError
from app.cli_service import bundled_service
from app.cli_settings import settings_faults

if TYPE_CHECKING:
    from app.clients.profile import ClientProfile


def prefetch(
    product: Annotated[
        Literal["any", "epic", "oracle-health"],
        typer.Option(
            "--for",
            help="The product that they are for; epic: plain lines of key, tab and template, to paste one by "
            "one.",
        ),
    ] = "any",
    client: Annotated[
        str | None,
        typer.Option(
            "--client", help="Print keys and templates as this client of TRIALCARDS_CLIENTS needs them."
        ),
    ] = None,
) -> None:
    """Print the prefetch templates of the hook, as the open trials need them.

    Clients that do not read the discovery endpoint, Epic among them, have them typed in by an analyst. The
    keys must be spelt as they are here. What is left out counts as not retrieved, and is told as missing.

    \b
    Examples:
      trialcards prefetch
      trialcards prefetch --for epic > templates.txt
      TRIALCARDS_CLIENTS=clients.yaml trialcards prefetch --client own-ehr
    """
    from app.clients.profile import ClientProfile
    from app.prefetch_needs import queries_for
    from app.prefetch_table import templates_of

    of_product = ClientProfile(id=product, preset="standard" if product == "any" else product)
    profile = _profile(client) if client is not None else of_product
    by_category = profile.observations_by_category or of_product.observations_by_category
    queries = queries_for(bound.protocol for bound in bundled_service().protocols.values())
    templates = templates_of(queries, by_category=by_category)
    keys = {query.key: profile.prefetch_keys.get(query.key, query.key) for query in queries}
    if product == "epic":
        for key, template in templates.items():
            typer.echo(f"{keys[key]}\t{template}")
        return
    # Never wrapped: a template that is broken over lines is typed in wrongly.
    width = max(len(key) for key in keys.values())
    for query in queries:
        typer.echo(
            f"{keys[query.key]:<{width}}  {templates[query.key]}\n{'':<{width}}    for {query.purpose}"
        )


def _profile(client: str) -> ClientProfile:
    from app.clients.registry import ClientsError, check_clients
    from app.settings import Settings

    try:
        file = Settings().clients
        profiles = check_clients(file) if file is not None else ()
    except ValidationError as error:
        raise ArgumentError(settings_faults(error)) from None
    except ClientsError as error:
        raise InvalidClientsError(str(error).replace("\n", "; ")) from None
    if file is None:
        raise ArgumentError("--client needs TRIALCARDS_CLIENTS, the file of clients")
    for profile in profiles:
        if profile.id == client:
            return profile
    known = ", ".join(profile.id for profile in profiles) or "none"
    raise ArgumentError(f"there is no client '{client}'; there are: {known}")
