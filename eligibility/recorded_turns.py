"""Remissions and relapses that the record itself names: diagnoses, for a timeline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from eligibility.context import Context
from eligibility.messages import in_words, message
from eligibility.reported import reported_evidence
from eligibility.response import Candidate
from fhir_mappings.facts import Diagnosis
from fhir_mappings.phrases import listed, term


class Recorded(msgspec.Struct, frozen=True):
    """Diagnoses that stand for a turn; ``clinical`` states that they must be in, if any are named."""

    what: Literal["remission", "relapse"]
    concepts: frozenset[str]
    clinical: frozenset[str]


def recorded_turns(asked: Sequence[Recorded], context: Context) -> Iterator[Candidate]:
    """A candidate for each such diagnosis that began by the evaluation date, or of which no day is known."""
    for turn in asked:
        for event in context.chart.events(("diagnosis",), turn.concepts).events:
            if not isinstance(event, Diagnosis) or (turn.clinical and event.clinical not in turn.clinical):
                continue
            if event.start is not None and event.start.first > context.as_of:
                continue
            yield _candidate(turn, event)


def _candidate(turn: Recorded, event: Diagnosis) -> Candidate:
    state = event.clinical or ("" if event.confirmed else "unconfirmed")
    what = listed("names", [event.label, term(state)]) if state else event.label
    # The day on which a diagnosis began need not be the day on which it came back: "since" says no more.
    if event.start is None:
        words = message("timeline.recorded-undated", what=what)
    else:
        words = message("timeline.recorded", what=what, date=str(event.start))
    return Candidate(
        when=event.start,
        what=turn.what,
        words=in_words(words),
        evidence=(reported_evidence(event.evidence),),
    )
