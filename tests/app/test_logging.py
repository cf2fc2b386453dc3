"""Logs tell how the service fares and nothing that a patient would mind."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect

from app.demo.patients import demo_patients
from app.logging import FIELDS, RequestLog, make_logger
from app.server import create_app
from app.settings import Settings
from tests.app.chart_words import found_in, words_of
from tests.app.service import AS_OF, HOOK, LUPUS, bundle_of, request_of, screening_service

TOKEN = "a-secret-access-token"


class Captured:
    """Everything that the service wrote anywhere."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.records: list[str] = []

    @property
    def text(self) -> str:
        return self.stream.getvalue() + "\n".join(self.records)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def captured() -> Iterator[Captured]:
    found = Captured()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.records.append(self.format(record))

    root = logging.getLogger()
    handler = Handler(logging.DEBUG)
    root.addHandler(handler)
    with redirect_stderr(found.stream), redirect_stdout(found.stream):
        yield found
    root.removeHandler(handler)


@pytest.fixture
def http(captured: Captured) -> TestClient:
    settings = Settings(open=True, tune_garbage_collection=False, log_level="debug")
    application = create_app(settings, service=screening_service(), today=lambda: AS_OF)

    @application.get("/fails/{patient}")
    async def fails(patient: str) -> None:
        raise ValueError(f"no good: {patient} born 1990-01-26 has 214 mg/mmol")

    return TestClient(application, raise_server_exceptions=False)


def test_a_request_is_one_line_with_route_status_duration_and_counts(
    captured: Captured, http: TestClient
) -> None:
    assert http.post(HOOK, json=request_of()).status_code == 200
    (line,) = captured.lines
    assert line["route"] == "/cds-services/{service_id}"
    assert (line["method"], line["status"], line["hook"]) == ("POST", 200, "patient-view")
    assert (line["cards"], line["screenings"], line["resources"]) == (2, 2, 48)
    assert line["duration_ms"] > 0
    assert line.keys() <= FIELDS


@pytest.mark.parametrize("patient", list(demo_patients()))
def test_nothing_of_a_chart_is_ever_logged(captured: Captured, http: TestClient, patient: str) -> None:
    request = request_of(patient)
    authorization = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "s",
        "subject": "c",
    }
    request |= {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": authorization}
    bundle = bundle_of(patient)
    broken = {**request, "context": {"userId": "Practitioner/x", "patientId": "someone-else"}}
    damaged = json.dumps(request).replace('"status"', '"status', 1).encode()
    http.post(HOOK, json=request)
    http.post(HOOK, json=broken)
    http.post(HOOK, content=damaged)
    http.post("/screenings", json=bundle)
    http.post("/screenings", params={"asOf": f"{patient} 1990-01-26"}, json=bundle)
    http.get(f"/Patient/{patient}")
    http.get(f"/protocols/{patient}", params={"name": patient})
    http.post(f"/cds-services/{patient}", json=request)
    http.get(f"/fails/{patient}")
    assert len(captured.lines) >= 9
    assert TOKEN not in captured.text
    # A duration may happen to be a number of the chart.
    measured = {"duration_ms", "timestamp", "request_id"}
    text = "\n".join([str({k: v for k, v in x.items() if k not in measured}) for x in captured.lines])
    text += "\n".join(captured.records)
    own_words = {"patient-view", "error"}  # the name of the hook, and a level of the log
    assert found_in(text, words_of([request, bundle]) - own_words) == []


def test_an_unexpected_error_is_logged_by_type_and_place_and_answered_as_an_outcome(
    captured: Captured, http: TestClient
) -> None:
    answer = http.get(f"/fails/{LUPUS}")
    assert answer.status_code == 500
    assert answer.json()["issue"][0]["code"] == "exception"
    failed = captured.lines[0]
    assert failed["error_type"] == "ValueError"
    assert re.fullmatch(r"test_logging\.py:\d+ fails", failed["error_at"])
    assert failed["request_id"] in answer.json()["issue"][0]["diagnostics"]
    for said in (captured.text, answer.text):
        assert "214" not in said
        assert "1990" not in said


def test_a_field_that_is_not_allowed_is_dropped() -> None:
    stream = io.StringIO()
    make_logger("info", stream).info("request", route="/x", patient="Lin Mei", value=214)
    assert json.loads(stream.getvalue()).keys() == {"event", "level", "timestamp", "route"}


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    logger = make_logger("warning", stream)
    logger.info("request")
    assert stream.getvalue() == ""
    logger.error("request failed")
    assert "request failed" in stream.getvalue()


def test_every_answer_carries_a_request_id(http: TestClient) -> None:
    for path in ("/healthz", "/nowhere", "/fails/x"):
        assert uuid.UUID(http.get(path).headers["x-request-id"])


def test_a_callers_request_id_is_kept_if_it_is_a_uuid_and_replaced_if_it_could_be_anything_else(
    captured: Captured, http: TestClient
) -> None:
    own = str(uuid.uuid4())
    assert http.get("/healthz", headers={"x-request-id": own}).headers["x-request-id"] == own
    other = http.get("/healthz", headers={"x-request-id": "lin-mei 1990-01-26"}).headers["x-request-id"]
    assert uuid.UUID(other)
    assert "1990" not in captured.text


def test_a_client_that_goes_away_is_no_failure_of_the_service(captured: Captured) -> None:
    async def gone(scope: Any, receive: Any, send: Any) -> None:
        raise ClientDisconnect

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    asyncio.run(RequestLog(gone, make_logger("info", captured.stream))(scope, None, None))  # type: ignore[arg-type]  # unused
    (line,) = captured.lines
    assert (line["event"], line["status"]) == ("request", 499)
