"""Playing with the playground, without a browser."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from tests.app.service import as_body, client

HERE = {"Origin": "http://testserver"}
"""What a browser tells of a form of the page itself."""


@cache
def http() -> TestClient:
    return client(store=False)


def brought(content: Any, path: str = "/", to: TestClient | None = None, **fields: str) -> Response:
    """What comes of a file."""
    body = content if isinstance(content, bytes) else as_body(content)
    files = {"file": ("chart.json", body, "application/json")}
    return (to or http()).post(path, data=fields, files=files, headers=HERE)


def summaries(page: Response) -> list[str]:
    """The summaries of the cards that a page shows."""
    assert page.status_code == 200, page.text
    return [html.unescape(found) for found in re.findall(r"<h3>(.*?)</h3>", page.text)]
