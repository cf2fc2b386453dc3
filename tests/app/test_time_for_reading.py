"""The deadline is that of the answer: a large chart must be read by then, and less time is for fetching."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.app.ehr import hook_beside, request_without
from tests.app.service import POTENTIAL, cards_of, client
from tests.fhir_mappings.client.misbehaving import serving, silent

DEADLINE = 2.0


def chart(megabytes: float) -> dict[str, Any]:
    """A request without devices, whose first result is illustrated at length."""
    request = request_without("devices", patient=POTENTIAL)
    first = request["prefetch"]["observations"]["entry"][0]["resource"]
    first["text"] = {"status": "additional", "div": "x" * int(megabytes * 1_000_000)}
    return request


@pytest.mark.parametrize(("megabytes", "kept"), [(0, 0.0), (4, 0.4), (15, 1.0)])
def test_a_silent_server_is_waited_for_no_longer_than_leaves_time_to_read_what_was_prefetched(
    megabytes: float, kept: float, capfd: pytest.CaptureFixture[str]
) -> None:
    with serving(silent()) as server:
        settings = {"fetch_deadline_seconds": DEADLINE}
        http = hook_beside(fhir_servers=(server.base,), allow_private_addresses=True, settings=settings)
        request = {**chart(megabytes), "fhirServer": server.base}
        with http:
            cards_of(request_without(patient=POTENTIAL), client())  # what is loaded at first
            began = time.monotonic()
            cards = cards_of(request, http)
            took = time.monotonic() - began
    told = [json.loads(line) for line in capfd.readouterr().err.splitlines() if "fetch_ms" in line]
    [line] = told
    assert cards
    assert line["fetch_why"] == "deadline"
    assert line["fetch_ms"] / 1000 == pytest.approx(DEADLINE - kept, abs=0.25)
    assert took < DEADLINE + 1.5
