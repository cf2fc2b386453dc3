"""Observations as results: their dates, whose they are, their codes, components and specimens."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fhir_mappings.intervals import DateSpan, day, point
from tests.fhir_mappings.reading.written import (
    ALT,
    CREATININE,
    HBSAG,
    LOINC,
    URINE_CREATININE,
    URINE_PROTEIN,
    concept,
    loinc,
    observation,
    quantity,
    read,
    result,
)

MG_DL = quantity(1.2, "mg/dL")


def creatinine(**elements: Any) -> dict[str, Any]:
    return observation(CREATININE, **{"valueQuantity": MG_DL, **elements})


# Dates: when the specimen was taken, never when the report was issued


@pytest.mark.parametrize(
    ("elements", "when"),
    [
        ({"effectiveDateTime": "2026-05"}, DateSpan(date(2026, 5, 1), date(2026, 5, 31))),
        ({"effectiveDateTime": "2026-05-31T23:30:00-07:00"}, day(date(2026, 5, 31))),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-05-30", "end": "2026-05-31"}},
            DateSpan(date(2026, 5, 30), date(2026, 5, 31)),
        ),
        ({"effectiveDateTime": None, "effectiveInstant": "2026-05-31T10:00:00Z"}, day(date(2026, 5, 31))),
    ],
)
def test_a_result_is_dated_by_its_specimen(elements: dict[str, Any], when: DateSpan) -> None:
    assert result("serum_creatinine", creatinine(**elements)).when == when


def test_the_time_of_day_orders_results_of_one_day() -> None:
    facts = read(
        creatinine(effectiveDateTime="2026-06-01T08:00:00Z"),
        creatinine(id="o2", effectiveDateTime="2026-06-01T18:00:00Z", valueQuantity=quantity(2.0, "mg/dL")),
        creatinine(id="o3", effectiveDateTime="2026-05-01", valueQuantity=quantity(3.0, "mg/dL")),
    )
    found = facts.measurements["serum_creatinine"]
    assert [m.value for m in found] == [point(2.0), point(1.2), point(3.0)]
    assert found[0].at == datetime(2026, 6, 1, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("elements", "when"),
    [
        ({"effectiveDateTime": None}, "../.."),
        # A result is issued after the specimen was taken, however long after.
        ({"effectiveDateTime": None, "issued": "2026-06-01T10:00:00Z"}, "../2026-06-01"),
        ({"effectiveDateTime": None, "issued": "2026-06"}, "../2026-06-30"),
        ({"effectiveDateTime": None, "issued": "0001-01-01T00:00:00Z"}, "../.."),
        ({"effectiveDateTime": "2026-05-20", "issued": "2026-06-01T10:00:00Z"}, "2026-05-20"),
        ({"effectiveDateTime": "yesterday"}, "../.."),
        ({"effectiveDateTime": None, "effectivePeriod": {}}, "../.."),
    ],
)
def test_a_result_without_the_date_of_its_specimen_may_be_of_any_day_until_it_was_issued(
    elements: dict[str, Any], when: str
) -> None:
    (found,) = read(creatinine(**elements)).measurements["serum_creatinine"]
    assert str(found.when) == when


def test_results_without_a_date_neither_contradict_nor_correct_each_other() -> None:
    undated = {"effectiveDateTime": None}
    facts = read(
        creatinine(id="a", **undated, valueQuantity={"value": 1.0, "unit": "mg/dL", "code": "mg/dL"}),
        creatinine(
            id="b",
            **undated,
            status="corrected",
            valueQuantity={"value": 3.0, "unit": "mg/dL", "code": "mg/dL"},
        ),
    )
    assert len(facts.measurements["serum_creatinine"]) == 2
    assert not facts.conflicts


# Whose result is it


@pytest.mark.parametrize(
    "elements",
    [
        {"focus": [{"reference": "RelatedPerson/fetus"}]},
        {"focus": [{"display": "donor kidney"}]},
        {"modifierExtension": [{"url": "http://example.org/not-done", "valueBoolean": True}]},
    ],
)
def test_what_is_not_about_the_patient_or_was_not_done_is_not_used(elements: dict[str, Any]) -> None:
    facts = read(creatinine(**elements))
    assert not facts.measurements.get("serum_creatinine")
    assert any(unread.reference == "Observation/o1" for unread in facts.unread)


def test_the_code_of_a_donors_specimen_never_answers_for_the_patient() -> None:
    # LOINC 47364-5: hepatitis B virus surface Ag in serum from donor.
    facts = read(observation({**loinc("47364-5"), "text": "HBsAg"}, valueString="Positive"))
    assert not facts.measurements.get("hbsag")


def test_a_focus_on_the_patient_is_the_patient() -> None:
    assert result("serum_creatinine", creatinine(focus=[{"reference": "Patient/p1"}])).value == point(1.2)


# Codes


def test_any_of_several_codings_will_do() -> None:
    codes = {"coding": [{"system": "urn:lab", "code": "K1"}, {"system": LOINC, "code": CREATININE}]}
    assert result("serum_creatinine", observation(codes, valueQuantity=MG_DL)).value == point(1.2)


def test_a_bare_code_without_a_system_is_not_a_loinc_code() -> None:
    assert not read(observation(concept(CREATININE), valueQuantity=MG_DL)).measurements


def test_words_name_an_analyte_only_where_no_code_does_and_the_result_says_so() -> None:
    found = result(
        "serum_creatinine",
        observation(concept("C1", "urn:lab", "Serum creatinine"), valueQuantity=MG_DL),
    )
    assert found.evidence[0].by_text


def test_observations_that_answer_no_criterion_are_neither_facts_nor_unread() -> None:
    facts = read(observation("8867-4", valueQuantity=quantity(80, "/min")))
    assert not facts.measurements
    assert not facts.unread


def test_the_role_of_the_code_is_told() -> None:
    assert result("hbsag", observation(HBSAG, valueString="negative")).role == "presence"


# Components and panels


def test_each_component_is_a_result_of_its_own() -> None:
    facts = read(
        observation(
            concept(text="Renal panel"),
            component=[
                {"code": loinc(CREATININE), "valueQuantity": MG_DL},
                {"code": loinc(ALT), "valueQuantity": quantity(30, "U/L")},
            ],
        )
    )
    assert facts.measurements["serum_creatinine"][0].evidence[0].path.startswith("component[0]")
    assert facts.measurements["alt"][0].value == point(30)


def test_a_bad_component_leaves_its_sisters_alone() -> None:
    facts = read(
        observation(
            concept(text="panel"),
            component=[
                {"code": loinc(CREATININE), "valueQuantity": quantity(1, "foo")},
                {"code": loinc(ALT), "valueQuantity": quantity(30, "U/L")},
            ],
        )
    )
    assert facts.measurements["alt"][0].value == point(30)
    assert facts.unusable["serum_creatinine"]


# Specimens


def test_results_of_one_specimen_can_be_paired() -> None:
    specimen = {"reference": "Specimen/u1"}
    facts = read(
        observation(URINE_PROTEIN, "u1", valueQuantity=quantity(150, "mg/dL"), specimen=specimen),
        observation(URINE_CREATININE, "u2", valueQuantity=quantity(100, "mg/dL"), specimen=specimen),
    )
    protein = facts.measurements["urine_protein_concentration"][0]
    assert protein.specimen is not None
    assert protein.specimen == facts.measurements["urine_creatinine"][0].specimen


def test_a_specimen_contained_in_two_results_is_not_one_specimen() -> None:
    specimen = {"reference": "#s"}
    facts = read(
        observation(URINE_PROTEIN, "u1", valueQuantity=quantity(150, "mg/dL"), specimen=specimen),
        observation(URINE_CREATININE, "u2", valueQuantity=quantity(100, "mg/dL"), specimen=specimen),
    )
    protein = facts.measurements["urine_protein_concentration"][0]
    assert protein.specimen != facts.measurements["urine_creatinine"][0].specimen
