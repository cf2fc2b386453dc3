"""A report is shown whole: every criterion, its outcome in words and in sign, its evidence, its gaps."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest
from rich.console import Console

from app.rendering.changes import by_then_words
from app.rendering.page import html_page
from app.rendering.table import print_report
from app.rendering.telling import tell
from app.rendering.words import OUTCOMES, VERDICTS, in_the_way, verdict_words
from eligibility.findings import Finding, Screening, ScreeningReport, Verdict
from eligibility.reported import ChangeSet, ReportedEvidence
from fhir_mappings.facts import Coding, Need, Unread, WhyMissing

Show = Callable[[ScreeningReport], str]
HBV_DNA = Coding("http://loinc.org", "42595-9", "Hepatitis B virus DNA")


def finding(criterion: str = "I1", **given: object) -> Finding:
    values: dict[str, Any] = {
        "criterion": criterion,
        "kind": "inclusion",
        "text": "Age 18-65 years",
        "outcome": "pass",
        "leaning": None,
        "reason": "34 years on 2026-06-15",
        "clears_on": None,
        "evidence": (),
        "needs": (),
        "notes": (),
        "parts": (),
    }
    return Finding(**{**values, **given})


def report(*findings: Finding, **given: object) -> ScreeningReport:
    values: dict[str, Any] = {
        "protocol": "nct07517536",
        "version": "1",
        "title": "A trial",
        "anchors": {"screening": "2026-06-15", "day0": "2026-06-15"},
        "verdict": "undetermined",
        "earliest": None,
        "stands_until": None,
        "findings": findings,
    }
    screening = Screening(**{**values, **given})
    return ScreeningReport(
        patient="Patient/1",
        as_of="2026-06-15",
        engine="trialcards 0.1.0",
        screenings=(screening,),
        unread=(Unread("Observation/x", "unit 'foo' is not known for creatinine"),),
    )


NEED = Need(input="hbv_dna", why="never-measured", detail="no HBV DNA", order=HBV_DNA)
EVIDENCE = ReportedEvidence(
    reference="Observation/u1", path="valueQuantity", date="2026-06-02", recorded="158 mg/mmol"
)
ARM = finding("E8.hbv", outcome="missing", reason="HBV DNA decides", needs=(NEED,), evidence=(EVIDENCE,))
COMPOUND = finding(
    "E8", outcome="missing", reason="one arm is open", needs=(NEED,), evidence=(EVIDENCE,), parts=(ARM,)
)


def as_text(shown: ScreeningReport, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    print_report(shown, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(params=["table", "page"])
def shown(request: pytest.FixtureRequest) -> Show:
    return as_text if request.param == "table" else lambda it: html_page([it])


def test_every_criterion_and_every_part_is_shown_with_sign_and_words(shown: Show) -> None:
    page = shown(report(finding(), COMPOUND))
    for expected in (
        "I1",
        "E8",
        "E8.hbv",
        "✓ pass",
        "? missing",
        "34 years on 2026-06-15",
        "HBV DNA decides",
    ):
        assert expected in page


def test_evidence_shows_the_value_as_recorded_and_the_resource(shown: Show) -> None:
    assert "Observation/u1 · 2026-06-02 · 158 mg/mmol" in shown(report(ARM))


def test_a_need_says_why_it_is_missing_and_which_order_settles_it(shown: Show) -> None:
    assert "never measured: no HBV DNA → order Hepatitis B virus DNA (42595-9)" in shown(report(ARM))


def test_what_a_part_says_already_is_not_said_again_by_its_compound(shown: Show) -> None:
    page = shown(report(COMPOUND))
    assert page.count("no HBV DNA") == 1
    assert page.count("158 mg/mmol") == 1


def test_a_compound_whose_reason_only_joins_those_of_its_parts_does_not_repeat_them(shown: Show) -> None:
    parts = (finding("E8.hbv", reason="HBsAg is negative"), finding("E8.hcv", reason="HCV is negative"))
    joined = finding("E8", reason="HBsAg is negative; HCV is negative", parts=parts)
    assert shown(report(joined)).count("HBsAg is negative") == 1
    decided = finding("E8", reason="HBsAg is positive", parts=parts)
    assert "HBsAg is positive" in shown(report(decided))


def test_each_criterion_is_shown_with_its_own_words(shown: Show) -> None:
    assert "Age 18-65 years" in shown(report(finding()))


def test_a_wash_out_shows_when_it_clears_and_the_verdict_when_the_earliest_day_is(shown: Show) -> None:
    washing_out = finding("E10", outcome="fail", clears_on="2027-01-02")
    page = shown(report(washing_out, verdict="ineligible-for-now", earliest="2027-01-02")).lower()
    assert "clears on 2027-01-02" in page
    assert "ineligible for now; earliest on 2027-01-02" in page


def test_a_review_says_which_way_it_leans(shown: Show) -> None:
    assert "review, leans fail" in shown(report(finding(outcome="review", leaning="fail")))


def test_a_resource_that_was_not_used_is_listed_with_its_reason(shown: Show) -> None:
    page = shown(report(finding()))
    assert "Observation/x" in page
    assert "is not known for creatinine" in page


@pytest.mark.parametrize("verdict", VERDICTS)
def test_no_verdict_is_worded_eligible_without_more(verdict: Verdict) -> None:
    words = verdict_words(report(verdict=verdict).screenings[0]).lower()
    assert "eligible" not in words.replace("ineligible", "").replace("potentially eligible", "")


def test_in_the_way_are_failures_gaps_and_reviews_that_lean_to_fail() -> None:
    screening = report(
        finding("a"),
        finding("b", outcome="presumed"),
        finding("c", outcome="fail"),
        finding("d", outcome="missing"),
        finding("e", outcome="review", leaning="pass"),
        finding("f", outcome="review", leaning="fail"),
        finding("g", outcome="attest"),
    ).screenings[0]
    assert [item.criterion for item in in_the_way(screening)] == ["c", "d", "f"]


def test_every_outcome_has_a_sign_of_its_own_so_that_grey_paper_loses_nothing() -> None:
    assert len({look.sign for look in OUTCOMES.values()}) == len(OUTCOMES)
    assert set(OUTCOMES) == {"pass", "presumed", "fail", "missing", "review", "attest"}
    assert len({look.words for look in VERDICTS.values()}) == 5
    assert len({tell(f"why.{why}") for why in get_args(WhyMissing)}) == 6


def test_text_from_a_chart_cannot_become_markup() -> None:
    page = html_page([report(finding(reason="<script>alert(1)</script>", notes=("<b>",)))])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("sign", ["\x1b", "\x9b", "\x07", "\u202e", "\u2066", "\u200b"])
def test_signs_that_steer_a_terminal_or_turn_text_around_are_not_shown(shown: Show, sign: str) -> None:
    evil = f"158{sign}[2J mg"
    strange = finding(
        "E8",
        reason=evil,
        notes=(evil,),
        needs=(Need(input="hbv_dna", why="unreadable", detail=evil, order=None),),
        evidence=(ReportedEvidence(reference=f"Observation/{evil}", path="x", date=None, recorded=evil),),
    )
    given = report(strange)
    unread = (Unread(f"Observation/{evil}", evil),)
    page = shown(msgspec.structs.replace(given, patient=f"Patient/{evil}", unread=unread))
    assert sign not in page
    assert page.count("158[2J mg") >= 7


def test_square_brackets_from_a_chart_are_shown_and_not_taken_for_terminal_styles() -> None:
    assert "[bold]12 [IU]/mL[/bold]" in as_text(report(finding(reason="[bold]12 [IU]/mL[/bold]")))


def test_the_table_fits_a_narrow_terminal() -> None:
    text = as_text(report(finding(reason="a long reason " * 20), ARM), width=60)
    assert max(len(line) for line in text.splitlines()) <= 60


@pytest.mark.parametrize("width", [20, 40, 60, 71])
def test_a_narrow_terminal_shows_words_and_not_a_column_of_letters(width: int) -> None:
    text = as_text(report(finding(reason="a readable reason " * 9), COMPOUND), width=width)
    lines = [line.strip() for line in text.splitlines()]
    assert "I1  ✓ pass" in lines
    assert "E8.hbv  ? missing" in lines
    assert max(len(line) for line in text.splitlines()) <= width
    reason = next(line for line in lines if line.startswith("a readable"))
    assert len(reason) >= len("a readable")
    assert not any(len(line) == 1 for line in lines)


def test_the_page_stands_alone_and_is_laid_out_for_a4() -> None:
    page = html_page([report(finding()), report(finding())])
    assert "size: A4" in page
    assert "break-inside: avoid" in page
    assert page.count('<article class="report">') == 2
    assert not re.search(r"<(script|link|img)\b", page)


def test_what_is_needed_again_by_a_later_day_is_told_by_its_label_and_counted_where_it_is_much() -> None:
    names = [
        "hbv_dna",
        "upcr",
        "hbv_dna",
        "platelets",
        "wbc",
        "anc",
        "alt",
        "ast",
        "c3",
        "c4",
        "Steroid history",
    ]
    needs = tuple(Need(input=name, why="stale", detail="") for name in names)
    told = by_then_words(ChangeSet(kind="time", changes=(), by_then=needs))
    assert "hepatitis B virus DNA, urine protein/creatinine ratio, platelet count" in told
    assert told.endswith(" and 2 more")
    assert by_then_words(ChangeSet(kind="time", changes=())) == ""
