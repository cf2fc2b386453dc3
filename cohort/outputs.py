"""What a run leaves behind besides its tables, and its end."""

from __future__ import annotations

from pathlib import Path

from cohort.local import forget_work
from cohort.record import RunRecord, write_record


def finish(out: Path, record: RunRecord) -> RunRecord:
    """Write down that a run is done, and remove what it needed while it went on."""
    write_record(out, record)
    forget_work(out)
    return record
