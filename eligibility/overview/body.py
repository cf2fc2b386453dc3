"""What a protocol may say of its overview; the rest follows from its criteria."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from pydantic import Field

from eligibility.binding import Binding
from eligibility.errors import BindingError
from eligibility.looks import AskedNumber, Looks
from eligibility.model import Model
from eligibility.suggestions import did_you_mean
from fhir_mappings.facts import EventKind, InputDescription

GATE = "applies-to"
"""What stands instead of a criterion's number where the disease is asked for."""

MOST_SERIES = 6
"""So many results are drawn where the protocol does not say which."""

LANDMARKS: tuple[EventKind, ...] = ("diagnosis", "report", "procedure")
"""The kinds of events that can be landmarks."""


class OverviewBody(Model):
    """What the overview of a chart shows beside what the criteria ask for. Decides nothing."""

    series: list[str] = Field(default=[], max_length=10)
    """The numeric criterion inputs that are drawn, from the top; without it, those that most criteria ask."""

    landmarks: list[str] = []
    """Dates that are marked: categorical criterion inputs (a biopsy), or code sets and classes of diagnoses,
    reports and procedures."""

    drugs: list[str] = []
    """Drugs or classes that are shown beside those that the criteria themselves look for."""


class Landmark(msgspec.Struct, frozen=True):
    """A date to mark: that of a value of a categorical input, or of an event of some code sets."""

    label: str
    input: str | None = None
    concepts: frozenset[str] = frozenset()


class BoundOverview(msgspec.Struct, frozen=True):
    """An overview, bound: what is drawn, and what the criteria look at."""

    series: tuple[InputDescription, ...]
    landmarks: tuple[Landmark, ...]
    drugs: frozenset[str]
    labels: dict[str, str]
    numbers: tuple[AskedNumber, ...]
    looks: Looks


def bind_overview(body: OverviewBody, binding: Binding) -> BoundOverview:
    """Resolve names, after all criteria were bound.

    Raises:
        BindingError: an input that is not there or not a number, a landmark or drug that is none.
    """
    numbers = tuple(asked for asked in binding.looks.numbers if asked.criterion != GATE)
    for i, name in enumerate(body.drugs):
        if "exposure" not in _kinds(binding, binding.concepts([name], "drugs", i)):
            raise BindingError(f"'{name}' is no drug", "drugs", i)
    drugs = binding.concepts(body.drugs, "drugs") | binding.looks.drugs
    return BoundOverview(
        series=tuple(_number(binding, name, i) for i, name in enumerate(body.series)) or _most_asked(numbers),
        landmarks=tuple(_landmark(binding, name, i) for i, name in enumerate(body.landmarks)),
        drugs=drugs,
        labels={name: binding.vocabulary.concept_label(name) for name in drugs},
        numbers=numbers,
        looks=binding.looks,
    )


def _number(binding: Binding, name: str, i: int) -> InputDescription:
    described = binding.input(name, "series", i)
    if described.kind == "category" or not described.dated:
        raise BindingError(f"'{name}' is no number that is measured on a day", "series", i)
    return described


def _most_asked(numbers: Sequence[AskedNumber]) -> tuple[InputDescription, ...]:
    asked = {a.described.name: a.described for a in numbers if a.described.dated}
    criteria = Counter(name for name, _ in {(a.described.name, a.criterion) for a in numbers})
    often = sorted(asked, key=lambda name: -criteria[name])  # stable: else in the order of the text
    return tuple(asked[name] for name in often[:MOST_SERIES])


def _landmark(binding: Binding, name: str, i: int) -> Landmark:
    described = binding.vocabulary.input(name)
    if described is not None:
        if described.kind == "number":
            raise BindingError(f"'{name}' is a number: draw it as one of the 'series'", "landmarks", i)
        return Landmark(described.label, input=name)
    if binding.vocabulary.expand(name) is None:
        known = (*binding.vocabulary.concept_names, *binding.vocabulary.input_names)
        raise BindingError(
            f"there is no criterion input, code set or class '{name}'{did_you_mean(name, known)}",
            "landmarks",
            i,
        )
    concepts = binding.concepts([name])
    if _kinds(binding, concepts).isdisjoint(LANDMARKS):
        raise BindingError(f"'{name}' is no diagnosis, report or procedure", "landmarks", i)
    return Landmark(binding.vocabulary.concept_label(name), concepts=concepts)


def _kinds(binding: Binding, concepts: frozenset[str]) -> frozenset[EventKind]:
    return frozenset(kind for concept in concepts for kind in binding.vocabulary.event_kinds(concept))
