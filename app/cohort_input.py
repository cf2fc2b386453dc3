"""Where the bulk data of a population come from: directories, or an export from a FHIR server."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.cli_errors import ArgumentError
from cohort.record import RunRecord, read_record

EXPORT = "export"
"""The directory of a run in which its export comes to be."""


class Export(NamedTuple):
    """What is asked of a FHIR server, as it was typed in."""

    url: str
    type_filters: Collection[str] = ()
    hosts: Collection[str] = ()
    seconds: float = 86_400.0
    allow_http: bool = False


class Input(NamedTuple):
    """The input of a run.

    Attributes:
        directories: in their order.
        retrieved: the resource types that are wholly there; ``None``: all.
        changes_from: see :class:`cohort.plan.Plan`.
        transaction_time: of an export, the instant of which the data are, by the server's clock.
    """

    directories: Sequence[Path]
    retrieved: Collection[str] | None = None
    transaction_time: str | None = None
    changes_from: int | None = None


def exported(out: Path, export: Export, since: Path | None) -> Input:
    """Export into the directory of a run; since an earlier run, only what was changed after its export.

    Called again, it goes on where it was interrupted.

    Raises:
        ArgumentError: address or credentials cannot be used; or the earlier run is none of an export.
        RetrievalError: the export did not come about, or not yet.
    """
    # HTTP and TLS, which nobody need wait for who has the data already.
    from app.bulk_export import EXPORTED_TYPES, Wanted, exported_into

    before = _earlier(since) if since is not None else None
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = exported_into(
        out / EXPORT,
        Wanted(
            export.url,
            since=datetime.fromisoformat(before.transaction_time or "") if before is not None else None,
            type_filters=export.type_filters,
            hosts=export.hosts,
            allow_http=export.allow_http,
            seconds=export.seconds,
        ),
    )
    whole = EXPORTED_TYPES - found.incomplete_types.keys()
    if before is None:
        return Input([out / EXPORT], whole, found.transaction_time)
    if before.plan.retrieved is not None:
        whole &= set(before.plan.retrieved)
    earlier = [Path(directory) for directory in before.directories]
    # Who joined a group since may have a history that such an export leaves out (FHIR Bulk Data, _since).
    changes_from = 1 if "/Group/" in found.target else None
    return Input([*earlier, out / EXPORT], whole, found.transaction_time, changes_from)


def _earlier(since: Path) -> RunRecord:
    before = read_record(since)
    if before is None or before.transaction_time is None:
        raise ArgumentError(
            f"--since: {since} is no run with --bulk-export; give a whole export, or the directories of data"
        )
    return before
