"""What if: hypothetical days, results and answers, judged by the same rules, and forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx import Response

from app.store.tables import metadata
from tests.app.answering import HERE, OURS, answered, path_of, verdict_on
from tests.app.service import POTENTIAL, TRIAL_A, TRIAL_B
from tests.app.store.serving import Clock, Service, rows, service

WASHING_OUT, PROTEINURIC = "sofia-reyes", "amara-diallo"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def running(url: str) -> Iterator[Service]:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(url, clock, pages_url=HERE, show_ineligible=True) as started:
        yield started


def supposed(running: Service, path: str, **fields: str) -> Response:
    """Send the form; ``input_0`` stands for ``input.0``, and so on."""
    sent = {re.sub(r"_(\d)$", r".\1", name): value for name, value in fields.items()}
    return running.http.post(f"{path}/what-if", data=sent, headers=OURS)


def result_of(page: str) -> str:
    """What the page shows as hypothetical."""
    assert '<section class="hypothetical"' in page
    return page.split('<section class="hypothetical"')[1].split("</section>")[0]


def changed(page: str) -> dict[str, tuple[str, str]]:
    """The outcomes before and after, by criterion."""
    table = result_of(page).partition('<table class="what-if">')[2].partition("</table>")[0]
    found = {}
    for row in table.split("<tr>")[2:]:
        criterion = re.search(r'scope="row">([^<]+)<', row)
        before, after = re.findall(r'class="outcome (\w+)"', row)
        assert criterion is not None
        found[criterion[1]] = (before, after)
    return found


def test_a_later_first_dose_ends_a_wash_out(running: Service) -> None:
    path = path_of(running.http, WASHING_OUT)
    assert verdict_on(running.http.get(path).text) == "ineligible-for-now"
    page = supposed(running, path, as_of="2026-07-25", day0="2026-07-25").text
    assert any(before == "fail" != after for before, after in changed(page).values())
    assert verdict_on(result_of(page)) != "ineligible-for-now"


def test_a_first_dose_alone_moves_what_hangs_on_it(running: Service) -> None:
    path = path_of(running.http, WASHING_OUT, TRIAL_B)
    assert changed(supposed(running, path, day0="2026-06-15").text) == {}
    # By then the last results are older than the eight weeks before day 0 (NCT05247203, E1).
    assert changed(supposed(running, path, day0="2026-08-14").text)["E1a"] == ("pass", "missing")


def test_a_result_below_the_threshold_turns_its_criterion(running: Service) -> None:
    path = path_of(running.http, PROTEINURIC)
    page = supposed(running, path, input_0="upcr", value_0="0.1", on_0="2026-06-15").text
    assert changed(page)["I4"] == ("pass", "fail")
    assert verdict_on(result_of(page)) == "ineligible"
    assert "This is hypothetical." in page


def test_a_unit_is_converted_like_that_of_a_laboratory(running: Service) -> None:
    path = path_of(running.http, PROTEINURIC)
    in_grams = changed(supposed(running, path, input_0="upcr", value_0="0.1").text)
    in_milligrams = changed(supposed(running, path, input_0="upcr", value_0="100", unit_0="mg/g{creat}").text)
    assert in_grams == in_milligrams != {}


@pytest.mark.parametrize(
    ("value", "unit"), [("1.2", "parsec"), ("100000", "g/g{creat}"), ("-1", "g/g{creat}")]
)
def test_a_value_that_no_laboratory_could_send_is_refused_with_the_reason(
    running: Service, value: str, unit: str
) -> None:
    path = path_of(running.http, POTENTIAL, TRIAL_B)
    refused = supposed(running, path, input_0="upcr", value_0=value, unit_0=unit)
    assert refused.status_code == 422
    assert "It could not be used" in refused.text
    assert f'value="{value}"' in refused.text
    assert '<section class="hypothetical"' not in refused.text


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"input_0": "upcr", "value_0": "much"}, "value.0", "Give a number"),
        ({"input_0": "upcr", "value_0": "7,500"}, "value.0", "without a comma"),  # 7.5, or 7500?
        ({"input_0": "hbsag", "value_0": "purple"}, "value.0", "one of the terms"),
        ({"input_0": "no-such", "value_0": "1"}, "input.0", "from the list"),
        ({"input_0": "", "value_0": "1"}, "input.0", "from the list"),
        ({"input_0": "upcr", "value_0": "1", "on_0": "2026-06-16"}, "on.0", "after the day of judging"),
        ({"as_of": "yesterday"}, "as_of", "as a date"),
        ({"day0": "3026-01-01"}, "day0", "as a date"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field(
    running: Service, fields: dict[str, str], field: str, words: str
) -> None:
    refused = supposed(running, path_of(running.http, POTENTIAL, TRIAL_B), **fields)
    assert refused.status_code == 422
    assert re.search(rf'id="{re.escape(field)}-error">[^<]*{words}', refused.text)


def test_a_term_can_be_supposed(running: Service) -> None:
    path = path_of(running.http, POTENTIAL, TRIAL_B)
    page = supposed(running, path, input_0="hbsag", value_0="positive").text
    assert changed(page)["E4.hbv"] == ("pass", "fail")


def test_an_attestation_can_be_ticked(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    page = supposed(running, path, **{f"said.{TRIAL_A}/E10/judged": "no"}).text
    assert changed(page)["E10"] == ("presumed", "fail")
    assert verdict_on(result_of(page)) == "ineligible"


def test_an_answer_that_was_given_can_be_supposed_otherwise(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    question = f"{TRIAL_A}/E10/judged"
    answered(running.http, path, question, "no", why="Treated for severe depression")
    page = supposed(running, path, **{f"said.{question}": "yes"}).text
    assert changed(page)["E10"] == ("fail", "pass")


def test_nothing_that_is_supposed_is_kept(running: Service, url: str) -> None:
    path = path_of(running.http, POTENTIAL, TRIAL_B)
    assert running.store.flush()
    before = {name: rows(url, name) for name in metadata.tables}
    page = running.http.get(path).text
    said = {f"said.{TRIAL_B}/E10/judged": "no"}
    assert (
        supposed(running, path, input_0="upcr", value_0="0.1", day0="2028-01-01", **said).status_code == 200
    )
    assert running.store.flush()
    assert {name: rows(url, name) for name in metadata.tables} == before
    assert running.http.get(path).text == page
    assert "0.1" not in re.findall(r'id="value\.0"[^>]*', running.http.get(f"{path}/what-if").text)[0]


def test_nothing_that_is_supposed_is_logged(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock(datetime(2026, 6, 15, 9, tzinfo=UTC), timedelta(milliseconds=1))
    with service(url, clock, pages_url=HERE, log_level="debug") as running:
        path = path_of(running.http, POTENTIAL, TRIAL_B)
        supposed(running, path, input_0="upcr", value_0="7.7131", day0="2028-01-09")
    logged = "".join(capfd.readouterr())
    assert "what-if" in logged
    for word in ("7.7131", "2028-01-09", "upcr"):
        assert word not in logged


def test_a_form_of_another_site_is_refused(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    assert running.http.post(f"{path}/what-if", data={}).status_code == 403


def test_nothing_supposed_changes_nothing(running: Service) -> None:
    page = supposed(running, path_of(running.http, POTENTIAL)).text
    assert changed(page) == {}
    assert "No criterion would come out otherwise." in page


def test_it_speaks_chinese(running: Service) -> None:
    path = path_of(running.http, POTENTIAL)
    page = running.http.post(f"{path}/what-if", data={}, headers={**OURS, "Accept-Language": "zh-CN"}).text
    assert "以下为假设。" in page
