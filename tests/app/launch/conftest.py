"""The service, which an EHR on another machine launches, and the charts that it keeps for pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import respx
from fastapi.testclient import TestClient

from app.evidence.opened import OpenedChart
from tests.app.launch.faulty import ISSUER
from tests.app.launch.launching import browser_of, client_profile, keeping, launched_application


@pytest.fixture
def network() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    with browser_of(launched_application(tmp_path, client_profile(ISSUER))) as browser:
        yield browser


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[OpenedChart]:
    """The charts that were kept for pages."""
    return keeping(monkeypatch)
