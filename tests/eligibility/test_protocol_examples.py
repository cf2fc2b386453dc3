"""The examples of the bundled protocols, each a test; and that no criterion goes without them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache

import msgspec
import pytest

from app.example_charts import chart_of
from eligibility.bound import BoundCriterion, BoundProtocol
from eligibility.example_notation import example_facts
from eligibility.examples import examples_of, run_example
from eligibility.judging import flattened
from eligibility.loading import bundled_files, load_protocol
from eligibility.protocol import Criterion, Example, Part
from eligibility.screening import screen
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import RESOURCE_TYPES, PatientRecord
from fhir_mappings.vocabulary import vocabulary

PROTOCOLS = [path.stem for path in bundled_files()]

NOT_TO_BE_MISSING = {
    "nct05247203": {
        "I1": "a consent that is not on record is pending, and that never stands in the way of screening",
        "E1c": "only a person can say, whatever the record holds",
        "E3.0": "only a person can say, whatever the record holds",
        "E16": "only a person can say, whatever the record holds",
    },
    "nct07517536": {
        "I10": "a consent that is not on record is pending, and that never stands in the way of screening",
        "E13": "only a person can say, whatever the record holds",
    },
    "nct03036150": {
        "I1": "a consent that is not on record is pending, and that never stands in the way of screening",
    },
}
"""Criteria that no data could answer, so that none can be missing, and why."""


@cache
def bound(protocol: str) -> BoundProtocol:
    path = next(path for path in bundled_files() if path.stem == protocol)
    return load_protocol(path, vocabulary())


def _examples() -> Iterator[object]:
    for name in PROTOCOLS:
        protocol = bound(name)
        for example in protocol.protocol.applies_to_examples:
            yield pytest.param(name, None, example, id=f"{name} applies_to: {example.name}")
        for criterion, source in zip(protocol.criteria, protocol.protocol.criteria, strict=True):
            for example in source.examples:
                where = example.part or criterion.id
                yield pytest.param(name, criterion, example, id=f"{name} {where}: {example.name}")


@pytest.mark.parametrize(("protocol", "criterion", "example"), list(_examples()))
def test_an_example_has_the_outcome_that_it_tells(
    protocol: str, criterion: BoundCriterion | None, example: Example
) -> None:
    chart = chart_of(example_facts(example, vocabulary()))
    run = run_example(bound(protocol), criterion, example, chart)
    assert run.differences == ()


def _leaves(criterion: Criterion | Part) -> Iterator[str]:
    if not criterion.parts:
        yield criterion.id
    for part in criterion.parts or ():
        yield from _leaves(part)


def _outcomes(protocol: str) -> dict[str, set[str]]:
    """The outcomes that the examples of each criterion, or part without parts of its own, show."""
    shown: dict[str, set[str]] = {}
    for criterion in bound(protocol).protocol.criteria:
        for leaf in _leaves(criterion):
            shown[leaf] = {
                f"{example.outcome}-{example.leaning}" if example.leaning else example.outcome
                for example in criterion.examples
                if (example.part or criterion.id) == leaf
            }
    return shown


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_criterion_shows_what_lets_a_patient_in_what_does_not_and_what_is_missing(
    protocol: str,
) -> None:
    lacking: list[str] = []
    for leaf, outcomes in _outcomes(protocol).items():
        if not outcomes & {"pass", "presumed", "review-pass", "attest"}:
            lacking.append(f"{leaf}: nothing that lets a patient in")
        if not outcomes & {"fail", "review-fail"}:
            lacking.append(f"{leaf}: nothing that stands in the way")
        if "missing" not in outcomes and leaf not in NOT_TO_BE_MISSING.get(protocol, {}):
            lacking.append(f"{leaf}: nothing that is missing")
    assert lacking == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_two_examples_of_a_criterion_have_the_same_name(protocol: str) -> None:
    for criterion in bound(protocol).protocol.criteria:
        names = [(example.part, example.name) for example in criterion.examples]
        assert len(names) == len(set(names)), criterion.id


# -- unknown is never no ---------------------------------------------------------------------------

DECIDED = {"pass", "presumed", "fail"}
RETRIEVED_APART = sorted({kind for kinds in RESOURCE_TYPES.values() for kind in kinds} | {"Observation"})
"""Resource types that are retrieved apart from each other, so that any of them may be missing."""


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_chart_of_which_nothing_was_retrieved_decides_nothing(protocol: str) -> None:
    nothing = PatientRecord(PatientFacts(reference="Patient/unknown", default_retrieval="failed"))
    screening = screen(bound(protocol), nothing, date(2026, 6, 15))
    decided = [f.criterion for f in flattened(screening.findings) if f.outcome not in ("missing", "attest")]
    assert decided == []
    assert screening.verdict == "undetermined"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("resource_type", RETRIEVED_APART)
def test_what_was_not_retrieved_never_turns_an_open_criterion_into_a_decided_one(
    protocol: str, resource_type: str
) -> None:
    """The facts of each example, once of a whole record and once of one that lacks a resource type.

    What is known stays known, so a decision may stand; but it may not come about, or change sides, because
    something was not retrieved.
    """
    for criterion, example in examples_of(bound(protocol)):
        if criterion is None:
            continue
        facts = example_facts(example, vocabulary())
        whole, partial = (
            run_example(bound(protocol), criterion, example, chart_of(given)).finding
            for given in (
                facts,
                msgspec.structs.replace(facts, not_retrieved=(*facts.not_retrieved, resource_type)),
            )
        )
        assert whole is not None
        assert partial is not None
        if partial.outcome in DECIDED:
            assert partial.outcome == whole.outcome, f"{criterion.id}: {example.name}"
