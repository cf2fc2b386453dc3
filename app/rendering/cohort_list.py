"""The screening list of a whole population as CSV, for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import lru_cache
from typing import TextIO

from app.csv_cells import cell, no_formula
from app.language import Language
from app.plain_text import plain
from app.rendering.changes import input_label
from app.rendering.telling import speaking, spoken
from cohort.listed import Listed, Order

COLUMNS = (
    "patient", "protocol", "protocol_version", "verdict", "in_the_way", "failing", "missing", "to_review",
    "needed", "orders", "decided_by", "earliest", "stands_until", "sex", "age", "incomplete",
)  # fmt: skip

_SYSTEMS = {"http://loinc.org": "LOINC", "http://snomed.info/sct": "SNOMED CT"}


def write_list(entries: Iterable[Listed], file: TextIO) -> int:
    """Write the entries, a line each under a heading; lines end as RFC 4180 says. How many there were.

    What is needed is told in the language that is spoken (``app.rendering.telling``).
    """
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for entry in entries:
        writer.writerow(_row(entry))
        count += 1
    return count


def _row(entry: Listed) -> tuple[str, ...]:
    return (
        cell(entry.patient),
        cell(entry.protocol),
        cell(entry.version),
        cell(entry.verdict),
        cell("; ".join(entry.blocking)),
        cell("; ".join(entry.failing)),
        cell("; ".join(entry.missing)),
        cell("; ".join(entry.review)),
        _labels(entry.needed),
        cell("; ".join(map(order_code, entry.orders))),
        _labels(entry.decided_by),
        entry.earliest.isoformat() if entry.earliest else "",
        entry.stands_until.isoformat() if entry.stands_until else "",
        cell(entry.sex or ""),
        "" if entry.age is None else str(entry.age),
        "yes" if entry.incomplete else "no",
    )


def _labels(names: Iterable[str]) -> str:
    return no_formula("; ".join(_label(name, spoken()) for name in names))


@lru_cache(maxsize=2000)
def _label(name: str, language: Language) -> str:
    """Of one of the few inputs that there are, for very many lines."""
    with speaking(language):
        return plain(input_label(name))


def order_code(order: Order) -> str:
    """The code of an order with its system: ``LOINC 2890-2``."""
    return f"{_SYSTEMS.get(order.system, order.system)} {order.code}"
