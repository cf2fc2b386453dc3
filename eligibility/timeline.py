"""A criterion's timeline: treatment and response over time, assembled for a person to judge.

It decides nothing. A criterion asks for it with the key ``timeline``; which drugs are shown, which measure
tells the response and at which values a remission or a relapse is thought of, the protocol says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from pydantic import Field

from eligibility.binding import Binding
from eligibility.context import Context
from eligibility.errors import BindingError
from eligibility.messages import in_words
from eligibility.model import Model
from eligibility.quantities import DurationText, ThresholdText
from eligibility.recorded_turns import Recorded, recorded_turns
from eligibility.reported import ReportedTimeline
from eligibility.response import Limit, NoResponse, ResponseRules, in_order, response_of
from eligibility.treatment import treatment_of
from eligibility.treatment_time import months, months_at_most

Build = Callable[[Context], ReportedTimeline]
"""Makes the timeline."""


class RemissionBody(Model):
    """When a value may mark a remission."""

    below: ThresholdText
    """A value surely below this, after one that was not."""


class RelapseBody(Model):
    """When a value may mark a relapse."""

    at_least: ThresholdText
    """A value surely at or above this, after a remission."""


class NoResponseBody(Model):
    """When a treatment may have had no response."""

    after: DurationText
    """So long on treatment."""

    fall_below: float = Field(gt=0, le=100)
    """A fall by less than so many per cent of the value with which the treatment began."""

    baseline_before: DurationText = "90 d"
    """That value is the last one within this time before the treatment began, the first day included."""

    baseline_after: DurationText = "30 d"
    """Else the first one within this time after."""


class ResponseBody(Model):
    """How the response to treatment is seen."""

    input: str
    """The numeric criterion input; a lower value is a better one."""

    remission: RemissionBody | None = None
    """What may mark a remission."""

    relapse: RelapseBody | None = None
    """What may mark a relapse."""

    no_response: NoResponseBody | None = None
    """What may mark a treatment without response."""


class RecordedBody(Model):
    """Diagnoses that record a remission or a relapse."""

    of: list[str] = Field(min_length=1)
    """Code sets or classes of diagnoses."""

    clinical: list[str] = []
    """Clinical states that a diagnosis must be in, e.g. ``relapse``; without them, any."""


class RecordedTurnsBody(Model):
    """What the record itself calls a remission or a relapse."""

    remission: list[RecordedBody] = []
    """Diagnoses of a remission."""

    relapse: list[RecordedBody] = []
    """Diagnoses of a relapse."""


class TimelineBody(Model):
    """Treatment and response over time, shown with the finding for a person to judge."""

    of: list[str] = Field(min_length=1)
    """The drugs or classes whose time counts."""

    besides: list[str] = []
    """Drugs or classes that are shown and not counted."""

    routes: list[str] | None = None
    """The routes that count. A course without a recorded route counts."""

    response: ResponseBody | None = None
    """The measure of response."""

    recorded: RecordedTurnsBody = RecordedTurnsBody()
    """Remissions and relapses that are diagnoses on record."""


def bind_timeline(body: TimelineBody, binding: Binding) -> Build:
    """Resolve drugs, measure and thresholds.

    Raises:
        BindingError: unknown drug or input, a threshold that does not fit, a relapse below the remission.
    """
    counted = binding.concepts(body.of, "of")
    shown = counted | binding.concepts(body.besides, "besides")
    binding.looks.drugs |= shown
    labels = {name: binding.vocabulary.concept_label(name) for name in shown}
    rules = _rules(body.response, binding) if body.response is not None else None
    recorded = [
        *_recorded("remission", body.recorded, binding),
        *_recorded("relapse", body.recorded, binding),
    ]

    def build(context: Context) -> ReportedTimeline:
        found = context.chart.events(("exposure",), shown)
        treatment = treatment_of(found, shown, counted, body.routes, labels, context.as_of)
        response = response_of(rules, context, treatment) if rules is not None else None
        missing = [*treatment.missing, *(response.missing if response is not None else ())]
        return ReportedTimeline(
            until=context.as_of.isoformat(),
            months=months(treatment.certain),
            months_at_most=months_at_most(treatment.possible),
            courses=treatment.courses,
            response=response.reported if response is not None else None,
            candidates=in_order(
                (
                    *(response.candidates if response is not None else ()),
                    *recorded_turns(recorded, context),
                )
            ),
            missing=tuple(dict.fromkeys(in_words(item) for item in missing)),
        )

    return build


def _recorded(
    what: Literal["remission", "relapse"], body: RecordedTurnsBody, binding: Binding
) -> Iterator[Recorded]:
    for asked in body.remission if what == "remission" else body.relapse:
        yield Recorded(what, binding.concepts(asked.of, "recorded", what), frozenset(asked.clinical))


def _rules(body: ResponseBody, binding: Binding) -> ResponseRules:
    described = binding.input(body.input, "response", "input")
    if described.kind == "category":
        raise BindingError(f"'{body.input}' is not a number", "response", "input")

    def limit(text: str, place: str) -> Limit:
        bound = binding.threshold(described, text, "response", place)
        if bound.canonical is None:
            raise BindingError("a multiple of a result's own limit has no place here", "response", place)
        return Limit(bound.canonical, str(bound.written))

    remission = limit(body.remission.below, "remission") if body.remission is not None else None
    relapse = limit(body.relapse.at_least, "relapse") if body.relapse is not None else None
    if remission is not None and relapse is not None and relapse.value < remission.value:
        raise BindingError("a relapse cannot lie below the remission", "response", "relapse")
    no_response: NoResponse | None = None
    if body.no_response is not None:
        asked = body.no_response
        place = ("response", "no_response")
        no_response = NoResponse(
            after=binding.duration(asked.after, *place, "after"),
            share=1 - asked.fall_below / 100,
            before=binding.duration(asked.baseline_before, *place, "baseline_before"),
            within=binding.duration(asked.baseline_after, *place, "baseline_after"),
        )
    return ResponseRules(described.name, described.label, described.unit, remission, relapse, no_response)
