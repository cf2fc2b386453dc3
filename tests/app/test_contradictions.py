"""Contradictions reach every surface, and no outcome depends on the order in which resources are sent."""

from __future__ import annotations

import io
import random
from copy import deepcopy
from typing import Any

import msgspec
import pytest
from rich.console import Console

from app.demo.patients import demo_patients
from app.rendering.page import html_page
from app.rendering.table import print_report
from eligibility.findings import Finding, ScreeningReport
from eligibility.judging import flattened
from fhir_mappings.facts import Conflict, Evidence, Measurement
from fhir_mappings.intervals import DateSpan
from fhir_mappings.patient_facts import PatientFacts
from fhir_mappings.record import PatientRecord
from tests.app.service import AS_OF, LUPUS, as_body, bundle_of, default_client

Json = dict[str, Any]
JSON = {"Content-Type": "application/fhir+json"}
UNITS = "http://unitsofmeasure.org"
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def test_a_score_that_has_to_know_of_coarse_dates_asks_for_no_input_by_that() -> None:
    june = DateSpan.parse("2026-06")
    evidence = (Evidence(reference="Observation/1", path="value"),)
    chart = PatientRecord(
        PatientFacts(
            reference="Patient/1",
            measurements={"potassium": [Measurement(input="potassium", when=june, evidence=evidence)]},
            conflicts=[Conflict(input="potassium", kind="duplicate", detail="twice", when=june)],
        )
    )
    chart.series("sledai_2k", AS_OF)
    assert chart.conflicts() == []
    chart.series("potassium", AS_OF)
    assert len(chart.conflicts()) == 1


def posted(bundle: Json) -> bytes:
    answer = default_client().post(f"/screenings?asOf={AS_OF}", content=as_body(bundle), headers=JSON)
    assert answer.status_code == 200, answer.text
    return answer.content


def result(patient: str, own_id: str, loinc: str, value: float, unit: str, **elements: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": own_id,
        "status": "final",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": "2026-06-10T08:00:00Z",
        "valueQuantity": {"value": value, "unit": unit, "system": UNITS, "code": unit},
        **elements,
    }


def with_contradictions(patient: str) -> Json:
    """The chart with one of each contradiction in it."""
    bundle = bundle_of(patient)
    chart = [entry["resource"] for entry in bundle["entry"]]
    of = {"subject": {"reference": f"Patient/{patient}"}}
    added = [
        # two values of one time
        result(patient, "zz-alt-1", "1742-6", 20, "U/L"),
        result(patient, "aa-alt-2", "1742-6", 190, "U/L"),
        # the same value twice, in two units
        result(patient, "zz-crea-1", "2160-0", 1.2, "mg/dL"),
        result(patient, "aa-crea-2", "14682-9", 106, "umol/L"),
        # value against interpretation
        {
            **result(patient, "aa-hcv", "13955-0", 0, "1"),
            "valueString": "Negative",
            "interpretation": [{"coding": [{"system": FLAGS, "code": "POS"}]}],
        },
        # a correction
        result(patient, "zz-plt-1", "777-3", 30, "10*9/L"),
        result(patient, "aa-plt-2", "777-3", 230, "10*9/L", status="corrected"),
        # recorded against computed, of one specimen
        result(patient, "zz-upcr", "2890-2", 0.3, "g/g", specimen={"reference": "Specimen/u"}),
        result(patient, "mm-protein", "2888-6", 250, "mg/dL", specimen={"reference": "Specimen/u"}),
        result(patient, "aa-urea", "2161-8", 100, "mg/dL", specimen={"reference": "Specimen/u"}),
        # a total that the chart contradicts
        {
            **result(patient, "score", "0", 0, "1"),
            "code": {"text": "SLEDAI-2K"},
            "valueQuantity": {"value": 0},
        },
    ]
    added[4].pop("valueQuantity")
    for resource in chart:
        if resource["resourceType"] in ("Condition", "MedicationRequest", "MedicationStatement"):
            copy = deepcopy(resource)
            copy["id"] = f"aa-{resource['id']}"[:60]
            resource.setdefault("meta", {})["source"] = "urn:one"
            copy["meta"] = {"source": "urn:other"}
            added.append(copy)
    refuted = deepcopy(next((r for r in chart if r["resourceType"] == "Condition"), None))
    if refuted is not None:
        refuted |= {"id": "aa-refuted", "verificationStatus": {"coding": [{"code": "refuted"}]}, **of}
        added.append(refuted)
    bundle["entry"] += [{"resource": resource} for resource in added]
    return bundle


