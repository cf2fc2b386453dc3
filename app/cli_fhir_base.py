"""Patients from a FHIR server, for the command line: what could not be had is a line and an exit code."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.charts import Charts
from app.cli_errors import ArgumentError, RetrievalError, one_line
from app.cli_files import refuse_invalid
from app.fetch_plan import Way, is_id
from app.server_access import ServerAccess, environment, server_address
from app.server_charts import NoChartError, ServerChart, chart_from, settings_for
from app.settings import Settings
from fhir_mappings.client import Address, Credentials, Heard, TokenError
from fhir_mappings.record import PatientRecord

_PREFIX = "Patient/"

_SAYS: Mapping[str, str] = {
    "unauthorized": "the server lets nobody in with these credentials, or without any (401); see "
    "TRIALCARDS_BEARER_TOKEN and TRIALCARDS_CLIENT_ID in 'trialcards screen --help'",
    "forbidden": "the server does not let these credentials read the patient (403); widen their scopes",
    "not-found": "the server has no such patient, or is no FHIR server (404); check the id and --fhir-base",
    "gone": "the patient was deleted from the server (410); check the id",
    "too-many-requests": "the server is asked too much (429); try again later",
    "server-error": "the server has a fault (5xx); try again later",
    "unreachable": "the server cannot be reached; check --fhir-base, the network, and whether its "
    "certificate is of an authority in TRIALCARDS_FETCH_CA_FILE",
    "address-refused": "the name stands for an address that is not called; without TLS only private ones are",
    "connection-lost": "the connection broke off; try again",
    "deadline": "time ran out; try again, with a longer --deadline",
    "not-json": "the answer is no FHIR JSON; check --fhir-base",
    "wrong-type": "the answer is of another patient, or none; check the id and --fhir-base",
    "outcome": "the server answered with an OperationOutcome in place of the patient; check the id",
    "redirect": "the server sends on to another address; name that in --fhir-base",
}
_OTHERWISE = "the server gave no patient ({}); see docs/fetching.md"


class Asking(NamedTuple):
    """Which server is asked, and how.

    Attributes:
        base: as it was typed in.
        allow_http: without TLS, a server of a private network may be called as well.
        seconds: for each patient.
        only: resource types that are asked for; all by default.
        strict: whether what comes must pass full FHIR validation.
        by_category: the server demands a category of searches for Observations, and gives one to each.
    """

    base: str
    allow_http: bool
    seconds: float
    only: Collection[str] | None
    strict: bool
    by_category: bool = False


def patients_of(asking: Asking, names: Sequence[str]) -> tuple[list[PatientRecord], int]:
    """The records of these patients, and the exit code: not 0 if some could not be had.

    Each that could not be had, or not wholly, is a line on standard error.

    Raises:
        ArgumentError: address, ids or credentials cannot be used.
        RetrievalError: the server gives no access token.
        UnreadableFileError: strict reading refuses what the server sent.
    """
    base = server_address(asking.base, http_allowed=asking.allow_http)
    ids = list(dict.fromkeys(map(_id, names)))
    settings, access = environment()
    found = asyncio.run(_asked(asking, base, ids, settings_for(settings, asking.seconds), access))
    records = []
    for identifier, chart in found.items():
        place = f"{base.url}/{_PREFIX}{identifier}"
        if isinstance(chart, str):
            _tell(f"{place}: not retrieved: {chart}")
            continue
        if asking.strict:
            refuse_invalid(b"\n".join(bytes(raw).replace(b"\n", b" ") for raw in chart.resources), place)
        if chart.partly:
            partly = ", ".join(f"{kind} ({why})" for kind, why in chart.partly.items())
            _tell(f"{place}: screened without what was not wholly retrieved: {partly}; see docs/fetching.md")
        records.append(chart.record)
    return records, 0 if len(records) == len(ids) else RetrievalError.exit_code


async def _asked(
    asking: Asking, base: Address, ids: Sequence[str], settings: Settings, access: ServerAccess
) -> dict[str, ServerChart | str]:
    """For each patient the chart, or why there is none."""
    try:
        charts = Charts(settings)
    except (OSError, ssl.SSLError):
        raise ArgumentError("TRIALCARDS_FETCH_CA_FILE: it holds no certificates that can be read") from None
    found: dict[str, ServerChart | str] = {}
    try:
        credentials = await access.credentials(base, charts.network)
        way = Way(base, credentials, private_allowed=True, by_category=asking.by_category)
        with _Bar(len(ids)) as bar:
            for identifier in ids:
                try:
                    found[identifier] = await chart_from(
                        charts,
                        way,
                        identifier,
                        seconds=asking.seconds,
                        not_offered=settings.not_offered,
                        only=asking.only,
                        heard=bar.heard(identifier),
                    )
                except NoChartError as error:
                    found[identifier] = _why(error, credentials)
                except TokenError as error:
                    if not any(isinstance(chart, ServerChart) for chart in found.values()):
                        raise
                    # What has come so far must not be lost with it.
                    found[identifier] = _no_token(error)
                bar.advance()
    except TokenError as error:
        raise RetrievalError(f"{base.url}: {_no_token(error)}") from None
    finally:
        await charts.aclose()
    return found


def _no_token(error: TokenError) -> str:
    return f"no access token: {error}; see docs/backend-services.md"


def _why(error: NoChartError, credentials: Credentials | None) -> str:
    if error.why == "unauthorized" and credentials is not None:
        return "the server does not take the access token (401); get another one"
    return _SAYS.get(error.why, _OTHERWISE.format(error.why))


def _id(name: str) -> str:
    found = name.removeprefix(_PREFIX)
    if not is_id(found):
        raise ArgumentError("--patient: a FHIR id is expected, as in 123 or Patient/123")
    return found


def _tell(message: str) -> None:
    typer.echo(f"trialcards: {one_line(message)}", err=True)


class _Bar:
    """A progress bar on standard error, where that is a terminal."""

    def __init__(self, patients: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[resources]} resources"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("Fetching", total=patients, resources=0)
        self._counts: dict[tuple[str, str], int] = {}

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def heard(self, patient_id: str) -> Heard:
        """What is to be told of each page of this patient's chart."""

        def heard(key: str, count: int) -> None:
            self._counts[patient_id, key] = count
            self._progress.update(self._task, resources=sum(self._counts.values()))

        return heard

    def advance(self) -> None:
        """One patient more is done."""
        self._progress.advance(self._task)
