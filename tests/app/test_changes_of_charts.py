"""What would turn the verdict, from whole charts: days that hold when judged again, states that can come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from app.demo.patients import demo_patients
from eligibility.course import Anchors
from eligibility.findings import Finding, Screening
from eligibility.judging import flattened
from eligibility.work_list import work_list
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, POTENTIAL, as_body, screening_service

Json = dict[str, Any]
REFRACTORY, SLE, NEPHRITIS = "nct07517536", "nct05247203", "nct01639339"


def screened(
    protocol: str,
    *added: Json,
    patient: str = POTENTIAL,
    without: tuple[str, ...] = (),
    as_of: date = AS_OF,
    anchors: Anchors = Anchors(),  # noqa: B008  # immutable
) -> Screening:
    """A demonstration patient's chart of ``AS_OF``, with these resources and without those, screened."""
    bundle = demo_patients()[patient].bundle(AS_OF)
    kept = [entry for entry in bundle["entry"] if entry["resource"]["id"] not in without]
    subject = {"reference": f"Patient/{patient}"}
    for i, resource in enumerate(added):
        owner = "patient" if resource["resourceType"] == "Immunization" else "subject"
        kept.append({"resource": {"id": f"added-{i}", owner: subject, **resource}})
    chart = PatientRecord(read_patients(as_body({**bundle, "entry": kept}))[0])
    (screening,) = screening_service().screen_record(chart, as_of, anchors, [protocol]).screenings
    return screening


def finding_of(screening: Screening, criterion: str) -> Finding:
    return next(f for f in flattened(screening.findings) if f.criterion == criterion)


def told(screening: Screening) -> list[tuple[str, str | None, list[tuple[str, str, str]]]]:
    return [(s.kind, s.on, [(c.kind, c.criterion, c.what) for c in s.changes]) for s in screening.changes]


def observation(loinc: str, on: str, number: float | str, unit: str = "") -> Json:
    quantity = {"value": number, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}
    shown = {"valueQuantity": quantity} if unit else {"valueString": number}
    code = {"coding": [{"system": "http://loinc.org", "code": loinc}]}
    return {
        "resourceType": "Observation", "status": "final", "code": code, "effectiveDateTime": on, **shown,
    }  # fmt: skip


def chest_ct(on: str, conclusion: str) -> Json:
    code = {"coding": [{"system": "http://loinc.org", "code": "24627-2", "display": "CT Chest"}]}
    return {
        "resourceType": "DiagnosticReport", "status": "final", "code": code, "effectiveDateTime": on,
        "conclusion": conclusion,
    }  # fmt: skip


CAVITY = chest_ct("2026-01-20", "Cavity, active tuberculosis.")


def test_imaging_of_tuberculosis_excludes_for_six_months_where_a_later_clear_image_still_counts() -> None:
    """NCT07517536 E7, "at any time within six months prior to screening"."""
    found = screened(REFRACTORY, CAVITY)
    assert (found.verdict, found.earliest) == ("ineligible-for-now", "2026-07-21")
    assert finding_of(found, "E7").clears_on == "2026-07-21"
    what = "chest imaging for tuberculosis of 2026-01-20: no longer in the time that counts"
    assert told(found) == [("time", "2026-07-21", [("time", "E7", what)])]
    assert finding_of(screened(REFRACTORY, CAVITY, as_of=date(2026, 7, 20)), "E7").outcome == "fail"
    assert finding_of(screened(REFRACTORY, CAVITY, as_of=date(2026, 7, 21)), "E7").outcome == "attest"


def test_imaging_of_tuberculosis_that_only_grows_old_is_not_repaired_by_time() -> None:
    """NCT07517536 E7: without a later image the criterion would become missing."""
    clear = demo_patients()[POTENTIAL].bundle(AS_OF)["entry"]
    reports = tuple(e["resource"]["id"] for e in clear if e["resource"]["resourceType"] == "DiagnosticReport")
    found = screened(REFRACTORY, CAVITY, without=reports)
    assert (found.verdict, finding_of(found, "E7").clears_on) == ("ineligible", None)
    assert "time" not in [changes.kind for changes in found.changes]


