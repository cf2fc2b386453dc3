"""What an export holds in the end, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from fhir_mappings.client.bulk_outcomes import Issue, issues, printable
from fhir_mappings.client.bulk_request import BulkExport
from fhir_mappings.client.bulk_state import ERRORS, File, Kept, owned


class ExportedFile(msgspec.Struct, frozen=True):
    """A file that is there.

    Attributes:
        path: where.
        type: resource type of its lines; Bundle for what was deleted.
        lines, bytes: that it has.
    """

    path: Path
    type: str
    lines: int
    bytes: int


class Exported(msgspec.Struct, frozen=True):
    """An export that is done.

    Attributes:
        directory: where it is.
        target: of what it is, as a URL.
        transaction_time: the instant of which the data are, by the server's clock; the next export may begin
            there (``since``).
        files: the resources, as NDJSON.
        deleted: Bundles of what was deleted since, as NDJSON.
        incomplete_types: wanted types of which something may lack, each with the reason.
        absent_types: wanted types that the server does not have at all, by its own word; not among those.
        errors: what the server tells that went wrong, each with how often (``errors.ndjson``).
        not_wanted: files of other resource types, that were not downloaded.
    """

    directory: Path
    target: str
    transaction_time: str
    files: tuple[ExportedFile, ...]
    deleted: tuple[ExportedFile, ...]
    incomplete_types: Mapping[str, str]
    absent_types: frozenset[str]
    errors: Mapping[str, int]
    not_wanted: int


def gather_errors(kept: Kept) -> None:
    """Put all OperationOutcomes into one file. Those that they came in stay until all is done."""
    files = [file for file in kept.state.files if file.kind == "error"]
    if not files:
        return
    with owned(kept.directory / ERRORS, "wb") as written:
        for file in files:
            body = kept.path(file).read_bytes()
            written.write(body if not body or body.endswith(b"\n") else body + b"\n")


def exported(kept: Kept, export: BulkExport) -> Exported:
    """What the directory holds."""
    state, files = kept.state, kept.state.files
    incomplete: dict[str, str] = {}
    there = {file.type for file in files if file.kind == "output"}
    absent = frozenset(state.absent) - there
    wanted = frozenset(export.types) - absent
    for kind in state.left_out:
        incomplete.setdefault(kind, "the server does not export it")
    if state.types is None:
        for kind in wanted - there:
            incomplete.setdefault(kind, "the server does not say that it exports it")
    for narrowed in export.type_filters:
        incomplete.setdefault(narrowed.partition("?")[0], "narrowed by --type-filter")
    for file in files:
        if file.doubt is not None and file.kind == "output":
            incomplete.setdefault(file.type, f"{Path(file.name).name}: {file.doubt}")
    told: dict[str, int] = {}
    for issue in _faults(kept):
        words = printable(issue.words, 200)
        told[words] = told.get(words, 0) + 1
        if issue.grave:
            # One that names no type may be about any of them.
            for kind in sorted(issue.about(wanted) or wanted):
                incomplete.setdefault(kind, f"the server tells an error: {words}")
    return Exported(
        kept.directory,
        str(export.target),
        state.transaction_time,
        tuple(_there(kept, file) for file in files if file.kind == "output"),
        tuple(_there(kept, file) for file in files if file.kind == "deleted"),
        {kind: incomplete[kind] for kind in sorted(incomplete) if kind in wanted},
        absent,
        told,
        state.not_wanted,
    )


def _there(kept: Kept, file: File) -> ExportedFile:
    return ExportedFile(kept.path(file), file.type, file.lines, file.bytes)


def _faults(kept: Kept) -> Iterator[Issue]:
    path = kept.directory / ERRORS
    if not path.exists():
        return
    with path.open("rb") as read:
        for line in filter(bytes.strip, read):
            found = issues(line)
            if found is None:
                yield Issue(diagnostics="a line of the error files cannot be read")
            else:
                yield from found
