"""What has come must be read and judged by the time an answer is due: fetching ends the earlier for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
import respx

from fhir_mappings.client import FetchLimits, kept_for_reading
from tests.fhir_mappings.client.asking import BASE, CONDITIONS, ask, ask_one, ids, page

URL = f"{BASE}/Condition"
SECONDS = 2.0
PAGE = 100_000
"""Bytes; one comes every tenth of a second."""


@pytest.fixture
def endless() -> Iterator[respx.MockRouter]:
    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.1)
        number = int(request.url.params.get("page", "1"))
        next_url = f"{URL}?page={number + 1}"
        return httpx.Response(200, json=page(f"c{number}", next_url=next_url, id="x" * PAGE))

    with respx.mock(assert_all_called=False) as router:
        router.get(URL).mock(side_effect=answer)
        yield router


@pytest.mark.parametrize(
    ("size", "seconds", "kept"),
    [
        (0, 4.0, 0.0),
        (1_000_000, 4.0, 0.1),
        (8_000_000, 4.0, 0.8),
        (20_000_000, 4.0, 2.0),
        (20_000_000, 1.0, 0.5),
        (1_000_000, -1.0, 0.0),
    ],
)
def test_a_tenth_of_a_second_is_kept_for_a_megabyte_and_half_of_the_time_at_most(
    size: int, seconds: float, kept: float
) -> None:
    assert kept_for_reading(size, seconds) == pytest.approx(kept)


@pytest.mark.parametrize(
    ("read_a_second", "earliest", "latest"),
    [
        (1e12, SECONDS - 0.1, SECONDS + 1.0),
        # Of n pages, n/10 seconds to come and n/5 to be read: seven of them in two seconds.
        (PAGE / 0.2, 0.6, SECONDS - 0.6),
        # However long it takes to read, half of the time is for fetching.
        (1.0, SECONDS / 2 - 0.1, SECONDS / 2 + 0.5),
    ],
    ids=["read at once", "read slowly", "never read"],
)
def test_fetching_ends_the_earlier_the_more_has_come(
    endless: respx.MockRouter, read_a_second: float, earliest: float, latest: float
) -> None:
    limits = FetchLimits(pages=1_000, read_a_second=read_a_second)
    answered = ask(CONDITIONS, limits=limits, seconds=SECONDS)
    found = answered.fetched["0"]
    assert earliest < answered.seconds < latest
    assert (found.state, found.why) == ("truncated", "deadline")
    assert ids(found) == [f"c{number + 1}" for number in range(found.pages)]


def test_a_server_that_is_done_in_time_is_waited_for_no_longer() -> None:
    with respx.mock as router:
        router.get(URL).respond(json=page("a"))
        assert ask_one(seconds=30.0).state == "complete"


def test_a_large_page_is_read_like_a_small_one() -> None:
    """It is read beside the event loop, which others wait for."""
    with respx.mock as router:
        router.get(URL).respond(json=page(*(f"c{number}" for number in range(8_000))))
        found = ask_one(limits=FetchLimits(resources=10_000), seconds=20.0)
    assert (found.state, len(found.resources)) == ("complete", 8_000)
    with respx.mock as router:
        router.get(URL).respond(content=b'{"resourceType":"Bundle","id":"' + b"x" * 2_000_000)
        assert ask_one(seconds=20.0).why == "not-json"
