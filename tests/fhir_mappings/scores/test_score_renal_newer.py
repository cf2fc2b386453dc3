"""The renal grade of BILAG-2004 where a result newer than the latest that can be read cannot be used.

``docs/architecture.md``, "Newer evidence that cannot be used": nobody knows what the newer one says.
"""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from fhir_mappings.facts import Measurement, Unusable
from fhir_mappings.intervals import DateSpan, day
from fhir_mappings.scores.clauses import Clause, Degree
from tests.fhir_mappings.scores.renal_charts import CASTS, CULTURE, graded, pressure
from tests.fhir_mappings.scores.score_charts import ago, ask, bounds, chart, result

PRELIMINARY = Unusable(why="unreadable", detail="only a preliminary result is there", when=day(ago(2)))
CREATININE = (result("serum_creatinine", 2.5), result("serum_creatinine", 1.0, 60))
RATE = (result("egfr", 40), result("egfr", 90, 60))
UPCR = (result("upcr", 3.0), result("upcr", 3.0, 60))
STRIP = (result("urine_protein_dipstick", "4+"), result("urine_protein_dipstick", "1+", 60))

FULFILLED = [
    ("renal_function", CREATININE, "serum_creatinine"),
    ("renal_function", RATE, "egfr"),
    ("proteinuria", UPCR, "upcr"),
    # The newest measure counts, whichever it is.
    ("proteinuria", UPCR, "urine_protein_24h"),
    ("proteinuria", UPCR, "uacr"),
    # A strip counts only where nothing is measured.
    ("proteinuria", STRIP, "urine_protein_dipstick"),
    ("proteinuria", STRIP, "upcr"),
]
of_each_measure = pytest.mark.parametrize(("name", "results", "newer"), FULFILLED)


def clause(name: str, results: tuple[Measurement, ...], **unusable: Unusable) -> Clause:
    given = {input_: (item,) for input_, item in unusable.items()}
    found = graded(*results, unusable=given)
    return next(c for c in found.clauses if c.id == name)


@of_each_measure
@pytest.mark.parametrize(
    "when", [day(ago(2)), day(ago(4)), DateSpan(date(2026, 6, 1), date(2026, 6, 30)), None]
)
def test_a_clause_is_open_where_a_newer_result_cannot_be_used(
    name: str, results: tuple[Measurement, ...], newer: str, when: DateSpan | None
) -> None:
    assert clause(name, results).degree >= Degree.MODERATE
    found = clause(name, results, **{newer: replace(PRELIMINARY, when=when)})
    assert (found.state.name, found.degree) == ("UNKNOWN", Degree.NONE)
    assert [(need.input, need.why) for need in found.needs] == [(newer, "unreadable")]
    assert PRELIMINARY.detail in (found.remark or "")


@of_each_measure
def test_one_that_is_older_or_says_that_nothing_was_measured_leaves_the_latest_standing(
    name: str, results: tuple[Measurement, ...], newer: str
) -> None:
    measured_by_strip = results is STRIP and newer == "upcr"
    entries = [replace(PRELIMINARY, measured=False), replace(PRELIMINARY, when=day(ago(125)))]
    if not measured_by_strip:
        entries += [replace(PRELIMINARY, when=day(ago(5))), replace(PRELIMINARY, when=day(ago(10)))]
    for entry in entries:
        assert clause(name, results, **{newer: entry}) == clause(name, results)


def test_a_normal_result_does_not_refute_the_clause_either() -> None:
    normal = (result("serum_creatinine", 0.8), result("egfr", 95))
    assert clause("renal_function", normal).state.name == "ABSENT"
    for newer in ("serum_creatinine", "egfr"):
        assert clause("renal_function", normal, **{newer: PRELIMINARY}).state.name == "UNKNOWN"


def test_a_creatinine_that_nobody_can_read_is_not_refuted_by_a_filtration_rate_alone() -> None:
    rate = (result("egfr", 95),)
    assert clause("renal_function", rate).state.name == "ABSENT"
    assert clause("renal_function", rate, serum_creatinine=PRELIMINARY).state.name == "UNKNOWN"


def test_what_another_measure_shows_by_itself_is_shown() -> None:
    """Renal function deteriorates by creatinine or by filtration rate, whichever says more."""
    found = clause("renal_function", (*CREATININE, *RATE), serum_creatinine=PRELIMINARY)
    assert (found.state.name, found.degree) == ("PRESENT", Degree.SEVERE)


