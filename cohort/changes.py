"""What has changed between two runs, patient by patient: ``changes.parquet`` and its counts."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import msgspec

FILE = "changes.parquet"

_CHANGES = """
WITH before AS (SELECT * FROM read_parquet(getvariable('before_screenings'))),
now AS (SELECT * FROM read_parquet(getvariable('now_screenings'))),
changed AS (
    SELECT patient, protocol, before.version AS version_before, now.version AS version_now,
        before.status AS status_before, now.status AS status_now,
        before.verdict AS verdict_before, now.verdict AS verdict_now, now.judged_on AS judged_on
    FROM before FULL JOIN now USING (patient, protocol)
),
outcomes_before AS (
    SELECT patient, protocol, criterion, concat_ws(' ', outcome, leaning) AS outcome
    FROM read_parquet(getvariable('before_findings')) WHERE parent IS NULL
),
outcomes_now AS (
    SELECT patient, protocol, criterion, concat_ws(' ', outcome, leaning) AS outcome
    FROM read_parquet(getvariable('now_findings')) WHERE parent IS NULL
),
criteria AS (
    SELECT patient, protocol,
        list({'criterion': criterion, 'before': b.outcome, 'now': n.outcome} ORDER BY criterion) AS criteria
    FROM outcomes_before b FULL JOIN outcomes_now n USING (patient, protocol, criterion)
    WHERE b.outcome IS DISTINCT FROM n.outcome
    GROUP BY patient, protocol
),
people AS (
    SELECT patient, b.fingerprint IS DISTINCT FROM n.fingerprint AS new_data
    FROM read_parquet(getvariable('before_patients')) b
    FULL JOIN read_parquet(getvariable('now_patients')) n USING (patient)
)
SELECT patient, protocol,
    CASE
        WHEN status_before IS NULL THEN 'new'
        WHEN status_now IS NULL THEN 'gone'
        WHEN version_before <> version_now THEN 'protocol'
        WHEN new_data THEN 'data'
        ELSE 'time'
    END AS why,
    status_before, status_now, verdict_before, verdict_now,
    CASE WHEN status_before IS NOT NULL AND status_now IS NOT NULL THEN criteria END AS criteria
FROM changed LEFT JOIN people USING (patient) LEFT JOIN criteria USING (patient, protocol)
WHERE status_before IS DISTINCT FROM status_now OR verdict_before IS DISTINCT FROM verdict_now
    OR (criteria IS NOT NULL AND status_before IS NOT NULL AND status_now IS NOT NULL)
ORDER BY protocol, patient
"""

_COUNTS = """
SELECT protocol, why, coalesce(verdict_before, status_before) AS before,
    coalesce(verdict_now, status_now) AS now, count(*) AS patients
FROM read_parquet(?) GROUP BY ALL ORDER BY protocol, patients DESC, before, now, why
"""


class ChangeCount(msgspec.Struct, frozen=True):
    """How many patients went from one verdict, or state, to another.

    ``why``: ``new`` or ``gone`` patients; another version of the ``protocol``; new ``data``; ``time`` alone.
    ``before`` and ``now`` are equal where only criteria have changed; ``None`` where there is nothing.
    """

    protocol: str
    why: str
    before: str | None
    now: str | None
    patients: int


class Changes(msgspec.Struct, frozen=True):
    """What has changed since an earlier run.

    Attributes:
        since: its directory.
        counts: what has changed.
    """

    since: str
    counts: tuple[ChangeCount, ...]


def write_changes(earlier: Path, out: Path, memory: str = "512MB") -> Changes:
    """Write ``changes.parquet``: a row for each patient and protocol of which something has changed.

    Its columns: patient, protocol, why, status and verdict before and now, criteria that came out otherwise.
    """
    unfinished = out / f".{FILE}.{os.getpid()}"
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    with duckdb.connect(config={"memory_limit": memory, "temp_directory": str(out / "work")}) as base:
        for name, directory in (("before", earlier), ("now", out)):
            for table in ("patients", "screenings", "findings"):
                base.execute(f"SET VARIABLE {name}_{table} = ?", [str(directory / table / "*.parquet")])
        # Into the file that is there, for a new one would be for everybody to read.
        options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
        base.execute(f"COPY ({_CHANGES}) TO '{_quoted(unfinished)}' ({options})")
        unfinished.replace(out / FILE)
        counts = base.execute(_COUNTS, [str(out / FILE)]).fetchall()
    return Changes(str(earlier), tuple(ChangeCount(*row) for row in counts))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
