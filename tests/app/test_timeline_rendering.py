"""A timeline reads the same as a picture, as a table, as lines of a terminal and as JSON."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from rich.console import Console

from app.rendering.page import html_page
from app.rendering.table import print_report
from app.rendering.timeline import timeline_lines
from app.rendering.timeline_picture import WIDTH, picture_of
from eligibility.findings import ScreeningReport
from eligibility.judging import flattened
from eligibility.reported import ReportedTimeline
from tests.app.medication_records import (
    HYDROXYCHLOROQUINE,
    MYCOPHENOLATE,
    PREDNISONE,
    Json,
    dose,
    drug,
    ends,
    order,
    quantity,
    record,
    statement,
)
from tests.app.service import AS_OF, screening_service

SVG = "{http://www.w3.org/2000/svg}"


def upcr(number: float, on: str, unit: str = "g/g") -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2890-2"}]},
        "effectiveDateTime": on,
        "valueQuantity": quantity(number, unit),
    }


HISTORY = [
    order(PREDNISONE, ends(dose(40), "2023-03-01", "2023-09-30"), "2023-03-01", "completed"),
    order(PREDNISONE, dose(10), "2025-02"),
    statement(MYCOPHENOLATE, dose(2000), "2023-03-01", "2023-12-31", "completed"),
    statement(HYDROXYCHLOROQUINE, dose(400), "2015-05-01"),
    statement(drug(None, "tacrolimus <b>"), dose(4), None),
    upcr(2.4, "2023-02-20"),
    upcr(2.3, "2023-09-20"),
    upcr(0.4, "2024-01"),
    upcr(214, "2026-06-02", "mg/mmol"),
]


def report(*resources: Json) -> ScreeningReport:
    return screening_service().screen_record(record(list(resources)), AS_OF, protocol_ids=["nct07517536"])


def timeline_of(found: ScreeningReport) -> ReportedTimeline:
    [timeline] = [f.timeline for f in flattened(found.screenings[0].findings) if f.timeline is not None]
    return timeline


@pytest.fixture(scope="module")
def whole() -> ScreeningReport:
    return report(*HISTORY)


def pictures(page: str) -> list[ElementTree.Element]:
    return [
        ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314
        for svg in re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    ]


def test_the_timeline_belongs_to_the_criterion_on_refractory_disease(whole: ScreeningReport) -> None:
    [finding] = [f for f in whole.screenings[0].findings if f.timeline is not None]
    assert finding.criterion == "I8"
    assert finding.outcome == "review"  # the decision stays with a person


def test_the_terminal_shows_drugs_values_candidates_and_what_is_lacking(whole: ScreeningReport) -> None:
    out = io.StringIO()
    print_report(whole, Console(file=out, width=300))
    text = out.getvalue()
    assert "prednisone: 2023-03-01 – 2023-09-30, 2025-02 – going on (22.5 to 23.4 months)" in text
    assert "hydroxychloroquine (not counted): 2015-05-01 – going on" in text
    assert "2026-06-02 1.89 g/g (recorded 214 mg/mmol)" in text
    assert "Possible remission: 0.4 g/g on 2024-01" in text
    assert "Possible relapse: 1.89 g/g on 2026-06-02" in text
    assert "Possibly no response: 2.3 g/g on 2023-09-20" in text
    assert "Lacking: tacrolimus: when it began is not recorded" in text


def test_the_page_draws_one_picture_that_is_well_formed_and_says_what_it_shows(
    whole: ScreeningReport,
) -> None:
    [svg] = pictures(html_page([whole]))
    assert svg.get("role") == "img"
    names = str(svg.get("aria-labelledby")).split()
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert [title.get("id"), description.get("id")] == names
    for line in timeline_lines(timeline_of(whole)):
        assert line in " ".join(str(description.text).split())


def test_nothing_is_told_by_colour_alone(whole: ScreeningReport) -> None:
    page = html_page([whole])
    [svg] = pictures(page)
    bars = svg.findall(f"{SVG}rect")
    kinds = {str(bar.get("class")).split()[0]: bar.get("fill") for bar in bars if "x" in bar.attrib}
    assert kinds["sure"] is None
    assert str(kinds["perhaps"]).startswith("url(#")  # hatched
    assert len(svg.findall(f"{SVG}path")) == 2  # a remission points down, a relapse up
    assert len([bar for bar in bars if bar.get("class") == "mark"]) == 1  # no response is a square
    assert "▼ possible" in page


def test_several_patients_and_trials_have_pictures_of_their_own_names(whole: ScreeningReport) -> None:
    page = html_page([whole, whole])
    names = re.findall(r'id="(timeline-[^"]+)"', page)
    assert len(names) == len(set(names)) == 6


def test_words_of_the_chart_are_no_markup(whole: ScreeningReport) -> None:
    label = timeline_of(whole).courses[0].label
    changed = msgspec.structs.replace(timeline_of(whole).courses[0], label=f"{label}<script>")
    timeline = msgspec.structs.replace(timeline_of(whole), courses=(changed,))
    finding = next(f for f in whole.screenings[0].findings if f.timeline is not None)
    screening = msgspec.structs.replace(
        whole.screenings[0], findings=(msgspec.structs.replace(finding, timeline=timeline),)
    )
    page = html_page([msgspec.structs.replace(whole, screenings=(screening,))])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_everything_drawn_lies_within_the_picture(whole: ScreeningReport) -> None:
    picture = picture_of(timeline_of(whole))
    assert picture is not None
    for row in picture.rows:
        for bar in row.bars:
            assert picture.left <= bar.x <= bar.x + bar.width <= picture.right + 2
    for dot in picture.dots:
        assert picture.left <= dot.x1 <= dot.x2 <= picture.right
        assert 0 <= dot.top <= dot.bottom <= picture.axis < picture.height
    assert picture.width == WIDTH
    assert 2 <= len(picture.ticks) <= 9


def test_a_drug_since_long_before_begins_at_the_edge_with_a_sign(whole: ScreeningReport) -> None:
    picture = picture_of(timeline_of(whole))
    assert picture is not None
    began_before = {row.course.label: row.earlier for row in picture.rows}
    assert began_before == {
        "tacrolimus": True,
        "hydroxychloroquine": True,
        "mycophenolate mofetil": False,
        "prednisone": False,
    }


def test_without_treatment_and_values_there_is_no_picture_but_what_is_lacking() -> None:
    page = html_page([report()])
    assert pictures(page) == []
    assert "no treatment of these kinds is on record" in page


@pytest.mark.parametrize(
    "resources",
    [
        [upcr(2, "2026-06-15")],
        [upcr(2, "2026")],
        [statement(PREDNISONE, None, None)],
        [statement(PREDNISONE, None, "1901-01-01")],
        [order(PREDNISONE, None, "2026-06-15")],
    ],
    ids=[
        "one value today",
        "one value this year",
        "a drug without dates",
        "a drug for a century",
        "begun today",
    ],
)
def test_a_record_with_next_to_nothing_is_drawn_as_well(resources: list[Json]) -> None:
    [svg] = pictures(html_page([report(*resources)]))
    assert svg is not None


def test_the_json_carries_the_same(whole: ScreeningReport) -> None:
    found: dict[str, Any] = json.loads(msgspec.json.encode(timeline_of(whole)))
    prednisone = found["courses"][-1]
    assert prednisone["stretches"][0] == {
        "first": "2023-03-01",
        "last": "2023-09-30",
        "ongoing": False,
        "possible": {"from": "2023-03-01", "to": "2023-09-30"},
        "certain": [{"from": "2023-03-01", "to": "2023-09-30"}],
    }
    assert (prednisone["months"], prednisone["monthsAtMost"]) == (22.5, 23.4)
    assert found["monthsAtMost"] is None
    assert [c["what"] for c in found["candidates"]] == ["no-response", "remission", "relapse"]