def test_an_answer_about_self_harm_excludes_as_long_as_the_questionnaire_counts() -> None:
    """NCT05247203 E15: any PHQ-9 of the last 90 days whose item 9 is above zero."""
    found = screened(SLE, observation("44260-8", "2026-06-01", 1, "{score}"))
    assert (found.verdict, finding_of(found, "E15").clears_on) == ("ineligible-for-now", "2026-08-31")
    assert found.changes[0].kind == "time"


def test_a_high_creatinine_that_is_not_the_latest_leaves_the_eight_weeks_by_time() -> None:
    """NCT05247203 E1b, within 8 weeks of day 0: the latest is normal, and is needed again by then."""
    found = screened(SLE, observation("2160-0", "2026-05-20", 3.0, "mg/dL"))
    assert finding_of(found, "E1b").leaning == "fail"
    what = "serum creatinine of 2026-05-20: no longer in the time that counts"
    assert told(found)[0] == ("time", "2026-07-16", [("time", "E1b", what)])
    assert "serum_creatinine" in [need.input for need in found.changes[0].by_then]
    assert found.changes[1].kind == "judgement"


def test_a_hepatitis_that_a_clinician_has_to_judge_is_mended_by_the_judgement_before_another_result() -> None:
    """NCT07517536 E8: HBsAg positive, "whether under antiviral treatment" is for a person to say."""
    found = screened(REFRACTORY, observation("5195-3", "2026-06-14", "Reactive"), without=("daniel-hbsag",))
    assert finding_of(found, "E8.hbv").leaning == "fail"
    assert [changes.kind for changes in found.changes] == ["judgement", "clinical"]


def test_an_antibody_that_stays_for_good_can_still_be_judged_not_to_stand_in_the_way() -> None:
    """NCT01639339 E9: a past hepatitis B leans against, and no result takes anti-HBc away."""
    found = screened(
        NEPHRITIS, observation("13952-7", "2026-06-14", "Reactive"), without=("daniel-anti-hbc",)
    )
    assert [changes.kind for changes in found.changes] == ["judgement"]


def test_a_pregnancy_is_mended_by_no_change_of_the_person() -> None:
    """NCT07517536 I9 and E12: sex and childbearing potential define who is asked."""
    found = screened(REFRACTORY, observation("2118-8", "2026-06-15", "Positive"), patient="lin-mei")
    whats = [change.what for changes in found.changes for change in changes.changes]
    assert not [what for what in whats if "childbearing" in what]
    assert {"serum hCG: not positive", "pregnancy: not positive"} <= set(whats)


