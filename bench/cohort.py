"""A population from bulk data: speed, shares of the work, memory, and agreement with what was intended.

    python bench/cohort.py [--patients N ...] [--background SHARE] [--engine local|spark] [--keep DIR]

Synthetic patients (``trialcards synth``) are written and screened with ``trialcards cohort``, and what is
found is held against what was intended of each. Told are, for each size: patients per second of CPU, the CPU
time of a patient as a ratio to the first size (1 where the work grows in step with the input), the shares of
reading, grouping, judging and writing, elapsed time, and the most memory that all processes held at one time
(proportional set size: what several share counts once).

Trust the ratios of one run; seconds depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

AS_OF = "2026-06-15"
COMMAND = (sys.executable, "-c", "from app.cli import main; raise SystemExit(main())")
_ROOT = Path(__file__).parent.parent

_DISAGREEING = """
WITH told AS (
    SELECT patient, unnest(map_entries(json_transform(trials, '"MAP(VARCHAR, JSON)"')), recursive := true)
    FROM read_json(?, columns = {patient: 'VARCHAR', trials: 'JSON'}, format = 'newline_delimited')
),
intended AS (
    SELECT patient, key AS protocol, value ->> 'status' AS status, value ->> 'verdict' AS verdict,
        value -> 'findings' AS findings FROM told
),
outcomes AS (
    SELECT patient, protocol,
        unnest(map_entries(json_transform(findings, '"MAP(VARCHAR, JSON)"')), recursive := true)
    FROM intended WHERE findings IS NOT NULL
)
SELECT
    (SELECT count(*) FROM intended JOIN read_parquet(?) found USING (patient, protocol)),
    (SELECT count(*) FROM intended LEFT JOIN read_parquet(?) found USING (patient, protocol)
        WHERE found.status IS DISTINCT FROM intended.status
            OR found.verdict IS DISTINCT FROM intended.verdict),
    (SELECT count(*) FROM outcomes),
    (SELECT count(*) FROM outcomes LEFT JOIN read_parquet(?) found
        ON found.patient = outcomes.patient AND found.protocol = outcomes.protocol
            AND found.criterion = outcomes.key
        WHERE found.outcome IS DISTINCT FROM outcomes.value ->> 'outcome')
"""


class Measured(NamedTuple):
    """What one size took."""

    patients: int
    lines: int
    megabytes: float
    cpu: float
    shares: dict[str, float]
    elapsed: float
    memory: float


def run(command: list[str]) -> tuple[float, float]:
    """Elapsed seconds of a command, and the most memory of it and its processes, in MB.

    Raises:
        SystemExit: it failed.
    """
    began = time.monotonic()
    most = 0.0
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while process.poll() is None:
            most = max(most, sum(map(_memory, _family(process.pid))))
            time.sleep(0.5)
        if process.returncode:
            told = process.stderr.read().decode() if process.stderr is not None else ""
            raise SystemExit(f"{' '.join(command[-6:])} failed: {told[-2000:]}")
    return time.monotonic() - began, most


def _family(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(entry.parent.name))
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found


def _memory(process: int) -> float:
    """Its proportional set size in MB: what several processes share counts once."""
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def measure(base: Path, patients: int, given: argparse.Namespace) -> Measured:
    """Write so many patients, screen them, and tell what it took."""
    deck, out = base / f"deck-{patients}", base / f"run-{patients}-{given.engine}"
    workers = ["--workers", str(given.workers)]
    if not deck.exists():
        options = ["--patients", str(patients), "--background", str(given.background), "--as-of", AS_OF]
        run([*COMMAND, "synth", str(deck), *options, *workers])
    options = ["--out", str(out), "--as-of", AS_OF, "--engine", given.engine]
    elapsed, memory = run([*COMMAND, "cohort", str(deck / "fhir"), *options, *workers])
    result: dict[str, Any] = json.loads((out / "run.json").read_bytes())["result"]
    seconds = {name: value for name, value in result["seconds"].items() if name != "elapsed"}
    cpu = sum(seconds.values())
    size = sum(file.stat().st_size for file in (deck / "fhir").rglob("*") if file.is_file())
    print(_agreement(deck, out), flush=True)
    return Measured(
        patients=patients,
        lines=result["lines"]["read"],
        megabytes=size / 1e6,
        cpu=cpu,
        shares={name: value / cpu for name, value in seconds.items()} if cpu else {},
        elapsed=elapsed,
        memory=memory,
    )


def _agreement(deck: Path, out: Path) -> str:
    screenings, findings = (str(out / name / "*.parquet") for name in ("screenings", "findings"))
    asked = [str(deck / "labels.ndjson"), screenings, screenings, findings]
    with duckdb.connect() as base:
        counts = base.execute(_DISAGREEING, asked).fetchone() or ()
        verdicts = base.execute(
            "SELECT coalesce(verdict, status), count(*) FROM read_parquet(?) GROUP BY 1 ORDER BY 2 DESC",
            [screenings],
        ).fetchall()
    pairs, other_verdicts, outcomes, other_outcomes = counts
    shares = ", ".join(f"{verdict} {count / pairs:.1%}" for verdict, count in verdicts)
    return (
        f"{pairs:,} verdicts, {other_verdicts:,} not as intended; {outcomes:,} outcomes, "
        f"{other_outcomes:,} not as intended ({shares})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--patients", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--background", type=float, default=0.9, help="share of patients without lupus")
    parser.add_argument("--engine", choices=["local", "spark"], default="local")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="where decks and results stay; else they are removed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = given.keep or Path(temporary)
        base.mkdir(parents=True, exist_ok=True)
        told = f"{given.background:.0%} without lupus; {given.engine}, {given.workers} workers"
        print(f"synthetic patients, {told}", flush=True)
        first: float | None = None
        for patients in given.patients:
            found = measure(base, patients, given)
            each = found.cpu / found.patients
            first = first or each
            shares = ", ".join(f"{name} {share:.0%}" for name, share in found.shares.items())
            parts = (
                f"{found.patients:>9,} patients, {found.lines:,} lines, {found.megabytes:,.0f} MB",
                f"{found.patients / found.cpu:,.0f} patients/s/core" if found.cpu else "no CPU time told",
                f"x{each / first:.2f} for a patient" if first else "",
                shares,
                f"{found.elapsed:,.0f} s elapsed, {found.memory:,.0f} MB at most",
            )
            print("; ".join(filter(None, parts)), flush=True)


if __name__ == "__main__":
    main()
