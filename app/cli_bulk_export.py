"""``trialcards bulk-export``: what a FHIR server gives of many patients at once, as NDJSON files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli_errors import ArgumentError
from app.resource_types import known_resource_types

DAY = 86_400.0


def instant(text: str) -> datetime:
    """An instant with its time zone, as FHIR writes it.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise typer.BadParameter(f"'{text}': write an instant as 2026-06-15T00:00:00Z")
    return found


Since = Annotated[
    datetime | None,
    typer.Option(parser=instant, metavar="INSTANT", help="Only what was changed after it (_since)."),
]
TypeFilter = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SEARCH",
        help="Narrow a type, as in 'Observation?category=laboratory' (_typeFilter); repeatable. What comes "
        "of that type then counts as a part.",
    ),
]
BulkHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HOST",
        help="Another host from which files may be downloaded, without a token; repeatable.",
    ),
]
BulkTimeout = Annotated[
    float, typer.Option(min=1, metavar="SECONDS", help="Time in which the whole export must be over.")
]
AllowHttp = Annotated[
    bool, typer.Option("--allow-http", help="Call a server of a private network without TLS.")
]


def bulk_export(
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="Base URL of the server; with /Patient or /Group/ID behind it."),
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the files are put; only you can read them.")
    ],
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPES",
            help="Resource types, comma-separated or repeated. All that a screening reads by default.",
        ),
    ] = None,
    since: Since = None,
    type_filter: TypeFilter = None,
    bulk_host: BulkHost = None,
    bulk_timeout: BulkTimeout = DAY,
    allow_http: AllowHttp = False,
) -> None:
    """Export what a FHIR server has of many patients at once (FHIR Bulk Data Access).

    Interrupted, it goes on where it was when the same command is run again. Standard output has one line for
    each resource type: files, resources, bytes.

    The environment tells how to get into the server: TRIALCARDS_BEARER_TOKEN, or TRIALCARDS_CLIENT_ID and
    TRIALCARDS_PRIVATE_KEY_FILE (SMART Backend Services), or nothing where it is open.

    \b
    Examples:
      trialcards bulk-export https://ehr.example.org/fhir/Group/lupus --out export
      trialcards bulk-export https://ehr.example.org/fhir --out export --since 2026-06-01T00:00:00Z
      trialcards bulk-export http://localhost:8090/fhir/Patient --out export
    """
    try:
        kinds = known_resource_types(types or ())
    except ValueError as error:
        raise ArgumentError(f"--type: {error}") from None
    # HTTP and TLS, which nobody need wait for who asks for help.
    from app.bulk_export import Wanted, exported_into

    wanted = Wanted(
        url,
        types=kinds,
        since=since,
        type_filters=type_filter or (),
        hosts=bulk_host or (),
        allow_http=allow_http,
        seconds=bulk_timeout,
        option="URL",
    )
    found = exported_into(out, wanted)
    for kind in sorted({file.type for file in found.files}):
        files = [file for file in found.files if file.type == kind]
        lines, size = sum(file.lines for file in files), sum(file.bytes for file in files)
        typer.echo(f"{kind}\t{len(files)}\t{lines}\t{size}")
