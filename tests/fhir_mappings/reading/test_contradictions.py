"""Results told twice or in two ways: copies collapse, contradictions are told, neither by chance."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.inputs import compute_series
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import PatientRecord
from tests.fhir_mappings.reading.contradicting import AS_OF, Json, both_ways, diagnosis, only
from tests.fhir_mappings.reading.written import (
    CREATININE,
    HBSAG,
    INTERPRETATION,
    URINE_CREATININE,
    URINE_PROTEIN,
    WEIGHT,
    concept,
    loinc,
    observation,
    quantity,
    read,
    resource,
)

AT = "2026-06-01T08:00:00Z"


def creatinine(value: str, unit: str, own_id: str, **elements: Any) -> Json:
    written = {**quantity("VALUE", unit)}
    written["value"] = float(value) if "." in value else int(value)
    return observation(CREATININE, own_id, effectiveDateTime=AT, valueQuantity=written, **elements)


def values(facts: PatientFacts, name: str = "serum_creatinine") -> list[str]:
    return [m.evidence[0].recorded or "" for m in facts.measurements.get(name, ())]


def test_one_result_sent_twice_counts_once() -> None:
    facts = both_ways(creatinine("1.2", "mg/dL", "a"), creatinine("1.2", "mg/dL", "b"))
    assert values(facts) == ["1.2 mg/dL"]
    conflict = only(facts)
    assert (conflict.input, conflict.kind) == ("serum_creatinine", "duplicate")
    assert conflict.detail.endswith("each counts once")
    assert {e.reference for e in conflict.evidence} == {"Observation/a", "Observation/b"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # 106 µmol/L is 1.199 mg/dL: within the rounding of 1.2.
        (("1.2", "mg/dL"), ("106", "umol/L")),
        (("1.2", "mg/dL"), ("1.23", "mg/dL")),
        # 1.2 may be up to 1.25 mg/dL, 108 µmol/L at least 1.216.
        (("1.2", "mg/dL"), ("108", "umol/L")),
    ],
)
def test_copies_that_differ_by_rounding_are_both_kept_so_that_no_threshold_falls_between_unseen(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    facts = both_ways(creatinine(*one, "a"), creatinine(*other, "b"))
    assert len(values(facts)) == 2
    conflict = only(facts)
    assert conflict.kind == "duplicate"
    assert conflict.detail.endswith("what they decide alike counts once")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1", "mg/dL"), ("0.6", "mg/dL")),  # JSON writers drop ".0": a "1" is no evidence of 0.5 to 1.5
        (("6", "mg/dL"), ("6.4", "mg/dL")),
        (("1.2", "mg/dL"), ("1.24", "mg/dL")),  # 3.3 %
    ],
)
def test_few_digits_make_no_copies_of_values_that_differ_by_more_than_three_per_cent(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert only(both_ways(creatinine(*one, "a"), creatinine(*other, "b"))).kind == "same-time"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("1.2", "mg/dL"), ("1.3", "mg/dL")),  # one step of the last digit is another value
        (("1.2", "mg/dL"), ("112", "umol/L")),  # at least 1.261 mg/dL
        (("1.20", "mg/dL"), ("108", "umol/L")),  # 1.205 is the most that 1.20 may be; 107.5 is 1.216
    ],
)
def test_two_values_of_one_time_that_rounding_does_not_explain_are_a_contradiction(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    def written(value: tuple[str, str], own_id: str) -> Json:
        found = creatinine(*value, own_id)
        if value[0].endswith("0") and "." in value[0]:
            found["valueQuantity"] = None
            found.pop("valueQuantity")
            found["valueString"] = f"{value[0]} {value[1]}"
        return found

    facts = both_ways(written(one, "a"), written(other, "b"))
    assert len(values(facts)) == 2
    conflict = only(facts)
    assert conflict.kind == "same-time"
    assert "stays missing until settled" in conflict.detail
    assert len(conflict.evidence) == 2


def test_results_of_two_times_of_a_day_are_two_results() -> None:
    later = creatinine("1.9", "mg/dL", "b")
    later["effectiveDateTime"] = "2026-06-01T18:00:00Z"
    facts = both_ways(creatinine("1.2", "mg/dL", "a"), later)
    assert values(facts) == ["1.9 mg/dL", "1.2 mg/dL"]
    assert facts.conflicts == ()


def test_results_of_two_named_specimens_do_not_contradict_each_other() -> None:
    one = creatinine("1.2", "mg/dL", "a", specimen={"reference": "Specimen/1"})
    other = creatinine("1.9", "mg/dL", "b", specimen={"reference": "Specimen/2"})
    assert both_ways(one, other).conflicts == ()


def test_the_reference_range_of_a_copy_is_that_of_all() -> None:
    ranged = creatinine("1.2", "mg/dL", "b", referenceRange=[{"high": quantity(1.1, "mg/dL")}])
    for other in (creatinine("1.2", "mg/dL", "a"), creatinine("106", "umol/L", "a")):
        facts = both_ways(other, ranged)
        limits = [m.upper_limit for m in facts.measurements["serum_creatinine"]]
        assert limits == [pytest.approx(1.1)] * len(limits)


def test_a_value_below_a_limit_does_not_contradict_one_that_may_be_it() -> None:
    low = observation(
        CREATININE, "a", effectiveDateTime=AT, valueQuantity=quantity(0.5, "mg/dL", comparator="<")
    )
    assert both_ways(low, creatinine("0.4", "mg/dL", "b")).conflicts == ()
    assert only(both_ways(low, creatinine("0.6", "mg/dL", "c"))).kind == "same-time"


def test_a_positive_sent_twice_counts_once_and_a_positive_beside_a_negative_contradicts() -> None:
    def antigen(own_id: str, word: str) -> Json:
        return observation(HBSAG, own_id, effectiveDateTime=AT, valueString=word)

    twice = both_ways(antigen("a", "Positive"), antigen("b", "Reactive"))
    assert (len(twice.measurements["hbsag"]), only(twice).kind) == (1, "duplicate")
    against = both_ways(antigen("a", "Positive"), antigen("b", "Negative"))
    assert (len(against.measurements["hbsag"]), only(against).kind) == (2, "same-time")


def test_a_value_against_its_interpretation_is_told_with_both_sides() -> None:
    said = observation(HBSAG, valueString="Negative", interpretation=[concept("POS", INTERPRETATION)])
    conflict = only(read(said))
    assert (conflict.input, conflict.kind) == ("hbsag", "value-and-interpretation")
    assert [e.path for e in conflict.evidence] == ["valueString", "interpretation"]
    assert conflict.detail.endswith("it does not count")


def test_a_corrected_result_is_told_with_what_it_replaced() -> None:
    facts = both_ways(creatinine("1.2", "mg/dL", "a"), creatinine("2.1", "mg/dL", "b", status="corrected"))
    assert values(facts) == ["2.1 mg/dL"]
    conflict = only(facts)
    assert conflict.kind == "corrected"
    assert "1.2 mg/dL was corrected to 2.1 mg/dL; the corrected result counts" in conflict.detail
    assert [e.reference for e in conflict.evidence] == ["Observation/b", "Observation/a"]


def test_a_correction_that_says_the_same_is_no_news() -> None:
    facts = both_ways(creatinine("1.2", "mg/dL", "a"), creatinine("1.2", "mg/dL", "b", status="amended"))
    assert (values(facts), facts.conflicts) == (["1.2 mg/dL"], ())


def test_a_correction_that_cannot_be_used_withdraws_the_result_and_says_so() -> None:
    facts = both_ways(creatinine("1.2", "mg/dL", "a"), creatinine("2.1", "furlong", "b", status="corrected"))
    assert values(facts) == []
    assert "neither counts, since the correction cannot be used" in facts.conflicts[0].detail


def test_of_two_corrections_the_later_one_stands_whatever_the_order() -> None:
    facts = both_ways(
        creatinine("1.2", "mg/dL", "a"),
        creatinine("2.1", "mg/dL", "b", status="corrected", issued="2026-06-02T08:00:00Z"),
        creatinine("1.6", "mg/dL", "c", status="corrected", issued="2026-06-03T08:00:00Z"),
    )
    assert values(facts) == ["1.6 mg/dL"]
    assert {e.reference for c in facts.conflicts for e in c.evidence[:1]} == {"Observation/c"}


def test_a_corrected_report_is_told_with_the_one_that_it_replaced() -> None:
    def report(own_id: str, words: str, status: str) -> Json:
        return resource(
            "DiagnosticReport",
            own_id,
            status=status,
            code=loinc("11529-5"),
            effectiveDateTime="2026-06-01T09:00:00Z",
            conclusion=f"Kidney, needle biopsy: lupus nephritis, class {words}",
        )

    conflict = only(both_ways(report("a", "IV (A)", "final"), report("b", "II", "corrected")))
    assert conflict.kind == "corrected"
    assert [e.reference for e in conflict.evidence] == ["DiagnosticReport/b", "DiagnosticReport/a"]


def test_a_reported_ratio_against_the_concentrations_of_its_specimen_is_told() -> None:
    drawn = {"effectiveDateTime": AT, "specimen": {"reference": "Specimen/u"}}
    facts = both_ways(
        observation("2890-2", "ratio", valueQuantity=quantity(0.4, "g/g"), **drawn),
        observation(URINE_PROTEIN, "protein", valueQuantity=quantity(190, "mg/dL"), **drawn),
        observation(URINE_CREATININE, "creatinine", valueQuantity=quantity(100, "mg/dL"), **drawn),
    )
    record = PatientRecord(facts)
    assert record.conflicts() == []
    assert len(record.series("upcr", AS_OF).measurements) == 2
    (conflict,) = record.conflicts()
    assert (conflict.input, conflict.kind) == ("upcr", "recorded-and-computed")
    assert {e.reference for e in conflict.evidence} == {
        "Observation/ratio",
        "Observation/protein",
        "Observation/creatinine",
    }


def test_two_creatinines_of_one_urine_give_no_ratio_by_chance() -> None:
    drawn = {"effectiveDateTime": AT, "specimen": {"reference": "Specimen/u"}}
    facts = both_ways(
        observation(URINE_PROTEIN, "protein", valueQuantity=quantity(190, "mg/dL"), **drawn),
        observation(URINE_CREATININE, "a", valueQuantity=quantity(100, "mg/dL"), **drawn),
        observation(URINE_CREATININE, "b", valueQuantity=quantity(200, "mg/dL"), **drawn),
    )
    series = compute_series("upcr", facts, AS_OF, None)
    assert series.measurements == ()
    assert series.unusable[0].why == "too-coarse"


def test_copies_of_a_urine_creatinine_that_differ_by_rounding_give_one_ratio() -> None:
    def urine(code: str, own_id: str, value: float, unit: str) -> Json:
        return observation(code, own_id, effectiveDateTime=AT, valueQuantity=quantity(value, unit))

    record = PatientRecord(
        both_ways(
            urine(URINE_PROTEIN, "p", 226, "mg/dL"),
            urine(URINE_CREATININE, "c1", 113, "mg/dL"),
            urine(URINE_CREATININE, "c2", 10, "mmol/L"),
        )
    )
    (ratio,) = record.series("upcr", AS_OF).measurements
    assert ratio.value is not None
    assert (ratio.value.low, ratio.value.high) == pytest.approx((2.0, 2.0), rel=0.01)


def test_two_weights_of_one_time_make_a_clearance_that_spans_both() -> None:
    facts = both_ways(
        creatinine("1.2", "mg/dL", "c"),
        observation(WEIGHT, "a", effectiveDateTime=AT, valueQuantity=quantity(50, "kg")),
        observation(WEIGHT, "b", effectiveDateTime=AT, valueQuantity=quantity(80, "kg")),
    )
    (clearance,) = compute_series("crcl_actual_weight", facts, AS_OF, None).measurements
    assert clearance.value is not None
    assert clearance.value.high / clearance.value.low == pytest.approx(80 / 50)
    assert "several values of one time" in clearance.notes or len(clearance.evidence) == 3


def test_only_what_bears_on_what_was_asked_is_told() -> None:
    facts = read(
        creatinine("1.2", "mg/dL", "a"), creatinine("1.9", "mg/dL", "b"), diagnosis("c"), diagnosis("d")
    )
    record = PatientRecord(facts)
    assert record.conflicts() == []
    record.series("alt", AS_OF)
    assert record.conflicts() == []
    record.series("egfr", AS_OF)
    assert [c.input for c in record.conflicts()] == ["serum_creatinine"]
    record.events(["diagnosis"], frozenset({"cond_sle"}))
    assert {c.input for c in record.conflicts()} == {"serum_creatinine", "cond_sle"}
