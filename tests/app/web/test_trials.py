"""``/trials``: each protocol in its own words, how it is read, its codes, and what changed."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from app.screening import ScreeningService
from eligibility.protocol import Criterion, part_ids
from tests.app.service import default_client

PROTOCOLS = [bound.protocol for bound in ScreeningService.bundled().protocols.values()]
CRITERIA = [(protocol.id, criterion) for protocol in PROTOCOLS for criterion in protocol.criteria]


@pytest.fixture(scope="module")
def client() -> TestClient:
    return default_client()


def words(html: str) -> str:
    """The text of a page, as it is read."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_list_names_each_trial_and_says_which_gets_no_card(client: TestClient) -> None:
    page = client.get("/trials")
    assert page.status_code == 200
    for protocol in PROTOCOLS:
        assert f'href="/trials/{protocol.id}"' in page.text
    closed = [protocol for protocol in PROTOCOLS if not protocol.open]
    assert words(page.text).count("never shown on a card") == len(closed) > 0


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.id)
def test_a_trial_shows_every_criterion_verbatim_with_its_reading(
    client: TestClient, protocol: object
) -> None:
    shown = words(client.get(f"/trials/{protocol.id}").text)  # type: ignore[attr-defined]  # a parameter
    for criterion in protocol.criteria:  # type: ignore[attr-defined]
        assert flat(criterion.text) in shown
        assert flat(criterion.reading) in shown


@pytest.mark.parametrize(("trial", "criterion"), CRITERIA, ids=lambda v: getattr(v, "id", v))
def test_a_criterion_shows_its_parts_its_examples_and_where_its_codes_are(
    client: TestClient, trial: str, criterion: Criterion
) -> None:
    page = client.get(f"/trials/{trial}/criteria/{criterion.id}").text
    shown = words(page)
    for name in part_ids(criterion):
        assert f"<h2>{name}</h2>" in page
    for example in criterion.examples:
        assert flat(example.name) in shown
    for address in set(re.findall(r'href="(/codes/[^"?]+)"', page)):
        assert client.get(address).status_code == 200, address


def test_the_codes_of_an_input_are_listed_with_units_and_the_order_that_supplies_it(
    client: TestClient,
) -> None:
    shown = words(client.get("/codes/upcr").text)
    assert "2890-2" in shown  # Protein/Creatinine [Mass Ratio] in Urine
    assert "Order that supplies it" in shown
    assert "mg/mmol" in shown


def test_a_class_names_its_code_sets_and_each_its_codes(client: TestClient) -> None:
    page = client.get("/codes/class_lupus_nephritis").text
    members = re.findall(r'href="(/codes/[^"?]+)"', page)
    assert len(members) > 1
    assert "<table>" in client.get(members[0]).text


def test_what_changed_between_two_versions_is_told_and_marked_where_it_decides(client: TestClient) -> None:
    page = client.get("/trials/nct05247203/changes/1/2")
    assert page.status_code == 200
    assert "Asked otherwise: I1, I3" in words(page.text)
    assert "<ins>" in page.text
    assert "<del>" in page.text
    assert "can turn a finding" in page.text
    assert 'href="/trials/nct05247203/changes/1/2"' in client.get("/trials/nct05247203").text


def test_an_earlier_version_says_that_it_is_no_longer_used(client: TestClient) -> None:
    page = words(client.get("/trials/nct05247203?version=1").text)
    assert "This is version 1, which is no longer used for screening; the present one is 2." in page
    criterion = words(client.get("/trials/nct05247203/criteria/E1?version=1").text)
    assert "no longer used" in criterion
    assert "no longer used" not in words(client.get("/trials/nct05247203").text)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/trials/nct1", "There is no trial 'nct1' here."),
        ("/trials/nct05247203?version=9", "nct05247203 has no version '9' here."),
        ("/trials/nct05247203/criteria/I99", "nct05247203 has no criterion 'I99'."),
        ("/trials/nct05247203/changes/1/9", "nct05247203 has no version '9' here."),
        ("/codes/%3Cscript%3E", "There is no input and no code set '<script>'."),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(client: TestClient, address: str, said: str) -> None:
    page = client.get(address)
    assert page.status_code == 404
    assert said in words(page.text)
    assert "<script>" not in page.text


def test_the_words_that_a_file_has_in_chinese_are_shown_in_chinese(client: TestClient) -> None:
    page = client.get("/trials/nct05247203", headers={"Accept-Language": "zh-CN"}).text
    assert "入选标准" in page
    assert re.search(r'<span lang="zh-CN">[^<]*系统性红斑狼疮', page)
    assert '<p class="words" lang="en">' in page  # the registry's words stay what they are


def test_every_page_weighs_less_than_150_kb(client: TestClient) -> None:
    for protocol in PROTOCOLS:
        assert len(client.get(f"/trials/{protocol.id}").content) < 100_000
    assert len(client.get("/trials/nct07517536/changes/1/2").content) < 100_000