@pytest.mark.parametrize("patient", demo_patients())
def test_the_report_does_not_depend_on_the_order_in_which_resources_are_sent(patient: str) -> None:
    bundle = with_contradictions(patient)
    expected = posted(bundle)
    shuffle = random.Random(f"{patient}").shuffle  # noqa: S311  # no secret
    for _ in range(6):
        shuffle(bundle["entry"])
        assert posted(bundle) == expected


def kinds_of(report: ScreeningReport) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for contradiction in report.contradictions:
        found.setdefault(contradiction.kind, set()).add(contradiction.input)
    return found


def test_each_kind_of_contradiction_is_told_with_the_evidence_of_both_sides() -> None:
    report = msgspec.json.decode(posted(with_contradictions(LUPUS)), type=ScreeningReport)
    kinds = kinds_of(report)
    assert "alt" in kinds["same-time"]
    assert {"serum_creatinine", "cond_sle"} <= kinds["duplicate"]
    assert kinds["value-and-interpretation"] == {"anti_hcv"}
    assert kinds["corrected"] == {"platelets"}
    assert {"upcr", "sledai_2k"} <= kinds["recorded-and-computed"]
    assert kinds["confirmed-and-refuted"]
    assert all(len(contradiction.evidence) >= 2 for contradiction in report.contradictions)


def test_what_contradicts_itself_stays_missing_and_the_rest_is_judged_as_before() -> None:
    plain = msgspec.json.decode(posted(bundle_of(LUPUS)), type=ScreeningReport)
    report = msgspec.json.decode(posted(with_contradictions(LUPUS)), type=ScreeningReport)
    kidney = next(s for s in report.screenings if s.protocol == "nct07517536")
    liver = next(p for f in kidney.findings for p in f.parts if p.criterion == "E9b")
    assert (liver.outcome, liver.needs[0].why) == ("missing", "conflicting")
    assert plain.contradictions == ()


def test_a_contradiction_about_what_no_screened_trial_asks_for_is_not_told() -> None:
    bundle = bundle_of(LUPUS)
    vitamin = [result(LUPUS, f"d-{n}", "1989-3", n, "ng/mL") for n in (10, 40)]
    bundle["entry"] += [{"resource": resource} for resource in vitamin]
    assert msgspec.json.decode(posted(bundle), type=ScreeningReport).contradictions == ()


def test_table_and_page_show_contradictions_under_a_heading_of_their_own() -> None:
    report = msgspec.json.decode(posted(with_contradictions(LUPUS)), type=ScreeningReport)
    console = Console(file=io.StringIO(), width=400)
    print_report(report, console)
    assert isinstance(console.file, io.StringIO)
    for shown in (console.file.getvalue(), html_page([report])):
        assert "Contradictions in the record" in shown
        assert "two values at one time: " in shown
        assert "Observation/aa-alt-2" in shown


def test_without_contradictions_the_heading_is_left_out() -> None:
    report = msgspec.json.decode(posted(bundle_of(LUPUS)), type=ScreeningReport)
    assert "Contradictions" not in html_page([report])


SAME_INPUTS = frozenset({"2890-2", "34366-5", "2889-4", "40486-3", "2160-0", "14682-9"})
"""Of the chart, what would answer in place of the added results."""


def report_on(added: list[Json], without: frozenset[str] = SAME_INPUTS) -> ScreeningReport:
    bundle = bundle_of(LUPUS)
    bundle["entry"] = [
        entry
        for entry in bundle["entry"]
        if without.isdisjoint(c.get("code") for c in entry["resource"].get("code", {}).get("coding", ()))
    ]
    bundle["entry"] += [{"resource": resource} for resource in added]
    return msgspec.json.decode(posted(bundle), type=ScreeningReport)


def finding_of(report: ScreeningReport, protocol: str, criterion: str) -> Finding:
    (screening,) = (s for s in report.screenings if s.protocol == protocol)
    return next(f for f in flattened(screening.findings) if f.criterion == criterion)


