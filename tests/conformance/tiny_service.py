"""A tiny CDS Hooks service that keeps to every rule, and whose every part a test can break."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from conformance import Plan, Report, SigningKey, run
from conformance.caller import Caller
from conformance.requests import SHAPES

Json = dict[str, Any]
BASE = "https://cds.example"
ISSUER = "https://ehr.example"
ID = "tiny"
HOOK = "patient-view"

CARD: Json = {
    "summary": "Nothing to do",
    "detail": "All is **well**.",
    "indicator": "info",
    "source": {
        "label": "Tiny",
        "url": "https://tiny.example",
        "icon": "https://tiny.example/icon.png",
        "topic": {"system": "https://tiny.example/topics", "code": "t", "display": "Topic"},
    },
    "selectionBehavior": "at-most-one",
    "suggestions": [
        {
            "label": "Order it",
            "uuid": "8b1a7e0e-6c5b-4f0c-8f9c-1f2f6f0f7c11",
            "isRecommended": True,
            "actions": [
                {
                    "type": "create",
                    "description": "Order it",
                    "resource": {"resourceType": "ServiceRequest", "status": "draft"},
                },
                {"type": "delete", "description": "Drop it", "resourceId": "ServiceRequest/1"},
            ],
        },
        {"label": "Leave it"},
    ],
    "overrideReasons": [{"system": "https://tiny.example/reasons", "code": "r", "display": "Not now"}],
    "links": [
        {"label": "Read", "url": "https://tiny.example/read", "type": "absolute"},
        {
            "label": "Open",
            "url": "https://tiny.example/launch",
            "type": "smart",
            "appContext": "x",
            "autolaunchable": False,
        },
    ],
    "extension": {"org.example.tiny": {"a": 1}},
}

SERVICE: Json = {
    "id": ID,
    "hook": HOOK,
    "title": "Tiny",
    "description": "Does nothing",
    "usageRequirements": "None",
    "prefetch": {
        "patient": "Patient/{{context.patientId}}",
        "conditions": "Condition?patient={{context.patientId}}&_count=100",
    },
    "extension": {"org.example.tiny": True},
}


class Refusal(Exception):  # noqa: N818  # only the tests see it
    """A status and what to say."""

    def __init__(self, status: int, code: str = "invalid") -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Tiny:
    """The service. ``key``: whose calls it takes; anybody's without one.

    Tests break it by changing ``service`` and ``card``, by replacing a method, or through ``spoil``, which
    sees each answer last.
    """

    def __init__(self, key: SigningKey | None = None) -> None:
        self.services: list[Json] = [deepcopy(SERVICE)]
        self.card = deepcopy(CARD)
        self.response: Json = {"systemActions": [{"type": "delete", "resourceId": "Task/1"}]}
        self.key = key
        self.seen: set[str] = set()
        self.required = ("hook", "hookInstance", "context")
        self.lax = False
        self.spoil: Callable[[httpx.Request, httpx.Response], httpx.Response] = lambda _, answer: answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = self.answer(request)
        except Refusal as refusal:
            issue = {"severity": "error", "code": refusal.code}
            document = {"resourceType": "OperationOutcome", "issue": [issue]}
            answer = httpx.Response(refusal.status, json=document)
        return self.spoil(request, answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "OPTIONS":
            allowed = {
                "access-control-allow-origin": request.headers["origin"],
                "access-control-allow-headers": "authorization, content-type",
            }
            return httpx.Response(204, headers=allowed)
        self.authenticate(request)
        if path == "/cds-services":
            return httpx.Response(200, json={"services": self.services})
        if path == f"/cds-services/{ID}":
            return httpx.Response(200, json=self.cards(self.document(request)))
        if path == f"/cds-services/{ID}/feedback":
            self.feedback(self.document(request))
            return httpx.Response(200)
        raise Refusal(404, "not-found")

    def document(self, request: httpx.Request) -> Json:
        try:
            found = json.loads(request.content)
        except ValueError:
            raise Refusal(400, "structure") from None
        if not isinstance(found, dict):
            raise Refusal(400)
        return found

    def cards(self, asked: Json) -> Json:
        if not self.lax:
            self.must_be_whole(asked)
        prefetch = asked.get("prefetch") or {}
        if not isinstance(prefetch.get("patient"), dict) or "conditions" not in prefetch:
            self.want_of_data()
        return {"cards": [{**self.card, "uuid": self.card.get("uuid", str(uuid.uuid4()))}], **self.response}

    def want_of_data(self) -> None:
        raise Refusal(412, "incomplete")

    def must_be_whole(self, asked: Json) -> None:
        if any(name not in asked for name in self.required) or not isinstance(asked.get("context"), dict):
            raise Refusal(400, "required")
        if asked["hook"] != HOOK or any(not asked["context"].get(name) for name in SHAPES[HOOK].required):
            raise Refusal(400)
        token = asked.get("fhirAuthorization")
        if token is not None and not (
            "fhirServer" in asked
            and "access_token" in token
            and token["token_type"] == "Bearer"
            and isinstance(token["expires_in"], int)
        ):
            raise Refusal(400)

    def feedback(self, given: Json) -> None:
        items = given.get("feedback")
        if not isinstance(items, list) or not all(self.item_is_whole(item) for item in items):
            raise Refusal(400)

    def item_is_whole(self, item: Json) -> bool:
        told = str(item.get("outcomeTimestamp"))
        return (
            bool(item.get("card"))
            and item.get("outcome") in ("accepted", "overridden")
            and (item["outcome"] == "overridden" or bool(item.get("acceptedSuggestions")))
            and told[4:5] == "-"
            and told.endswith("Z")
            and bool(item.get("overrideReason", True))
        )

    def authenticate(self, request: httpx.Request) -> None:
        if self.key is None:
            return
        try:
            token = request.headers["authorization"].removeprefix("Bearer ")
            header = jwt.get_unverified_header(token)
            if (header["kid"], header["typ"], header.get("jku")) != (self.key.key_id, "JWT", None):
                raise Refusal(401, "login")
            claims = jwt.decode(
                token,
                self.key.private.public_key(),
                algorithms=["ES384"],
                audience=str(request.url),
                issuer=ISSUER,
                options={"require": ["iss", "aud", "exp", "iat", "jti"]},
            )
        except (jwt.PyJWTError, KeyError):
            raise Refusal(401, "login") from None
        if claims["jti"] in self.seen:
            raise Refusal(401, "login")
        self.seen.add(claims["jti"])


def signing_key() -> SigningKey:
    return SigningKey(ec.generate_private_key(ec.SECP384R1()), "k1", ISSUER)


def report_of(tiny: Tiny, key: SigningKey | None = None, plan: Plan = Plan()) -> Report:  # noqa: B008
    """The suite against it; ``key`` defaults to the one that it takes."""
    transport = httpx.MockTransport(tiny)
    with Caller(BASE, key=key or tiny.key, transport=transport) as caller:
        return run(caller, plan)


def failed(report: Report) -> set[str]:
    return {result.number for result in report.results if result.status == "failed"}
