"""Pages and their files come packed to browsers that take gzip, and as they are to others."""

from __future__ import annotations

import gzip

import pytest
from fastapi.testclient import TestClient

from app.web.static_files import static_url
from tests.app.service import default_client

PAGE = "/trials/nct05247203"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return default_client()


def raw(client: TestClient, path: str, accepted: str) -> tuple[dict[str, str], bytes]:
    with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        return dict(answer.headers), b"".join(answer.iter_raw())


@pytest.mark.parametrize("path", [PAGE, static_url("base.css")])
@pytest.mark.parametrize("accepted", ["gzip", "br, gzip;q=0.5", "GZIP", "*"])
def test_a_browser_that_takes_gzip_gets_the_same_page_in_fewer_bytes(
    client: TestClient, path: str, accepted: str
) -> None:
    _, plain = raw(client, path, "identity")
    headers, packed = raw(client, path, accepted)
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(packed) < len(plain) / 2
    assert gzip.decompress(packed) == plain


@pytest.mark.parametrize("accepted", ["identity", "br", "gzip;q=0", "gzip; q=0.0", ""])
def test_one_that_does_not_gets_it_as_it_is(client: TestClient, accepted: str) -> None:
    headers, plain = raw(client, PAGE, accepted)
    assert "content-encoding" not in headers
    assert plain.startswith(b"<!doctype html>")
    assert "accept-encoding" in headers["vary"].lower()


def test_the_packed_length_of_a_page_does_not_tell_what_is_in_it(client: TestClient) -> None:
    """BREACH (CVE-2013-3587): else who chooses a part of a page could try out the rest of it."""
    assert len({len(raw(client, PAGE, "gzip")[1]) for _ in range(30)}) > 5
