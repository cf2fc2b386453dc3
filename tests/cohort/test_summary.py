"""Near misses, what lacks most, groups and the calendar of a population."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from cohort.funnel import prepare
from cohort.groups import OTHERS, Grouped
from cohort.near_misses import nearest
from cohort.summary import Summary, Trial, summarise
from cohort.tables import opened
from tests.cohort.made import AS_OF, FAIL, OTHER, PLAN, REVIEW, TRIAL, Made, missing, numbered, until


def first_trial(made: Made, folder: Path) -> Trial:
    return summarise(made.write(folder), PLAN).trials[0]


def by(found: Trial, name: str) -> Grouped:
    return next(grouped for grouped in found.groups if grouped.by == name)


def test_a_near_miss_is_a_patient_whom_exactly_one_criterion_blocks(tmp_path: Path) -> None:
    made = Made().patient("free", **{TRIAL: {}})
    made.patient("out", **{TRIAL: {"I1": FAIL}})
    made.patient("soon", **{TRIAL: {"E2": until(date(2026, 7, 1))}})
    made.patient("one", **{TRIAL: {"E8": missing(hbv_dna="never_measured")}})
    made.patient("two", **{TRIAL: {"E8": missing(hbv_dna="stale", hbsag="stale")}})
    made.patient("look", **{TRIAL: {"E10": REVIEW}})
    made.patient("far", **{TRIAL: {"E8": missing(hbv_dna="stale"), "E10": REVIEW}})
    near = first_trial(made, tmp_path).near_misses
    assert (near.patients, near.decided) == (5, 1)
    assert near.ways == {"fail": 1, "for-now": 1, "missing": 2, "review": 1}
    assert [(one.criterion, one.patients) for one in near.criteria] == [
        ("E8", 2), ("I1", 1), ("E2", 1), ("E10", 1),
    ]  # fmt: skip
    with opened(tmp_path) as tables:
        prepare(tables)
        named = nearest(tables, TRIAL, 4)
    assert [one.patient.removeprefix("Patient/") for one in named] == ["one", "soon", "look", "two"]
    assert (named[0].decided_by, named[0].reason) == (("hbv_dna",), "E8 missing")
    assert named[1].earliest == date(2026, 7, 1)


def test_what_lacks_most_is_told_with_why_and_with_the_order(tmp_path: Path) -> None:
    made = Made()
    for name in numbered("alone", 3):
        made.patient(name, **{TRIAL: {"E8": missing(hbv_dna="stale")}})
    made.patient("with", **{TRIAL: {"E8": missing(hbv_dna="never_measured"), "I4": missing(upcr="stale")}})
    made.patient("lost", **{TRIAL: {"E8": missing(hbv_dna="never_measured"), "I1": FAIL}})
    made.patient("else", **{OTHER: {"E4": missing(hbv_dna="stale")}})
    dna, upcr = first_trial(made, tmp_path).lacking
    assert (dna.input, dna.alone, dna.in_play, dna.asked) == ("hbv_dna", 3, 4, 5)
    assert [(why.why, why.asked, why.alone) for why in dna.why] == [("stale", 3, 3), ("never-measured", 2, 0)]
    assert (dna.order_system, dna.order_code) == ("http://loinc.org", "42595-9")
    assert (upcr.input, upcr.alone, upcr.asked, upcr.criteria) == ("upcr", 0, 1, ("I4",))


def test_what_several_criteria_ask_for_counts_once_for_a_patient(tmp_path: Path) -> None:
    said = {"I4": missing(upcr="stale"), "I5": missing(upcr="not_retrieved")}
    (lacking,) = first_trial(Made().patient("a", **{TRIAL: said}), tmp_path).lacking
    assert (lacking.asked, lacking.alone, lacking.criteria) == (1, 1, ("I4", "I5"))
    assert [why.why for why in lacking.why] == ["not-retrieved"]


def test_a_small_number_by_group_cannot_be_had_nor_worked_out(tmp_path: Path) -> None:
    made = Made()
    for name in numbered("w", 40):
        made.patient(name, sex="female", **{TRIAL: {}})
    for name in numbered("x", 30):
        made.patient(name, sex="female", **{TRIAL: {"I1": FAIL}})
    for name in numbered("m", 25):
        made.patient(name, sex="male", **{TRIAL: {}})
    for name in numbered("n", 3):
        made.patient(name, sex="male", **{TRIAL: {"I1": FAIL}})
    sexes = by(first_trial(made, tmp_path), "sex")
    assert sexes.columns == (("potentially-eligible",), ("ineligible",))
    assert sexes.totals == (65, 33)
    assert {group.name: group.counts for group in sexes.groups} == {
        "female": (None, None),
        "male": (None, None),
    }


def test_large_numbers_are_shown_and_who_is_not_recorded_is_a_group(tmp_path: Path) -> None:
    made = Made()
    for name in numbered("w", 12):
        made.patient(name, sex="female", age=17, race="Asian", **{TRIAL: {}})
    for name in numbered("x", 11):
        made.patient(name, sex=None, age=None, race=None, **{TRIAL: {}})
    found = first_trial(made, tmp_path)
    assert [(group.name, group.total) for group in by(found, "sex").groups] == [("female", 12), ("", 11)]
    assert [(group.name, group.total) for group in by(found, "age").groups] == [("0-17", 12), ("", 11)]
    assert [(group.name, group.total) for group in by(found, "race").groups] == [("Asian", 12), ("", 11)]
    assert [(group.name, group.total) for group in by(found, "ethnicity").groups] == [("", 23)]


def test_of_very_many_groups_the_largest_are_shown_and_the_others_as_one(tmp_path: Path) -> None:
    """US Core lets a race be told in words alone, and these are of any number."""
    made = Made()
    for race in range(30):
        for name in numbered(f"p-{race}", 12 if race < 20 else 11):
            made.patient(name, race=f"race {race}", **{TRIAL: {}})
    races = by(first_trial(made, tmp_path), "race")
    assert len(races.groups) == 21
    assert [(group.name, group.total) for group in races.groups[-1:]] == [(OTHERS, 110)]
    assert sum(group.total or 0 for group in races.groups) == races.totals[0] == len(made.rows["patients"])


@pytest.mark.parametrize(
    ("age", "band"), [(0, "0-17"), (17, "0-17"), (18, "18-29"), (64, "45-64"), (65, "65-")]
)
def test_age_bands_hold_both_their_ends(age: int, band: str, tmp_path: Path) -> None:
    made = Made()
    for name in numbered("p", 11):
        made.patient(name, age=age, **{TRIAL: {}})
    assert [group.name for group in by(first_trial(made, tmp_path), "age").groups] == [band]


def test_a_verdict_of_few_patients_is_counted_with_the_next_by_group(tmp_path: Path) -> None:
    """Its total is told elsewhere, so that withholding the cells alone would not hide them."""
    made = Made()
    made.patient("free", **{TRIAL: {}})
    for name in numbered("open", 20):
        made.patient(name, **{TRIAL: {"E8": missing(hbv_dna="stale")}})
    for name in numbered("out", 4):
        made.patient(name, **{TRIAL: {"I1": FAIL}})
    found = first_trial(made, tmp_path)
    assert by(found, "sex").columns == (("potentially-eligible", "undetermined", "ineligible"),)
    assert (found.verdicts["potentially-eligible"], by(found, "sex").totals) == (1, (25,))


def test_of_one_patient_nothing_is_told_by_group(tmp_path: Path) -> None:
    found = first_trial(Made().patient("a", **{TRIAL: {}}), tmp_path)
    assert found.verdicts["potentially-eligible"] == 1
    assert all(grouped.groups == () for grouped in found.groups)


def test_the_calendar_counts_who_is_ineligible_for_now_by_the_earliest_day(tmp_path: Path) -> None:
    made = Made()
    for name, day in {
        "a": date(2026, 7, 1),
        "b": date(2026, 7, 1),
        "c": AS_OF,
        "d": date(2027, 5, 31),
    }.items():
        made.patient(name, **{TRIAL: {"E2": until(day)}})
    made.patient("beyond", **{TRIAL: {"E2": until(date(2027, 6, 1))}})
    made.patient("past", **{TRIAL: {"E2": until(date(2026, 6, 1))}})
    made.patient("no day", **{TRIAL: {"E2": until(date(2026, 7, 2)), "E10": REVIEW}})
    made.patient("never", **{TRIAL: {"E2": FAIL}})
    shown = first_trial(made, tmp_path).calendar
    assert shown.days == {"2026-06-15": 1, "2026-07-01": 2, "2027-05-31": 1}
    assert (shown.before, shown.beyond, shown.without) == (1, 1, 1)
    assert (shown.first, shown.until) == ("2026-06-15", "2027-06-01")


def test_a_summary_names_no_patient_and_can_be_read_back(tmp_path: Path) -> None:
    made = Made().patient("secret-7", **{TRIAL: {"E8": missing(hbv_dna="stale")}})
    encoded = msgspec.json.encode(summarise(made.write(tmp_path), PLAN, rejected=2, absent=("Procedure",)))
    assert b"secret-7" not in encoded
    read = msgspec.json.decode(encoded, type=Summary)
    assert (read.rejected, read.absent, read.patients) == (2, ("Procedure",), 1)


def test_records_read_in_part_and_grades_of_evidence_are_told(tmp_path: Path) -> None:
    made = Made().patient("a", incomplete=True, **{TRIAL: {}}).patient("b", **{TRIAL: {}})
    found = summarise(made.write(tmp_path), PLAN)
    assert (found.incomplete, found.trials[0].incomplete) == (1, 1)
    (grade,) = found.trials[0].grades
    assert (grade.grade, grade.label, grade.screened, grade.patients) == (
        "biopsy",
        "a kidney biopsy",
        True,
        2,
    )
