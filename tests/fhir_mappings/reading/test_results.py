"""Observations as results: statuses, corrections, values, units, categories."""

from __future__ import annotations

from datetime import date
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
    Json,
    concept,
    observation,
    quantity,
    read,
    refused,
    resource,
    result,
    snomed,
    specimen,
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


UNDATED = {"effectiveDateTime": None, "specimen": {"reference": "Specimen/s1"}}


def test_a_result_without_a_date_is_of_the_day_on_which_its_specimen_was_taken() -> None:
    found = result("serum_creatinine", creatinine(**UNDATED), specimen("2026-05-31T23:30:00-05:00"))
    assert found.when == day(date(2026, 5, 31))
    assert found.at is not None


def test_the_specimen_may_stand_in_the_result_and_tell_a_month_or_a_period() -> None:
    inside = {"resourceType": "Specimen", "id": "s", "collection": {"collectedDateTime": "2026-05"}}
    found = result(
        "serum_creatinine",
        creatinine(effectiveDateTime=None, specimen={"reference": "#s"}, contained=[inside]),
    )
    assert found.when == DateSpan(date(2026, 5, 1), date(2026, 5, 31))
    period = {"collectedPeriod": {"start": "2026-05-01", "end": "2026-05-02"}}
    over = resource("Specimen", "s1", collection=period)
    assert result("serum_creatinine", creatinine(**UNDATED), over).when == DateSpan(
        date(2026, 5, 1), date(2026, 5, 2)
    )


def test_the_date_of_the_result_itself_comes_first() -> None:
    found = result(
        "serum_creatinine", creatinine(specimen={"reference": "Specimen/s1"}), specimen("2026-05-01")
    )
    assert found.when == day(date(2026, 6, 1))


@pytest.mark.parametrize(
    "taken", [specimen(None), specimen("2026-05-01", status="entered-in-error"), specimen("2026-05-01", "s2")]
)
def test_a_specimen_that_tells_no_date_leaves_the_result_undated(taken: Json) -> None:
    facts = read(creatinine(**UNDATED), taken)
    (found,) = facts.measurements["serum_creatinine"]
    assert str(found.when) == "../.."


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


def test_a_correction_that_cannot_be_read_still_withdraws_what_it_corrects() -> None:
    moment = "2026-06-01T08:00:00Z"
    found = refused(
        "serum_creatinine",
        creatinine(effectiveDateTime=moment),
        creatinine(id="o2", status="corrected", effectiveDateTime=moment, valueQuantity=quantity(1, "foo")),
    )
    assert "foo" in found.detail


def test_a_correction_withdraws_no_result_of_another_day() -> None:
    facts = read(
        creatinine(effectiveDateTime="2026-05-01"),
        creatinine(id="o2", status="corrected", effectiveDateTime="2026-06-01"),
    )
    assert len(facts.measurements["serum_creatinine"]) == 2


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
