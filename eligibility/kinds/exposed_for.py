"""``exposed_for``: the patient has been on drugs of some classes for so long altogether."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import ClassVar

from pydantic import Field

from eligibility.answers import Answer, State, unique
from eligibility.binding import Binding, Evaluate
from eligibility.context import Context
from eligibility.messages import in_words, message
from eligibility.model import Model
from eligibility.quantities import DurationText
from eligibility.treatment_time import by_drug, days_of, days_on, total_days
from eligibility.ways import Opposite
from eligibility.windows import Window
from fhir_mappings.facts import Exposure, Need
from fhir_mappings.phrases import listed


class ExposedForBody(Model):
    """Body of ``exposed_for``."""

    of: list[str] = Field(min_length=1)
    """The drugs or classes; time on any of them counts once."""

    at_least: DurationText
    """The time altogether. Months and years are counted as 30.4375 and 365.25 days of exposure."""

    during: Window | str | None = None
    """The window; without it, ever before the evaluation date."""

    routes: list[str] | None = Field(None, min_length=1)
    """The routes that count, e.g. without ``topical``. A course without a recorded route counts."""


class ExposedForNode(Model):
    """The union of the exposures is at least that long."""

    kind_name: ClassVar[str] = "exposed_for"
    exposed_for: ExposedForBody

    def bind(self, binding: Binding) -> Evaluate:
        """Resolve drugs and window.

        Raises:
            BindingError: unknown drug or window.
        """
        body = self.exposed_for
        concepts = binding.concepts(body.of, "exposed_for", "of")
        binding.looks.drugs |= concepts
        needed = binding.duration(body.at_least, "exposed_for", "at_least")
        days_needed = days_of(needed)
        span_of = binding.events_window(body.during, "exposed_for", "during")
        label = listed("names", [binding.vocabulary.concept_label(name) for name in body.of])
        need_name = body.of[0]

        def evaluate(context: Context) -> Answer:
            span = span_of(context)
            found = context.chart.events(("exposure",), concepts)
            last = span.last
            first = span.first or date.min
            courses = [
                event
                for event in found.events
                if isinstance(event, Exposure)
                and (body.routes is None or event.route is None or event.route in body.routes)
            ]
            drugs = by_drug(courses, concepts).values()
            certain = total_days(d for drug in drugs for d in days_on(drug, first, last, certain=True))
            possible = total_days(d for drug in drugs for d in days_on(drug, first, last, certain=False))
            for days in (certain, possible):
                # Time adds at most a day to the days on treatment, or takes one away, each day.
                lacking = math.ceil(days_needed - days)
                context.watch.turn(context.as_of + timedelta(days=lacking if lacking > 0 else 1 - lacking))
            told = {"label": label, "needed": str(needed), "days": str(certain)}
            evidence = unique(event.evidence for event in courses)
            if certain >= days_needed:
                return Answer(state=State.TRUE, reason=message("exposed_for.yes", **told), evidence=evidence)
            if found.retrieval != "complete":
                reason = message(f"exposed_for.{found.retrieval}", **told)
                need = Need(input=need_name, why="not-retrieved", detail=in_words(reason))
                return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)
            if not courses:
                reason = message("exposed_for.none", **told)
                need = Need(input=need_name, why="never-measured", detail=in_words(reason))
                return Answer(state=State.MISSING, reason=reason, needs=(need,))
            if possible >= days_needed:
                reason = message("exposed_for.maybe", **told, possible=str(possible))
                need = Need(input=need_name, why="too-coarse", detail=in_words(reason))
                return Answer(state=State.MISSING, reason=reason, needs=(need,), evidence=evidence)
            # On a treatment that goes on, in a window without a beginning, each day adds to the time.
            adds = context.as_of == last and first == date.min and any(course.ongoing for course in courses)
            reached = context.as_of + timedelta(days=math.ceil(days_needed - possible)) if adds else None
            return Answer(
                state=State.FALSE,
                reason=message("exposed_for.no", **told),
                evidence=evidence,
                flips_on=reached,
                opposite=Opposite(message("change.exposed_for", label=label, needed=str(needed))),
            )

        return evaluate
