"""What would make a patient eligible, and when: told as states and days, never advised."""

from __future__ import annotations

from datetime import date

import pytest

from eligibility.changes import screen_with_changes
from eligibility.course import Anchors
from eligibility.findings import Screening
from fhir_mappings.facts import Diagnosis, Event, Vaccination
from fhir_mappings.intervals import day
from tests.eligibility.charts import AS_OF, HandChart, category, evidence, protocol, value

VACCINE = "excludes: {found: {kind: [vaccination], during: {anchor: day0, before: 28 d}}}"


def screened(statement: str, chart: HandChart, kind: str = "E1", **anchors: date) -> Screening:
    return screen_with_changes(protocol(statement, kind=kind), chart, AS_OF, Anchors(**anchors))


def told(screening: Screening) -> list[list[tuple[str, str, str | None]]]:
    return [[(c.kind, c.what, c.on) for c in changes.changes] for changes in screening.changes]


def vaccinated(on: date) -> Event:
    return Vaccination(
        reference="Immunization/1", concepts=frozenset(), label="live vaccine", start=day(on), end=day(on),
        evidence=evidence("Immunization/1"),
    )  # fmt: skip


def diagnosed(**fields: object) -> Event:
    defaults: dict[str, object] = {
        "reference": "Condition/1", "concepts": frozenset({"cond_mi"}), "label": "infarction",
        "evidence": evidence("Condition/1"), "start": day(date(2020, 1, 1)),
    }  # fmt: skip
    return Diagnosis(**{**defaults, **fields})  # type: ignore[arg-type]


def test_a_wash_out_is_mended_by_time_with_its_day() -> None:
    found = screened(VACCINE, HandChart(events=[vaccinated(date(2026, 5, 20))]))
    assert found.earliest == "2026-06-18"
    assert told(found) == [[("time", "no live vaccine since 2026-05-20", "2026-06-18")]]
    assert (found.changes[0].kind, found.changes[0].on) == ("time", "2026-06-18")


def test_with_a_given_day_0_time_alone_leads_nowhere_and_the_day_that_would_do_is_told() -> None:
    found = screened(VACCINE, HandChart(events=[vaccinated(date(2026, 6, 10))]), day0=date(2026, 6, 20))
    assert found.earliest is None
    assert told(found) == [
        [
            (
                "time",
                "no live vaccine since 2026-06-10, with the trial's dates on or after 2026-07-09",
                "2026-07-09",
            )
        ]
    ]


def test_an_event_that_counts_for_good_is_never_mended() -> None:
    found = screened("excludes: {found: {kind: [diagnosis], of: [cond_mi]}}", HandChart(events=[diagnosed()]))
    assert [changes.kind for changes in found.changes] == ["never"]


def test_a_disease_that_is_active_is_a_clinical_state_and_no_advice() -> None:
    statement = "excludes: {found: {kind: [diagnosis], of: [cond_mi], where: {clinical: active}}}"
    found = screened(statement, HandChart(events=[diagnosed(clinical="active")]))
    assert told(found) == [[("clinical", "infarction: no longer as recorded now", None)]]


@pytest.mark.parametrize(
    ("comparison", "number", "wanted"),
    [
        ("at_least: 1.0 g/g", 0.5, "UPCR at or above 1 g/g"),
        ("above: 1.0 g/g", 0.5, "UPCR above 1 g/g"),
        ("at_most: 1.0 g/g", 2.0, "UPCR at or below 1 g/g"),
        ("below: 1.0 g/g", 2.0, "UPCR below 1 g/g"),
    ],
)
def test_a_result_on_the_wrong_side_is_a_clinical_state(comparison: str, number: float, wanted: str) -> None:
    chart = HandChart([value("upcr", number, AS_OF)])
    found = screened(f"requires: {{number: {{input: upcr, {comparison}, fresh: lab}}}}", chart, "I1")
    assert told(found) == [[("clinical", wanted, None)]]


def test_an_exclusion_asks_for_the_other_side_of_its_threshold() -> None:
    chart = HandChart([value("alt", 200, AS_OF)])
    found = screened("excludes: {number: {input: alt, above: 100 U/L, fresh: lab}}", chart)
    assert told(found) == [[("clinical", "ALT at or below 100 U/L", None)]]


