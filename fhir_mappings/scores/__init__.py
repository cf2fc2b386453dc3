"""Disease activity and classification scores of lupus, from recorded forms and from the chart.

The items are data (``*.yaml``); one evaluator judges them. A recorded total counts as it stands, unless the
chart contradicts it. Without one, the chart gives bounds: what is present, what awaits attribution to
lupus, and what has not been shown to be absent.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from fhir_mappings.facts import InputDescription, Measurement, Series
from fhir_mappings.intervals import Duration, Interval, day
from fhir_mappings.looked_at import LookedAt
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.scores.bilag import count_grades
from fhir_mappings.scores.bilag_rules import bilag
from fhir_mappings.scores.classification import classify
from fhir_mappings.scores.definitions import definitions
from fhir_mappings.scores.imprecise import spanning
from fhir_mappings.scores.rules import Definition
from fhir_mappings.scores.scoring import score
from fhir_mappings.scores.sheet import sheet_of
from fhir_mappings.scores.situation import SeriesOf, Situation

__all__ = [
    "Situations",
    "compute_score",
    "describe_score",
    "input_lengths",
    "score_lengths",
    "score_names",
]

SCORE_UNIT = "{score}"
RESOURCE_TYPES = ("Observation", "QuestionnaireResponse")


@functools.cache
def score_names() -> tuple[str, ...]:
    """The criterion inputs that this package computes."""
    counted = (name for name, definition in definitions().items() if not definition.internal)
    return (*counted, *bilag().counts)


def describe_score(name: str) -> InputDescription | None:
    """What a protocol author may know of a score; ``None`` if there is no such score."""
    if name in bilag().counts:
        highest = len(bilag().domains)
        return _description(name, bilag().counts[name].label, highest)
    definition = definitions().get(name)
    if definition is None or definition.internal:
        return None
    if definition.classification is not None:
        return _description(name, definition.label, definition.maximum, ("met", "not-met"))
    return _description(name, definition.label, definition.maximum)


class Situations:
    """Those of one patient, by day and first day of the window, each with what was looked at in it.

    Scores of one day and window share what they make of the facts, so that what one of them has looked at may
    bear on the others.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[date, date | None], tuple[Situation, LookedAt]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(
        self, facts: PatientFacts, on: date, since: date | None, series: SeriesOf
    ) -> tuple[Situation, LookedAt]:
        """The situation of a day and window; facts and series serve the first who asks."""
        known = self._known.get((on, since))
        if known is None:
            looked_at = LookedAt()
            looked_at.by_day = True
            situation = Situation(looked_at.through(facts), on, since, looked_at.noting(series))
            known = self._known[on, since] = (situation, looked_at)
        return known


def compute_score(
    name: str,
    facts: PatientFacts,
    on: date,
    since: date | None,
    series: SeriesOf,
    situations: Situations | None = None,
    looked_at: LookedAt | None = None,
) -> Series:
    """A score as known on day ``on``: a series of one measurement, in points.

    Args:
        name: one of ``score_names()``.
        facts: of one patient.
        on: the day; nothing later counts.
        since: first day of the scoring window; by default the score's own. Classification criteria count
            once seen, whatever the window.
        series: gives the other criterion inputs by name, as of the same day.
        situations: what was worked out for other scores of this patient, to be added to.
        looked_at: to note what the score rests on.

    Raises:
        KeyError: no such score.
    """
    description = describe_score(name)
    if description is None:
        raise KeyError(name)
    known = Situations() if situations is None else situations
    situation, seen = known.of(facts, on, _start(name, on, since), series)
    measurement = _measure(name, situation)
    before = None if situation.since is None else situation.since - timedelta(days=1)
    if seen.on_both_sides(on) or (before is not None and seen.on_both_sides(before)):
        measurement = spanning(measurement, _measure(name, situation.with_imprecise()), situation)
    if looked_at is not None:
        looked_at.add(seen)
    return Series(
        input=name,
        label=description.label,
        unit=SCORE_UNIT,
        measurements=(measurement,),
        retrieval=facts.retrieval_of(RESOURCE_TYPES),
    )


def _start(name: str, on: date, since: date | None) -> date | None:
    """First day of the window; ``None`` for items that count once seen."""
    definition = definitions().get(name)
    if definition is not None and definition.scope == "ever":
        return None
    window = bilag().window_days if definition is None else definition.window_days
    return since or on - timedelta(days=window)


def score_lengths(name: str, on: date, since: date | None) -> tuple[Duration, ...]:
    """How long ago a finding may lie to count for a score: its windows, for those who ask when it turns."""
    start = _start(name, on, since)
    if start is None:
        # What was once seen counts for good; that a form denies an item counts for so long.
        return (Duration(definitions()[name].window_days, "d"),)
    return (Duration((on - start).days, "d"),)


def input_lengths(name: str) -> Mapping[str, Duration]:
    """How long ago a result of an input may lie to count for a score, where that is not its window."""
    histology = bilag().renal.histology
    return {histology.input: Duration(histology.months, "mo")} if name in bilag().counts else {}


def _measure(name: str, situation: Situation) -> Measurement:
    if name in bilag().counts:
        return count_grades(name, bilag(), situation)
    return _counted(definitions()[name], situation)


def _counted(definition: Definition, situation: Situation) -> Measurement:
    scored = score(definition, situation)
    measurement = Measurement(
        input=definition.name,
        when=scored.when,
        unit=SCORE_UNIT,
        value=scored.value,
        attributed=scored.attributed,
        basis=scored.basis,
        evidence=scored.evidence,
        needs=scored.needs,
        notes=scored.notes,
        changes_on=scored.changes_on,
        sheet=sheet_of(scored, situation),
    )
    if definition.classification is None:
        return measurement
    found = classify(definition.classification, scored)
    return msgspec.structs.replace(
        measurement,
        # A classification holds from when it was made; it does not age with the form.
        when=day(situation.on),
        category=found.category,
        evidence=found.evidence,
        needs=found.needs,
        notes=found.notes,
        changes_on=None,
    )


def _description(name: str, label: str, highest: int, categories: tuple[str, ...] = ()) -> InputDescription:
    return InputDescription(
        name=name,
        label=label,
        kind="both" if categories else "number",
        unit=SCORE_UNIT,
        units={SCORE_UNIT: 1.0, "1": 1.0},
        categories=categories,
        plausible=Interval(0, highest),
        given_as="a recorded form (assessments: [{instrument: …, total: …, complete: true, on: …}]), "
        "and the facts that its items rest on",
        judged=True,
    )