HIGH_DOSE = {
    "resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2026-05-20",
    "medicationCodeableConcept": {"coding": [
        {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "8640", "display": "prednisone"}]},
    "dosageInstruction": [{
        "timing": {"repeat": {
            "boundsPeriod": {"start": "2026-05-20"}, "frequency": 1, "period": 1, "periodUnit": "d"}},
        "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
        "doseAndRate": [{"doseQuantity": {
            "value": 120, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}],
    }],
}  # fmt: skip


def test_high_doses_that_go_on_would_have_to_be_over_for_the_whole_window_and_no_day_is_named() -> None:
    """NCT05247203 E1e (8 weeks) and E12 (28 days), prednisone 120 mg a day without an end."""
    found = screened(SLE, HIGH_DOSE, without=("daniel-prednisone",))
    (only,) = found.changes
    assert (only.kind, only.on) == ("clinical", None)
    assert {change.criterion: change.what for change in only.changes if change.kind == "clinical"} == {
        "E1e": "100 mg a day or more for 14 days: over for 8 weeks",
        "E12b": "100 mg a day or more for 14 days: over for 28 days",
    }


def test_a_creatinine_that_has_grown_too_old_is_one_need_of_all_that_is_computed_from_it() -> None:
    """NCT07517536 E6 (eGFR) and E9 (creatinine clearance): a new creatinine alone settles both."""
    old = observation("2160-0", "2026-05-01", 1.18, "mg/dL")
    found = screened(REFRACTORY, old, without=("daniel-creatinine", "daniel-creatinine-clearance"))
    (item,) = work_list([found])
    assert (item.input, item.why, item.order is not None) == ("serum_creatinine", "stale", True)
    assert [(d.criteria, d.alone) for d in item.decides] == [(("E6", "E9c"), True)]


def test_time_leads_to_a_day_on_which_nothing_leans_to_failing() -> None:
    """NCT01639339 E7: when the treatment is 60 days past, the infection itself is still for review."""
    pneumonia = {
        "resourceType": "Condition", "code": {"coding": [
            {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J18.9", "display": "Pneumonia"}]},
        "clinicalStatus": {"coding": [{"code": "resolved"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "onsetDateTime": "2026-05-10", "abatementDateTime": "2026-05-20",
    }  # fmt: skip
    amoxicillin = {
        "resourceType": "MedicationStatement", "status": "completed",
        "medicationCodeableConcept": {"coding": [
            {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "723"}], "text": "amoxicillin"},
        "effectivePeriod": {"start": "2026-05-10", "end": "2026-05-16"},
    }  # fmt: skip
    found = screened(NEPHRITIS, pneumonia, amoxicillin)
    assert finding_of(found, "E7").outcome == "fail"
    assert found.earliest == found.changes[0].on
    day = date.fromisoformat(found.earliest or "")
    before = screened(NEPHRITIS, pneumonia, amoxicillin, as_of=day - timedelta(days=1))
    after = screened(NEPHRITIS, pneumonia, amoxicillin, as_of=day)
    assert finding_of(before, "E7").leaning == "fail"
    assert finding_of(after, "E7").leaning != "fail"


def test_of_a_score_that_has_to_be_reached_the_cheapest_items_are_enough() -> None:
    """NCT07517536 I5, SLEDAI-2K of 6 or more with 4 points present: casts alone would decide."""
    found = screened(REFRACTORY, patient="hanna-lindqvist")
    (needs,) = {
        tuple(need.input for need in change.needs)
        for changes in found.changes
        for change in changes.changes
        if change.criterion == "I5"
    }
    assert needs == ("urine_rbc_casts",)
    assert len(finding_of(found, "I5").needs) > 1


def test_a_result_that_is_enough_for_a_score_alone_stands_between_trial_and_patient() -> None:
    """NCT07517536 I5 as the only criterion: casts, 4 points, are enough where 4 of 6 are present."""
    found = screened(REFRACTORY, patient="hanna-lindqvist")
    only = msgspec.structs.replace(
        found, verdict="undetermined", findings=(finding_of(found, "I5"),), changes=()
    )
    alone = {item.input: item.decides[0].alone for item in work_list([only])}
    assert (alone["urine_rbc_casts"], alone["body_temperature"]) == (True, False)


def test_a_treatment_of_some_day_of_a_year_is_settled_by_time_once_the_whole_year_is_past() -> None:
    """NCT05247203 E10, B-cell targeted treatment within 12 months, rituximab some time in 2025."""
    rituximab = {
        "resourceType": "MedicationStatement", "status": "completed",
        "medicationCodeableConcept": {"coding": [
            {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "121191"}], "text": "mAb"},
        "effectivePeriod": {"start": "2025", "end": "2025"},
    }  # fmt: skip
    found = screened(SLE, rituximab)
    assert finding_of(found, "E10").outcome == "missing"
    assert [(changes.kind, changes.on) for changes in found.changes] == [
        ("time", "2027-01-01"),
        ("data", None),
    ]
    assert finding_of(screened(SLE, rituximab, as_of=date(2027, 1, 1)), "E10").outcome in ("pass", "presumed")


def test_a_result_that_two_windows_of_one_criterion_lack_is_needed_once() -> None:
    """NCT05247203 E1b asks for a creatinine of 28 days and for those of 8 weeks."""
    found = screened(SLE, as_of=date(2027, 1, 1))
    asked = [c for c in found.changes[0].changes if c.criterion == "E1b"]
    assert [[need.input for need in change.needs] for change in asked] == [["serum_creatinine"]]