@pytest.mark.parametrize(
    ("criterion", "protocol", "loinc", "one", "other"),
    [
        # Exclusion 1b of NCT05247203 asks for more than 221 µmol/L: 2.5 mg/dL is 221, 225 is above.
        ("E1b", "nct05247203", "2160-0", (2.5, "mg/dL", 1.2), (225, "umol/L", None)),
        # Exclusion 1a: 6 g in 24 hours or more ... 6400 mg is no rounding of 6 g.
        ("E1a", "nct05247203", "2889-4", (6, "g/(24.h)", 0.15), (6400, "mg/(24.h)", None)),
        # Inclusion 4 of NCT07517536: a UPCR of 1.0 g/g suffices; 0.6 g/g does not.
        ("I4", "nct07517536", "2890-2", (1, "g/g", 0.2), (600, "mg/g", None)),
    ],
)
def test_of_two_feeds_that_decide_differently_none_is_chosen_by_its_reference_range(
    criterion: str,
    protocol: str,
    loinc: str,
    one: tuple[float, str, float | None],
    other: tuple[float, str, float | None],
) -> None:
    def sent(own_id: str, written: tuple[float, str, float | None], ranged: bool) -> Json:
        value, unit, high = written
        limits = [{"high": {"value": high, "unit": unit, "system": UNITS, "code": unit}}]
        return result("lin-mei", own_id, loinc, value, unit, **({"referenceRange": limits} if ranged else {}))

    for ranged in (True, False):
        report = report_on([sent("zz-1", one, ranged), sent("zz-2", other, False)])
        assert finding_of(report, protocol, criterion).outcome == "missing"


def named(own_id: str, code: str, value: float, unit: str, day: str = "2026-06-10") -> Json:
    """A result of a day, without a time."""
    return result(LUPUS, own_id, code, value, unit, effectiveDateTime=day)


def both_names(code: str, unit: str, one: float, other: float) -> list[list[Json]]:
    """The same two results of one day, each under either name."""
    return [[named(a, code, one, unit), named(b, code, other, unit)] for a, b in (("k1", "k2"), ("k2", "k1"))]


def bare_chart(*added: Json, diagnosis: str = "M32.14") -> ScreeningReport:
    """A patient with one diagnosis, and nothing on record but what is added."""
    person = next(e for e in bundle_of(LUPUS)["entry"] if e["resource"]["resourceType"] == "Patient")
    problem = {
        "resourceType": "Condition",
        "id": "problem",
        "subject": {"reference": f"Patient/{LUPUS}"},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": diagnosis}]},
        "onsetDateTime": "2023-06-01",
    }
    entries = [person, *({"resource": r} for r in (problem, *added))]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return msgspec.json.decode(posted(bundle), type=ScreeningReport)


LOW_C3 = {
    **result(LUPUS, "c3", "4485-9", 0.4, "g/L"),
    "referenceRange": [{"low": {"value": 0.9, "unit": "g/L", "system": UNITS, "code": "g/L"}}],
}


def test_proteinuria_that_two_results_of_one_day_dispute_gives_no_points() -> None:
    # Inclusion 5 of NCT07517536: SLEDAI-2K of 6; low complement 2, proteinuria above 0.5 g in 24 hours 4.
    proven = bare_chart(LOW_C3, named("k1", "2890-2", 300, "mg/mmol"))
    assert finding_of(proven, "nct07517536", "I5").outcome == "pass"
    for added in both_names("2890-2", "mg/mmol", 300, 40):
        report = bare_chart(LOW_C3, *added)
        finding = finding_of(report, "nct07517536", "I5")
        assert finding.outcome != "pass"
        assert ("same-time", "upcr") in {(c.kind, c.input) for c in report.contradictions}


def test_platelets_that_two_results_of_one_day_dispute_classify_nobody() -> None:
    # EULAR/ACR 2019 (inclusion 2 of NCT07517536): platelets below 100 x 10^9/L give 4 points.
    def platelets(*values: float) -> list[Json]:
        return [named(f"p{n}", "777-3", value, "10*9/L") for n, value in enumerate(values)]

    ana = {**result(LUPUS, "ana", "5048-4", 640, "{titer}")}
    dna = {**result(LUPUS, "dna", "5130-0", 400, "[IU]/mL")}
    dna["interpretation"] = [{"coding": [{"system": FLAGS, "code": "POS"}]}]
    outcomes = [
        finding_of(bare_chart(ana, dna, *platelets(*values), diagnosis="M32.9"), "nct07517536", "I2").outcome
        for values in ((90,), (90, 150), (150, 90))
    ]
    assert outcomes[0] == "pass"
    assert outcomes[1] == outcomes[2] != "pass"


