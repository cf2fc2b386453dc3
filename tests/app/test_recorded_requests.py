"""What others really send: the official sandbox as recorded, and the cases of the HL7 validator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_hooks.prefetch import reconcile
from tests.app.service import HOOK, default_client, outcome_of

DATA = Path(__file__).parents[1] / "data" / "cds-hooks"
SANDBOX = sorted((DATA / "sandbox").glob("*.json"))
CASES = sorted((DATA / "hl7-validator").glob("request-*.json"))

ORDERS = ("order-select", "order-sign")
"""None of the recorded drafts is of a kind that any criterion asks for: no chart is read, no card given."""


@pytest.mark.parametrize("file", SANDBOX, ids=lambda file: file.stem)
def test_the_sandbox_gets_a_sane_answer(file: Path) -> None:
    sent = json.loads(file.read_text("utf-8"))
    path = sent["path"].replace(sent["path"].split("/")[2], "lupus-trials") if sent["body"] else sent["path"]
    headers = {k: v for k, v in sent["headers"].items() if k.lower() not in ("host", "content-length")}
    body = json.dumps(sent["body"]).encode() if sent["body"] else None
    answer = default_client().request(sent["method"], path, content=body, headers=headers)
    hook = (sent["body"] or {}).get("hook")
    if hook is None:
        assert answer.status_code == 200
    elif hook in ORDERS:
        assert answer.json() == {"cards": []}
    else:
        # The recorded requests answer another service's templates, so that the diagnoses do not come.
        outcome_of(answer, 412)


def test_the_sandboxes_own_patient_is_screened_once_its_answers_come_under_our_keys() -> None:
    recorded = next(file for file in SANDBOX if file.name.startswith("02"))
    request = json.loads(recorded.read_text("utf-8"))["body"]
    given = request["prefetch"]
    request["prefetch"] = {
        "patient": given["patient"],
        "conditions": given["cond"],
        "observations": given["labs"],
    }
    answer = default_client().post(HOOK, json=request)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_the_validators_cases_get_a_sane_answer(file: Path) -> None:
    body = json.loads(file.read_text("utf-8"))
    answer = default_client().post(HOOK, content=file.read_bytes())
    if body["hook"] == "patient-view":
        outcome_of(answer, 412)
    elif "draftOrders" in body["context"]:
        assert answer.json() == {"cards": []}
    else:
        assert outcome_of(answer, 400)["expression"] == ["context.draftOrders"]


def test_the_old_wrapper_around_a_resource_is_a_failure_and_null_is_known_empty() -> None:
    body = json.loads((DATA / "hl7-validator" / "request-patient-view-bad.json").read_text("utf-8"))
    prefetch = {key: msgspec.Raw(json.dumps(value).encode()) for key, value in body["prefetch"].items()}
    expected: dict[str, Any] = {"item1": "Patient", "item2": "MedicationRequest", "item3": "Condition"}
    states = {key: found.state for key, found in reconcile(prefetch, expected).items()}
    assert states == {"item1": "failed", "item2": "failed", "item3": "empty"}
