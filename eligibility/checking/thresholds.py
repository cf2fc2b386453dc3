"""Thresholds that cannot be meant: an empty grey zone, a multiple of a limit that no result reaches."""

from __future__ import annotations

from collections.abc import Iterator

from eligibility.binding import LIMITS
from eligibility.checking.walking import walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.kinds.number import NumberBody
from eligibility.protocol import Protocol
from eligibility.quantities import parse_threshold
from fhir_mappings.intervals import UPWARDS

MOST_TIMES = 100
"""A multiple of a reference limit beyond this, or below its inverse, is taken for a slip of the pen."""


def threshold_faults(protocol: Protocol) -> Iterator[ProtocolProblem]:
    """All of them. What has another unit or is outside the physical range is found when it is bound."""
    for location, model in walk(protocol):
        if isinstance(model, NumberBody):
            yield from _multiples(model, location)
            yield from _grey(model, location)


def _multiples(body: NumberBody, location: Location) -> Iterator[ProtocolProblem]:
    written = getattr(body, body.comparison)
    for text in written if isinstance(written, list) else [written]:
        threshold = parse_threshold(text)
        if threshold.unit in LIMITS and not 1 / MOST_TIMES <= threshold.value <= MOST_TIMES:
            yield ProtocolProblem(
                (*location, body.comparison),
                f"{threshold} lies far from the limit: hardly any result is there",
                severity="warning",
                mend="correct the number, or give the threshold a unit",
            )


def _grey(body: NumberBody, location: Location) -> Iterator[ProtocolProblem]:
    written = getattr(body, body.comparison)
    if body.grey is None or isinstance(written, list):
        return
    threshold, far = parse_threshold(written), parse_threshold(body.grey.to)
    rising = body.comparison in UPWARDS
    beyond = far.value < threshold.value if rising else far.value > threshold.value
    if threshold.unit == far.unit and not beyond:
        side = "below" if rising else "above"
        yield ProtocolProblem(
            (*location, "grey", "to"),
            f"the grey zone is empty: {far} does not lie {side} {threshold}",
            mend=f"let it end {side} the threshold",
        )
