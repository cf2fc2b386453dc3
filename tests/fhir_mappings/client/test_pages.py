"""Pages of a search and redirects: followed where they may lead, and never without end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.client import FetchLimits, Query
from fhir_mappings.client.bodies import AnswerError
from fhir_mappings.client.pages import read_answer
from tests.fhir_mappings.client.asking import BASE, CONDITIONS, ask_one, ids, page

URL = f"{BASE}/Condition"


@pytest.fixture
def server() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


def numbered(request: httpx.Request) -> httpx.Response:
    """A server whose every page has a next one."""
    number = int(request.url.params.get("page", "1"))
    return httpx.Response(200, json=page(f"c{number}", next_url=f"{URL}?page={number + 1}"))


class TestPages:
    def test_all_are_read(self, server: respx.MockRouter) -> None:
        server.get(URL, params={"patient": "p1"}).respond(
            json=page("a", next_url=f"{BASE}?_getpages=x", total=3)
        )
        server.get(BASE, params={"_getpages": "x"}).respond(json=page("b", next_url=f"{URL}?page=3", total=3))
        server.get(URL, params={"page": "3"}).respond(json=page("c", total=3))
        found = ask_one()
        assert (found.state, ids(found), found.pages) == ("complete", ["a", "b", "c"], 3)

    @pytest.mark.parametrize("link", ["Condition?page=2", "?page=2", "/fhir/Condition?page=2"])
    def test_a_relative_link_is_followed(self, server: respx.MockRouter, link: str) -> None:
        server.get(URL, params={"patient": "p1"}).respond(json=page("a", next_url=link))
        server.get(URL, params={"page": "2"}).respond(json=page("b"))
        assert ids(ask_one()) == ["a", "b"]

    def test_fewer_resources_on_all_pages_than_the_server_counted_are_a_part(
        self, server: respx.MockRouter
    ) -> None:
        server.get(URL, params={"patient": "p1"}).respond(json=page("a", next_url=f"{URL}?page=2", total=5))
        server.get(URL, params={"page": "2"}).respond(json=page("b", total=5))
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("truncated", "incomplete", ["a", "b"])

    def test_reading_goes_on_from_a_page_that_another_was_given(self, server: respx.MockRouter) -> None:
        server.get(URL, params={"page": "2"}).respond(json=page("b"))
        assert ids(ask_one(Query("Condition", f"{URL}?page=2"))) == ["b"]

    def test_a_chain_without_end_is_left_at_the_limit(self, server: respx.MockRouter) -> None:
        route = server.get(URL).mock(side_effect=numbered)
        found = ask_one(limits=FetchLimits(pages=4))
        assert (found.state, found.why, len(found.resources), route.call_count) == (
            "truncated",
            "too-many-pages",
            4,
            4,
        )

    def test_a_loop_is_left(self, server: respx.MockRouter) -> None:
        server.get(URL, params={"patient": "p1"}).respond(json=page("a", next_url=f"{URL}?page=2"))
        server.get(URL, params={"page": "2"}).respond(json=page("b", next_url=f"{URL}?patient=p1"))
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("truncated", "loop", ["a", "b"])

    def test_a_page_that_is_its_own_next_one_is_read_once(self, server: respx.MockRouter) -> None:
        route = server.get(URL).respond(
            json=page("a", next_url="HTTPS://ehr.EXAMPLE:443/fhir/Condition?patient=p1")
        )
        found = ask_one()
        assert (found.why, route.call_count) == ("loop", 1)

    def test_a_page_that_repeats_what_was_read_is_a_loop_whatever_its_address(
        self, server: respx.MockRouter
    ) -> None:
        server.get(URL, params={"patient": "p1"}).respond(
            json=page("a", "b", next_url=f"{URL}?page=2", total=4)
        )
        again = server.get(URL, params={"page": "2"}).respond(
            json=page("b", "a", next_url=f"{URL}?page=3", total=4)
        )
        found = ask_one()
        assert (found.state, found.why, again.call_count) == ("truncated", "loop", 1)

    @pytest.mark.parametrize("total", [None, 2, 4])
    def test_a_last_page_that_repeats_what_was_read_is_no_end(
        self, server: respx.MockRouter, total: int | None
    ) -> None:
        told = {} if total is None else {"total": total}
        server.get(URL, params={"patient": "p1"}).respond(
            json=page("a", "b", next_url=f"{URL}?page=2", **told)
        )
        server.get(URL, params={"page": "2"}).respond(json=page("a", "b", **told))
        assert (ask_one().state, ask_one().why) == ("truncated", "loop")

    def test_what_was_on_a_page_before_is_not_counted_again(self, server: respx.MockRouter) -> None:
        server.get(URL, params={"patient": "p1"}).respond(
            json=page("a", "b", next_url=f"{URL}?page=2", total=4)
        )
        server.get(URL, params={"page": "2"}).respond(json=page("b", "c", total=4))
        assert (ask_one().state, ask_one().why) == ("truncated", "incomplete")

    @pytest.mark.parametrize(("total", "state"), [(2, "complete"), (3, "truncated")])
    def test_what_is_twice_on_a_page_does_not_make_up_for_what_the_server_counts_beside_it(
        self, server: respx.MockRouter, total: int, state: str
    ) -> None:
        server.get(URL).respond(json=page("a", "b", "a", total=total))
        found = ask_one()
        assert (found.state, found.why) == (state, "incomplete" if state == "truncated" else None)

    def test_a_page_that_repeats_what_another_was_given_is_noticed(self, server: respx.MockRouter) -> None:
        server.get(URL, params={"page": "2"}).respond(json=page("a"))
        query = Query("Condition", f"{URL}?page=2", at_hand=("a",))
        assert (ask_one(query).state, ask_one(query).why) == ("truncated", "loop")

    @pytest.mark.parametrize("url", [5, None, {}, ""])
    def test_a_next_page_without_address_is_one_that_cannot_be_read(
        self, server: respx.MockRouter, url: object
    ) -> None:
        route = server.route().respond(json={**page("a"), "link": [{"relation": "next", "url": url}]})
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("truncated", "incomplete", ["a"])
        assert route.call_count == 1

    def test_no_more_resources_than_allowed_are_kept(self, server: respx.MockRouter) -> None:
        server.get(URL).mock(side_effect=numbered)
        found = ask_one(limits=FetchLimits(resources=3))
        assert (found.state, found.why, len(found.resources)) == ("truncated", "too-many-resources", 3)

    @pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
    def test_what_came_before_a_page_that_fails_is_kept(self, server: respx.MockRouter, status: int) -> None:
        server.get(URL, params={"patient": "p1"}).respond(json=page("a", next_url=f"{URL}?page=2"))
        server.get(URL, params={"page": "2"}).respond(status)
        found = ask_one()
        assert (found.state, ids(found)) == ("truncated", ["a"])
        assert found.why not in (None, "deadline")


FOREIGN = [
    "https://evil.example/fhir/Condition?page=2",
    "//evil.example/fhir/Condition?page=2",
    "http://ehr.example/fhir/Condition?page=2",
    "https://ehr.example:8443/fhir/Condition?page=2",
    "https://ehr.example@evil.example/x",
    "https://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "https://ehr.example\\.evil.example/x",
    "x:y",
]


class TestOtherServers:
    @pytest.mark.parametrize("link", FOREIGN)
    def test_a_next_page_elsewhere_is_not_read(self, server: respx.MockRouter, link: str) -> None:
        server.get(URL).respond(json=page("a", next_url=link))
        elsewhere = server.route().respond(json=page("b"))
        found = ask_one()
        assert (found.state, found.why, ids(found)) == ("truncated", "foreign-link", ["a"])
        assert not elsewhere.called

    @pytest.mark.parametrize("link", FOREIGN[:6])
    def test_nor_is_one_from_which_to_go_on(self, server: respx.MockRouter, link: str) -> None:
        elsewhere = server.route().respond(json=page("b"))
        found = ask_one(Query("Condition", link if "://" in link else f"https:{link}"))
        assert (found.state, found.why) == ("failed", "foreign-link")
        assert not elsewhere.called

    @pytest.mark.parametrize("link", FOREIGN)
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_elsewhere_is_not_followed(
        self, server: respx.MockRouter, link: str, status: int
    ) -> None:
        server.get(URL).respond(status, headers={"location": link})
        elsewhere = server.route().respond(json=page("b"))
        found = ask_one()
        assert (found.state, found.why) == ("failed", "redirect")
        assert not elsewhere.called

    def test_a_redirect_on_the_same_server_is_followed(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(307, headers={"location": "/fhir/v2/Condition?patient=p1"})
        server.get(f"{BASE}/v2/Condition").respond(json=page("a"))
        assert ids(ask_one()) == ["a"]

    def test_but_not_for_ever(self, server: respx.MockRouter) -> None:
        route = server.get(URL).respond(302, headers={"location": f"{URL}?patient=p1"})
        assert ask_one().why == "redirect"
        assert route.call_count == FetchLimits().redirects + 1

    def test_a_redirect_to_nowhere_fails(self, server: respx.MockRouter) -> None:
        server.get(URL).respond(302)
        assert ask_one().why == "redirect"

    def test_without_tls_nothing_is_sent(self, server: respx.MockRouter) -> None:
        route = server.route().respond(json=page("a"))
        found = ask_one(CONDITIONS, base="http://ehr.example/fhir")
        assert (found.state, found.why) == ("failed", "address-refused")
        assert not route.called


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["next", "Condition", "OperationOutcome", "Bundle", "error", "searchset", URL, "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "entry",
                    "resource",
                    "link",
                    "relation",
                    "url",
                    "total",
                    "issue",
                    "severity",
                    "id",
                    "type",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.booleans())
def test_no_json_whatever_is_more_than_an_answer_of_no_use(value: object, framed: bool) -> None:
    document = (
        {"resourceType": "Bundle", "type": "searchset", "entry": value, "link": value} if framed else value
    )
    try:
        found = read_answer(json.dumps(document).encode(), "Condition", search=True)
    except AnswerError:
        return
    assert len(found.resources) == len(found.full_urls) >= len(found.matches)


@given(st.binary(max_size=200))
def test_nor_are_any_bytes(body: bytes) -> None:
    with pytest.raises(AnswerError):
        read_answer(body, "Condition", search=True)


@pytest.mark.parametrize(
    "entry",
    [b"0", b"{}", b'{"resource":{"resourceType":"Condition","id":"a"}}'],
    ids=["no entry", "empty", "a resource"],
)
def test_millions_of_entries_take_no_longer_than_those_that_are_kept(entry: bytes) -> None:
    entries = b",".join([entry] * (10_000_000 // (len(entry) + 1)))
    body = b'{"resourceType":"Bundle","type":"searchset","entry":[' + entries + b"]}"
    began = time.process_time()
    found = read_answer(body, "Condition", search=True, most=5000)
    assert time.process_time() - began < 3
    assert found.flaw == "too-many-resources"
    assert len(found.resources) in (0, 5000)


def test_nor_are_they_hidden_in_a_bundle_within_the_bundle() -> None:
    inner = b'{"resourceType":"Bundle","entry":[' + b",".join([b"0"] * 1_000_000) + b"]}"
    for key in (b"resourceType", b"\\u0072esourceType"):
        outer = (
            b'{"resourceType":"Bundle","entry":[{"resource":' + inner.replace(b"resourceType", key) + b"}]}"
        )
        began = time.process_time()
        with pytest.raises(AnswerError):
            read_answer(outer, "Condition", search=True)
        assert time.process_time() - began < 1


def test_nor_do_millions_of_links_take_long() -> None:
    body = b'{"resourceType":"Bundle","link":[' + b",".join([b"{}"] * 3_000_000) + b"]}"
    with pytest.raises(AnswerError):
        read_answer(body, "Condition", search=True)
