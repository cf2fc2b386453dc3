"""What was taken over time: daily amounts, background treatments and their changes."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from fhir_mappings.facts.events import Exposure
from fhir_mappings.facts.provenance import Evidence, Retrieval
from fhir_mappings.intervals import DateSpan, Interval

LONGEST_CYCLE = 62
"""Days between single doses that may still be one schedule: monthly infusions, not half-yearly courses."""

NO_STOP = 7
"""Days without treatment that are no stop: a late refill, a weekend between two prescriptions."""


class DayDose(msgspec.Struct, frozen=True, gc=False):
    """Amount on one calendar day, as an interval, with the exposures that contribute."""

    day: date
    amount: Interval
    sources: tuple[int, ...] = ()


class DoseHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Daily amounts over a period, e.g. prednisone equivalents in mg.

    Attributes:
        days: the days on which some amount is known or possible; other days are zero.
        exposures: what the days' ``sources`` index into.
        unknown: exposures whose amount could not be computed; a run cannot be excluded while they overlap.
        left_out: exposures that have no equivalent and still deserve a look (a depot in a joint); their
            ``notes`` say why.
    """

    days: tuple[DayDose, ...]
    exposures: tuple[Exposure, ...]
    unknown: tuple[Exposure, ...]
    retrieval: Retrieval
    left_out: tuple[Exposure, ...] = ()


class TherapyChange(msgspec.Struct, frozen=True, kw_only=True):
    """A start, stop, hold or change of dose or schedule of a drug of interest.

    ``form``: a start, a stop or another dose beside another form of the same active substance, so that the
    amounts do not tell whether anything changed.

    ``certain`` is false where, as far as the dates are known, there may have been none at all: the new order
    may be a renewal of one of which the end is not recorded.
    """

    drug: str
    label: str
    change: Literal["start", "stop", "hold", "dose", "form"]
    when: DateSpan
    detail: str
    evidence: tuple[Evidence, ...]
    certain: bool = True


class Therapy(msgspec.Struct, frozen=True, kw_only=True):
    """One drug as background treatment: since when, until when, and its changes in a period.

    ``dose_known`` is false where a change of dose could not be seen. ``disputed`` tells that only orders or
    supplies carry it on, and a statement tells that it was stopped or is not taken.
    """

    drug: str
    label: str
    since: DateSpan | None
    until: DateSpan | None
    ongoing: bool
    dose_known: bool
    changes: tuple[TherapyChange, ...]
    evidence: tuple[Evidence, ...]
    by_text: bool = False
    disputed: bool = False


class Therapies(msgspec.Struct, frozen=True, kw_only=True):
    """All drugs of the asked classes, with the retrieval state of the medication resources.

    ``turns_on``: a day, not after the first, on which time alone may change the answer. ``unnamed``: courses
    on the last day of drugs that nothing on record names: each may be of an asked class.
    """

    therapies: tuple[Therapy, ...]
    retrieval: Retrieval
    turns_on: date | None = None
    unnamed: tuple[Exposure, ...] = ()
