"""Charts for the examples in protocol files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from eligibility.bound import BoundProtocol
from eligibility.example_notation import ExampleError, ExampleFacts, example_facts
from eligibility.examples import ExampleRun, examples_of, run_example
from fhir_mappings.facts import Evidence, Measurement, Vocabulary
from fhir_mappings.patient_facts import PatientFacts, Sex
from fhir_mappings.record import PatientRecord


def chart_of(facts: ExampleFacts) -> PatientRecord:
    """A patient record from an example's facts.

    Raises:
        ExampleError: the sex is neither male nor female.
    """
    sex: Sex | None = None
    if facts.sex is not None:
        if facts.sex not in ("male", "female"):
            raise ExampleError(f"a patient's sex is male or female, not '{facts.sex}'")
        sex = "male" if facts.sex == "male" else "female"
    measurements: dict[str, list[Measurement]] = defaultdict(list)
    for measurement in facts.measurements:
        measurements[measurement.input].append(measurement)
    demographics = {}
    if facts.born is not None:
        demographics["birth_date"] = Evidence(
            reference="Patient/example", path="birthDate", recorded=str(facts.born)
        )
    if sex is not None:
        demographics["sex"] = Evidence(reference="Patient/example", path="gender", recorded=sex)
    return PatientRecord(
        PatientFacts(
            reference="Patient/example",
            birth_date=facts.born,
            sex=sex,
            deceased=facts.deceased,
            demographics=demographics,
            measurements=measurements,
            unusable=facts.unusable,
            events=facts.events,
            assessments=facts.assessments,
            answers=facts.answers,
            retrieval=dict.fromkeys(facts.not_retrieved, "not-asked"),
            searched=dict.fromkeys(facts.not_retrieved, "not-asked"),
        )
    )


def run_examples(bound: BoundProtocol, vocabulary: Vocabulary) -> Iterator[ExampleRun]:
    """Run all examples of a protocol; a chart that is not in the notation counts as a difference."""
    for criterion, example in examples_of(bound):
        try:
            chart = chart_of(example_facts(example, vocabulary))
        except ExampleError as error:
            name = criterion.id if criterion else "applies_to"
            yield ExampleRun(example, name, None, (str(error),))
            continue
        yield run_example(bound, criterion, example, chart)
