"""When there is a card, and what it says first."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import msgspec
import pytest

from app.cards.compose import EXTENSION, compose_cards
from app.cards.wording import wording
from cds_hooks.cards import Card
from eligibility.findings import Finding, Screening, ScreeningReport
from eligibility.judging import verdict_of
from eligibility.reported import ReportedEvidence
from fhir_mappings.facts import Coding, Need
from tests.app.service import TRIAL_A, TRIAL_B, screening_service

HBV_DNA = Coding("http://loinc.org", "42595-9", "Hepatitis B virus DNA [Units/volume]")


def finding(criterion: str, outcome: str, reason: str = "a reason", **given: Any) -> Finding:
    elements: dict[str, Any] = {
        "criterion": criterion,
        "kind": "inclusion" if criterion.startswith("I") else "exclusion",
        "text": "The protocol's own words",
        "outcome": outcome,
        "leaning": None,
        "reason": reason,
        "clears_on": None,
        "evidence": (),
        "needs": (),
        "notes": (),
        "parts": (),
    }
    return Finding(**{**elements, **given})


def need(name: str = "hbv_dna", detail: str = "HBV DNA: no result is on record", **given: Any) -> Need:
    elements: dict[str, Any] = {"input": name, "why": "never-measured", "detail": detail, "order": HBV_DNA}
    return Need(**{**elements, **given})


def screening(*findings: Finding, protocol: str = TRIAL_A, **given: Any) -> Screening:
    clearing = [f.clears_on for f in findings if f.outcome == "fail" and f.clears_on]
    verdict = verdict_of(findings)
    elements: dict[str, Any] = {
        "protocol": protocol,
        "version": "1",
        "title": "A trial",
        "anchors": {"screening": "2026-06-15"},
        "verdict": verdict,
        "earliest": max(clearing) if verdict == "ineligible-for-now" else None,
        "stands_until": None,
        "findings": findings,
    }
    return Screening(**{**elements, **given})


def cards(*screenings: Screening, **settings: Any) -> tuple[Card, ...]:
    report = ScreeningReport(
        patient="Patient/1", as_of="2026-06-15", engine="trialcards", screenings=screenings, unread=()
    )
    return tuple(made.card for made in compose_cards(report, screening_service().protocols, **settings))


def card(*findings: Finding, **given: Any) -> Card:
    made = cards(screening(*findings, **given), show_ineligible=True)
    assert len(made) == 1
    return made[0]


PASSING = finding("I1", "pass", "age 36 is at or above 18")
MISSING = finding("E8", "missing", needs=(need(),))
WASHING_OUT = finding("E10", "fail", "rituximab on 2026-01-10", clears_on="2027-01-11")
FAILING = finding("I4", "fail", "UPCR 0.2 g/g on 2026-06-02 is below 1.0 g/g")
DOUBTFUL = finding("E7", "review", "belimumab from 2025-01-01", leaning="fail")
ASKED = finding("I10", "attest", "To be confirmed by a person: written consent")
PRESUMED = finding("E3", "presumed", "nothing on record: transplantation")
WEIGHED = finding("I8", "review", "hydroxychloroquine only", leaning="pass")


class TestWhetherThereIsACard:
    @pytest.mark.parametrize("deciding", [PASSING, MISSING, DOUBTFUL, ASKED, PRESUMED, WEIGHED])
    def test_potentially_eligible_undetermined_and_probably_ineligible_get_one(
        self, deciding: Finding
    ) -> None:
        assert len(cards(screening(PASSING, deciding))) == 1

    def test_ineligible_gets_none_unless_the_operator_wants_it(self) -> None:
        assert cards(screening(PASSING, FAILING)) == ()
        assert len(cards(screening(PASSING, FAILING), show_ineligible=True)) == 1

    def test_a_wash_out_gets_one_if_nothing_else_stands_in_the_way(self) -> None:
        assert len(cards(screening(PASSING, WASHING_OUT, ASKED, PRESUMED, WEIGHED))) == 1

    @pytest.mark.parametrize("besides", [MISSING, DOUBTFUL])
    def test_a_wash_out_gets_none_if_there_is_a_gap_or_a_doubt_besides(self, besides: Finding) -> None:
        assert cards(screening(PASSING, WASHING_OUT, besides)) == ()

    def test_a_report_without_screenings_gives_no_cards(self) -> None:
        assert cards() == ()

    def test_the_most_promising_trial_comes_first(self) -> None:
        made = cards(screening(MISSING, protocol=TRIAL_A), screening(PASSING, protocol=TRIAL_B))
        assert ["potentially eligible" in each.summary for each in made] == [True, False]


class TestSummary:
    @pytest.mark.parametrize(
        ("findings", "words"),
        [
            ((PASSING,), "potentially eligible"),
            ((PASSING, ASKED), "potentially eligible – 1 point to confirm"),
            ((PASSING, ASKED, PRESUMED, WEIGHED), "potentially eligible – 3 points to confirm"),
            ((PASSING, MISSING), "undetermined – missing: HBV DNA: no result is on record"),
            ((MISSING, finding("E4", "missing", needs=(need(),))), "undetermined – missing: HBV DNA"),
            (
                (MISSING, finding("I5", "missing", "no score")),
                "undetermined – data are missing for 2 criteria",
            ),
            ((PASSING, DOUBTFUL), "probably ineligible – for you to judge: belimumab from 2025-01-01"),
            ((DOUBTFUL, DOUBTFUL), "probably ineligible – 2 findings for you to judge"),
            ((WASHING_OUT,), "ineligible for now – earliest 2027-01-11: rituximab on 2026-01-10"),
            ((WASHING_OUT, WASHING_OUT), "ineligible for now – earliest 2027-01-11"),
            ((FAILING, WASHING_OUT), "ineligible – UPCR 0.2 g/g on 2026-06-02 is below 1.0 g/g"),
            ((FAILING, FAILING), "ineligible – 2 findings stand in the way"),
        ],
    )
    def test_it_names_the_trial_the_verdict_and_the_one_thing_or_counts_them(
        self, findings: tuple[Finding, ...], words: str
    ) -> None:
        summary = card(*findings).summary
        assert summary.startswith("CHT105 CAR-T in refractory LN (NCT07517536): ")
        assert words in summary

    def test_a_long_reason_is_cut_so_that_the_summary_stays_below_140_characters(self) -> None:
        summary = card(finding("E7", "review", "x " * 300, leaning="fail")).summary
        assert len(summary) < 140
        assert summary.endswith("…")

    @pytest.mark.parametrize("findings", [(PASSING,), (MISSING,), (DOUBTFUL,), (WASHING_OUT,), (FAILING,)])
    def test_the_bare_word_eligible_is_never_used(self, findings: tuple[Finding, ...]) -> None:
        made = card(*findings)
        words = f"{made.summary} {made.detail}".lower()
        assert not re.search(r"(?<!in)(?<!potentially )\beligible", words)


class TestDetail:
    def test_the_groups_come_in_the_order_in_which_a_clinician_acts(self) -> None:
        detail = card(PASSING, ASKED, PRESUMED, MISSING, DOUBTFUL).detail or ""
        headings = re.findall(r"^\*\*(.+?)\*\*$", detail, re.MULTILINE)
        assert headings == [
            "Stands in the way",
            "Missing, and what would settle it",
            "For a person to confirm",
            "Met: 1 of 5 criteria",
        ]

    def test_a_group_with_nothing_in_it_is_left_out(self) -> None:
        detail = card(PASSING).detail or ""
        assert "Stands in the way" not in detail
        assert "Missing" not in detail

    def test_a_finding_in_the_way_cites_the_protocol_says_why_and_when_it_clears(self) -> None:
        detail = card(WASHING_OUT).detail or ""
        assert (
            "- **E10** *The protocol's own words*: rituximab on 2026-01-10; clears on **2027-01-11**"
            in detail
        )

    def test_a_gap_names_the_order_that_settles_it_once_with_all_criteria_that_it_settles(self) -> None:
        detail = card(MISSING, finding("E4", "missing", needs=(need(),))).detail or ""
        order = r"**Hepatitis B virus DNA \[Units/volume\]** (LOINC 42595-9)"
        assert f"- HBV DNA: no result is on record → order {order} (E8, E4)" in detail
        assert detail.count("HBV DNA: no result") == 1

    def test_a_gap_without_a_named_need_is_told_by_its_reason(self) -> None:
        assert "- class not stated (I3)" in (card(finding("I3", "missing", "class not stated")).detail or "")

    def test_what_was_not_handed_over_is_one_line_for_all_criteria(self) -> None:
        parts = [
            finding(
                f"E{n}", "missing", needs=(need(f"n{n}", f"history {n}", why="not-retrieved", order=None),)
            )
            for n in range(1, 8)
        ]
        detail = card(*parts).detail or ""
        ids = "E1, E2, E3, E4, E5, E6, E7"
        assert f"- Not handed over by the EHR, but needed for {ids}: history 1, and 6 more" in detail
        assert "history 2" not in detail

    def test_a_score_that_lacks_a_dozen_items_is_one_line(self) -> None:
        items = tuple(need(f"item{n}", f"item {n}", order=None) for n in range(12))
        detail = card(finding("I5", "missing", "SLEDAI-2K 4–105 does not tell", needs=items)).detail or ""
        assert "- SLEDAI-2K 4–105 does not tell (I5)" in detail
        assert "item 3" not in detail

    def test_each_group_is_a_few_lines_and_the_rest_is_counted_and_named(self) -> None:
        many = [finding(f"E{n}", "presumed", f"nothing on record: {n}") for n in range(1, 13)]
        detail = card(*many).detail or ""
        assert "- … and 7 more: E6, E7, E8, E9, E10, E11, E12" in detail
        assert len(detail.splitlines()) < 40

    def test_what_the_heading_says_is_not_said_again_in_the_line(self) -> None:
        assert "- **I10** written consent\n" in (card(PASSING, ASKED).detail or "") + "\n"

    def test_reviews_come_before_questions_and_these_before_presumptions(self) -> None:
        detail = card(PRESUMED, ASKED, WEIGHED).detail or ""
        assert detail.index("**I8**") < detail.index("**I10**") < detail.index("**E3**")

    def test_a_line_shows_value_date_and_source_without_saying_them_twice(self) -> None:
        evidence = ReportedEvidence(
            reference="Observation/u1",
            path="valueQuantity",
            date="2026-06-02",
            recorded="158 mg/mmol",
            value=1.3967,
            unit="g/g",
        )
        met = finding(
            "I4", "pass", "UPCR 1.40 g/g on 2026-06-02 is at or above 1.0 g/g", evidence=(evidence,)
        )
        detail = card(met).detail or ""
        assert "UPCR 1.40 g/g on 2026-06-02 is at or above 1.0 g/g (158 mg/mmol, Observation/u1)" in detail

    def test_units_are_shown_as_laboratories_print_them(self) -> None:
        reason = "GFR 79 mL/min/{1.73_m2}, UPCR 2 g/g{creat}, titre 80 {titer}, 3.1 10*9/L, 12 [IU]/mL"
        assert r"GFR 79 mL/min/1.73 m², UPCR 2 g/g, titre 80, 3.1 10⁹/L, 12 IU/mL" in (
            card(finding("I5", "pass", reason)).detail or ""
        )

    def test_what_can_be_ordered_comes_first_among_what_is_missing(self) -> None:
        asked = finding("I3", "missing", needs=(need("biopsy", "biopsy class", order=None),))
        detail = card(asked, MISSING).detail or ""
        assert detail.index("HBV DNA") < detail.index("biopsy class")

    def test_several_sources_are_told_apart(self) -> None:
        evidence = tuple(
            ReportedEvidence(reference=f"Observation/{n}", path="value", recorded=f"{n} mg") for n in (1, 2)
        )
        detail = card(finding("I5", "pass", "two", evidence=evidence)).detail or ""
        assert "two (1 mg, Observation/1; 2 mg, Observation/2)" in detail

    def test_many_sources_are_counted(self) -> None:
        evidence = tuple(
            ReportedEvidence(reference=f"Observation/{n}", path="value", date="2026-06-02") for n in range(5)
        )
        assert "and 3 more)" in (card(finding("I5", "pass", "on 2026-06-02", evidence=evidence)).detail or "")

    def test_time_that_changes_the_findings_is_told(self) -> None:
        assert "from 2026-07-01 on" in (card(PASSING, stands_until="2026-07-01").detail or "")

    def test_recruitment_that_has_not_begun_is_told(self) -> None:
        assert "not yet recruiting" in (card(PASSING, protocol=TRIAL_A).detail or "")
        assert "not yet recruiting" not in (card(PASSING, protocol=TRIAL_B).detail or "")

    def test_only_time_is_not_said_to_stand_in_the_way_when_more_is_open(self) -> None:
        assert "only time" in (card(WASHING_OUT).detail or "")
        assert "only time" not in (card(WASHING_OUT, MISSING).detail or "")

    @pytest.mark.parametrize(
        "evil",
        [
            "<img src=x onerror=alert(1)>",
            "[click](javascript:alert(1))",
            "**bold**",
            "a\n\n# heading",
            "https://evil.example",
        ],
    )
    def test_words_of_a_chart_cannot_format_link_or_carry_html(self, evil: str) -> None:
        evidence = ReportedEvidence(reference=f"Observation/{evil}", path="value", recorded=evil)
        detail = (
            card(finding("E7", "review", evil, leaning="fail", text=evil, evidence=(evidence,))).detail or ""
        )
        assert "<img" not in detail
        assert "[click](" not in detail
        assert "**bold**" not in detail
        assert "\n# heading" not in detail
        assert "https://" not in detail


class TestParts:
    def test_of_parts_that_must_all_be_clear_each_speaks_in_its_own_group(self) -> None:
        parts = (finding("E8.hbv", "missing", needs=(need(),)), finding("E8.hiv", "presumed", "no HIV"))
        detail = card(finding("E8", "missing", parts=parts)).detail or ""
        assert "(E8.hbv)" in detail
        assert "**E8.hiv** no HIV" in detail
        assert "**E8**" not in detail

    def test_of_parts_of_which_one_suffices_only_those_that_decide_speak(self) -> None:
        parts = (finding("I6.a", "fail", "no grade A"), finding("I6.b", "missing", needs=(need(),)))
        detail = card(finding("I6", "missing", parts=parts)).detail or ""
        assert "no grade A" not in detail
        assert "(I6.b)" in detail


class TestCard:
    def test_it_has_a_uuid_a_source_a_static_topic_and_a_link_to_the_registry(self) -> None:
        made = card(PASSING)
        assert uuid.UUID(made.uuid or "").version == 4
        assert made.indicator == "info"
        assert made.source.url == "https://clinicaltrials.gov/study/NCT07517536"
        topic = made.source.topic
        assert topic is not None
        assert (topic.system, topic.code) == ("https://clinicaltrials.gov", "NCT07517536")
        assert [link.url for link in made.links or ()] == ["https://clinicaltrials.gov/study/NCT07517536"]
        assert card(DOUBTFUL).source.topic == topic
        assert card(PASSING).uuid != made.uuid

    def test_it_carries_the_whole_screening_word_for_word(self) -> None:
        judged = screening(PASSING, MISSING, WASHING_OUT)
        made = cards(judged, show_ineligible=True)[0]
        carried = json.loads(msgspec.json.encode(made))["extension"][EXTENSION]
        assert [f["criterion"] for f in carried["findings"]] == ["I1", "E8", "E10"]
        assert carried["findings"][1]["needs"][0]["order"]["code"] == "42595-9"
        assert carried["findings"][2]["clearsOn"] == "2027-01-11"
        assert carried == json.loads(msgspec.json.encode(judged))


def test_there_are_no_words_of_a_language_without_a_catalogue() -> None:
    with pytest.raises(FileNotFoundError):
        wording("xx")  # type: ignore[arg-type]  # the point of the test
