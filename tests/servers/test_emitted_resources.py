"""What leaves the service as FHIR is valid FHIR R4, in the judgement of HAPI's validator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from sandbox.hapi import Issue, validate
from tests.servers.conftest import Once
from tests.servers.emitted import EMITTED

Resource = dict[str, Any]
Judgement = Mapping[str, Mapping[str, Sequence[Issue]]]


SOUND_OUTCOME: Resource = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "invalid"}],
}
BROKEN: Mapping[str, Resource] = {
    "a required element lacks": {"resourceType": "OperationOutcome"},
    "a code is not in its value set": {**SOUND_OUTCOME, "issue": [{"severity": "error", "code": "bad-luck"}]},
    "there is no such element": {**SOUND_OUTCOME, "remark": "none"},
    "there is no such resource": {"resourceType": "NoSuchResource"},
    "an answer to no question of the form": {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "questionnaire": "https://trialcards.org/fhir/Questionnaire/nct07517536|2",
        "item": [{"linkId": "no-such-question", "text": "?"}],
    },
}


@pytest.fixture(scope="module")
def judged(java_side: None, once: Once) -> Judgement:
    """What the validator says of each resource, by kind and name; it is started once for all."""
    told = once("judgements", lambda: msgspec.json.encode(_judged()).decode())
    return msgspec.json.decode(told, type=dict[str, dict[str, list[Issue]]])


def _judged() -> Judgement:
    given = [(kind, name, resource) for kind, make in EMITTED.items() for name, resource in make()]
    given += [("broken", name, resource) for name, resource in BROKEN.items()]
    given += [("sound", "outcome", SOUND_OUTCOME)]
    found: dict[str, dict[str, Sequence[Issue]]] = defaultdict(dict)
    for (kind, name, _), issues in zip(given, validate(each[2] for each in given), strict=True):
        found[kind][name] = issues
    return found


def faults(issues: Sequence[Issue]) -> list[Issue]:
    return [issue for issue in issues if issue.severity in ("error", "fatal")]


@pytest.mark.parametrize("kind", EMITTED)
def test_every_resource_that_the_service_emits_is_without_error(kind: str, judged: Judgement) -> None:
    assert judged[kind], "nothing of this kind was made"
    found = [
        f"{name}, {fault.location}: {fault.message}"
        for name, issues in judged[kind].items()
        for fault in faults(issues)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("fault", BROKEN)
def test_the_validator_sees_that(fault: str, judged: Judgement) -> None:
    assert not faults(judged["sound"]["outcome"])
    assert faults(judged["broken"][fault])
