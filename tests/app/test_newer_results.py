"""A newer result that cannot be used beside the last one that can: whole resources, screened for both trials.

A number, a category and computed values alike: what may be there and nobody can use leaves the question open;
an entry that says that nothing was measured leaves the last result standing, with a note.
"""

from __future__ import annotations

import pytest

from eligibility.findings import Finding
from tests.app.test_undated_results import (
    BODY,
    EGFR,
    HEMOGLOBIN,
    RATE,
    A,
    B,
    Json,
    creatinine,
    finding,
    hemoglobin,
    result,
    upcr,
)

JUNE_5: Json = {"effectiveDateTime": "2026-06-05"}
JUNE_12: Json = {"effectiveDateTime": "2026-06-12"}
HIV, WBC, NEUTROPHILS_PERCENT = "56888-1", "6690-2", "770-8"
URINE_PROTEIN, URINE_CREATININE = "2888-6", "2161-8"


def with_status(status: str, resource: Json) -> Json:
    return {**resource, "status": status}


def without_value(resource: Json, **elements: object) -> Json:
    return {**{name: value for name, value in resource.items() if name != "valueQuantity"}, **elements}


def worded(code: str, words: str, dated: Json, **elements: object) -> Json:
    return without_value(result(code, 0, "1", dated), valueString=words, **elements)


def clotted(resource: Json) -> Json:
    return {**resource, "note": [{"text": "Specimen clotted."}]}


def assert_open(found: Finding, *words: str) -> None:
    assert found.outcome == "missing"
    assert [need.why for need in found.needs] == ["unreadable"]
    for said in words:
        assert said in found.reason


HIDDEN = {
    "preliminary": with_status("preliminary", hemoglobin(100, JUNE_12)),
    "of a status that is not known": with_status("unknown", hemoglobin(100, JUNE_12)),
    "registered with a value": with_status("registered", hemoglobin(100, JUNE_12)),
    "in a unit that nobody can read": result(HEMOGLOBIN, 100, "foo", JUNE_12),
    "not given to us": without_value(
        hemoglobin(100, JUNE_12), dataAbsentReason={"coding": [{"code": "masked"}]}
    ),
    "without any value": without_value(hemoglobin(100, JUNE_12)),
}


@pytest.mark.parametrize("newer", HIDDEN.values(), ids=HIDDEN)
def test_a_number_is_open_where_a_newer_result_is_there_and_cannot_be_used(newer: Json) -> None:
    """NCT05247203 E3.4: haemoglobin below 70 g/L. Also a preliminary 100 g/L may still change."""
    assert finding(B, "E3.4", hemoglobin(110, JUNE_5)).outcome == "pass"
    found = finding(B, "E3.4", hemoglobin(110, JUNE_5), newer)
    assert_open(found, "110 g/L of 2026-06-05", "a newer one, of 2026-06-12, cannot")
    # One of the same day does not displace what can be read.
    same_day = {**newer, **JUNE_5}
    assert finding(B, "E3.4", hemoglobin(110, JUNE_5), same_day).outcome == "pass"


NOT_MEASURED = {
    "registered": with_status("registered", without_value(hemoglobin(0, JUNE_12))),
    "not performed": without_value(
        hemoglobin(0, JUNE_12), dataAbsentReason={"coding": [{"code": "not-performed"}]}
    ),
    "not received": without_value(hemoglobin(0, JUNE_12), dataAbsentReason={"text": "Specimen not received"}),
    "clotted": clotted(hemoglobin(60, JUNE_12)),
    "clotted, in place of the value": worded(HEMOGLOBIN, "Specimen clotted", JUNE_12),
}


@pytest.mark.parametrize("newer", NOT_MEASURED.values(), ids=NOT_MEASURED)
def test_a_number_stands_where_nothing_newer_was_measured(newer: Json) -> None:
    """NCT05247203 E3.4"""
    found = finding(B, "E3.4", hemoglobin(110, JUNE_5), newer)
    assert found.outcome == "pass"
    assert any(note.startswith("A newer result of 2026-06-12 was not used: ") for note in found.notes)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_number_stands_beside_what_was_cancelled_or_entered_in_error(status: str) -> None:
    """NCT05247203 E3.4"""
    newer = with_status(status, hemoglobin(60, JUNE_12))
    assert finding(B, "E3.4", hemoglobin(110, JUNE_5), newer).outcome == "pass"


