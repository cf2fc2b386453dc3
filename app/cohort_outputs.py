"""What a run leaves behind for people: ``screening-list.csv``, ``summary.json`` and ``report.html``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import msgspec

from app.language import Language
from app.rendering.cohort_list import write_list
from app.rendering.cohort_page import html_of
from app.rendering.telling import speaking
from cohort.groups import SMALLEST
from cohort.listed import listed
from cohort.near_misses import nearest
from cohort.plan import Plan
from cohort.summary import Summary, summary_of
from cohort.tables import MEMORY, opened

LIST_FILE: Final = "screening-list.csv"
SUMMARY_FILE: Final = "summary.json"
REPORT_FILE: Final = "report.html"
NAMED: Final = 25
"""So many near misses of each protocol are named in the report."""


def write_outputs(
    directory: Path,
    plan: Plan,
    *,
    rejected: int = 0,
    absent: tuple[str, ...] = (),
    language: Language = "en",
    smallest: int = SMALLEST,
    named: int = NAMED,
    memory: str = MEMORY,
    threads: int = 2,
) -> Summary:
    """Write the files for people of the run in ``directory``, for their owner only.

    Each is replaced as a whole; whoever reads sees the old or the new one.

    Args:
        directory: holds the tables of a run that is done.
        plan: what the run was asked.
        rejected: lines set aside.
        absent: resource types of which nothing was in the input.
        language: of the report and of what is needed in the list.
        smallest: numbers of patients of a group below this one are withheld.
        named: near misses of each protocol that the report names; with 0 it names no patient.
        memory, threads: what the work may take.

    Raises:
        As ``cohort.summary.summarise``.
    """
    with opened(directory, memory=memory, threads=threads) as tables:
        summary = summary_of(tables, plan, rejected=rejected, absent=absent, smallest=smallest)
        near = {
            trial.protocol: misses
            for trial in summary.trials
            if (misses := nearest(tables, trial.protocol, named))
        }
        with _replaced(directory / SUMMARY_FILE) as file:
            file.write(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode())
            file.write("\n")
        with _replaced(directory / REPORT_FILE) as file:
            file.write(html_of(summary, near, language, [one.id for one in plan.protocols if one.aside]))
        with speaking(language), _replaced(directory / LIST_FILE) as file:
            # Without this sign spreadsheets take the file for one of their own code page.
            file.write("\ufeff")
            write_list(listed(tables), file)
    return summary


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # Lines of CSV end as its writer says.
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
