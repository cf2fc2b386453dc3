"""A score is shown item by item on the page, and in one line on a terminal."""

from __future__ import annotations

import re
from typing import get_args

import msgspec

from app.rendering.page import html_page
from app.rendering.scores import ITEM_STATES, bounds_words, score_line
from app.rendering.telling import tell
from app.rendering.words import OUTCOMES
from eligibility.reported import (
    ReportedDecision,
    ReportedEvidence,
    ReportedItem,
    ReportedReading,
    ReportedScore,
)
from fhir_mappings.facts import Coding, Effort, ItemState, Need
from tests.app.test_rendering import as_text, finding, report

CULTURE = Need(
    input="urine_culture",
    why="never-measured",
    detail="urine culture: none near",
    order=Coding("http://loinc.org", "630-4", "Urine culture"),
)
ITEMS = (
    ReportedItem(
        item="proteinuria",
        label="proteinuria",
        domain="renal",
        weight=4,
        state="present",
        counted=True,
        evidence=(
            ReportedEvidence(reference="Observation/u1", path="value", date="2026-06-02", recorded="1.2 g/g"),
        ),
    ),
    ReportedItem(
        item="haematuria",
        label="haematuria",
        domain="renal",
        weight=4,
        state="unattributed",
        because="no negative urine culture",
        needs=(CULTURE,),
    ),
    ReportedItem(item="fever", label="fever", domain="constitutional", weight=1, state="absent"),
    ReportedItem(
        item="seizure",
        label="seizure",
        domain="central nervous system",
        weight=8,
        state="unknown",
        parts=(
            ReportedItem(
                item="clause",
                label="a clause",
                domain="x",
                weight=0,
                state="present",
                grade="B",
                remark="5, before 4",
            ),
        ),
    ),
)
SCORE = ReportedScore(
    input="sledai_2k",
    label="SLEDAI-2K",
    basis="items",
    lower=4,
    attributed=8,
    upper=100,
    since="2026-05-16",
    until="2026-06-15",
    recorded="12 on 2026-04-01, before the time that counts",
    items=ITEMS,
    deciding=(
        ReportedDecision(
            items=("haematuria",), labels=("haematuria",), points=4, effort="attribution", needs=(CULTURE,)
        ),
    ),
    others=(ReportedReading(label="Another rule", lower=0, attributed=0, upper=96, recorded=False),),
)


def page(score: ReportedScore = SCORE) -> str:
    return html_page([report(finding("I5", scores=(score,)))])


def rows(text: str) -> list[str]:
    table = text.split('<table class="items">')[1].split("</table>")[0]
    bare = [re.sub(r"\s*<[^>]+>\s*", "|", row) for row in table.split("<tr")[2:]]
    return [re.sub(r"\|+", "|", row) for row in bare]


def test_every_item_is_a_row_with_domain_points_state_and_what_it_rests_on() -> None:
    shown = rows(page())
    assert len(shown) == 5
    assert "renal|proteinuria|4|● present|Observation/u1 · 2026-06-02 · 1.2 g/g|" in shown[0]
    assert "|haematuria|4|◐ present, not attributed|no negative urine culture" in shown[1]
    assert "constitutional|fever|1|○ absent|" in shown[2]
    assert "central nervous system|seizure|8|? not known|" in shown[3]
    assert "|a clause|● present, grade B|5, before 4|" in shown[4]


def test_bounds_records_decisions_and_other_definitions_stand_above_the_items() -> None:
    text = page()
    assert "4 to 100, at least 8 if what awaits attribution counts" in text
    assert "On record: 12 on 2026-04-01, before the time that counts" in text
    assert (
        "Would decide: haematuria (4 points; takes a clinician&#39;s word) → order Urine culture (630-4)"
        in text
    )
    assert "For display: Another rule: 0 to 96" in text


def test_the_details_stand_open_so_that_they_print() -> None:
    assert '<details class="score" open>' in page()


def test_a_contradiction_is_said_in_words() -> None:
    text = page(
        msgspec.structs.replace(SCORE, basis="conflict", conflict="The total of 2 is less than the 4 points")
    )
    assert "The total of 2 is less than the 4 points" in text
    assert "record and chart contradict each other" in text


def test_an_item_beside_a_heavier_one_of_its_domain_is_marked() -> None:
    lighter = msgspec.structs.replace(ITEMS[0], counted=False)
    text = page(msgspec.structs.replace(SCORE, best_of_domain=True, items=(lighter, *ITEMS[1:])))
    assert "4 (outweighed)" in rows(text)[0]
    assert "only the heaviest of each domain counts" in text
    assert "outweighed" not in page()


def test_states_have_signs_and_words_of_their_own_and_share_none_with_outcomes() -> None:
    assert set(ITEM_STATES) == set(get_args(ItemState))
    assert len({look.sign for look in ITEM_STATES.values()}) == 4
    assert len({look.words for look in ITEM_STATES.values()}) == 4
    assert ITEM_STATES["present"].sign not in {look.sign for look in OUTCOMES.values()}
    assert len({tell(f"effort.{effort}") for effort in get_args(Effort)}) == len(get_args(Effort))


def test_words_of_a_chart_stay_words() -> None:
    evil = msgspec.structs.replace(ITEMS[1], because="<script>alert(1)</script>\u202e")
    text = page(msgspec.structs.replace(SCORE, items=(evil,), recorded="<b>"))
    assert "<script>" not in text
    assert "\u202e" not in text
    assert "&lt;b&gt;" in text


def test_a_terminal_tells_the_bounds_and_the_cheapest_decision_in_one_line() -> None:
    line = score_line(SCORE)
    assert line.startswith("SLEDAI-2K: 4 to 100, at least 8")
    assert (
        "would decide: haematuria (4 points; takes a clinician's word) → order Urine culture (630-4)" in line
    )
    assert line in as_text(report(finding("I5", scores=(SCORE,))), width=400)
    assert "fever" not in as_text(report(finding("I5", scores=(SCORE,))), width=400)


def test_a_recorded_number_is_a_number() -> None:
    recorded = msgspec.structs.replace(SCORE, basis="recorded", lower=6, attributed=6, upper=6, deciding=())
    assert bounds_words(recorded) == "6"
    assert score_line(recorded) == "SLEDAI-2K: 6 (as recorded)"


def test_what_a_part_shows_is_not_shown_again_by_the_whole() -> None:
    part = finding("I5.a", scores=(SCORE,))
    whole = finding("I5", scores=(SCORE,), parts=(part,))
    assert html_page([report(whole)]).count('<details class="score"') == 1


def test_clauses_that_two_counts_of_one_index_share_are_shown_once() -> None:
    again = msgspec.structs.replace(SCORE, input="another", label="Another count")
    text = html_page([report(finding("I6", scores=(SCORE, again)))])
    assert text.count("seizure") == 2
    assert text.count("a clause") == 1


def test_a_domain_that_is_its_own_item_is_named_once() -> None:
    organ = msgspec.structs.replace(ITEMS[2], item="renal", label="renal", domain="renal")
    text = page(msgspec.structs.replace(SCORE, items=(organ,)))
    assert rows(text)[0].count("renal") == 1