@pytest.mark.parametrize(
    ("protocol", "criterion", "alone"), [(A, "E8.hiv", "pass"), (B, "E14.hiv", "presumed")]
)
def test_a_category_is_open_where_a_newer_result_is_there_and_cannot_be_used(
    protocol: str, criterion: str, alone: str
) -> None:
    """NCT07517536 E8, NCT05247203 E14: HIV infection."""
    negative = worded(HIV, "negative", JUNE_5)
    assert finding(protocol, criterion, negative).outcome == alone
    for newer in (
        with_status("preliminary", worded(HIV, "negative", JUNE_12)),
        worded(HIV, "see comment", JUNE_12),
        worded(HIV, "see comment", {}),
    ):
        assert_open(finding(protocol, criterion, negative, newer), "negative of 2026-06-05")
    for not_measured in (
        with_status("registered", without_value(worded(HIV, "", JUNE_12), valueString=None)),
        worded(HIV, "test not performed", JUNE_12),
    ):
        assert finding(protocol, criterion, negative, not_measured).outcome == alone


@pytest.mark.parametrize(
    ("protocol", "criterion", "shown"), [(A, "E6", "egfr"), (A, "E9c", "crcl"), (B, "E3.2", "crcl")]
)
def test_a_filtration_rate_and_a_clearance_are_open_where_a_newer_creatinine_is(
    protocol: str, criterion: str, shown: str
) -> None:
    """NCT07517536 E6 and E9c, NCT05247203 E3.2: computed from creatinine."""
    old, newer = creatinine(0.8, JUNE_5), with_status("preliminary", creatinine(4, JUNE_12))
    assert finding(protocol, criterion, old, *BODY).outcome == "pass"
    found = finding(protocol, criterion, old, newer, *BODY)
    assert_open(found, "only a preliminary result is there")
    assert [need.input for need in found.needs] == [shown]
    assert finding(protocol, criterion, old, clotted(creatinine(4, JUNE_12)), *BODY).outcome == "pass"


def test_a_reported_filtration_rate_is_open_where_a_newer_creatinine_gives_none() -> None:
    """NCT07517536 E6: without a date of birth nothing can be estimated."""
    nobody: Json = {"resourceType": "Patient", "id": "p", "gender": "female"}
    reported = result(EGFR, 80, RATE, JUNE_5)
    assert finding(A, "E6", reported, of=nobody).outcome == "pass"
    found = finding(A, "E6", reported, creatinine(4, JUNE_12), of=nobody)
    assert found.outcome == "missing"
    assert "no date of birth" in found.reason


def test_a_ratio_is_open_where_a_newer_specimen_has_a_part_that_cannot_be_used() -> None:
    """NCT07517536 I4: urine protein over creatinine; either of them alone makes no ratio."""
    protein = result(URINE_PROTEIN, 150, "mg/dL", JUNE_12)
    unread = result(URINE_CREATININE, 100, "foo", JUNE_12)
    assert finding(A, "I4", upcr(2, JUNE_5)).outcome == "pass"
    assert_open(finding(A, "I4", upcr(2, JUNE_5), protein, unread), "2 g/g of 2026-06-05")
    for part in (protein, unread, with_status("preliminary", protein)):
        assert finding(A, "I4", upcr(2, JUNE_5), part).outcome == "pass"
    # What is reported of the same specimen tells the ratio.
    reported = upcr(2, JUNE_12)
    assert finding(A, "I4", upcr(0.1, JUNE_5), protein, unread, reported).outcome == "pass"


def test_neutrophils_are_open_where_a_newer_differential_has_a_part_that_cannot_be_used() -> None:
    """NCT07517536 E9a: leukocytes times the share of neutrophils."""
    count = result("751-8", 4, "10*9/L", JUNE_5)
    leukocytes = result(WBC, 2, "10*9/L", JUNE_12)
    share = with_status("preliminary", result(NEUTROPHILS_PERCENT, 10, "%", JUNE_12))
    before = finding(A, "E9a.i", count).outcome
    assert (
        before == finding(A, "E9a.i", count, share).outcome == finding(A, "E9a.i", count, leukocytes).outcome
    )
    found = finding(A, "E9a.i", count, leukocytes, share)
    assert before != "missing"
    assert_open(found, "only a preliminary result is there")


@pytest.mark.parametrize("newer", [8, 40])
def test_kidney_failure_for_ninety_days_is_open_where_the_latest_rate_cannot_be_used(newer: float) -> None:
    """NCT07517536 E6: the ninety days are counted back from the latest rate, whichever that is."""
    winter = result(EGFR, 12, RATE, {"effectiveDateTime": "2026-02-01"})
    now = result(EGFR, 14, RATE, JUNE_5)
    assert finding(A, "E6", winter, now).outcome == "fail"
    later = result(EGFR, newer, RATE, JUNE_12)
    assert_open(
        finding(A, "E6", winter, now, with_status("preliminary", later)), "a newer one, of 2026-06-12"
    )
    assert finding(A, "E6", winter, now, clotted(later)).outcome == "fail"
