"""``trialcards audit``: who asked, for whom, and what came out; whose calls were refused; who saw what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from app.cli_errors import ArgumentError
from app.cli_settings import (
    ClientId,
    FhirServer,
    PatientId,
    Since,
    Until,
    client_id,
    instant,
    opened_store,
    pseudonym,
    read_settings,
)
from app.console import terminal

if TYPE_CHECKING:
    from app.store.records import Audited

_NONE = "–"


def audit(
    since: Since = None,
    until: Until = None,
    client: ClientId = None,
    patient: PatientId = None,
    fhir_server: FhirServer = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="Only calls that were refused, and failed ones.")
    ] = False,
    output: Annotated[
        Literal["table", "json", "fhir"],
        typer.Option("--format", help="json: one call or page a line; fhir: a Bundle of R4 AuditEvents."),
    ] = "table",
) -> None:
    """Print the audit trail: who asked, for which patient, which protocols in which version, which verdicts.

    Pages that people saw who were signed in are told with the person's id (trialcards people list).
    Calls that were refused are told with the reason; who made them is known where their token held.
    Patients appear by pseudonym only; a patient is found by id, which needs the pseudonym key of the service.

    \b
    Examples:
      trialcards audit --since 2026-11-01
      trialcards audit --refused --client unknown
      trialcards audit --format fhir --since 2026-11-01 --until 2026-12-01 > november.json
      trialcards audit --patient 4711 --client clinic --fhir-server https://ehr.example/fhir
    """
    from app.store.trail import refusals, trail

    if refused and patient is not None:
        raise ArgumentError("of calls that were refused no patient is kept; leave out --patient or --refused")
    first, last = instant(since, "--since"), instant(until, "--until")
    settings = read_settings()
    name = None if patient is None else pseudonym(settings, patient, client, fhir_server)
    client = client_id(client)
    with opened_store(settings) as database, database.reading_on() as connection:
        if refused:
            found: Iterator[Audited] = refusals(connection, first, last, client=client)
        else:
            found = trail(connection, first, last, client=client, patient=name)
        if output == "json":
            for call in found:
                typer.echo(msgspec.json.encode(call))
        elif output == "fhir":
            from app.audit_event import audit_bundle

            typer.echo(audit_bundle(found))
        else:
            _print(found)


def _print(found: Iterable[Audited]) -> None:
    """A table for people; a line for each call, its cells between tabs, where something else reads."""
    console = terminal()
    if not console.is_terminal:
        for call in found:
            cells = (call.at.isoformat(sep=" ", timespec="seconds"), *_cells(call))
            typer.echo("\t".join(" ".join(cell.replace("\n", "; ").split()) for cell in cells))
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("time", "hook", "client", "user", "patient", "trials"):
        table.add_column(heading, overflow="fold")
    for call in found:
        table.add_row(call.at.isoformat(sep=" ", timespec="seconds"), *map(Text, _cells(call)))
    console.print(table)


def _cells(call: Audited) -> tuple[str, ...]:
    """Hook, client, user, patient, and what came out."""
    from app.store.records import AnswerRecord, PageView, RefusedCall

    if isinstance(call, AnswerRecord):
        return call.act, call.client, call.user or _NONE, call.patient, f"{call.question} v{call.version}"
    if isinstance(call, PageView):
        return f"page {call.page}", _NONE, call.person, call.patient or _NONE, call.trial or _NONE
    if isinstance(call, RefusedCall):
        if call.status is None:
            out = f"{call.calls} more refused, not kept one by one"
        else:
            out = f"refused: {call.status} {call.reason}"
        return call.hook or call.call or _NONE, call.client, _NONE, _NONE, out
    judged = "\n".join(
        f"{each.trial} v{each.version} {each.verdict}"
        + (", shown" if each.card else f", {each.silence}" if each.silence else "")
        for each in call.judged
    )
    return call.hook, call.client, call.user or _NONE, call.patient, judged or "none applies"
