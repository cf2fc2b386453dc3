"""Numbers and categories at a time, and the series of a criterion input."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from fhir_mappings.facts.provenance import Coding, Evidence, Need, Retrieval, WhyMissing
from fhir_mappings.facts.scores import ScoreSheet
from fhir_mappings.intervals import DateSpan, Interval

Category = str
"""A categorical value: ``positive``, ``negative``, ``equivocal``, or a term that the input defines."""


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a criterion input.

    Attributes:
        input: name of the criterion input, e.g. ``serum_creatinine``.
        when: local calendar date of the specimen or observation.
        at: the instant, where the source gives a time; orders values within a day.
        value: numeric value in ``unit`` (the input's canonical unit); ``None`` for a purely categorical one.
        unit: canonical unit of the input.
        category: categorical value, e.g. ``positive``; for numeric inputs the flag of the laboratory
            (``low``, ``high``, ``normal``) where the source gives one.
        upper_limit, lower_limit: the result's own reference range, in ``unit``.
        reported: the numeric value in the unit in which it was reported, before conversion.
        reported_unit: UCUM spelling of that unit.
        basis: how the value came about. ``policies``: the interval spans several accepted methods, so a
            threshold inside it is a question of judgement, not of missing data. ``bounded``: lower and upper
            bound from partial data.
        attributed: for scores, the interval if every finding that awaits attribution were counted.
        evidence: the resources it rests on, most important first.
        needs: what would narrow a bounded value.
        changes_on: first day on which the value changes by time alone (a birthday).
        notes: remarks that belong beside the value on a report.
        specimen: reference of the specimen, where given; only results of one specimen are combined.
        role: what the code reports, where that matters (``presence``, ``titre``, ``log``, ``confirmatory``
            …: the roles of the analyte).
        sheet: for scores, the items behind the value.
    """

    input: str
    when: DateSpan
    unit: str = "1"
    value: Interval | None = None
    category: Category | None = None
    at: datetime | None = None
    upper_limit: float | None = None
    lower_limit: float | None = None
    reported: Interval | None = None
    reported_unit: str | None = None
    basis: Literal["measured", "computed", "policies", "bounded", "recorded", "demographic"] = "measured"
    attributed: Interval | None = None
    evidence: tuple[Evidence, ...] = ()
    needs: tuple[Need, ...] = ()
    changes_on: date | None = None
    notes: tuple[str, ...] = ()
    specimen: str | None = None
    role: str = ""
    sheet: ScoreSheet | None = None


class Unusable(msgspec.Struct, frozen=True, kw_only=True):
    """A value that is in the record but must not be used, and why (``preliminary``, unknown unit …).

    Attributes:
        measured: whether there is, or may be, a value that nobody can use. If not, the entry says that
            nothing was measured (a clotted specimen, an order without a result): an older value still stands.
        at, specimen, role: see ``Measurement``.
    """

    why: WhyMissing
    detail: str
    when: DateSpan | None = None
    evidence: tuple[Evidence, ...] = ()
    measured: bool = True
    at: datetime | None = None
    specimen: str | None = None
    role: str = ""

    @classmethod
    def of(cls, measurement: Measurement, why: WhyMissing, detail: str, *, measured: bool = True) -> Unusable:
        """That a measurement cannot be used for what is asked."""
        return cls(
            why=why,
            detail=detail,
            when=measurement.when,
            evidence=measurement.evidence,
            measured=measured,
            at=measurement.at,
            specimen=measurement.specimen,
            role=measurement.role,
        )


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one criterion input.

    Attributes:
        measurements: usable values, latest first.
        unusable: values that may not be used; they explain why something is missing.
        retrieval: of the resource types that the input is read from, the worst.
        searched: the same, without regard to single resources that came and could not be read: each of those
            is told, while what did not come may hold a newer value of any input. A score tells by itself
            what did not come.
        order: the order that would supply a value.
        needs: for computed inputs without any value: what they lack.
        renewal: for a computed input with values that have all grown too old: what gives it a newer one.
        turns_on: for an input that depends on the day of the question: a day, not after the first, on which
            time alone may change the series; the end of the calendar if none will.
    """

    input: str
    label: str
    unit: str = "1"
    measurements: tuple[Measurement, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    retrieval: Retrieval = "complete"
    searched: Retrieval = "complete"
    order: Coding | None = None
    needs: tuple[Need, ...] = ()
    renewal: Need | None = None
    turns_on: date | None = None
