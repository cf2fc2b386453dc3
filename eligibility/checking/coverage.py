"""Whether the examples of a criterion show what it does: both sides, what is missing, and each threshold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from pydantic import BaseModel

from eligibility.binding import Binding
from eligibility.checking.walking import fields_of, is_statement, walk
from eligibility.errors import BindingError, Location, ProtocolProblem
from eligibility.example_results import read_number
from eligibility.kinds.attest import AttestedNode, AttestNode
from eligibility.kinds.cases import PASSING
from eligibility.kinds.number import NumberBody
from eligibility.kinds.proven import ProvenNode
from eligibility.protocol import Criterion, Example, Part, Protocol
from eligibility.quantities import parse_date
from fhir_mappings.facts import InputDescription, Vocabulary
from fhir_mappings.intervals import RELATIVE_TOLERANCE

NEAR = 0.25
"""An example shows a side of a threshold if its value is no farther off than this part of it, or one step."""


def uncovered(protocol: Protocol, vocabulary: Vocabulary) -> Iterator[ProtocolProblem]:
    """Criteria and parts whose examples leave out an outcome, and thresholds without one on either side."""
    for i, criterion in enumerate(protocol.criteria):
        if not criterion.examples:
            continue
        for place, leaf in _leaves(criterion, ("criteria", i)):
            own = [e for e in criterion.examples if (e.part or criterion.id) == leaf.id]
            yield from _outcomes(leaf, place, own)
        yield from _thresholds(criterion, ("criteria", i), Binding(vocabulary, "", protocol.freshness))


def _leaves(statement: Criterion | Part, location: Location) -> Iterator[tuple[Location, Criterion | Part]]:
    if not statement.parts:
        yield location, statement
    for i, part in enumerate(statement.parts or ()):
        yield from _leaves(part, (*location, "parts", i))


def _outcomes(
    leaf: Criterion | Part, location: Location, examples: Sequence[Example]
) -> Iterator[ProtocolProblem]:
    shown = {f"{e.outcome}-{e.leaning}" if e.leaning else e.outcome for e in examples}
    lacking = []
    if not shown & PASSING:
        lacking.append("lets a patient in")
    if not shown & {"fail", "review-fail"}:
        lacking.append("stands in the way")
    if "missing" not in shown and can_be_missing(leaf):
        lacking.append("lacks data")
    if lacking:
        yield ProtocolProblem(
            (*location, "id"),
            f"{leaf.id} has no example that {', none that '.join(lacking)}",
            severity="warning",
            mend="add one for each",
        )


def can_be_missing(statement: BaseModel) -> bool:
    """Whether some chart leaves a statement missing: not if only a person can say, or data can only prove."""
    for _, value in fields_of(statement):
        for inner in value if isinstance(value, list) else [value]:
            if inner == "missing":
                return True
            if not isinstance(inner, BaseModel) or isinstance(inner, (AttestNode, AttestedNode, ProvenNode)):
                continue
            if is_statement(inner) and not any(
                is_statement(deep) for _, deep in walk(inner) if deep is not inner
            ):
                return True
            if can_be_missing(inner):
                return True
    return False


# -- thresholds ------------------------------------------------------------------------------------


def _thresholds(criterion: Criterion, location: Location, binding: Binding) -> Iterator[ProtocolProblem]:
    told: set[tuple[str, float, str]] = set()
    for place, model in walk(criterion, location):
        if not isinstance(model, NumberBody):
            continue
        described = binding.vocabulary.input(model.input)
        written = getattr(model, model.comparison)
        if described is None or isinstance(written, list):
            continue
        try:
            threshold = binding.threshold(described, written)
        except BindingError:
            continue
        edge = threshold.written.value if threshold.canonical is None else threshold.canonical
        key = (model.input, edge, threshold.limit or "")
        values = [v for e in criterion.examples for v in _values(e, described, threshold.limit)]
        # What is computed, or judged by a flag alone, cannot be put into an example as a number.
        if key in told or not values:
            continue
        told.add(key)
        yield from _sides(model, (*place, model.comparison), described, edge, str(threshold.written), values)


def _sides(
    body: NumberBody,
    location: Location,
    described: InputDescription,
    edge: float,
    written: str,
    values: Sequence[float],
) -> Iterator[ProtocolProblem]:
    step = max(
        NEAR * abs(edge), 1.0 if described.unit in ("a", "1") or described.unit.startswith("{") else 0.0
    )
    same = RELATIVE_TOLERANCE * abs(edge)
    # The threshold itself belongs to one of the sides.
    upper_closed = body.comparison in ("at_least", "below")
    above = [v for v in values if v > edge + same or (upper_closed and abs(v - edge) <= same)]
    below = [v for v in values if v < edge - same or (not upper_closed and abs(v - edge) <= same)]
    lacking = [
        side
        for side, found in (
            ("at or above" if upper_closed else "above", above),
            ("below" if upper_closed else "at or below", below),
        )
        if not any(abs(v - edge) <= step + same for v in found)
    ]
    if lacking:
        yield ProtocolProblem(
            location,
            f"no example shows {described.label} just {' or just '.join(lacking)} {written}",
            severity="warning",
            mend="add an example close to the threshold on each side",
        )


def _values(example: Example, described: InputDescription, limit: str | None) -> Iterator[float]:
    """The values of an input that an example gives, in its canonical unit or as multiples of its limit."""
    chart = example.chart
    try:
        for entry in chart.get("results", []):
            if described.name in entry and "unusable" not in entry:
                yield from _result(entry, described, limit)
        for entry in chart.get("assessments", []):
            if entry.get("instrument") == described.name and "total" in entry:
                yield float(entry["total"])
        born = chart.get("patient", {}).get("born")
        if described.name == "age" and born is not None and (birth := parse_date(born)).exact:
            yield float(relativedelta(_asked(example), birth.first).years)
    except (ValueError, TypeError, AttributeError):
        return  # an example that is not in the notation is told when it is run


def _asked(example: Example) -> date:
    return example.anchors.get("screening", example.as_of)


def _result(entry: dict[str, Any], described: InputDescription, limit: str | None) -> Iterator[float]:
    value = _canonical(entry[described.name], described)
    if limit is None or value is None:
        yield from () if value is None else (value,)
        return
    bound = entry.get("upper_limit" if limit == "ULN" else "lower_limit")
    edge = _canonical(bound, described) if bound is not None else None
    if edge:
        yield value / edge


def _canonical(written: object, described: InputDescription) -> float | None:
    try:
        return read_number(written, described).canonical
    except ValueError:
        return None
