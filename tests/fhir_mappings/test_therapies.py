"""What a background treatment is, and whether its dose is known.

The medication history behind trial B's I6 and trial A's I8.
"""

from __future__ import annotations

import pytest

from fhir_mappings.exposures import therapies
from fhir_mappings.facts import DoseSegment
from fhir_mappings.intervals import Interval, day
from tests.fhir_mappings.background_treatments import FIRST, LAST, found_in, stable, therapy
from tests.fhir_mappings.exposure_samples import exposure, on, span

# --- what a treatment is ---


def test_an_unchanged_order_is_one_stable_treatment() -> None:
    found = therapy(stable("azathioprine", 100))
    assert (found.drug, found.label) == ("drug_azathioprine", "azathioprine")
    assert (found.since, found.until, found.ongoing) == (day(on("2026-01-01")), None, True)
    assert found.dose_known
    assert found.changes == ()
    assert [e.reference for e in found.evidence] == ["request/azathioprine-2026-01-01"]


def test_each_ingredient_is_a_treatment_of_its_own() -> None:
    found = found_in(stable("mycophenolate_mofetil", 2000), stable("mycophenolic_acid", 1440))
    assert [t.drug for t in found] == ["drug_mycophenolate_mofetil", "drug_mycophenolic_acid"]


def test_an_exposure_of_no_asked_code_set_is_passed_over() -> None:
    asked = frozenset({"drug_azathioprine"})
    found = therapies(
        (stable("azathioprine", 100), stable("methotrexate", 15)), asked, FIRST, LAST, "truncated"
    )
    assert [t.drug for t in found.therapies] == ["drug_azathioprine"]
    assert found.retrieval == "truncated"


@pytest.mark.parametrize("route", ["topical", "ophthalmic", "inhaled", "nasal", "intraarticular"])
def test_local_treatment_is_no_background_treatment(route: str) -> None:
    assert found_in(stable("hydrocortisone", 20, route=route)) == ()


def test_a_dermatological_code_tells_a_local_treatment() -> None:
    both = frozenset({"drug_hydrocortisone", "drug_corticosteroid_topical"})
    assert found_in(stable("hydrocortisone", 20, route=None, concepts=both)) == ()


def test_the_form_in_the_product_name_tells_a_local_treatment() -> None:
    ointment = stable("tacrolimus", 1, route=None, label="tacrolimus 1 MG/ML Topical Ointment")
    assert found_in(ointment) == ()


def test_an_order_that_begins_after_the_day_is_not_yet_a_treatment() -> None:
    assert found_in(exposure("azathioprine", 100, "2026-07-01", ongoing=True)) == ()


def test_a_past_treatment_is_reported_with_its_end() -> None:
    found = therapy(exposure("azathioprine", 100, "2025-01-01", "2025-06-30"))
    assert (found.ongoing, str(found.until), found.changes) == (False, "2025-06-30", ())


def test_a_treatment_found_by_words_says_so() -> None:
    assert therapy(stable("azathioprine", 100, by_text=True)).by_text


# --- doses that are not known ---


def test_a_dose_that_cannot_be_read_leaves_changes_unseen() -> None:
    found = therapy(exposure("prednisone", None, "2026-01-01", ongoing=True))
    assert (found.dose_known, found.changes, found.ongoing) == (False, (), True)


def test_another_source_that_tells_the_dose_makes_it_known() -> None:
    assert therapy(
        exposure("prednisone", None, "2026-01-01", ongoing=True), stable("prednisone", 10, source="statement")
    ).dose_known


def test_an_unreadable_order_beside_a_readable_one_leaves_the_dose_unknown() -> None:
    assert not therapy(
        exposure("prednisone", None, "2026-01-01", ongoing=True), stable("prednisone", 10)
    ).dose_known


def test_an_unreadable_dose_before_the_period_does_not_matter() -> None:
    found = therapy(
        exposure("prednisone", None, "2026-01-01", "2026-03-31"),
        exposure("prednisone", 10, "2026-04-01", ongoing=True),
    )
    assert (found.dose_known, found.changes, str(found.since)) == (True, (), "2026-01-01")


def test_steps_of_unknown_length_leave_the_dose_unknown() -> None:
    steps = (DoseSegment(span("2026-01-01"), span("2026-12-31"), Interval(5, 15), varies=True),)
    assert not therapy(exposure("prednisone", 0, "2026-01-01", "2026-12-31", doses=steps)).dose_known
