"""Trial A, NCT07517536: what its examples cannot express – completeness, verbatim words, named readings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

from app.example_charts import chart_of
from eligibility.example_notation import example_facts
from eligibility.findings import Screening
from eligibility.loading import bundled_files, load_bundled, parse_protocol
from eligibility.protocol import Criterion, Example, Part, Protocol, part_ids
from eligibility.screening import screen
from eligibility.windows import Window
from fhir_mappings.vocabulary import vocabulary

SOURCE = Path(__file__).parents[1] / "data" / "protocols" / "nct07517536.txt"
INCLUSION = [f"I{i}" for i in range(1, 11)]
EXCLUSION = [f"E{i}" for i in range(1, 14)]

GIVEN_BY_THE_TEXT = {
    "neutrophils": "within two weeks prior to assessment",
    "hcg": "within seven days prior to enrollment",
    "biopsy": "within one year prior to screening or during the screening period",
    "chest_imaging": "at screening or at any time within six months prior to screening",
    "cardiovascular": "within six months prior to screening",
    "infection": "within one month prior to baseline",
    "other_trial": "within one month prior to enrollment",
}
"""Windows that the protocol itself gives, with its words; every other one is an assumption."""

CARVED_OUT = {"E9a.i", "E9a.ii", "E9c"}
"""The limits for which the text says "except in cases attributable to SLE"."""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    path = next(path for path in bundled_files() if path.stem == "nct07517536")
    return parse_protocol(path.read_text(encoding="utf-8"), path)[0]


def source_criteria() -> dict[str, str]:
    """The numbered criteria of the registry text, by id; a line without a number belongs to the one above."""
    inclusion, exclusion = SOURCE.read_text(encoding="utf-8").split("Exclusion Criteria:")
    found: dict[str, str] = {}
    for letter, block in (("I", inclusion), ("E", exclusion)):
        current = ""
        for line in block.splitlines():
            numbered = re.match(r"^(\d+)\. (.*)$", line)
            if numbered:
                current = f"{letter}{numbered[1]}"
                found[current] = numbered[2]
            elif current:
                found[current] += f" {line}"
    return found


def words(text: str) -> str:
    """The words without the punctuation that ends a list item."""
    return re.sub(r"\s+", " ", text).strip().rstrip(";.")


def every_statement(protocol: Protocol) -> Iterator[Criterion | Part]:
    def below(statement: Criterion | Part) -> Iterator[Criterion | Part]:
        yield statement
        for part in statement.parts or ():
            yield from below(part)

    for criterion in protocol.criteria:
        yield from below(criterion)


def nodes(value: object, kind: str) -> Iterator[object]:
    """All statements of a kind below a model, found in its data."""
    if isinstance(value, dict):
        if kind in value:
            yield value[kind]
        for inner in value.values():
            yield from nodes(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner, kind)


def test_all_10_inclusion_and_13_exclusion_criteria_are_there_in_order(protocol: Protocol) -> None:
    assert [criterion.id for criterion in protocol.criteria] == [*INCLUSION, *EXCLUSION]
    assert list(source_criteria()) == [*INCLUSION, *EXCLUSION]


@pytest.mark.parametrize("criterion_id", [*INCLUSION, *EXCLUSION])
def test_the_words_are_those_of_the_registry(protocol: Protocol, criterion_id: str) -> None:
    criterion = next(c for c in protocol.criteria if c.id == criterion_id)
    assert words(criterion.text) == words(source_criteria()[criterion_id])


def test_exclusion_8_and_9_have_a_finding_for_each_arm_and_each_organ(protocol: Protocol) -> None:
    parts = {criterion.id: part_ids(criterion) for criterion in protocol.criteria}
    assert parts["E8"] == ["E8.hbv", "E8.hcv", "E8.hiv", "E8.syphilis"]
    assert parts["E9"] == ["E9a.i", "E9a.ii", "E9b", "E9c", "E9d"]


def test_the_words_of_each_part_are_in_the_words_of_its_criterion(protocol: Protocol) -> None:
    for criterion in protocol.criteria:
        for part in criterion.parts or ():
            assert words(part.text) in words(criterion.text), part.id


def test_every_criterion_and_part_says_how_it_is_read(protocol: Protocol) -> None:
    assert [s.id for s in every_statement(protocol) if not s.reading] == []


def test_every_window_is_either_the_texts_own_or_names_its_assumption(protocol: Protocol) -> None:
    text = " ".join(criterion.text for criterion in protocol.criteria)
    for name, window in protocol.freshness.items():
        assert (window.assumption is None) is (name in GIVEN_BY_THE_TEXT), name
    for quote in GIVEN_BY_THE_TEXT.values():
        assert quote in text


def test_every_assumption_is_cited(protocol: Protocol) -> None:
    cited = {name for statement in every_statement(protocol) for name in statement.assumptions}
    cited |= {window.assumption for window in protocol.freshness.values() if window.assumption}
    cited |= {name for grade in protocol.grades for name in grade.assumptions}
    assert {assumption.id for assumption in protocol.assumptions} - cited == set()


def test_sle_lifts_the_limits_that_the_text_names_and_no_other(protocol: Protocol) -> None:
    carved = {
        statement.id
        for statement in every_statement(protocol)
        if not statement.parts and list(nodes(statement.model_dump(by_alias=True), "carve_out"))
    }
    assert carved == CARVED_OUT
    for statement in every_statement(protocol):
        for carve_out in nodes(statement.model_dump(by_alias=True), "carve_out"):
            if isinstance(carve_out, dict) and not statement.parts:
                assert carve_out["question"] == "attributable-to-sle"


def test_wash_outs_and_tests_are_counted_from_the_anchor_that_the_text_names(protocol: Protocol) -> None:
    anchors = {name: window.anchor for name, window in protocol.freshness.items()}
    assert (anchors["hcg"], anchors["other_trial"]) == ("enrolment", "enrolment")
    assert anchors["infection"] == "baseline"
    assert anchors["cardiovascular"] == "screening"


def test_the_contradictions_of_the_text_stand_beside_it_on_every_report(protocol: Protocol) -> None:
    notes = {statement.id: " ".join(statement.notes) for statement in every_statement(protocol)}
    assert "must meet" in notes["E9"]
    assert "upper limit of quantification" in notes["E8.hbv"]


def test_a_biopsy_counts_for_a_year_before_screening_and_until_day_0(protocol: Protocol) -> None:
    assert protocol.freshness["biopsy"] == Window(anchor="screening", before="1 a", until="day0")


# -- whole charts ----------------------------------------------------------------------------------

COMPLETE = """
patient: {born: 1992-01-28, sex: female}
events:
  - {diagnosis: cond_sle, start: 2021, clinical: active, ongoing: true}
  - {diagnosis: cond_lupus_nephritis_any, start: 2023, clinical: active, ongoing: true}
  - {report: report_kidney_biopsy, start: 2026-03-10, text: "Lupus nephritis, ISN/RPS 2018 class IV (A/C)"}
  - {report: report_chest_ct, start: 2026-05-12, text: No evidence of active tuberculosis.}
  - {exposure: drug_prednisone, start: 2025-06-01, ongoing: true, per_day: 20, route: oral}
  - {exposure: drug_mycophenolate_mofetil, start: 2025-06-01, ongoing: true, per_day: 1500, route: oral}
  - {allergy: allergen_none_known, statement: none-known, start: 2026-06-04}
