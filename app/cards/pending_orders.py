"""Tests that are ordered already, so that no card suggests them again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from cds_hooks.prefetch import Prefetched
from fhir_mappings.dates import read_date
from fhir_mappings.decoding import decode
from fhir_mappings.resources import ServiceRequest

ORDER_TYPE = "ServiceRequest"

_LOINC = "http://loinc.org"
_PENDING = frozenset({"active", "draft", "on-hold"})
_FORGOTTEN = timedelta(days=90)
"""An order that is older and still open will hardly be carried out."""


def ordered_tests(orders: Prefetched, as_of: date) -> frozenset[str]:
    """The LOINC codes of the orders that are open, and not forgotten."""
    return frozenset(code for raw in orders.resources for code in _codes(raw, as_of))


def _codes(raw: msgspec.Raw, as_of: date) -> Iterator[str]:
    if b"loinc.org" not in bytes(raw):
        return
    order, _ = decode(raw, ServiceRequest)
    if order is None or order.status not in _PENDING or order.do_not_perform or order.code is None:
        return
    written = read_date(order.occurrence_date_time) or read_date(order.authored_on)
    if written is not None and written.last < as_of - _FORGOTTEN:
        return
    yield from (code for system, code in order.code.pairs if system == _LOINC and code)
