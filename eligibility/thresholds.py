"""One value against a threshold: in the unit of the result, or as a multiple of its own reference limit."""

from __future__ import annotations

import msgspec

from eligibility.answers import State
from eligibility.binding import BoundThreshold
from eligibility.measured import recorded_text, with_unit
from eligibility.messages import in_words, message
from fhir_mappings.facts import InputDescription, Measurement, Need
from fhir_mappings.intervals import Comparison, Interval


class ThresholdTest(msgspec.Struct, frozen=True):
    """A comparison, bound.

    Attributes:
        thresholds: the same threshold in several units; each result is compared in its own.
        plausible_limit: for ULN or LLN, the range in which the limit must lie.
        grey: the far end of a zone of values that do not decide, and what settles them.
        conservative: the review state that leans against the patient.
    """

    described: InputDescription
    comparison: Comparison
    thresholds: tuple[BoundThreshold, ...]
    plausible_limit: tuple[float, float] | None
    grey: tuple[BoundThreshold, Need] | None
    conservative: State


def threshold_for(thresholds: tuple[BoundThreshold, ...], measurement: Measurement) -> BoundThreshold:
    """The threshold in the unit in which the result was reported; else the first."""
    for threshold in thresholds:
        if threshold.written.unit is not None and threshold.written.unit == measurement.reported_unit:
            return threshold
    return thresholds[0]


def compare(
    test: ThresholdTest, threshold: BoundThreshold, measurement: Measurement
) -> tuple[bool | None, tuple[str, ...]]:
    """Whether the comparison holds, and remarks on the limit that was used."""
    if threshold.limit is not None:
        return _holds_limit(test, threshold, measurement)
    if measurement.value is None or threshold.canonical is None:
        return None, ()
    if measurement.reported is not None and measurement.reported_unit == threshold.written.unit:
        return measurement.reported.holds(test.comparison, threshold.written.value), ()
    return measurement.value.holds(test.comparison, threshold.canonical), ()


def _holds_limit(
    test: ThresholdTest, threshold: BoundThreshold, measurement: Measurement
) -> tuple[bool | None, tuple[str, ...]]:
    """Against a multiple of the result's own reference limit, its flag, or the plausible range of limits."""
    upper = threshold.limit == "ULN"
    limit = measurement.upper_limit if upper else measurement.lower_limit
    multiple = threshold.written.value
    if limit is not None and measurement.value is not None:
        return measurement.value.holds(test.comparison, multiple * limit), ()
    if multiple == 1 and measurement.category in ("low", "normal", "high"):
        beyond = measurement.category == ("high" if upper else "low")
        asked_beyond = test.comparison in (("above", "at_least") if upper else ("below", "at_most"))
        return beyond if asked_beyond else not beyond, (in_words(message("note.own-flag")),)
    if test.plausible_limit is not None and measurement.value is not None:
        low, high = (
            measurement.value.holds(test.comparison, multiple * edge) for edge in test.plausible_limit
        )
        if low is high and low is not None:
            span = Interval(*test.plausible_limit)
            note = in_words(message("note.any-limit", span=str(span)))
            return low, (note,)
    return None, ()


def in_grey(test: ThresholdTest, measurement: Measurement) -> bool:
    """Whether the value may lie in the grey zone, which the test has."""
    assert test.grey is not None  # noqa: S101  # the caller has asked
    far = test.grey[0].canonical
    if far is None or measurement.value is None:
        return False
    return measurement.value.holds(test.comparison, far) is not False


def threshold_text(threshold: BoundThreshold, measurement: Measurement) -> str:
    """The threshold as written; of a multiple of a limit, also what it comes to."""
    written = str(threshold.written)
    limit = {
        "ULN": measurement.upper_limit,
        "LLN": measurement.lower_limit,
    }.get(threshold.limit or "")
    if limit is None:
        return written
    return f"{written} ({with_unit(f'{threshold.written.value * limit:.6g}', measurement.unit)})"


def shown_value(measurement: Measurement, threshold: BoundThreshold) -> str:
    """The value in the canonical unit, with enough digits not to contradict the comparison."""
    value = measurement.value
    if value is None:
        return recorded_text(measurement)
    if not value.exact:
        shown = with_unit(str(value), measurement.unit)
    else:
        digits = 3
        while (
            threshold.canonical is not None
            and digits < 6
            and value.low != threshold.canonical
            and float(f"{value.low:.{digits}g}") == float(f"{threshold.canonical:.{digits}g}")
        ):
            digits += 1
        number = f"{value.low:.{digits}g}" if abs(value.low) < 1000 else f"{value.low:.0f}"
        shown = with_unit(number, measurement.unit)
    recorded = recorded_text(measurement) if measurement.reported_unit not in (None, measurement.unit) else ""
    return f"{shown} ({recorded})" if recorded else shown
