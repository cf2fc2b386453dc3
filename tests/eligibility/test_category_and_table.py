"""``category`` and ``table``: serology, lasting results, decision tables with missing columns."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from msgspec.structs import replace

from eligibility.errors import ProtocolError
from fhir_mappings.facts import Series, Unusable
from fhir_mappings.intervals import DateSpan, day
from tests.eligibility.charts import JUNE_1, HandChart, category, judged, protocol

OLD = date(2020, 1, 1)
HBSAG = "excludes: {category: {input: hbsag, is: [positive], fresh: lab, lasting: [positive]}}"

HBV = """
table:
  columns:
    hbsag: {input: hbsag, fresh: lab}
    anti_hbc: {input: anti_hbc, fresh: lab, lasting: [positive]}
    dna: {input: hbv_dna, fresh: lab}
  rows:
    - {when: {hbsag: negative, anti_hbc: negative}, then: pass}
    - {when: {hbsag: negative, anti_hbc: positive, dna: not-detected}, then: pass, note: Monitor HBV DNA}
    - {when: {}, then: fail}
"""


def test_a_negative_result_passes_a_positive_one_fails_and_none_is_missing() -> None:
    assert judged(HBSAG, HandChart([category("hbsag", "negative", JUNE_1)]), kind="E1").outcome == "pass"
    assert judged(HBSAG, HandChart([category("hbsag", "positive", JUNE_1)]), kind="E1").outcome == "fail"
    assert judged(HBSAG, HandChart(), kind="E1").outcome == "missing"


def test_a_lasting_positive_counts_for_good_and_a_negative_goes_stale() -> None:
    assert judged(HBSAG, HandChart([category("hbsag", "positive", OLD)]), kind="E1").outcome == "fail"
    later = HandChart([category("hbsag", "positive", OLD), category("hbsag", "negative", JUNE_1)])
    assert judged(HBSAG, later, kind="E1").outcome == "fail"
    stale = judged(HBSAG, HandChart([category("hbsag", "negative", OLD)]), kind="E1")
    assert (stale.outcome, stale.needs[0].why) == ("missing", "stale")


def test_equivocal_decides_nothing() -> None:
    finding = judged(HBSAG, HandChart([category("hbsag", "equivocal", JUNE_1)]), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")


def test_contradicting_results_of_one_day_are_a_conflict() -> None:
    chart = HandChart([category("hbsag", "negative", JUNE_1), category("hbsag", "positive", JUNE_1)])
    no_lasting = "excludes: {category: {input: hbsag, is: [positive], fresh: lab}}"
    finding = judged(no_lasting, chart, kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "conflicting")


def test_a_lasting_result_counts_for_good_only_if_it_is_certainly_of_before_the_end_of_the_window() -> None:
    june = DateSpan(date(2026, 6, 1), date(2026, 6, 30))
    may_be_later = replace(category("hbsag", "positive", JUNE_1), when=june)
    finding = judged(HBSAG, HandChart([may_be_later, category("hbsag", "negative", JUNE_1)]), kind="E1")
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")


ANY = "excludes: {category: {input: hbsag, is: [positive], fresh: lab, choose: any}}"
OVER = date(2026, 11, 3)


class GoingOn(HandChart):
    """A state that is told anew on each day, until it is over."""

    def series(self, name: str, on: date, since: date | None = None) -> Series:
        term = "positive" if on < OVER else "negative"
        told = replace(category(name, term, on), changes_on=OVER if on < OVER else None)
        return replace(super().series(name, on, since), measurements=(told,))


@pytest.mark.parametrize("as_of", [date(2026, 6, 15), date(2026, 6, 16), date(2026, 10, 30)])
def test_a_state_that_goes_on_clears_on_the_day_on_which_it_is_over_whenever_it_is_asked(as_of: date) -> None:
    finding = judged(ANY, GoingOn(), kind="E1", as_of=as_of)
    assert (finding.outcome, finding.clears_on) == ("fail", OVER.isoformat())


@pytest.mark.parametrize(
    ("chart", "why"),
    [
        (
            HandChart(
                [category("hbsag", "negative", JUNE_1)],
                unusable={"hbsag": (Unusable(why="unreadable", detail="see comment", when=day(JUNE_1)),)},
            ),
            "unreadable",
        ),
        (HandChart([category("hbsag", "negative", JUNE_1)], retrieval="failed"), "not-retrieved"),
        (
            HandChart(
                [
                    category("hbsag", "negative", JUNE_1),
                    replace(category("hbsag", "positive", OLD), when=DateSpan(OLD, date(2026, 5, 20))),
                ]
            ),
            "too-coarse",
        ),
    ],
)
def test_what_nobody_could_read_leaves_open_whether_any_result_was_positive(
    chart: HandChart, why: str
) -> None:
    finding = judged(ANY, chart, kind="E1")
    assert (finding.outcome, [need.why for need in finding.needs]) == ("missing", [why])


@pytest.mark.parametrize(
    ("hbsag", "anti_hbc", "dna", "outcome", "needs"),
    [
        ("negative", "negative", None, "pass", []),
        ("negative", "negative", "detected", "pass", []),
        ("negative", "positive", "not-detected", "pass", []),
        ("negative", "positive", "detected", "fail", []),
        ("negative", "positive", None, "missing", ["hbv_dna"]),
        ("negative", None, None, "missing", ["anti_hbc"]),
        ("negative", None, "not-detected", "pass", []),
        ("positive", None, None, "fail", []),
        (None, "negative", "detected", "missing", ["hbsag"]),
        (None, None, None, "missing", ["hbsag"]),
    ],
)
def test_a_table_decides_as_soon_as_the_missing_columns_cannot_matter(
    hbsag: str | None, anti_hbc: str | None, dna: str | None, outcome: str, needs: list[str]
) -> None:
    results = {"hbsag": hbsag, "anti_hbc": anti_hbc, "hbv_dna": dna}
    chart = HandChart([category(name, term, JUNE_1) for name, term in results.items() if term])
    finding = judged(HBV, chart, kind="E1")
    assert finding.outcome == outcome
    assert [n.input for n in finding.needs] == needs


@pytest.mark.parametrize("hbsag", [None, "negative"])
def test_a_table_names_every_result_by_which_a_row_or_the_rows_above_it_decide(hbsag: str | None) -> None:
    """Also of the row that fits everything, and of several rows among which a missing column would choose."""
    results = {"hbsag": hbsag, "anti_hbc": "positive", "hbv_dna": "detected"}
    known = {name: term for name, term in results.items() if term}
    finding = judged(HBV, HandChart([category(name, term, JUNE_1) for name, term in known.items()]))
    assert finding.outcome == "fail"
    assert {e.reference for e in finding.evidence} == {f"Observation/{name}-2026-06-01" for name in known}
    assert "HBV DNA is detected" in finding.reason


def test_an_open_table_shows_the_results_that_contradict_each_other() -> None:
    both = [category("hbsag", term, JUNE_1) for term in ("positive", "negative")]
    finding = judged(HBV, HandChart(both))
    assert (finding.outcome, finding.needs[0].why) == ("missing", "conflicting")
    assert "Observation/hbsag-2026-06-01" in {e.reference for e in finding.evidence}


def test_a_table_never_decides_what_some_completion_contradicts() -> None:
    options = {
        "hbsag": ("positive", "negative"),
        "anti_hbc": ("positive", "negative"),
        "hbv_dna": ("detected", "not-detected"),
    }

    def outcome(values: dict[str, str | None]) -> str:
        known = [category(name, term, JUNE_1) for name, term in values.items() if term]
        return judged(HBV, HandChart(known), kind="E1").outcome

    for partial in product(*((*terms, None) for terms in options.values())):
        values = dict(zip(options, partial, strict=True))
        completions = product(*((v,) if v else options[name] for name, v in values.items()))
        possible = {outcome(dict(zip(options, full, strict=True))) for full in completions}
        assert outcome(values) == (possible.pop() if len(possible) == 1 else "missing")


def test_a_table_with_a_gap_is_refused_with_its_line() -> None:
    with pytest.raises(ProtocolError, match=r"hand\.yaml:\d+: .*no row of the table fits"):
        protocol(HBV.replace("    - {when: {}, then: fail}", "").rstrip(), kind="E1")


def test_a_row_that_is_never_reached_is_refused() -> None:
    twice = HBV.replace(
        "    - {when: {hbsag: negative, anti_hbc: positive",
        "    - {when: {hbsag: negative, anti_hbc: negative, dna: detected}, then: fail}\n"
        "    - {when: {hbsag: negative, anti_hbc: positive",
    )
    with pytest.raises(ProtocolError, match="never reached"):
        protocol(twice, kind="E1")


REVIEWED = HBV.replace(
    "    - {when: {}, then: fail}",
    "    - {when: {hbsag: positive, dna: detected}, then: fail}\n"
    "    - {when: {hbsag: positive}, then: review-fail, because: Somebody must judge}\n"
    "    - {when: {}, then: fail}",
)


def test_where_every_completion_stands_in_the_way_the_answer_leans_against_the_patient() -> None:
    finding = judged(REVIEWED, HandChart([category("hbsag", "positive", JUNE_1)]), kind="E1")
    assert (finding.outcome, finding.leaning) == ("review", "fail")
    assert [n.input for n in finding.needs] == ["hbv_dna"]
    assert "Somebody must judge" in finding.reason


def test_an_equivocal_result_is_no_value_of_a_column_unless_a_row_names_it() -> None:
    column = """
table:
  columns: {anti_sm: {input: anti_sm, fresh: lab}}
  rows:
    - {when: {anti_sm: positive}, then: pass}
    - {when: {anti_sm: negative}, then: fail}
"""
    equivocal = HandChart([category("anti_sm", "equivocal", JUNE_1)])
    finding = judged(column, equivocal)
    assert (finding.outcome, finding.needs[0].why) == ("missing", "too-coarse")
    named = column + "    - {when: {anti_sm: equivocal}, then: review-fail, because: Borderline}\n"
    assert judged(named, equivocal).outcome == "review"
