"""Tests that are ordered already, so that no card suggests them again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from cds_hooks.prefetch import Prefetched
from fhir_mappings.dates import read_date
from fhir_mappings.decoding import decode
from fhir_mappings.facts import Coding
from fhir_mappings.ordered_tests import analyte_of_code, ordered_analytes
from fhir_mappings.resources import ServiceRequest

ORDER_TYPE = "ServiceRequest"

_LOINC = "http://loinc.org"
_PENDING = frozenset({"active", "draft", "on-hold"})
_FORGOTTEN = timedelta(days=90)
"""An order that is older and still open will hardly be carried out."""


class Ordered(NamedTuple):
    """What is ordered already.

    Attributes:
        analytes: that would be measured.
        codes: LOINC codes of the orders, for tests that are no analyte of ours.
        seen: whether all open orders were at hand; if not, there may be more.
    """

    analytes: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    seen: bool = True

    def covers(self, test: Coding) -> bool:
        """Whether a test (LOINC) is ordered, under whatever code or words, alone or in a panel."""
        return test.code in self.codes or analyte_of_code(test.code) in self.analytes


NOTHING = Ordered()
"""All orders were seen, and no test is ordered."""


def ordered_tests(orders: Prefetched, as_of: date) -> Ordered:
    """The tests of the orders that are open, and not forgotten."""
    pending = [order for raw in orders.resources for order in _pending(raw, as_of)]
    codes = [order.code for order in pending if order.code is not None]
    return Ordered(
        frozenset[str]().union(*(ordered_analytes(code) for code in codes)),
        frozenset(found for code in codes for system, found in code.pairs if system == _LOINC and found),
        seen=orders.state in ("present", "empty") and not orders.truncated,
    )


def _pending(raw: msgspec.Raw, as_of: date) -> Iterator[ServiceRequest]:
    # Most orders of a long chart are completed: they are told without decoding them.
    text = bytes(raw)
    if not any(status.encode() in text for status in _PENDING):
        return
    order, _ = decode(raw, ServiceRequest)
    if order is None or order.status not in _PENDING or order.do_not_perform:
        return
    written = read_date(order.occurrence_date_time) or read_date(order.authored_on)
    if written is not None and written.last < as_of - _FORGOTTEN:
        return
    yield order
