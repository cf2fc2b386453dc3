"""``trialcards audit``: who asked, for which patient, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from app.cli_settings import (
    ClientId,
    FhirServer,
    PatientId,
    Since,
    Until,
    instant,
    opened_store,
    pseudonym,
    read_settings,
)
from app.console import terminal

if TYPE_CHECKING:
    from app.store.records import HookCall


def audit(
    since: Since = None,
    until: Until = None,
    client: ClientId = None,
    patient: PatientId = None,
    fhir_server: FhirServer = None,
    output: Annotated[
        Literal["table", "json", "fhir"],
        typer.Option("--format", help="json: one call a line; fhir: a Bundle of R4 AuditEvents."),
    ] = "table",
) -> None:
    """Print the audit trail: who asked, for which patient, which protocols in which version, which verdicts.

    Patients appear by pseudonym only; a patient is found by id, which needs the pseudonym key of the service.

    \b
    Examples:
      trialcards audit --since 2026-11-01
      trialcards audit --format fhir --since 2026-11-01 --until 2026-12-01 > november.json
      trialcards audit --patient 4711 --client clinic --fhir-server https://ehr.example/fhir
    """
    from app.store.reading import calls

    first, last = instant(since, "--since"), instant(until, "--until")
    settings = read_settings()
    name = None if patient is None else pseudonym(settings, patient, client, fhir_server)
    with opened_store(settings) as database, database.reading_on() as connection:
        found = calls(connection, first, last, client=client, patient=name)
        if output == "json":
            for call in found:
                typer.echo(msgspec.json.encode(call))
        elif output == "fhir":
            from app.audit_event import audit_bundle

            typer.echo(audit_bundle(found))
        else:
            _print(list(found))


def _print(found: Sequence[HookCall]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("time", "hook", "client", "user", "patient", "trials"):
        table.add_column(heading, overflow="fold")
    for call in found:
        judged = "\n".join(
            f"{each.trial} v{each.version} {each.verdict}"
            + (", shown" if each.card else f", {each.silence}" if each.silence else "")
            for each in call.judged
        )
        cells = (call.hook, call.client, call.user or "–", call.patient, judged or "none applies")
        table.add_row(call.at.isoformat(sep=" ", timespec="seconds"), *map(Text, cells))
    terminal().print(table)
