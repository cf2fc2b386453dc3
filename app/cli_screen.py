"""``trialcards screen``: the patients of a file against the open protocols."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.progress import track

from app.cli_errors import ArgumentError, UnreadableFileError, one_line
from app.cli_service import service_with
from app.console import terminal, tolerate_unknown_signs
from app.parameters import iso_date
from app.rendering.page import html_page
from app.rendering.table import print_report
from app.resource_types import known_resource_types
from app.screening import UnknownProtocolError
from app.surrogates import without_lone_surrogates
from eligibility.course import Anchors
from eligibility.findings import ScreeningReport
from fhir_mappings.errors import InputError
from fhir_mappings.patient import read_patients
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import PatientRecord

Form = Literal["table", "json", "html"]
GZIP = b"\x1f\x8b"
MANY = 20
"""From so many patients on, a terminal shows a progress bar."""


def _iso_date(text: str) -> date:
    try:
        return iso_date(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}': {error}") from None


def _date_option(name: str, words: str) -> object:
    return typer.Option(name, parser=_iso_date, metavar="DATE", help=words)


def screen(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE|-", help="Bundle, resource or NDJSON, gzipped or not; - for stdin."),
    ],
    protocol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID|FILE",
            help="Only this protocol, open or not: an id or a YAML file; repeatable. All open by default.",
        ),
    ] = None,
    as_of: Annotated[
        date | None, _date_option("--as-of", "Judge the chart as of this day. Today by default.")
    ] = None,
    screening_date: Annotated[
        date | None, _date_option("--screening-date", "Screening visit. As of by default.")
    ] = None,
    baseline_date: Annotated[
        date | None, _date_option("--baseline-date", "Baseline. As of by default.")
    ] = None,
    enrolment_date: Annotated[
        date | None, _date_option("--enrolment-date", "Enrolment. As of by default.")
    ] = None,
    day0: Annotated[date | None, _date_option("--day0", "First dose. As of by default.")] = None,
    form: Annotated[Form, typer.Option("--format", help="How to show the reports.")] = "table",
    retrieved: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TYPES",
            help="Resource types that the file holds wholly; comma-separated or repeated. All by default.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what full FHIR validation refuses.")
    ] = False,
) -> None:
    """Screen the patients of a file against the open protocols.

    The file is taken as the whole record unless --retrieved says otherwise.

    \b
    Examples:
      trialcards screen chart.json
      trialcards screen chart.json --as-of 2026-06-15 --protocol nct07517536 --format json
      trialcards screen chart.json --protocol my-trial.yaml
      trialcards screen patients.ndjson --format html > reports.html
      curl -s $FHIR/Patient/1/\\$everything | trialcards screen - --retrieved Patient,Observation
    """
    body = _read(file)
    if strict:
        _refuse_invalid(body, file)
    patients = _patients(body, file, retrieved)
    anchors = Anchors(screening_date, baseline_date, enrolment_date, day0)
    day = as_of or datetime.now().astimezone().date()
    reports = _screened(patients, file, protocol, day, anchors)
    _show(reports, form, several=len(patients) > 1)
    if len(reports) < len(patients):
        raise typer.Exit(UnreadableFileError.exit_code)


def _read(file: str) -> bytes:
    try:
        body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        # Bulk exports are often kept compressed.
        return without_lone_surrogates(gzip.decompress(body) if body.startswith(GZIP) else body)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise UnreadableFileError(f"{file}: the gzip data are damaged or cut off") from None
    except OSError as error:
        raise UnreadableFileError(f"{file}: cannot be read: {error.strerror}") from None


def _refuse_invalid(body: bytes, file: str) -> None:
    # Half a second of imports that nobody else need wait for.
    from app.strict_reading import refusals

    faults = list(refusals(body))
    for fault in faults:
        typer.echo(f"{file}: {one_line(fault)}", err=True)
    if faults:
        count = f"{len(faults)} departure{'s' * (len(faults) > 1)}"
        raise UnreadableFileError(f"{file}: {count} from FHIR R4; without --strict they are tolerated")


def _patients(body: bytes, file: str, retrieved: Sequence[str] | None) -> list[PatientFacts]:
    try:
        kinds = known_resource_types(retrieved or ())
    except ValueError as error:
        raise ArgumentError(f"--retrieved: {error}") from None
    try:
        patients = read_patients(body, retrieved=kinds)
    except InputError as error:
        raise UnreadableFileError(f"{file}: {error}") from None
    except Exception as error:
        raise UnreadableFileError(_unscreened(file, error)) from None
    if not patients:
        raise UnreadableFileError(f"{file}: no patient in it; a Patient resource is needed")
    return patients


def _screened(
    patients: list[PatientFacts], file: str, protocols: list[str] | None, as_of: date, anchors: Anchors
) -> list[ScreeningReport]:
    """The reports of all who could be screened; of the others, a line each on standard error."""
    service, protocols = service_with(protocols)
    many = len(patients) >= MANY
    shown = many and sys.stderr.isatty()
    progress = track(patients, "Screening", console=Console(stderr=True), disable=not shown)
    reports = []
    for facts in progress:
        try:
            reports.append(service.screen_record(PatientRecord(facts), as_of, anchors, protocols))
        except UnknownProtocolError as error:
            raise ArgumentError(str(error)) from None
        except Exception as error:
            # A fault of this program on one chart must not cost the reports of all the others.
            place = f"{file}: {facts.reference}" if len(patients) > 1 else file
            typer.echo(f"trialcards: {_unscreened(place, error)}", err=True)
    return reports


def _unscreened(place: str, error: Exception) -> str:
    """Words on a fault that nobody foresaw; its own message may repeat values of the chart."""
    return one_line(f"{place}: could not be screened: {type(error).__name__}; please report it")


def _show(reports: Sequence[ScreeningReport], form: Form, *, several: bool) -> None:
    if not reports:
        return
    if form == "html":
        tolerate_unknown_signs("xmlcharrefreplace")
        typer.echo(html_page(reports))
    elif form == "table":
        console = terminal()
        for report in reports:
            print_report(report, console)
    elif not several:
        typer.echo(msgspec.json.format(msgspec.json.encode(reports[0]), indent=2))
    else:
        for report in reports:
            typer.echo(msgspec.json.encode(report))
