"""A service that is told what is new by the EHR of the tests, and what a server posts to it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from app.server import create_app
from tests.app.ehr import BASE, NETWORK, Ehr
from tests.app.people.coming_in import StandingClock
from tests.app.service import AS_OF, LUPUS, screening_service
from tests.app.store.serving import rows, settings_of

NAME = "ehr"
PATH = f"/subscriptions/{NAME}"
SECRET = "a-secret-of-forty-characters-and-no-less"
SHOWN = {"Authorization": f"Bearer {SECRET}"}
PATIENCE = 20.0


def subscriptions_file(folder: Path, *named: dict[str, Any], secret: str = SECRET) -> Path:
    """The operator's file; each subscription as the default one, but for what is named."""
    (folder / "secret").write_text(secret, "utf-8")
    whole = [
        {"name": NAME, "fhir_base": BASE, "secret_file": str(folder / "secret"), **one}
        for one in named or ({},)
    ]
    file = folder / "subscriptions.yaml"
    file.write_text(json.dumps({"subscriptions": whole}), "utf-8")
    return file


class Notified:
    """A running service beside an EHR."""

    def __init__(self, http: TestClient, url: str, ehr: Ehr) -> None:
        self.http, self.url, self.ehr = http, url, ehr

    def post(self, body: Any = None, path: str = PATH, method: str = "POST", **more: Any) -> Response:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.http.request(method, path, content=content, **{"headers": SHOWN, **more})

    def screened(self, times: int = 1) -> list[dict[str, Any]]:
        """The screenings in the audit trail, once there are so many."""
        return self.until(lambda: self.in_trail(), lambda found: len(found) >= times)

    def in_trail(self) -> list[dict[str, Any]]:
        return [row for row in rows(self.url, "hook_calls") if row["hook"] == "subscription"]

    def settled(self) -> None:
        """Wait until nothing waits and nothing is at work: the work is one thing after another."""
        self.until(lambda: self.figure("rescreenings_waiting"), lambda found: found == 0)

    def figure(self, name: str, **labels: str) -> float:
        """A figure of the metrics, summed over the labels that are not named."""
        lines = self.http.get("/metrics").text.splitlines()
        told = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if line.startswith(f"trialcards_{name}") and all(one in line for one in told)
        )

    def until(self, look: Callable[[], Any], so: Callable[[Any], bool]) -> Any:
        ends = time.monotonic() + PATIENCE
        while not so(found := look()):
            assert time.monotonic() < ends, found
            time.sleep(0.02)
        return found


@contextmanager
def notified(
    url: str,
    folder: Path,
    ehr: Ehr | None = None,
    file: Path | None = None,
    clock: StandingClock | None = None,
    **settings: Any,
) -> Iterator[Notified]:
    """The service, told by this EHR."""
    ehr = ehr or Ehr()
    told = settings_of(
        url,
        subscriptions=file or subscriptions_file(folder),
        **{"subscription_settle_seconds": 0.05, "screening_list": True, **settings},
    )
    application = create_app(
        told, service=screening_service(), today=lambda: AS_OF, now=clock or StandingClock()
    )
    with NETWORK:
        NETWORK.route(host="ehr.example").mock(side_effect=ehr.answer)
        with TestClient(application, raise_server_exceptions=False) as http:
            yield Notified(http, url, ehr)


def observation(patient: str = f"Patient/{LUPUS}", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "new-result",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29610-3"}]},
        "subject": {"reference": patient},
        "effectiveDateTime": "2026-06-14",
        "valueString": "Not detected",
        **more,
    }


def parameter(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"name": name, f"value{kind}": value}


def event(number: int, focus: str | None, *context: str) -> dict[str, Any]:
    parts = [parameter("event-number", "String", str(number))]
    if focus is not None:
        parts.append(parameter("focus", "Reference", {"reference": focus}))
    parts += [parameter("additional-context", "Reference", {"reference": one}) for one in context]
    return {"name": "notification-event", "part": parts}


def notification(kind: str, *events: dict[str, Any], so_far: int = 0, resources: Any = ()) -> dict[str, Any]:
    """A Bundle as in Subscriptions R5 Backport 1.1, for R4 (backport-subscription-notification-r4)."""
    status = {
        "resourceType": "Parameters",
        "id": "status",
        "parameter": [
            parameter("subscription", "Reference", {"reference": f"{BASE}/Subscription/s1"}),
            parameter("topic", "Canonical", "http://ehr.example/topics/results"),
            parameter("status", "Code", "active"),
            parameter("type", "Code", kind),
            parameter("events-since-subscription-start", "String", str(so_far)),
            *events,
        ],
    }
    entries = [{"fullUrl": "urn:uuid:0b8f3c1a-5b0e-4f0a-9a64-0a4a5ad5f0f1", "resource": status}]
    entries += [
        {"fullUrl": f"{BASE}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources
    ]
    return {"resourceType": "Bundle", "type": "history", "entry": entries}
