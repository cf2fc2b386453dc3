"""The screening list as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from app.csv_cells import cell
from app.listing.entries import Entry
from app.listing.words import ListWords

COLUMNS = (
    "patient_id", "name", "birth_date", "record_numbers", "fhir_server", "trial", "protocol_version",
    "verdict", "earliest", "in_the_way", "missing", "to_confirm", "changed", "what_changed", "status",
    "status_since", "screened",
)  # fmt: skip


def csv_of(entries: Iterable[Entry], words: ListWords) -> str:
    """The entries, a line each under a heading; lines end as RFC 4180 says."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([cell(value) for value in _row(entry, words)])
    return written.getvalue()


def _row(entry: Entry, words: ListWords) -> tuple[str, ...]:
    patient, now = entry.patient, entry.now
    return (
        patient.patient_id,
        patient.name or "",
        patient.birth_date or "",
        "; ".join(patient.identifiers),
        patient.fhir_server or "",
        entry.trial,
        now.version,
        now.verdict,
        now.earliest or "",
        "; ".join(now.in_the_way),
        "; ".join(words.lacking(lacking) for lacking in now.missing),
        "; ".join(now.confirm),
        entry.changed.isoformat() if entry.changed else "",
        "; ".join(words.changes(entry)),
        entry.status.value,
        entry.since.isoformat() if entry.since else "",
        entry.at.isoformat(),
    )
