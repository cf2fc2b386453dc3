"""Calls of hooks as the store keeps them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from app.store.records import (
    NOT_KEPT,
    UNKNOWN_CLIENT,
    AnswerRecord,
    HookCall,
    JudgedTrial,
    PageView,
    RefusedCall,
)

CALL = HookCall(
    id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1",
    at=datetime(2026, 6, 15, 9, 30, tzinfo=UTC),
    hook="patient-view",
    client="clinic",
    user="Practitioner/123",
    patient="ab" * 16,
    encounter="cd" * 16,
    judged=(
        JudgedTrial(trial="nct1", version="2", verdict="undetermined", card="c1"),
        JudgedTrial(trial="nct2", version="1", verdict="ineligible", silence="not-shown"),
    ),
)

PSEUDONYMOUS = msgspec.structs.replace(CALL, id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f2", user="ef" * 16)
NOBODY = msgspec.structs.replace(
    CALL, id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f3", user=None, encounter=None, judged=(), hook="order-sign"
)
SCREENED = msgspec.structs.replace(NOBODY, id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f4", hook="screenings")
CALLS = (CALL, PSEUDONYMOUS, NOBODY, SCREENED)

NOBODYS = RefusedCall(
    id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f5",
    at=datetime(2026, 6, 15, 9, 31, tzinfo=UTC),
    call="hook",
    hook=None,
    client=UNKNOWN_CLIENT,
    status=401,
    reason="signature",
)
INSUFFICIENT = msgspec.structs.replace(
    NOBODYS,
    id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f6",
    hook="patient-view",
    client="clinic",
    status=412,
    reason="incomplete",
)
FAILED = msgspec.structs.replace(
    NOBODYS, id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f7", call="feedback", status=503, reason="transient"
)
SEVERAL = msgspec.structs.replace(
    NOBODYS, id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f8", call=None, status=None, reason=NOT_KEPT, calls=311
)
REFUSED = (NOBODYS, INSUFFICIENT, FAILED, SEVERAL)

VIEW = PageView(
    id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f9",
    at=datetime(2026, 6, 15, 9, 32, tzinfo=UTC),
    person="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0fa",
    page="list",
    patient="ab" * 16,
    trial="nct1",
)
VIEW_OF_NOBODY = msgspec.structs.replace(
    VIEW, id="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0fb", patient=None, trial=None
)
VIEWS = (VIEW, VIEW_OF_NOBODY)

ANSWER = AnswerRecord(
    id="8d4f4f9b-3a37-45a1-9ee5-b11f8a4d8a46",
    at=datetime(2026, 6, 15, 10, tzinfo=UTC),
    act="answer",
    client="open",
    user="Practitioner/1",
    patient="ab" * 16,
    trial="nct1",
    version="2",
    question="nct1/E1/judged",
)
ANSWERS = (
    ANSWER,
    msgspec.structs.replace(
        ANSWER,
        id="8d4f4f9b-3a37-45a1-9ee5-b11f8a4d8a47",
        act="answer-withdrawn",
        user="0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0fa",
    ),
    msgspec.structs.replace(ANSWER, id="8d4f4f9b-3a37-45a1-9ee5-b11f8a4d8a48", user=None),
)
"""Answered by a user of the EHR, taken back by a person who was signed in, and answered by nobody known."""