assessments:
  - {instrument: sledai_2k, total: 14, complete: true, on: 2026-06-09}
  - {instrument: bilag_2004, on: 2026-06-09, items: {renal: A}}
results:
  - {upcr: 214 mg/mmol, on: 2026-06-04}
  - {ana_titre: 640, on: 2026-06-04}
  - {cd19_expression: positive, on: 2026-05-28}
  - {cd70_expression: positive, on: 2026-05-28}
  - {hcg_serum: negative, on: 2026-06-12}
  - {hbsag: negative, on: 2026-06-04}
  - {anti_hbc: negative, on: 2026-06-04}
  - {anti_hcv: negative, on: 2026-06-04}
  - {hiv: negative, on: 2026-06-04}
  - {syphilis_treponemal: negative, on: 2026-06-04}
  - {anc: 3.9 10*9/L, on: 2026-06-09}
  - {hemoglobin: 104 g/L, on: 2026-06-09}
  - {alt: 19 U/L, upper_limit: 40 U/L, on: 2026-06-04}
  - {ast: 22 U/L, upper_limit: 35 U/L, on: 2026-06-04}
  - {bilirubin_total: 8.6 umol/L, upper_limit: 21 umol/L, on: 2026-06-04}
  - {serum_creatinine: 83 umol/L, on: 2026-06-04}
  - {body_weight: 56.5 kg, on: 2026-06-09}
  - {body_height: 162 cm, on: 2026-06-09}
  - {inr: 0.98, upper_limit: 1.2, on: 2026-06-04}
  - {prothrombin_time: 11.9 s, upper_limit: 13.5 s, on: 2026-06-04}
