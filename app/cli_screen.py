"""``trialcards screen``: the patients of a file, or of a FHIR server, against the open protocols."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from app.cli_dates import BaselineDate, Day0, EnrolmentDate, ScreeningDate, date_option
from app.cli_errors import ArgumentError, UnreadableFileError
from app.cli_files import patients_in, read_file, refuse_invalid, unscreened
from app.cli_service import service_with
from app.console import terminal, tolerate_unknown_signs
from app.language import Language
from app.rendering.page import html_page
from app.rendering.table import print_report
from app.resource_types import known_resource_types
from app.screening import UnknownProtocolError
from eligibility.course import Anchors
from eligibility.findings import ScreeningReport
from fhir_mappings.record import PatientRecord

Form = Literal["table", "json", "html"]
MANY = 20
"""From so many patients on, a terminal shows a progress bar."""


def screen(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE|-", help="Bundle, resource or NDJSON, gzipped or not; - for stdin."),
    ] = None,
    fhir_base: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask this FHIR server in place of a file; with --patient."),
    ] = None,
    patient: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="The patient to ask for, as ID or Patient/ID; repeatable."),
    ] = None,
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID|FILE",
            help="Only this protocol, open or not: an id or a YAML file; repeatable. All open by default.",
        ),
    ] = None,
    as_of: Annotated[
        date | None, date_option("--as-of", "Judge the chart as of this day. Today by default.")
    ] = None,
    screening_date: ScreeningDate = None,
    baseline_date: BaselineDate = None,
    enrolment_date: EnrolmentDate = None,
    day0: Day0 = None,
    form: Annotated[Form, typer.Option("--format", help="How to show the reports.")] = "table",
    language: Annotated[
        Language, typer.Option(envvar="TRIALCARDS_LANGUAGE", help="Language of reasons and headings.")
    ] = "en",
    retrieved: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TYPES",
            help="Resource types that the file holds wholly, or that the server is asked for; "
            "comma-separated or repeated. All by default.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what full FHIR validation refuses.")
    ] = False,
    deadline: Annotated[
        float,
        typer.Option(min=1, max=3600, metavar="SECONDS", help="Time to ask the server in, for each patient."),
    ] = 60.0,
    allow_http: Annotated[
        bool,
        typer.Option("--allow-http", help="Call a server of a private network without TLS."),
    ] = False,
    by_category: Annotated[
        bool,
        typer.Option(
            "--observations-by-category",
            help="The server gives a category to every Observation and wants one in searches (US Core).",
        ),
    ] = False,
) -> None:
    """Screen the patients of a file, or of a FHIR server, against the open protocols.

    The file is taken as the whole record unless --retrieved says otherwise. What a server does not give
    counts as not retrieved.

    The environment tells how to get into the server: TRIALCARDS_BEARER_TOKEN, or TRIALCARDS_CLIENT_ID and
    TRIALCARDS_PRIVATE_KEY_FILE (SMART Backend Services), or nothing where it is open.

    \b
    Examples:
      trialcards screen chart.json
      trialcards screen chart.json --as-of 2026-06-15 --protocol nct07517536 --format json
      trialcards screen chart.json --protocol my-trial.yaml
      trialcards screen patients.ndjson --format html > reports.html
      curl -s $FHIR/Patient/1/\\$everything | trialcards screen - --retrieved Patient,Observation
      trialcards screen --fhir-base https://ehr.example.org/fhir --patient 123
      trialcards screen --fhir-base http://localhost:8080/fhir --patient lin-mei --patient sofia-reyes
    """
    try:
        kinds = known_resource_types(retrieved or ())
    except ValueError as error:
        raise ArgumentError(f"--retrieved: {error}") from None
    exit_code = 0
    if fhir_base is None:
        if file is None or patient or allow_http or by_category:
            raise ArgumentError("name a FILE (- for standard input), or --fhir-base with --patient")
        place = file
        body = read_file(file)
        if strict:
            refuse_invalid(body, file)
        patients = [PatientRecord(facts) for facts in patients_in(body, file, kinds)]
    else:
        if file is not None or not patient:
            raise ArgumentError("--fhir-base takes --patient, once or several times, and no FILE")
        # HTTP and TLS, which nobody need wait for who screens a file.
        from app.cli_fhir_base import Asking, patients_of

        asking = Asking(
            fhir_base,
            allow_http=allow_http,
            seconds=deadline,
            only=kinds,
            strict=strict,
            by_category=by_category,
        )
        place = fhir_base
        patients, exit_code = patients_of(asking, patient)
    anchors = Anchors(screening_date, baseline_date, enrolment_date, day0)
    day = as_of or datetime.now().astimezone().date()
    reports = _screened(patients, place, protocol, day, anchors, language) if patients else []
    # Who asks for several gets the form for several, however many of them can be had.
    _show(reports, form, language, several=len(patients) > 1 or exit_code != 0)
    if len(reports) < len(patients):
        exit_code = UnreadableFileError.exit_code
    if exit_code:
        raise typer.Exit(exit_code)


def _screened(
    patients: list[PatientRecord],
    source: str,
    protocols: list[str] | None,
    as_of: date,
    anchors: Anchors,
    language: Language,
) -> list[ScreeningReport]:
    """The reports of all who could be screened; of the others, a line each on standard error."""
    service, protocols = service_with(protocols)
    many = len(patients) >= MANY
    shown = many and sys.stderr.isatty()
    progress = track(patients, "Screening", console=Console(stderr=True), disable=not shown)
    reports = []
    for record in progress:
        try:
            reports.append(service.screen_record(record, as_of, anchors, protocols, language))
        except UnknownProtocolError as error:
            raise ArgumentError(str(error)) from None
        except Exception as error:
            # A fault of this program on one chart must not cost the reports of all the others.
            place = f"{source}: {record.reference}" if len(patients) > 1 else source
            typer.echo(f"trialcards: {unscreened(place, error)}", err=True)
    return reports


def _show(reports: Sequence[ScreeningReport], form: Form, language: Language, *, several: bool) -> None:
    if not reports:
        return
    if form == "html":
        tolerate_unknown_signs("xmlcharrefreplace")
        typer.echo(html_page(reports, language))
    elif form == "table":
        console = terminal()
        for report in reports:
            print_report(report, console, language)
    elif not several:
        typer.echo(msgspec.json.format(msgspec.json.encode(reports[0]), indent=2))
    else:
        for report in reports:
            typer.echo(msgspec.json.encode(report))