def test_the_grade_is_that_of_the_clauses_that_stand() -> None:
    """NCT07517536 I4: a computed A or B counts with attribution only, and not beside a hidden one."""
    results = (*UPCR, CASTS, CULTURE)
    assert graded(*results).grade == "A"
    unusable = {"upcr": (PRELIMINARY,)}
    assert graded(*results, unusable=unusable).grade == "B"
    assert bounds(ask("bilag_2004_a_count", chart(*results)))[1] == 1
    hidden = ask("bilag_2004_a_count", chart(*results, unusable=unusable))
    assert bounds(hidden)[1] == 0
    assert hidden.sheet is not None
    renal = next(item for item in hidden.sheet.items if item.id == "renal")
    assert "upcr" in [need.input for need in renal.needs]


COMPARED = [
    ("renal_function", CREATININE, "serum_creatinine"),
    ("renal_function", RATE, "egfr"),
    ("proteinuria", UPCR, "upcr"),
    ("proteinuria", STRIP, "urine_protein_dipstick"),
]
"""Clauses that compare the latest result with that of three weeks to four months before (Yee 2007)."""
compared = pytest.mark.parametrize(("name", "results", "measure"), COMPARED)
UNREAD_BEFORE = replace(PRELIMINARY, when=day(ago(30)))


@compared
def test_a_clause_is_open_where_the_previous_result_cannot_be_used(
    name: str, results: tuple[Measurement, ...], measure: str
) -> None:
    """Neither an older one nor the assumption that nothing improved takes its place."""
    for given in (results, results[:1]):
        found = clause(name, given, **{measure: UNREAD_BEFORE})
        assert (found.state.name, found.degree) == ("UNKNOWN", Degree.NONE)
        assert [(need.input, need.why) for need in found.needs] == [(measure, "unreadable")]
        assert "the previous result cannot be used" in (found.remark or "")
        assert PRELIMINARY.detail in (found.remark or "")


@compared
@pytest.mark.parametrize(
    "entry",
    [
        replace(UNREAD_BEFORE, measured=False),
        replace(UNREAD_BEFORE, when=day(ago(25))),  # less than three weeks before
        replace(UNREAD_BEFORE, when=day(ago(60))),  # what can be read of the day stands
        replace(UNREAD_BEFORE, when=day(ago(61))),
    ],
)
def test_what_is_not_the_previous_result_leaves_the_comparison(
    name: str, results: tuple[Measurement, ...], measure: str, entry: Unusable
) -> None:
    assert clause(name, results, **{measure: entry}) == clause(name, results)


def test_a_previous_result_that_may_be_of_the_time_opens_the_comparison() -> None:
    may = replace(PRELIMINARY, when=DateSpan(date(2026, 5, 1), date(2026, 5, 31)))
    assert clause("renal_function", CREATININE, serum_creatinine=may).state.name == "UNKNOWN"


def test_where_the_previous_result_could_change_nothing_it_is_not_asked_for() -> None:
    for results, measure, name in (
        ((result("serum_creatinine", 0.8),), "serum_creatinine", "renal_function"),
        ((result("egfr", 95),), "egfr", "renal_function"),
        ((result("upcr", 0.1),), "upcr", "proteinuria"),
        ((result("urine_protein_dipstick", "negative"),), "urine_protein_dipstick", "proteinuria"),
    ):
        assert clause(name, results, **{measure: UNREAD_BEFORE}) == clause(name, results)


def test_whether_a_low_rate_is_new_is_open_where_the_last_one_cannot_be_used_however_long_ago() -> None:
    low = (result("egfr", 40), result("egfr", 45, 300))
    assert clause("renal_function", low).degree is Degree.NONE
    found = clause("renal_function", low, egfr=replace(PRELIMINARY, when=day(ago(200))))
    assert [(need.input, need.why) for need in found.needs] == [("egfr", "unreadable")]


def test_a_rise_of_pressure_is_open_where_the_previous_one_cannot_be_used() -> None:
    risen = (*pressure(150, 95), *pressure(115, 70, 60))
    assert clause("rising_pressure", risen).degree is Degree.MILD
    found = clause("rising_pressure", risen, systolic_pressure=UNREAD_BEFORE)
    assert (found.state.name, [need.input for need in found.needs]) == ("UNKNOWN", ["systolic_pressure"])
