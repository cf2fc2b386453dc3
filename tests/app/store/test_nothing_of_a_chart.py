"""Neither the database nor the metrics, the log or the audit trail holds anything of a chart, or a token."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.audit_event import audit_bundle
from app.demo.patients import demo_patients
from app.store.configured import database_of
from app.store.reading import calls
from app.store.tables import metadata
from tests.app.chart_words import found_in, words_of
from tests.app.service import fire, request_of
from tests.app.store.serving import Clock, overridden, rows, service, settings_of

TOKEN = "a-secret-access-token"
OWN_WORDS = {"patient-view", "Practitioner/demo", "urn:uuid"}
"""The name of the hook, and the user: who asked is what an audit trail is for."""


def told_of(request: dict[str, Any]) -> set[str]:
    return words_of(request) - OWN_WORDS


@pytest.mark.parametrize("patient", list(demo_patients()))
def test_nothing_of_a_chart_and_no_token_is_kept_counted_or_logged(
    sqlite_url: str, clock: Clock, capfd: pytest.CaptureFixture[str], patient: str
) -> None:
    request = request_of(patient)
    request["context"]["encounterId"] = "encounter-of-today"
    request |= {
        "fhirServer": "https://ehr.example/fhir",
        "fhirAuthorization": {
            "access_token": TOKEN,
            "expires_in": 300,
            "scope": "s",
            "subject": "an-oauth-id",
        },
    }
    comment = f"{patient} was born 1990-01-26 and has 214 mg/mmol"
    with service(sqlite_url, clock, show_ineligible=True, log_level="debug") as running:
        cards = fire(request, running.http).json()["cards"]
        for card in [*cards, "1"]:
            running.tell(overridden(card, clock.now, overrideReason={"userComment": comment}))
        fire({**request, "context": {"userId": f"Patient/{patient}", "patientId": patient}}, running.http)
        figures = running.http.get("/metrics").text
    stored = json.dumps([rows(sqlite_url, name) for name in metadata.tables], default=str)
    database = database_of(settings_of(sqlite_url))
    with database.reading_on() as connection:
        trail = audit_bundle(calls(connection, None, None)).decode()
    database.close()
    logged = "".join(capfd.readouterr())
    # What may look like a word of a chart and is none: ids of our own, durations, and FHIR's own words.
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    logged = json.dumps([{k: v for k, v in line.items() if k != "duration_ms"} for line in lines])
    labels = "\n".join(re.sub(r'le="[\d.]+"', "", line).rpartition(" ")[0] for line in figures.splitlines())
    kept = "\n".join((stored, labels, logged))
    assert len(lines) >= 4
    assert found_in(kept, told_of(request)) == []
    own = {"Bundle", "Patient", "Encounter", "https://cds-hooks.hl7.org/hooks"}
    fhir = {word for word in told_of(request) if "terminology.hl7.org" not in word} - own
    assert found_in(trail, fhir) == []
    for secret in (TOKEN, patient, "1990-01-26", "214", "encounter-of-today"):
        assert secret not in re.sub(
            r"[0-9a-f-]{32,36}|\d\d:\d\d:[\d.]+|duration_ms\W+[\d.]+", "", kept + trail
        )


def test_the_file_itself_holds_nothing_of_a_chart(sqlite_url: str, clock: Clock) -> None:
    with service(sqlite_url, clock) as running:
        running.cards()
    content = Path(sqlite_url.removeprefix("sqlite:///")).read_bytes()
    assert b"patient-view" in content
    for word in ("lin-mei", "Lin", "Mei", "1990", "mg/mmol"):
        assert word.encode() not in content
