"""What of a patient's contradictions bears on what was asked.

A record of years holds many copies and corrections of things that no trial asks for. What was asked is noted
while criteria are judged: the inputs whose results were looked at, the code sets that were looked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, ValuesView
from typing import Any, TypeVar

from fhir_mappings.facts import Conflict, Measurement, Series
from fhir_mappings.inputs import is_score
from fhir_mappings.inputs.pairing import same_draw
from fhir_mappings.intervals import DateSpan
from fhir_mappings.phrases import listed, phrase, without_stop

T = TypeVar("T")

_ROUNDING = 0.05
"""Part by which a reported and a computed value may differ by rounding alone."""


class Noting(Mapping[str, Sequence[T]]):
    """A mapping by criterion input that notes which inputs were looked at."""

    def __init__(self, content: Mapping[str, Sequence[T]], noted: set[str]) -> None:
        self._content = content
        self._noted = noted

    def __getitem__(self, name: str) -> Sequence[T]:
        self._noted.add(name)
        return self._content[name]

    def get(self, name: str, default: Any = None) -> Any:
        # Most inputs have no result; an exception for each of them costs more than all that is found.
        self._noted.add(name)
        return self._content.get(name, default)

    def values(self) -> ValuesView[Sequence[T]]:
        # Who goes through all of them asks for none in particular.
        return self._content.values()

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


def bearing_on(
    conflicts: Iterable[Conflict], inputs: set[str], concepts: set[str], series: Iterable[Series]
) -> list[Conflict]:
    """The conflicts about these inputs and code sets, and those within these series; newest first."""
    asked = list(series)
    shown = {e.reference for one in asked for m in one.measurements for e in m.evidence}
    found = [
        conflict
        for conflict in conflicts
        if (conflict.concepts & concepts if conflict.concepts else conflict.input in inputs)
        # What a result was read from is asked for with it.
        or (conflict.kind == "corrected" and any(e.reference in shown for e in conflict.evidence))
    ]
    found += [conflict for one in asked for conflict in _within(one)]
    unique = dict.fromkeys(found)
    return sorted(
        unique, key=lambda c: (-c.when.last.toordinal() if c.when else 0, c.input, c.kind, c.detail)
    )


def _within(series: Series) -> Iterator[Conflict]:
    """Recorded values of a series beside values computed from the same draw that they contradict."""
    if is_score(series.input):
        yield from _of_score(series)
        return
    yield from _of_documents(series)
    computed = [m for m in series.measurements if m.basis == "computed"]
    measured = [m for m in series.measurements if m.basis == "measured"] if computed else []
    for one in computed:
        for other in measured:
            if same_draw(one, other) and _alike(one, other) and _differ(one, other):
                yield Conflict(
                    input=series.input,
                    kind="recorded-and-computed",
                    detail=phrase(
                        "conflicts.unlike-specimen",
                        label=series.label,
                        when=one.when,
                        recorded=other.value,
                        computed=one.value,
                        unit=series.unit,
                    ),
                    when=one.when,
                    evidence=(*other.evidence[:1], *one.evidence),
                )


def _of_documents(series: Series) -> Iterator[Conflict]:
    """Documents of one day, of a biopsy for instance, that name different categories."""
    by_day: dict[DateSpan, list[Measurement]] = defaultdict(list)
    for one in series.measurements:
        if one.basis == "recorded" and one.value is None and one.category is not None:
            by_day[one.when].append(one)
    for when, documents in by_day.items():
        named = sorted({one.category or "" for one in documents})
        if len(named) > 1:
            yield Conflict(
                input=series.input,
                kind="same-time",
                detail=phrase(
                    "conflicts.at-odds", label=series.label, when=when, named=listed("both", named)
                ),
                when=when,
                evidence=tuple(dict.fromkeys(e for one in documents for e in one.evidence[:1])),
            )


def _of_score(series: Series) -> Iterator[Conflict]:
    """Forms of one time against each other; a recorded total against what the chart proves."""
    for one in series.measurements:
        if one.sheet is not None:
            yield from one.sheet.at_odds
        if one.sheet is not None and one.sheet.conflict is not None:
            yield Conflict(
                input=series.input,
                kind="recorded-and-computed",
                detail=phrase(
                    "conflicts.recorded-and-computed",
                    label=series.label,
                    conflict=without_stop(one.sheet.conflict),
                ),
                when=one.when,
                evidence=one.evidence,
            )


def _alike(one: Measurement, other: Measurement) -> bool:
    """Whether two values are of one kind: a spot sample is no collection of a day."""
    return one.role == other.role or "" in (one.role, other.role)


def _differ(one: Measurement, other: Measurement) -> bool:
    if one.value is None or other.value is None:
        return False
    slack = _ROUNDING * max(abs(one.value.low), abs(other.value.low))
    return one.value.low - other.value.high > slack or other.value.low - one.value.high > slack