"""


def screened(chart: str, as_of: date = date(2026, 6, 15)) -> Screening:
    vocabulary_used = vocabulary()
    bound = load_bundled(vocabulary_used)["nct07517536"]
    # YAML 1.1, which this loader reads, takes a bare "on" for a truth value.
    facts = yaml.safe_load(re.sub(r"\bon:", '"on":', chart))
    example = Example(name="a whole chart", chart=facts, outcome="pass")
    return screen(bound, chart_of(example_facts(example, vocabulary_used)), as_of)


def test_a_complete_work_up_leaves_only_what_a_person_has_to_say() -> None:
    screening = screened(COMPLETE)
    assert screening.verdict == "potentially-eligible"
    outcomes = {f.criterion: f.outcome for f in screening.findings}
    assert {c for c, o in outcomes.items() if o == "pass"} == {
        *("I1", "I2", "I3", "I4", "I5", "I6", "I7", "E1", "E6", "E8", "E9")
    }
    assert {c for c, o in outcomes.items() if o == "presumed"} == {"E2", "E3", "E4", "E5", "E10", "E11"}
    assert {c for c, o in outcomes.items() if o == "attest"} == {"I9", "I10", "E7", "E12", "E13"}
    assert {c for c, o in outcomes.items() if o == "review"} == {"I8"}


def test_a_screening_stands_until_its_first_result_goes_stale() -> None:
    """hCG of 12 June counts until 19 June: on the 20th it is more than seven days old."""
    assert screened(COMPLETE).stands_until == "2026-06-20"
    assert screened(COMPLETE, date(2026, 6, 19)).verdict == "potentially-eligible"
    stale = screened(COMPLETE, date(2026, 6, 20))
    assert (stale.verdict, [f.criterion for f in stale.findings if f.outcome == "missing"]) == (
        "undetermined",
        ["I9"],
    )


def test_one_blood_test_stands_in_the_way_and_is_named_with_its_order() -> None:
    past_hepatitis = COMPLETE.replace("{anti_hbc: negative", "{anti_hbc: positive")
    screening = screened(past_hepatitis)
    assert screening.verdict == "undetermined"
    needs = [need for finding in screening.findings for need in finding.needs if finding.outcome == "missing"]
    assert [(n.input, n.why, n.order.code if n.order else None) for n in needs] == [
        ("hbv_dna", "never-measured", "42595-9")
    ]


def test_time_alone_repairs_an_infection_and_a_trial_and_the_later_date_counts() -> None:
    waiting = COMPLETE.replace(
        "assessments:",
        """  - {admission: cond_pneumonia, start: 2026-05-20, end: 2026-05-28, inpatient: true}
  - {participation: [], start: 2025-01-10, end: 2026-06-01, status: off-study, study_kind: interventional}
assessments:""",
    )
    screening = screened(waiting)
    assert (screening.verdict, screening.earliest) == ("ineligible-for-now", "2026-07-02")


def test_a_woman_with_an_empty_chart_is_neither_in_nor_out() -> None:
    screening = screened("patient: {born: 1992-01-28, sex: female}")
    assert screening.verdict == "undetermined"
    assert {f.outcome for f in screening.findings if f.criterion != "I1"} == {"missing", "presumed", "attest"}


def test_one_permanent_reason_is_enough_whatever_is_missing() -> None:
    screening = screened(
        "{patient: {born: 1992-01-28}, results: [{hiv: positive, role: antibody, on: 2015-01-01}]}"
    )
    assert screening.verdict == "ineligible"
