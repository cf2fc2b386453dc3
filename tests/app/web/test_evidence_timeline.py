"""The timeline on the evidence page: drawn by the server, told in words, escaped, in two languages, small."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.app.service import AS_OF, cards_of, request_of, screening_of
from tests.app.store.serving import Clock, Service, service

HERE = "http://127.0.0.1:8000"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Service]:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(f"sqlite:///{tmp_path / 'store.db'}", clock, pages_url=HERE) as started:
        yield started


def page_of(running: Service, request: Any, trial: str, **headers: str) -> str:
    cards = {screening_of(card)["protocol"]: card for card in cards_of(request, running.http)}
    address = cards[trial]["links"][0]["url"].removeprefix(HERE)
    return running.http.get(address, headers=headers).text


def timeline(page: str) -> str:
    return page.split('<section class="overview"', 1)[1].split("</section>", 1)[0]


def picture(page: str) -> str:
    return timeline(page).split('<svg class="wide"', 1)[1].split("</svg>", 1)[0]


def test_a_wash_out_is_written_with_the_day_on_which_the_finding_clears(running: Service) -> None:
    page = page_of(running, request_of("sofia-reyes"), "nct05247203")
    assert "E10: clears on 2026-11-16" in picture(page)
    assert "2026-11-16 earliest" in picture(page)


def test_today_and_the_dates_of_the_trial_are_marked(running: Service) -> None:
    page = page_of(running, request_of("sofia-reyes"), "nct05247203")
    assert "2026-06-15 today = all dates of the trial" in picture(page)


def test_what_is_not_on_record_has_a_row_that_says_so(running: Service) -> None:
    drawn = picture(page_of(running, request_of("amara-diallo"), "nct05247203"))
    assert re.search(r"complement C3.*?none on record", drawn, re.DOTALL)
    assert re.search(r"estimated GFR.*?no value that can be used: .*?without a unit", drawn, re.DOTALL)
    assert 'class="cross"' in drawn


def test_each_drawn_value_stands_in_the_table_as_recorded(running: Service) -> None:
    words = timeline(page_of(running, request_of("daniel-okafor"), "nct07517536")).split("<details>", 1)[1]
    rows = re.findall(r"<tr><td>(Observation/[^<]+)</td><td>([^<]+)</td><td>([^<]*)</td>", words)
    drawn = picture(page_of(running, request_of("daniel-okafor"), "nct07517536"))
    assert len(rows) == len(re.findall(r'class="(?:dot|cross)', drawn))
    assert ("2026-06-06", "2.14 g/g") in {(day, words) for _, day, words in rows}


def test_a_picture_names_itself_for_who_does_not_see_it(running: Service) -> None:
    page = page_of(running, request_of("sofia-reyes"), "nct05247203")
    for name in ("wide", "narrow"):
        drawn = timeline(page).split(f'<svg class="{name}"', 1)[1].split("</svg>", 1)[0]
        assert f'role="img" aria-labelledby="{name}-title {name}-desc"' in drawn
        [described] = re.findall(r"<desc[^>]*>(.*?)</desc>", drawn, re.DOTALL)
        assert "E10: clears on 2026-11-16" in described
        assert "urine protein/creatinine ratio" in described


def test_no_style_is_written_into_the_page(running: Service) -> None:
    assert " style=" not in page_of(running, request_of("sofia-reyes"), "nct05247203")


def test_it_speaks_chinese(running: Service) -> None:
    page = page_of(running, request_of("sofia-reyes"), "nct05247203", **{"Accept-Language": "zh-CN"})
    assert "E10：2026-11-16 起解除" in picture(page)
    assert "2026-06-15 今天 = 试验的所有日期" in picture(page)


def test_markup_in_a_chart_is_drawn_as_text(running: Service) -> None:
    request = request_of("sofia-reyes")
    for entry in entries(request):
        code = entry["resource"].get("medicationCodeableConcept")
        if code is not None:
            code["text"] = "<script>alert(1)</script>\u202e"
            for coding in code.get("coding", []):
                coding["display"] = code["text"]
    drawn = timeline(page_of(running, request, "nct05247203"))
    assert "<script" not in drawn
    assert "\u202e" not in drawn


def entries(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [e for found in request["prefetch"].values() if found for e in found.get("entry", [])]


def test_a_chart_of_many_results_stays_a_small_page_and_says_what_is_not_drawn(running: Service) -> None:
    request = request_of("daniel-okafor")
    for found in request["prefetch"].values():
        for entry in list((found or {}).get("entry", [])):
            resource = entry["resource"]
            if resource["resourceType"] == "Observation" and resource.get("valueQuantity"):
                found["entry"] += [again(entry, days) for days in range(7, 7 * 31, 7)]
                found["total"] = len(found["entry"])
    many = page_of(running, request, "nct07517536")
    assert "older or in between not drawn" in picture(many)
    assert len(entries(request)) > 900
    assert len(timeline(many).encode()) < 45_000
    # Of 150 KB with its style sheets, as browsers get it; unpacked it must not keep them long either.
    assert len(gzip.compress(many.encode())) < 60_000
    assert len(many.encode()) < 250_000


def again(entry: dict[str, Any], days: int) -> dict[str, Any]:
    """The same result so many days before the newest."""
    copied = deepcopy(entry)
    copied["resource"]["id"] += f"-{days}"
    copied.pop("fullUrl", None)
    copied["resource"]["effectiveDateTime"] = (AS_OF - timedelta(days=days + 10)).isoformat()
    return copied
