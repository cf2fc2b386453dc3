"""Bulk exports for the command line: who asks, for what, and how far it is."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Collection
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.bulk_medications import with_medications
from app.cli_errors import ArgumentError, RetrievalError, one_line
from app.fetch_plan import believed_absent
from app.named_medications import MEDICATION
from app.server_access import ServerAccess, environment, must_be_safe
from app.settings import Settings
from fhir_mappings.client import (
    AddressError,
    BulkError,
    BulkExport,
    Exported,
    Network,
    News,
    TokenError,
    export_target,
    export_to,
)
from fhir_mappings.resources import RESOURCES

DAY = 86_400.0
EXPORTED_TYPES = frozenset(RESOURCES)
"""What is exported where nothing else is said: all that some fact is read from."""
_MOST_TOLD = 5
_OPTION = "--bulk-export"


class Wanted(NamedTuple):
    """A bulk export as it was typed in.

    Attributes:
        url: base URL of the server, or with ``Patient`` or ``Group/ID`` behind it.
        types: resource types; by default all that a screening reads.
        since: only what was changed after this instant.
        type_filters: values of ``_typeFilter``.
        hosts: other hosts from which files may be downloaded.
        allow_http: without TLS, a server of a private network may be called as well.
        seconds: in which all must be over.
        option: how the URL was given, for messages.
    """

    url: str
    types: Collection[str] | None = None
    since: datetime | None = None
    type_filters: Collection[str] = ()
    hosts: Collection[str] = ()
    allow_http: bool = False
    seconds: float = DAY
    option: str = _OPTION


def exported_into(directory: Path, wanted: Wanted) -> Exported:
    """Export into a directory; progress, and what is to be known, go to standard error.

    Called again with the same, it goes on where it was interrupted, or finds all done.

    Raises:
        ArgumentError: address or credentials cannot be used.
        RetrievalError: the export did not come about, or not yet.
    """
    try:
        target = export_target(wanted.url)
    except AddressError as error:
        raise ArgumentError(f"{wanted.option}: {error}") from None
    must_be_safe(target.base, wanted.option, http_allowed=wanted.allow_http)
    export = BulkExport(
        target=target,
        types=tuple(sorted(wanted.types if wanted.types is not None else EXPORTED_TYPES)),
        since=wanted.since,
        type_filters=tuple(wanted.type_filters),
    )
    settings, access = environment()
    found = asyncio.run(_exported(directory, export, wanted, settings, access))
    found = _with_absences(found, settings.not_offered)
    for line in remarks(found):
        tell(line)
    return found


def _with_absences(found: Exported, not_offered: Collection[str]) -> Exported:
    """The export, where it is believed that a type is absent only as far as that is safe."""
    doubted = found.absent_types - believed_absent(found.absent_types, not_offered) - {*not_offered}
    incomplete = {**found.incomplete_types, **dict.fromkeys(doubted, "the server does not have it")}
    known = {kind: incomplete[kind] for kind in sorted(incomplete) if kind not in not_offered}
    return msgspec.structs.replace(found, incomplete_types=known)


def remarks(found: Exported) -> list[str]:
    """What whoever uses the export should know of it, a line each."""
    lines = [
        f"the server tells: {words} ({count} times)"
        for words, count in islice(found.errors.items(), _MOST_TOLD)
    ]
    if len(found.errors) > _MOST_TOLD:
        lines.append(f"the server tells {len(found.errors) - _MOST_TOLD} other things; see errors.ndjson")
    if found.incomplete_types:
        kinds: dict[str, list[str]] = {}
        for kind, why in found.incomplete_types.items():
            kinds.setdefault(why, []).append(kind)
        told = "; ".join(f"{', '.join(named)} ({why})" for why, named in kinds.items())
        lines.append(f"not wholly exported: {told}")
    if found.not_wanted:
        lines.append(f"{found.not_wanted} files of other resource types were not downloaded")
    return lines


def tell(line: str) -> None:
    """A line on standard error."""
    typer.echo(f"trialcards: {one_line(line)}", err=True)


async def _exported(
    directory: Path, export: BulkExport, wanted: Wanted, settings: Settings, access: ServerAccess
) -> Exported:
    ca_file = settings.fetch_ca_file
    try:
        network = Network(str(ca_file) if ca_file is not None else None)
    except (OSError, ssl.SSLError):
        raise ArgumentError("TRIALCARDS_FETCH_CA_FILE: it holds no certificates that can be read") from None
    try:
        auth = await access.credentials(export.target.base, network, export.types)
        with _Bar() as bar:
            found = await export_to(
                directory,
                export,
                network,
                auth,
                hosts=wanted.hosts,
                seconds=wanted.seconds,
                heard=bar.heard,
            )
            if MEDICATION in export.types:
                found = await with_medications(found, export.target.base, network, auth, bar.heard)
            return found
    except TokenError as error:
        raise RetrievalError(
            f"{export.target.base.url}: no access token: {error}; see docs/backend-services.md"
        ) from None
    except BulkError as error:
        raise RetrievalError(f"{export.target}: {error}") from None
    finally:
        await network.aclose()


class _Bar:
    """How far it is, on standard error, where that is a terminal; notes go there in any case."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("Exporting", total=None, told="")

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def heard(self, news: News) -> None:
        """Show it."""
        if news.doing == "note":
            self._progress.stop()
            tell(news.text)
            self._progress.start()
        elif news.doing == "downloading":
            told = f"{news.files_done}/{news.files} files, {news.bytes / 1e6:,.1f} MB"
            self._progress.update(
                self._task,
                description="Downloading",
                total=news.files or None,
                completed=news.files_done,
                told=told,
            )
        else:
            words = "The server exports" if news.doing == "waiting" else "Asking"
            self._progress.update(self._task, description=words, total=None, told=escape(news.text))
