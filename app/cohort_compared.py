"""What comparing two versions over a population leaves behind, for people and programs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from app.language import Language
from app.rendering.compared_page import compared_page
from cohort.comparing import Compared, compare_versions
from cohort.groups import SMALLEST
from cohort.plan import Plan
from cohort.record import replace_file

COUNTS_FILE: Final = "compared.json"
PAGE_FILE: Final = "compare.html"


def write_compared(
    out: Path,
    plan: Plan,
    language: Language = "en",
    smallest: int = SMALLEST,
    reported: int | None = None,
) -> tuple[Compared, ...]:
    """Compare the versions that a run judged, and write files for people, for their owner only.

    Nothing is written where the run judged one version of each protocol.

    Args:
        out: the folder of a run of which everybody has been judged.
        plan: what it was asked.
        language: of the page.
        smallest: numbers of patients of a group below this one are withheld.
        reported: that of the run's own report; by default the same.

    Raises:
        As ``cohort.comparing.compare_versions``.
    """
    compared = compare_versions(out, plan, smallest=smallest, reported=reported)
    if compared:
        counts = msgspec.json.format(msgspec.json.encode(compared), indent=2)
        replace_file(out / COUNTS_FILE, counts + b"\n")
        replace_file(out / PAGE_FILE, compared_page(compared, plan, language).encode())
    return compared
