"""Background treatment that must not have changed for some time before an anchor."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Retrieval, Therapies, Therapy, TherapyChange
from fhir_mappings.intervals import DateSpan, day
from tests.eligibility.charts import HandChart, evidence, judged

STABLE = "requires: {stable_therapy: {of: [drug_a], open_list: [drug_b], unchanged_for: 30 d, anchor: day0}}"


def therapy(drug: str = "drug_a", **more: object) -> Therapy:
    fields: dict[str, object] = {
        "since": day(date(2025, 1, 1)),
        "until": None,
        "ongoing": True,
        "dose_known": True,
        "changes": (),
        "evidence": (evidence("MedicationRequest/t"),),
        **more,
    }
    return Therapy(drug=drug, label=drug, **fields)  # type: ignore[arg-type]


def on(*courses: Therapy, retrieval: Retrieval = "complete") -> HandChart:
    return HandChart(therapies=Therapies(therapies=courses, retrieval=retrieval))


def change(when: DateSpan, *, certain: bool = True) -> TherapyChange:
    return TherapyChange(
        certain=certain,
        drug="drug_a",
        label="A",
        change="dose",
        when=when,
        detail="A 10 mg to 5 mg",
        evidence=(evidence("M/1"),),
    )


def test_an_unchanged_treatment_passes() -> None:
    assert judged(STABLE, on(therapy())).outcome == "pass"


def test_no_treatment_fails_for_good() -> None:
    finding = judged(STABLE, on())
    assert (finding.outcome, finding.clears_on) == ("fail", None)


def test_a_change_in_the_window_fails_and_clears_when_it_has_left_it() -> None:
    finding = judged(STABLE, on(therapy(changes=(change(day(date(2026, 6, 1))),))))
    assert (finding.outcome, finding.clears_on) == ("fail", "2026-07-01")


def test_a_change_at_an_uncertain_time_is_missing() -> None:
    month = DateSpan(date(2026, 5, 1), date(2026, 5, 31))
    finding = judged(STABLE, on(therapy(changes=(change(month),))))
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")


def test_a_change_that_may_be_a_renewal_is_missing() -> None:
    finding = judged(STABLE, on(therapy(changes=(change(day(date(2026, 6, 1)), certain=False),))))
    assert (finding.outcome, finding.clears_on, finding.needs[0].why) == ("missing", None, "too-coarse")


def test_an_unknown_dose_or_a_drug_of_the_open_list_needs_a_person() -> None:
    no_dose = judged(STABLE, on(therapy(dose_known=False)))
    assert (no_dose.outcome, no_dose.leaning) == ("review", "pass")
    other = judged(STABLE, on(therapy("drug_b")))
    assert (other.outcome, other.leaning) == ("review", "pass")


def test_an_undated_treatment_or_an_unretrieved_record_is_missing() -> None:
    assert judged(STABLE, on(therapy(since=None))).outcome == "missing"
    assert judged(STABLE, on(therapy(), retrieval="not-asked")).needs[0].why == "not-retrieved"