def test_a_missing_result_is_data_with_its_order() -> None:
    found = screened("requires: {number: {input: upcr, at_least: 1.0 g/g, fresh: lab}}", HandChart(), "I1")
    (change,) = found.changes[0].changes
    assert (found.changes[0].kind, change.kind) == ("data", "data")
    assert [(need.input, need.order is not None) for need in change.needs] == [("upcr", True)]


def test_an_age_that_has_been_passed_never_comes_back() -> None:
    chart = HandChart([value("age", 70, AS_OF)])
    found = screened("requires: {number: {input: age, at_most: 65}}", chart, "I1")
    assert [changes.kind for changes in found.changes] == ["never"]


def test_a_category_that_lasts_is_never_mended_and_another_is_clinical() -> None:
    chart = HandChart([category("hbsag", "positive", AS_OF)])
    lasting = "excludes: {category: {input: hbsag, is: [positive], lasting: [positive]}}"
    assert [changes.kind for changes in screened(lasting, chart).changes] == ["never"]
    fleeting = "excludes: {category: {input: hbsag, is: [positive]}}"
    assert told(screened(fleeting, chart)) == [[("clinical", "HBsAg: not positive", None)]]


def test_a_category_that_is_itself_a_negation_is_told_by_its_other() -> None:
    chart = HandChart([category("hbv_dna", "not-detected", AS_OF)])
    statement = "excludes: {category: {input: hbv_dna, is: [not-detected]}}"
    assert told(screened(statement, chart)) == [[("clinical", "HBV DNA: detected", None)]]


def test_a_carve_out_is_mended_by_a_judgement_or_by_another_result() -> None:
    breach = "{number: {input: alt, above: 100 U/L}}"
    statement = f"excludes: {{carve_out: {{of: {breach}, question: lupus, ask: Due to SLE?}}}}"
    found = screened(statement, HandChart([value("alt", 200, AS_OF)]))
    assert [changes.kind for changes in found.changes] == ["judgement", "clinical"]


def test_of_alternatives_the_easiest_comes_first_and_of_several_bars_each_is_named() -> None:
    statement = """
excludes:
  any:
    - found: {kind: [vaccination], during: {anchor: day0, before: 28 d}}
    - number: {input: alt, above: 100 U/L}
"""
    chart = HandChart([value("alt", 200, AS_OF)], [vaccinated(date(2026, 6, 1))])
    (only,) = screened(statement, chart).changes
    assert only.kind == "clinical"
    assert {change.kind for change in only.changes} == {"time", "clinical"}
    assert only.on == "2026-06-30"


def test_a_ladder_is_mended_where_no_harmful_rung_above_a_harmless_one_holds() -> None:
    statement = """
cases:
  of:
    - when: {number: {input: alt, above: 100 U/L}}
      then: fail
    - when: {number: {input: upcr, at_least: 1.0 g/g}}
      then: pass
  otherwise: fail
"""
    chart = HandChart([value("alt", 200, AS_OF), value("upcr", 0.5, AS_OF)])
    found = screened(statement, chart, "I1")
    assert told(found) == [
        [("clinical", "ALT at or below 100 U/L", None), ("clinical", "UPCR at or above 1 g/g", None)]
    ]


def test_a_result_that_is_too_old_by_the_day_is_said_to_be_needed_again() -> None:
    statement = f"""
parts:
  - id: E1a
    text: vaccine
    {VACCINE}
  - id: E1b
    text: transaminase
    excludes: {{number: {{input: alt, above: 100 U/L, fresh: lab}}}}
"""
    chart = HandChart([value("alt", 30, date(2026, 6, 1))], [vaccinated(date(2026, 6, 14))])
    (only,) = screened(statement, chart).changes
    assert (only.kind, only.on, [need.input for need in only.by_then]) == ("time", "2026-07-13", ["alt"])


def test_who_is_potentially_eligible_needs_no_change() -> None:
    found = screened(VACCINE, HandChart())
    assert (found.verdict, found.changes) == ("potentially-eligible", ())
