"""What a run leaves behind besides its tables, and its end."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cohort.changes import Changes, write_changes
from cohort.local import forget_work
from cohort.record import RunRecord, replace_file, write_record

CHANGES_FILE = "changes.json"


def finish(out: Path, record: RunRecord) -> tuple[RunRecord, Changes | None]:
    """Tell what has changed since an earlier run, write down that this one is done, and clear up after it."""
    changes: Changes | None = None
    if record.since is not None:
        changes = write_changes(Path(record.since), out)
        told = msgspec.json.format(msgspec.json.encode(changes), indent=2)
        replace_file(out / CHANGES_FILE, told)
    write_record(out, record)
    forget_work(out)
    return record, changes
