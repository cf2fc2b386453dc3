"""The gate: on which evidence of the disease a screening stands, and what is not enough for a card."""

from __future__ import annotations

from datetime import date

import pytest

from eligibility.bound import BoundProtocol
from eligibility.course import Anchors
from eligibility.errors import ProtocolError
from eligibility.loading import bind_text
from eligibility.reported import ReportedGate
from eligibility.screening import applies, screen
from fhir_mappings.facts import Diagnosis, Exposure
from fhir_mappings.intervals import day
from tests.eligibility.charts import (
    AS_OF,
    PROTOCOL_HEAD,
    HandChart,
    HandVocabulary,
    category,
    evidence,
    protocol,
    value,
)

GRADED = (
    PROTOCOL_HEAD
    + """applies_to:
  - {grade: biopsy, label: a biopsy, when: {category: {input: anti_sm, is: [positive]}}}
  - grade: coded
    label: a code
    when: {found: {kind: [diagnosis], of: [cond_mi], absent: "no", label: infarction}}
    against: {number: {input: upcr, below: 0.2 g/g}}
  - {grade: drugs, label: its drugs, opens: no, when: {found: {kind: [exposure], of: [drug_a], absent: "no"}}}
criteria:
  - {id: I1, text: The words, reading: The reading, requires: {attest: {question: consent, ask: Agreed?}}}
"""
)


def bound(text: str = GRADED) -> BoundProtocol:
    return bind_text(text, "hand.yaml", HandVocabulary())


def gate_of(chart: HandChart, text: str = GRADED) -> ReportedGate:
    gate = screen(bound(text), chart, AS_OF).gate
    assert gate is not None
    assert gate.opens is applies(bound(text), chart, AS_OF)
    return gate


def diagnosis(**more: object) -> Diagnosis:
    fields = {"start": day(date(2020, 1, 1)), **more}
    return Diagnosis(
        reference="Condition/1",
        concepts=frozenset({"cond_mi"}),
        label="Infarction",
        evidence=evidence("Condition/1"),
        **fields,  # type: ignore[arg-type]
    )


DRUG = Exposure(
    reference="MedicationRequest/1",
    concepts=frozenset({"drug_a"}),
    label="Drug A",
    start=day(date(2026, 1, 1)),
    ongoing=True,
    evidence=evidence("MedicationRequest/1"),
)
BIOPSY = category("anti_sm", "positive", date(2024, 3, 1))


def test_the_first_grade_that_holds_is_the_gate() -> None:
    gate = gate_of(HandChart([BIOPSY], [diagnosis(), DRUG]))
    assert (gate.grade, gate.label, gate.opens) == ("biopsy", "a biopsy", True)
    assert [item.reference for item in gate.evidence] == ["Observation/anti_sm-2024-03-01"]
    assert gate.reason == "Anti-Sm is positive (2024-03-01)"


def test_without_the_stronger_evidence_the_weaker_stands() -> None:
    gate = gate_of(HandChart([], [diagnosis(), DRUG]))
    assert (gate.grade, gate.opens) == ("coded", True)
    assert gate.reason == "Infarction from 2020-01-01"


def test_what_merely_suggests_the_disease_is_told_and_gives_no_card() -> None:
    gate = gate_of(HandChart([], [DRUG]))
    assert (gate.grade, gate.opens) == ("drugs", False)
    assert gate.evidence[0].reference == "MedicationRequest/1"


def test_where_nothing_shows_the_disease_it_is_told_what_was_looked_for() -> None:
    gate = gate_of(HandChart())
    assert (gate.grade, gate.opens, gate.evidence) == (None, False, ())
    assert gate.label == "not shown by the record"
    assert gate.reason == "a biopsy: Anti-Sm: no result is on record; a code: nothing on record: infarction"


def test_where_the_record_was_not_retrieved_that_is_told_and_opens_nothing() -> None:
    gate = gate_of(HandChart(retrieval="not-asked"))
    assert (gate.grade, gate.opens) == (None, False)
    assert "a code: infarction: the record was not retrieved (diagnosis)" in gate.reason


