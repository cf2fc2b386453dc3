"""A search that a server takes only if it is narrower: it is made so, and what it finds is a part."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
import respx

from fhir_mappings.client import Query
from tests.fhir_mappings.client.asking import BASE, ask_one, ids, page

QUERY = Query("Condition", "Condition?patient=p1", narrower="Condition?patient=p1&category=a")
WHOLE = {"patient": "p1"}
NARROWED = {"patient": "p1", "category": "a"}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "required"}]}


@pytest.fixture
def server() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


def answers(
    server: respx.MockRouter, whole: httpx.Response, narrowed: httpx.Response | None = None
) -> respx.Route:
    """A server that answers the two searches so; the route of the narrower one."""
    server.get(f"{BASE}/Condition", params__eq=WHOLE).mock(return_value=whole)
    return server.get(f"{BASE}/Condition", params__eq=NARROWED).mock(return_value=narrowed)


def test_a_search_that_is_taken_is_not_narrowed(server: respx.MockRouter) -> None:
    narrower = answers(server, httpx.Response(200, json=page("a", "b")))
    found = ask_one(QUERY)
    assert (found.state, ids(found), narrower.called) == ("complete", ["a", "b"], False)


@pytest.mark.parametrize(
    "refusal",
    [httpx.Response(400), httpx.Response(403), httpx.Response(422), httpx.Response(200, json=OUTCOME)],
)
@pytest.mark.parametrize("names", [("a",), ()])
def test_where_it_is_refused_the_narrower_one_finds_a_part(
    server: respx.MockRouter, refusal: httpx.Response, names: tuple[str, ...]
) -> None:
    answers(server, refusal, httpx.Response(200, json=page(*names)))
    found = ask_one(QUERY)
    assert (found.state, found.why, ids(found)) == ("truncated", "narrowed", list(names))


def test_all_pages_of_the_narrower_search_are_read(server: respx.MockRouter) -> None:
    more = f"{BASE}/Condition?patient=p1&category=a&page=2"
    answers(server, httpx.Response(400), httpx.Response(200, json=page("a", next_url=more)))
    server.get(more).respond(json=page("b"))
    found = ask_one(QUERY)
    assert (found.state, found.why, ids(found)) == ("truncated", "narrowed", ["a", "b"])


def test_where_both_are_refused_nothing_is_retrieved(server: respx.MockRouter) -> None:
    answers(server, httpx.Response(400), httpx.Response(403))
    found = ask_one(QUERY)
    assert (found.state, found.why) == ("failed", "forbidden")


@pytest.mark.parametrize("status", [401, 404, 410, 500])
def test_what_is_no_refusal_of_the_search_is_not_asked_again(server: respx.MockRouter, status: int) -> None:
    narrower = answers(server, httpx.Response(status))
    assert (ask_one(QUERY).state, narrower.called) == ("failed", False)


@pytest.mark.parametrize(
    ("searched", "state"),
    [
        ("patient=p1", "complete"),
        ("subject=Patient/p1&_count=50", "complete"),
        ("patient=p1&_getpages=7&session=x", "complete"),
        ("", "complete"),
        ("patient=p1&clinical-status=active", "truncated"),
        ("patient=p1&recorded-date=ge2020-01-01", "truncated"),
        ("patient=p1&category:in=https://vs.example", "truncated"),
    ],
)
def test_a_server_that_narrows_a_search_by_itself_says_so_in_the_self_link(
    server: respx.MockRouter, searched: str, state: str
) -> None:
    """FHIR R4, search, "server conformance": the self link tells which parameters the server used."""
    own = {"relation": "self", "url": f"{BASE}/Condition?{searched}"}
    server.get(f"{BASE}/Condition").respond(json={**page("a"), "link": [own]})
    found = ask_one(Query("Condition", "Condition?patient=p1"))
    assert (found.state, found.why) == (state, "narrowed" if state == "truncated" else None)


@pytest.mark.parametrize("values", ["x", "s|x,y", "z"])
def test_a_value_that_the_server_does_not_know_leaves_out_nothing(
    server: respx.MockRouter, values: str
) -> None:
    own = {"relation": "self", "url": f"{BASE}/Condition?patient=p1&category={values}"}
    server.get(f"{BASE}/Condition").respond(json={**page("a"), "link": [own]})
    assert ask_one(Query("Condition", "Condition?patient=p1&category=x,y")).state == "complete"


def test_where_a_search_is_gone_on_with_its_first_page_has_told(server: respx.MockRouter) -> None:
    own = {"relation": "self", "url": f"{BASE}/Condition?patient=p1&category=x&page=2"}
    server.get(f"{BASE}/Condition").respond(json={**page("a"), "link": [own]})
    assert ask_one(Query("Condition", f"{BASE}/Condition?page=2")).state == "complete"
