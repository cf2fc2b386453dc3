"""Observations as results: statuses, values, units, dates, reference ranges, corrections."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fhir_mappings.intervals import INFINITY, DateSpan, Interval, day, point
from tests.fhir_mappings.reading.written import (
    ALT,
    CREATININE,
    CREATININE_MOLAR,
    HBSAG,
    HBV_DNA,
    HEMOGLOBIN,
    INTERPRETATION,
    LOINC,
    SNOMED,
    URINE_CREATININE,
    URINE_PROTEIN,
    concept,
    loinc,
    observation,
    patient,
    quantity,
    read,
    refused,
    result,
    snomed,
)

MG_DL = quantity(1.2, "mg/dL")


def creatinine(**elements: Any) -> dict[str, Any]:
    return observation(CREATININE, **{"valueQuantity": MG_DL, **elements})


# Status: final, amended and corrected are results; others are not, each in its own way


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_released_result_is_used(status: str) -> None:
    assert result("serum_creatinine", creatinine(status=status)).value == point(1.2)


@pytest.mark.parametrize("status", ["preliminary", "partial", "registered", "unknown", "released", None])
def test_a_result_that_is_not_final_is_told_and_not_used(status: str | None) -> None:
    found = refused("serum_creatinine", creatinine(status=status))
    assert found.why == "unreadable"
    assert found.when == day(date(2026, 6, 1))
    assert found.evidence[0].reference == "Observation/o1"
    if status == "preliminary":
        assert "preliminary" in found.detail


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_withdrawn_result_is_as_if_it_were_not_there(status: str) -> None:
    facts = read(creatinine(status=status))
    assert not facts.measurements.get("serum_creatinine")
    assert not facts.unusable.get("serum_creatinine")


def test_a_preliminary_result_does_not_hide_a_final_one() -> None:
    facts = read(creatinine(), creatinine(id="o2", status="preliminary", effectiveDateTime="2026-06-03"))
    assert len(facts.measurements["serum_creatinine"]) == 1
    assert len(facts.unusable["serum_creatinine"]) == 1


# Corrections supersede


def test_a_correction_with_the_same_identifier_replaces_what_it_corrects() -> None:
    name = [{"system": "urn:lab", "value": "77"}]
    found = result(
        "serum_creatinine",
        creatinine(identifier=name, valueQuantity=quantity(9.9, "mg/dL")),
        creatinine(id="o2", identifier=name, status="corrected", effectiveDateTime="2026-06-01T08:00:00Z"),
    )
    assert found.value == point(1.2)
    assert found.evidence[0].reference == "Observation/o2"


def test_a_correction_of_the_same_code_and_time_replaces_what_it_corrects() -> None:
    moment = "2026-06-01T08:00:00Z"
    found = result(
        "serum_creatinine",
        creatinine(id="o2", status="amended", effectiveDateTime=moment),
        creatinine(effectiveDateTime=moment, valueQuantity=quantity(9.9, "mg/dL")),
    )
    assert found.value == point(1.2)


def test_a_correction_of_another_specimen_replaces_nothing() -> None:
    moment = "2026-06-01T08:00:00Z"
    facts = read(
        creatinine(effectiveDateTime=moment, specimen={"reference": "Specimen/s1"}),
        creatinine(
            id="o2",
            status="corrected",
            effectiveDateTime=moment,
            specimen={"reference": "Specimen/s2"},
            valueQuantity=quantity(3, "mg/dL"),
        ),
    )
    assert len(facts.measurements["serum_creatinine"]) == 2


def test_of_several_corrections_the_last_issued_stands() -> None:
    moment = "2026-06-01T08:00:00Z"
    found = result(
        "serum_creatinine",
        creatinine(effectiveDateTime=moment, valueQuantity=quantity(9.9, "mg/dL")),
        creatinine(
            id="o2",
            status="corrected",
            effectiveDateTime=moment,
            issued="2026-06-02T08:00:00Z",
            valueQuantity=quantity(5, "mg/dL"),
        ),
        creatinine(id="o3", status="corrected", effectiveDateTime=moment, issued="2026-06-03T08:00:00Z"),
    )
    assert found.value == point(1.2)


def test_the_same_result_sent_twice_counts_once() -> None:
    moment = "2026-06-01T08:00:00Z"
    found = result(
        "serum_creatinine",
        creatinine(effectiveDateTime=moment),
        creatinine(id="o2", effectiveDateTime=moment),
    )
    assert found.value == point(1.2)


def test_the_same_result_in_two_units_counts_once() -> None:
    moment = "2026-06-01T08:00:00Z"
    result(
        "hemoglobin",
        observation(HEMOGLOBIN, "h1", effectiveDateTime=moment, valueQuantity=quantity(8.4, "g/dL")),
        observation(HEMOGLOBIN, "h2", effectiveDateTime=moment, valueQuantity=quantity(84, "g/L")),
    )


def test_different_values_of_one_moment_are_both_kept() -> None:
    moment = "2026-06-01T08:00:00Z"
    facts = read(
        creatinine(effectiveDateTime=moment),
        creatinine(id="o2", effectiveDateTime=moment, valueQuantity=quantity(2.0, "mg/dL")),
    )
    assert {m.value for m in facts.measurements["serum_creatinine"]} == {point(1.2), point(2.0)}


# Values and units


def test_the_value_is_converted_and_the_evidence_keeps_what_was_recorded() -> None:
    found = result("serum_creatinine", observation(CREATININE_MOLAR, valueQuantity=quantity(221, "umol/L")))
    assert found.unit == "mg/dL"
    assert found.value is not None
    assert found.value.low == pytest.approx(2.5, abs=0.001)
    assert found.reported == point(221)
    assert found.reported_unit == "umol/L"
    evidence = found.evidence[0]
    assert (evidence.reference, evidence.path, evidence.date) == (
        "Observation/o1",
        "valueQuantity",
        "2026-06-01",
    )
    assert evidence.recorded == "221 umol/L"


def test_digits_are_shown_as_they_were_sent() -> None:
    # 72.50 must not become 72.5 on a report.
    body_text = b"""{"resourceType":"Bundle","type":"collection","entry":[
      {"resource":{"resourceType":"Patient","id":"p1"}},
      {"resource":{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/p1"},
       "code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"effectiveDateTime":"2026-06-01",
       "valueQuantity":{"value":72.50,"unit":"kg","code":"kg"}}}]}"""
    from fhir_mappings.patient import read_patients

    (facts,) = read_patients(body_text)
    assert facts.measurements["body_weight"][0].evidence[0].recorded == "72.50 kg"


@pytest.mark.parametrize(
    ("comparator", "expected"),
    [
        ("<", Interval(-INFINITY, 5, high_open=True)),
        ("<=", Interval(-INFINITY, 5)),
        (">", Interval(5, INFINITY, low_open=True)),
        (">=", Interval(5, INFINITY)),
    ],
)
def test_a_comparator_makes_an_interval(comparator: str, expected: Interval) -> None:
    found = result("alt", observation(ALT, valueQuantity=quantity(5, "U/L", comparator)))
    assert found.value == expected


def test_an_unknown_comparator_makes_the_value_unreadable() -> None:
    assert refused("alt", observation(ALT, valueQuantity=quantity(5, "U/L", "ad"))).why == "unreadable"


@pytest.mark.parametrize("unit", ["foo", "kg", "mg"])
def test_a_unit_that_is_not_one_of_the_analyte_is_told_with_the_value(unit: str) -> None:
    facts = read(observation(CREATININE, valueQuantity=quantity(1.2, unit)))
    assert not facts.measurements.get("serum_creatinine")
    (found,) = facts.unusable["serum_creatinine"]
    assert found.why == "unreadable"
    assert unit in found.detail
    assert found.evidence[0].recorded == f"1.2 {unit}"
    assert any(u.reference == "Observation/o1" and unit in u.why for u in facts.unread)


def test_a_number_without_a_unit_is_not_guessed() -> None:
    assert (
        refused("serum_creatinine", observation(CREATININE, valueQuantity={"value": 1.2})).why == "unreadable"
    )


def test_an_inr_needs_no_unit() -> None:
    assert result("inr", observation("6301-6", valueQuantity={"value": 1.1})).value == point(1.1)


def test_an_impossible_value_is_a_wrong_unit() -> None:
    assert (
        refused("hemoglobin", observation(HEMOGLOBIN, valueQuantity=quantity(840, "g/dL"))).why
        == "unreadable"
    )


def test_a_range_is_an_interval() -> None:
    found = result(
        "urine_rbc_hpf",
        observation("13945-1", valueRange={"low": quantity(5, "/[HPF]"), "high": quantity(10, "/[HPF]")}),
    )
    assert found.value == Interval(5, 10)


def test_a_number_in_words_with_its_unit_is_read() -> None:
    found = result("serum_creatinine", observation(CREATININE, valueString="<0.5 mg/dL"))
    assert found.value == Interval(-INFINITY, 0.5, high_open=True)
    assert found.evidence[0].path == "valueString"


@pytest.mark.parametrize(
    "value",
    [
        {"valueString": "1:320"},
        {"valueString": "1：320"},  # full-width colon
        {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 320}}},
        {"valueInteger": 320},
        {"valueQuantity": {"value": 320, "unit": "titer", "code": "{titer}"}},
    ],
)
def test_a_titre_is_read_however_it_is_written(value: dict[str, Any]) -> None:
    found = result("ana_titre", observation("5048-4", **value))
    assert found.value is not None
    assert found.value.low == 320


def test_an_integer_is_a_number() -> None:
    assert result("inr", observation("6301-6", valueInteger=1)).value == point(1)


# Categories


@pytest.mark.parametrize(
    ("value", "category"),
    [
        ({"valueCodeableConcept": snomed("10828004")}, "positive"),
        ({"valueCodeableConcept": snomed("260385009")}, "negative"),
        ({"valueCodeableConcept": {"text": "Non-reactive"}}, "negative"),
        ({"valueCodeableConcept": concept("R1", "urn:local", "阳性")}, "positive"),
        ({"valueString": "阴性(-)"}, "negative"),
        ({"valueString": "Reactive"}, "positive"),
        ({"valueString": "borderline"}, "equivocal"),
        ({"valueBoolean": False}, "negative"),
        ({"interpretation": [concept("POS", INTERPRETATION)]}, "positive"),
        ({"interpretation": [concept("NEG", INTERPRETATION)]}, "negative"),
    ],
)
def test_a_qualitative_result_has_its_category_wherever_it_stands(
    value: dict[str, Any], category: str
) -> None:
    assert result("hbsag", observation(HBSAG, **value)).category == category


def test_a_word_that_is_no_result_is_unreadable() -> None:
    found = refused("hbsag", observation(HBSAG, valueString="see comment"))
    assert found.why == "unreadable"


def test_a_value_that_its_interpretation_contradicts_is_conflicting() -> None:
    found = refused(
        "hbsag",
        observation(
            HBSAG, valueCodeableConcept=snomed("260385009"), interpretation=[concept("POS", INTERPRETATION)]
        ),
    )
    assert found.why == "conflicting"


@pytest.mark.parametrize(("code", "flag"), [("H", "high"), ("L", "low"), ("N", "normal"), ("HH", "high")])
def test_the_flag_of_the_laboratory_is_kept_beside_a_number(code: str, flag: str) -> None:
    found = result("serum_creatinine", creatinine(interpretation=[concept(code, INTERPRETATION)]))
    assert found.category == flag
    assert found.value == point(1.2)


def test_a_viral_load_below_quantification_is_not_the_same_as_not_detected() -> None:
    below = result("hbv_dna", observation(HBV_DNA, valueString="Detected, <20 IU/mL"))
    absent = result("hbv_dna", observation(HBV_DNA, valueString="Target not detected"))
    assert below.category == "detected-below-quantification"
    assert absent.category == "not-detected"


# Absent values


def test_an_absent_value_is_missing_with_the_reason_that_was_recorded() -> None:
    found = refused(
        "serum_creatinine",
        observation(CREATININE, dataAbsentReason=concept(text="specimen haemolysed"), valueQuantity=None),
    )
    assert found.why == "unreadable"
    assert "specimen haemolysed" in found.detail


def test_a_quantity_without_a_number_is_absent() -> None:
    assert refused("serum_creatinine", creatinine(valueQuantity={"unit": "mg/dL"})).why == "unreadable"


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
    "elements",
    [
        {"effectiveDateTime": None},
        {"effectiveDateTime": None, "issued": "2026-06-01T10:00:00Z"},
        {"effectiveDateTime": "yesterday"},
        {"effectiveDateTime": None, "effectivePeriod": {}},
    ],
)
def test_a_result_without_the_date_of_its_specimen_is_told_and_not_used(elements: dict[str, Any]) -> None:
    found = refused("serum_creatinine", creatinine(**elements))
    assert found.why == "unreadable"
    assert "date" in found.detail


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


# Reference ranges: the result's own, in the canonical unit


def ranged(*ranges: dict[str, Any], **elements: Any) -> dict[str, Any]:
    value = {"valueQuantity": quantity(50, "U/L"), **elements}
    return observation(ALT, referenceRange=list(ranges), **value)


def test_limits_come_in_the_canonical_unit() -> None:
    found = result(
        "serum_creatinine",
        observation(
            CREATININE_MOLAR,
            valueQuantity=quantity(100, "umol/L"),
            referenceRange=[{"low": quantity(44.2, "umol/L"), "high": quantity(88.4, "umol/L")}],
        ),
    )
    assert found.lower_limit == pytest.approx(0.5, abs=0.001)
    assert found.upper_limit == pytest.approx(1.0, abs=0.001)


def test_a_limit_without_a_unit_is_in_the_unit_of_the_value() -> None:
    found = result("alt", ranged({"high": {"value": 40}}))
    assert (found.lower_limit, found.upper_limit) == (None, 40)


def test_a_limit_in_an_unknown_unit_is_no_limit() -> None:
    assert result("alt", ranged({"high": quantity(40, "foo")})).upper_limit is None


def test_only_normal_ranges_count() -> None:
    kind = {"type": concept("treatment", "http://terminology.hl7.org/CodeSystem/referencerange-meaning")}
    assert result("alt", ranged({"high": quantity(100, "U/L"), **kind})).upper_limit is None


def test_the_range_of_the_patients_sex_is_taken() -> None:
    of_men = {"high": quantity(50, "U/L"), "appliesTo": [concept("248153007", SNOMED)]}
    of_women = {"high": quantity(35, "U/L"), "appliesTo": [concept("248152002", SNOMED)]}
    assert result("alt", ranged(of_men, of_women)).upper_limit == 35
    assert result("alt", ranged(of_men, of_women), who=patient(gender="male")).upper_limit == 50


def test_with_the_sex_unknown_ranges_that_differ_by_sex_do_not_count() -> None:
    of_men = {"high": quantity(50, "U/L"), "appliesTo": [{"text": "male"}]}
    of_women = {"high": quantity(35, "U/L"), "appliesTo": [{"text": "female"}]}
    assert result("alt", ranged(of_men, of_women), who=patient(gender="unknown")).upper_limit is None


def test_the_range_of_the_patients_age_is_taken() -> None:
    of_children = {"high": quantity(60, "U/L"), "age": {"high": quantity(17, "a")}}
    of_adults = {"high": quantity(40, "U/L"), "age": {"low": quantity(18, "a")}}
    assert result("alt", ranged(of_children, of_adults)).upper_limit == 40
    assert result("alt", ranged(of_children, of_adults), who=patient(birthDate="2015")).upper_limit == 60


def test_with_the_birth_date_unknown_ranges_that_differ_by_age_do_not_count() -> None:
    of_children = {"high": quantity(60, "U/L"), "age": {"high": quantity(17, "a")}}
    of_adults = {"high": quantity(40, "U/L"), "age": {"low": quantity(18, "a")}}
    assert result("alt", ranged(of_children, of_adults), who=patient(birthDate=None)).upper_limit is None


def test_a_range_of_children_alone_is_none_of_an_adult() -> None:
    of_children = {"high": quantity(60, "U/L"), "age": {"high": quantity(17, "a")}}
    assert result("alt", ranged(of_children)).upper_limit is None
    assert result("alt", ranged(of_children), who=patient(birthDate="2008-06-02")).upper_limit == 60
    assert result("alt", ranged(of_children), who=patient(birthDate="2008-06-01")).upper_limit is None


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [("0–40", 0, 40), ("7 - 56 U/L", 7, 56), ("<40", None, 40), ("up to 40", None, 40), ("> 5", 5, None)],
)
def test_a_range_in_words_is_read_with_a_remark(text: str, lower: float | None, upper: float | None) -> None:
    found = result("alt", ranged({"text": text}))
    assert (found.lower_limit, found.upper_limit) == (lower, upper)
    assert any(text in note for note in found.notes)


@pytest.mark.parametrize(
    "text", ["12-14 y Male: 4.4 - 5.2 ; 12-14 y Female: 4.2 - 4.8", "see note", "negative", "40"]
)
def test_words_that_are_no_plain_range_give_no_limit(text: str) -> None:
    found = result("alt", ranged({"text": text}))
    assert (found.lower_limit, found.upper_limit) == (None, None)


def test_an_upper_limit_below_the_lower_one_is_no_range() -> None:
    found = result("alt", ranged({"low": quantity(40, "U/L"), "high": quantity(4, "U/L")}))
    assert (found.lower_limit, found.upper_limit) == (None, None)


def test_an_own_scale_is_judged_by_its_own_range_only() -> None:
    found = result(
        "anti_dsdna",
        observation(
            "5130-0",
            valueQuantity={"value": 80, "unit": "U/mL", "code": "U/mL"},
            referenceRange=[{"high": {"value": 30, "unit": "U/mL", "code": "U/mL"}}],
        ),
    )
    assert found.value is None
    assert found.upper_limit is None
    assert found.reported == point(80)
    assert found.category in ("high", "positive")