def test_a_course_that_two_results_of_one_day_dispute_has_no_turn_there_whatever_their_ids() -> None:
    # Inclusion 8 of NCT07517536: recurrence after remission.
    for disputed in both_names("2890-2", "g/g", 0.4, 2.0):
        for one in disputed:
            one["effectiveDateTime"] = "2025-11-27"
        report = bare_chart(
            named("first", "2890-2", 3, "g/g", "2025-06-10"),
            *disputed,
            named("last", "2890-2", 2, "g/g", "2026-06-14"),
        )
        timeline = finding_of(report, "nct07517536", "I8").timeline
        assert timeline is not None
        assert {c.what for c in timeline.candidates} == set()
        assert any("results of 2025-11-27 differ (0.4–2 g/g)" in words for words in timeline.missing)


def biopsy(own_id: str, words: str, **elements: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": own_id,
        "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "11529-5"}],
            "text": "Renal biopsy",
        },
        "subject": {"reference": f"Patient/{LUPUS}"},
        "effectiveDateTime": "2026-03-07",
        "conclusion": words,
        **elements,
    }


def told(report: ScreeningReport) -> list[tuple[str, str]]:
    return [(c.kind, c.detail) for c in report.contradictions]


def test_two_classes_of_one_biopsy_are_a_contradiction_of_the_record() -> None:
    report = bare_chart(biopsy("b1", "Lupus nephritis class IV (A)"), biopsy("b2", "Lupus nephritis class V"))
    assert any(kind == "same-time" and ": IV and V;" in detail for kind, detail in told(report))


def test_a_class_that_a_correction_replaced_is_told() -> None:
    same = {"identifier": [{"system": "urn:laboratory", "value": "1"}]}
    report = bare_chart(
        biopsy("b1", "Lupus nephritis class IV (A)", **same),
        biopsy("b2", "Lupus nephritis class II", status="corrected", **same),
    )
    assert "corrected" in {kind for kind, _ in told(report)}


def test_a_result_without_a_time_that_differs_from_that_of_its_day_is_told() -> None:
    report = bare_chart(result(LUPUS, "u1", "2890-2", 1.5, "g/g"), named("u2", "2890-2", 0.4, "g/g"))
    assert any(kind == "same-time" and "1.5 g/g" in detail for kind, detail in told(report))


def test_two_totals_of_one_day_are_told_as_a_contradiction_and_not_as_two_methods() -> None:
    def total(own_id: str, value: int) -> Json:
        scored = named(own_id, "0", value, "1")
        return {**scored, "code": {"text": "SLEDAI-2K"}, "valueQuantity": {"value": value}}

    finding = finding_of(bare_chart(total("s1", 4), total("s2", 14)), "nct07517536", "I5")
    assert finding.outcome != "pass"
    assert "accepted method" not in finding.reason
    assert "contradicts itself" in finding.reason


def test_a_count_that_proven_criteria_contradict_is_told_in_the_reason_and_not_as_too_few() -> None:
    """NCT05247203 I3: of the ACR criteria (Hochberg 1997) three are recorded as met, and four proven."""
    bundle: Json = {"resourceType": "Bundle", "type": "collection", "entry": []}
    lupus = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "M32.14"}]}
    form = {
        "resourceType": "QuestionnaireResponse",
        "id": "acr",
        "status": "completed",
        "questionnaire": "https://trialcards.org/fhir/Questionnaire/acr-1997",
        "authored": "2026-06-10",
        "subject": {"reference": "Patient/p"},
        "author": {"reference": "Practitioner/x"},
        "item": [{"linkId": "total", "answer": [{"valueInteger": 3}]}],
    }
    titre = result("p", "ana", "5048-4", 0, "1") | {"valueString": "1:640"}
    titre.pop("valueQuantity")
    added = [
        {"resourceType": "Patient", "id": "p", "birthDate": "1990-01-01", "gender": "female"},
        {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "code": lupus},
        form,
        titre,
        result("p", "dna", "5130-0", 90, "[IU]/mL", referenceRange=[{"high": {"value": 30}}]),
        result("p", "plt", "777-3", 50, "10*9/L"),
        *(result("p", f"u{n}", "2890-2", 1.2, "g/g", effectiveDateTime=f"2026-0{n}-01") for n in (4, 5)),
    ]
    bundle["entry"] = [{"resource": resource} for resource in added]
    report = msgspec.json.decode(posted(bundle), type=ScreeningReport)
    found = finding_of(report, "nct05247203", "I3")
    assert (found.outcome, found.leaning) == ("review", "pass")
    assert (
        "contradicts itself: The total of 3 recorded on 2026-06-10 is less than the 4 points" in found.reason
    )
    assert "does not show four" not in found.reason
