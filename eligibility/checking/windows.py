"""Windows and lengths of time that cannot be meant: empty, endless, or put to what has no date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from eligibility.checking.walking import fields_of, walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.kinds.dose_run import DoseRunBody
from eligibility.kinds.exposed_for import ExposedForBody
from eligibility.protocol import Protocol
from eligibility.quantities import parse_duration
from eligibility.treatment_time import days_of
from eligibility.windows import LATEST, Window
from fhir_mappings.facts import Vocabulary

LONGEST_YEARS = 100
_LENGTHS = ("before", "gap", "length", "unchanged_for", "unknown_until", "at_least")


def window_faults(protocol: Protocol, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    """All of them. What has no name, no length or nothing left of it is found when the protocol is bound."""
    for location, model in walk(protocol):
        yield from _lengths(model, location)
        if isinstance(model, Window):
            yield from _window(model, location, vocabulary)
        if isinstance(model, DoseRunBody):
            yield from _run(model, location, protocol)
        if isinstance(model, ExposedForBody):
            yield from _exposure(model, location, protocol)
        yield from _undated(model, location, vocabulary)


def _lengths(model: BaseModel, location: Location) -> Iterator[ProtocolProblem]:
    for name, value in fields_of(model):
        days = _days(value) if name in _LENGTHS else None
        if days is not None and days > LONGEST_YEARS * 366:
            yield ProtocolProblem(
                (*location, name),
                f"{value} is longer than {LONGEST_YEARS} years",
                mend="correct the number or its unit (d, wk, mo, a); for 'ever', leave the window out",
            )


def _window(window: Window, location: Location, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    if window.anchor.startswith(LATEST):
        described = vocabulary.input(window.anchor.removeprefix(LATEST))
        if described is not None and not described.dated:
            yield ProtocolProblem(
                (*location, "anchor"),
                f"{described.label} is not measured on a day, so no window can be anchored at it",
                mend="anchor the window at a date of the trial, or at an input that is measured",
            )
    ignored = "until" in window.model_fields_set and (
        "beside a gap"
        if window.gap
        else "in a window that is anchored at a result" * window.anchor.startswith(LATEST)
    )
    if ignored:
        yield ProtocolProblem(
            (*location, "until"),
            f"'until' has no effect {ignored}",
            severity="warning",
            mend="leave it out",
        )
    if window.before is None and window.gap is None and window.model_fields_set <= {"anchor", "assumption"}:
        yield ProtocolProblem(
            location,
            "this window has neither a beginning nor an end of its own",
            severity="warning",
            mend="give 'before', or leave the window out if every result counts",
        )


def _run(body: DoseRunBody, location: Location, protocol: Protocol) -> Iterator[ProtocolProblem]:
    window = _resolved(body.during, protocol)
    if window is not None and window.before is None:
        yield ProtocolProblem(
            (*location, "during"),
            "a run of doses is looked for in a window with a beginning; in this one it is always missing",
            mend="give the window 'before'",
        )


def _exposure(body: ExposedForBody, location: Location, protocol: Protocol) -> Iterator[ProtocolProblem]:
    window = _resolved(body.during, protocol)
    needed, within = _days(body.at_least), _days(window.before) if window is not None else None
    # A calendar month may have a day more than a month of exposure.
    if needed is not None and within is not None and needed > within + 2:
        yield ProtocolProblem(
            (*location, "at_least"),
            f"{body.at_least} do not fit into a window of {window.before if window else ''}",
            mend="lengthen the window, or ask for less",
        )


def _undated(model: BaseModel, location: Location, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    name, window = getattr(model, "input", None), getattr(model, "fresh", None)
    described = vocabulary.input(name) if isinstance(name, str) else None
    if described is not None and not described.dated and window is not None:
        yield ProtocolProblem(
            (*location, "fresh"),
            f"{described.label} has no date, so no window applies to it",
            severity="warning",
            mend="leave 'fresh' out; the day on which it is asked for is given by 'on'",
        )


def _resolved(window: Window | str | None, protocol: Protocol) -> Window | None:
    return protocol.freshness.get(window) if isinstance(window, str) else window


def _days(value: Any) -> int | None:
    """The length of a duration in days, as exposure is counted; ``None`` if it is none."""
    if not isinstance(value, str):
        return None
    try:
        return round(days_of(parse_duration(value)))
    except ValueError:
        return None
