"""A timeline of treatment and response in words: what it shows beside a criterion that a person judges."""

from __future__ import annotations

from collections.abc import Iterator

from eligibility.describing.phrases import Phrases, either, length, plain
from eligibility.describing.statements import Told
from eligibility.timeline import RecordedBody, ResponseBody, TimelineBody


def describe_timeline(body: TimelineBody, phrases: Phrases) -> Told:
    """What a timeline shows and counts. It decides nothing."""
    routes = f", by route {either(body.routes)} or unrecorded" if body.routes else ""
    below = [Told(f"the time on {phrases.concepts(body.of)} is counted{routes}")]
    if body.besides:
        below.append(Told(f"shown and not counted: {phrases.concepts(body.besides)}"))
    if body.response is not None:
        below.extend(_response(body.response, phrases))
    for name, recorded in (("remission", body.recorded.remission), ("relapse", body.recorded.relapse)):
        if recorded:
            told = either([_recorded(one, phrases) for one in recorded])
            below.append(Told(f"the record itself tells a {name}: {told}"))
    return Told("Shown beside it, for the person who judges; it decides nothing:", tuple(below))


def _response(body: ResponseBody, phrases: Phrases) -> Iterator[Told]:
    described = phrases.vocabulary.input(body.input)
    label = phrases.input(body.input)
    yield Told(f"the course of {label} is shown; a lower value is a better one")
    if body.remission is not None:
        below = phrases.amount(described, body.remission.below)
        yield Told(f"possible remission: {label} below {below}, after a value that was not")
    if body.relapse is not None:
        reached = phrases.amount(described, body.relapse.at_least)
        yield Told(f"possible relapse: {label} at least {reached}, after a remission")
    if body.no_response is not None:
        rule = body.no_response
        yield Told(
            f"possibly no response: after {length(rule.after)} on treatment {label} has fallen by less"
            f" than {rule.fall_below:g} % of the last value within {length(rule.baseline_before)} before the"
            f" treatment began, or else of the first within {length(rule.baseline_after)} after"
        )


def _recorded(body: RecordedBody, phrases: Phrases) -> str:
    state = f" in the state {either([plain(value) for value in body.clinical])}" if body.clinical else ""
    return f"diagnosis of {phrases.concepts(body.of)}{state}"
