"""What tests of the hook share: the network that a FHIR server is put on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from tests.app.ehr import NETWORK


@pytest.fixture
def network() -> Iterator[respx.MockRouter]:
    """Nothing is called but what is put on it."""
    with NETWORK:
        yield NETWORK