def test_drugs_beside_a_record_that_was_not_retrieved_tell_what_might_still_open() -> None:
    gate = gate_of(HandChart([], [DRUG], retrieval="failed"))
    assert (gate.grade, gate.opens) == ("drugs", False)
    assert "a code: infarction: the record could not be retrieved (diagnosis)" in gate.reason


def test_an_unconfirmed_diagnosis_opens_nothing() -> None:
    assert gate_of(HandChart([], [diagnosis(confirmed=False)])).grade is None


def test_evidence_against_the_disease_is_told_beside_the_grade_and_closes_nothing() -> None:
    gate = gate_of(HandChart([value("upcr", 0.1, date(2026, 6, 1))], [diagnosis()]))
    assert (gate.grade, gate.opens) == ("coded", True)
    assert gate.reason.endswith("against it: UPCR 0.1 g/g on 2026-06-01 is below 0.2 g/g")
    assert [item.reference for item in gate.evidence] == ["Condition/1", "Observation/upcr-2026-06-01"]


def test_evidence_against_that_was_never_looked_for_is_not_told() -> None:
    assert "against" not in gate_of(HandChart([], [diagnosis()])).reason


def test_a_patient_who_has_died_gets_no_card_whatever_the_grade() -> None:
    gate = gate_of(HandChart([], [diagnosis()], deceased=True))
    assert (gate.grade, gate.opens) == ("coded", False)
    assert gate.reason.endswith("the patient has died")


def test_one_statement_is_a_gate_without_grades() -> None:
    start = GRADED.index("applies_to:")
    end = GRADED.index("criteria:")
    plain = f'applies_to: {{found: {{kind: [diagnosis], of: [cond_mi], absent: "no"}}}}\n{GRADED[end:]}'
    gate = gate_of(HandChart([], [diagnosis()]), GRADED[:start] + plain)
    assert (gate.grade, gate.label, gate.opens) == ("disease", "a disease", True)
    assert gate_of(HandChart(), GRADED[:start] + plain).grade is None


@pytest.mark.parametrize(
    ("given", "instead", "reason"),
    [
        ("grade: coded", "grade: biopsy", "the grade 'biopsy' is there twice"),
        ("grade: coded", "grade: none", "'none' cannot be the name of a grade"),
        ("of: [cond_mi]", "of: [cond_nothing]", "there is no code set or class 'cond_nothing'"),
        ("opens: no", "opens: perhaps", "Input should be 'yes' or 'no'"),
        ("label: a code", "label: a code\n    assumptions: [P9]", "there is no assumption 'P9'"),
    ],
)
def test_a_gate_that_cannot_be_used_is_refused_with_the_reason(given: str, instead: str, reason: str) -> None:
    with pytest.raises(ProtocolError) as raised:
        bound(GRADED.replace(given, instead, 1))
    assert reason in str(raised.value)
    assert all(problem.line for problem in raised.value.problems)


def test_grades_of_which_none_opens_are_refused() -> None:
    closed = GRADED.replace("label: a biopsy,", "label: a biopsy, opens: no,").replace(
        "label: a code", "label: a code\n    opens: no"
    )
    with pytest.raises(ProtocolError, match="no grade opens"):
        bound(closed)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("applies_to_examples: [{name: x, outcome: pass, grade: weak}]\n", "there is no grade 'weak'"),
        ("", "only examples of applies_to have a grade"),
    ],
)
def test_an_example_names_a_grade_that_exists_and_only_at_the_gate(place: str, reason: str) -> None:
    text = GRADED.replace("criteria:\n", f"{place}criteria:\n")
    if not place:
        text = text.replace(
            "reading: The reading,",
            "reading: The reading, examples: [{name: x, outcome: attest, grade: coded}],",
        )
    with pytest.raises(ProtocolError, match=reason):
        bound(text)


def test_the_gate_is_open_only_for_the_living_with_the_disease() -> None:
    bound = protocol("requires: {attest: {question: consent, ask: Is consent given?}}")
    assert applies(bound, HandChart(events=[diagnosis()]), AS_OF)
    assert not applies(bound, HandChart(), AS_OF)
    assert not applies(bound, HandChart(events=[diagnosis()], deceased=True), AS_OF)
    assert not applies(bound, HandChart(retrieval="failed"), AS_OF, Anchors())
