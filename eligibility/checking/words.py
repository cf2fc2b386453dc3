"""Words that are missing or said twice, and criteria whose examples do not show what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator

from eligibility.checking.citations import parts_of
from eligibility.checking.walking import fields_of, walk
from eligibility.errors import Location, ProtocolProblem
from eligibility.protocol import Criterion, Example, Part, Protocol
from eligibility.suggestions import did_you_mean


def word_faults(protocol: Protocol) -> Iterator[ProtocolProblem]:
    """Texts that are empty, and sentences of the trial that stand at two criteria."""
    for location, model in walk(protocol):
        for name, value in fields_of(model):
            if isinstance(value, str) and not value.strip():
                yield ProtocolProblem(
                    (*location, name), f"'{name}' is empty", mend="write it, or leave the key out"
                )
            if isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, str) and not item.strip():
                        yield ProtocolProblem(
                            (*location, name, i), f"an item of '{name}' is empty", mend="remove it"
                        )
    yield from _repeated(protocol)


def _repeated(protocol: Protocol) -> Iterator[ProtocolProblem]:
    seen: dict[str, str] = {}
    for location, model in walk(protocol):
        if not isinstance(model, (Criterion, Part)) or not model.text.strip():
            continue
        text = " ".join(model.text.split()).casefold()
        if text in seen:
            yield ProtocolProblem(
                (*location, "text"),
                f"{model.id} has the same words as {seen[text]}",
                severity="warning",
                mend="give each criterion its own sentence of the trial, or split one into parts",
            )
        seen.setdefault(text, model.id)


def example_faults(protocol: Protocol) -> Iterator[ProtocolProblem]:
    """Criteria without examples, and examples that contradict each other or belong to no part."""
    for i, criterion in enumerate(protocol.criteria):
        place: Location = ("criteria", i)
        if not criterion.examples:
            yield ProtocolProblem(
                (*place, "id"),
                f"{criterion.id} has no example",
                mend="add 'examples': at least one that passes, one that fails, one with data missing",
            )
        known = parts_of(criterion)
        for j, example in enumerate(criterion.examples):
            if example.part is not None and example.part not in known:
                yield ProtocolProblem(
                    (*place, "examples", j, "part"),
                    f"{criterion.id} has no part '{example.part}'{did_you_mean(example.part, known)}",
                    mend=f"name one of: {', '.join(sorted(known - {criterion.id})) or 'none'}",
                )
        yield from _at_odds(criterion.examples, (*place, "examples"))
    yield from _at_odds(protocol.applies_to_examples, ("applies_to_examples",))


def _at_odds(examples: list[Example], location: Location) -> Iterator[ProtocolProblem]:
    charts: dict[str, Example] = {}
    names: set[tuple[str | None, str]] = set()
    for i, example in enumerate(examples):
        told = json.dumps(
            [example.as_of, sorted(example.anchors.items()), example.part, example.chart],
            default=str,
            sort_keys=True,
        )
        other = charts.setdefault(told, example)
        if (other.outcome, other.leaning) != (example.outcome, example.leaning):
            yield ProtocolProblem(
                (*location, i, "outcome"),
                f"the same chart is '{other.outcome}' in the example '{other.name}'",
                mend="correct one of the two",
            )
        if (example.part, example.name) in names:
            yield ProtocolProblem(
                (*location, i, "name"),
                f"another example is called '{example.name}' too",
                severity="warning",
                mend="say what this one shows",
            )
        names.add((example.part, example.name))
