"""What the playground does: from what was chosen, and a chart, to the request and the service's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from starlette.types import ASGIApp

from app.aside import aside, weight
from app.clients.profile import ClientProfile
from app.demo.orders import demo_orders
from app.demo.patients import demo_patients
from app.demo.requests import held
from app.hook import TrialsHook, served_to
from app.playground.chosen import Chosen, Offers
from app.playground.errors import PlaygroundError
from app.playground.firing import Fired, fire, request_body
from app.playground.uploaded import Person, Upload, read_upload

DEFAULT_PATIENT = "lin-mei"


class Brought(NamedTuple):
    """A file that somebody brings.

    Attributes:
        whose: id of the patient, where it holds several.
        keep_evidence: whether its chart may be kept, encrypted, for the links of cards.
    """

    content: bytes
    whose: str | None = None
    keep_evidence: bool = False


class Made(NamedTuple):
    """A request that was put together.

    Attributes:
        body: JSON; empty where there are several patients and none was chosen.
        people: the patients of a file.
        whose: the one whose chart it is.
        left_out: resources of a file that are about somebody else.
    """

    body: bytes
    people: tuple[Person, ...] = ()
    whose: str | None = None
    left_out: int = 0


class Playground:
    """Plays the EHR to ``application``, which is called with all that a call from outside passes.

    ``hook`` names the prefetch templates, ``client`` is the profile of calls without a token, ``today`` the
    clock of the hook.
    """

    def __init__(
        self, application: ASGIApp, hook: TrialsHook, client: ClientProfile, today: Callable[[], date]
    ) -> None:
        self._application = application
        self._templates: Mapping[str, str] = hook.templates(by_category=client.observations_by_category)
        self._client = client
        self._today = today

    def offers(self) -> Offers:
        """What there is to choose from."""
        known = [DEFAULT_PATIENT, *(name for name in demo_patients() if name != DEFAULT_PATIENT)]
        # Of a server that wants a token nothing would come: the playground has none.
        servers = self._client.fhir_servers if self._client.open_fhir_servers else ()
        return Offers(known, served_to(self._client), demo_orders(), servers, self._today())

    def demonstrated(self, chosen: Chosen) -> Made:
        """The request on a demonstration patient, whose chart is as it stands today.

        Raises:
            PlaygroundError: a file was chosen, and there is none.
        """
        patient = demo_patients().get(chosen.patient)
        if patient is None:
            raise PlaygroundError("no-file")
        today = self._today()
        body = request_body(chosen, held(patient, today), self._templates, today, keep_evidence=True)
        return Made(body)

    async def brought(self, chosen: Chosen, brought: Brought, most_bytes: int, deepest: int) -> Made:
        """The request on a chart from a file.

        Raises:
            PlaygroundError: the file cannot be used.
        """

        def made() -> Made:
            upload = read_upload(brought.content, most_bytes, deepest)
            whose = _whose(upload, brought.whose)
            if whose is None:
                return Made(b"", upload.people)
            chart, left_out = upload.held(whose)
            body = request_body(
                chosen, chart, self._templates, self._today(), keep_evidence=brought.keep_evidence
            )
            return Made(body, upload.people, whose, left_out)

        return await aside(weight([len(brought.content)]), made)

    async def fire(self, request: bytes, language: str) -> Fired:
        """What the service answers to a request, for a reader of this language."""
        return await fire(self._application, request, language)


def _whose(upload: Upload, named: str | None) -> str | None:
    """The patient who is meant: the only one, or the one who was named."""
    ids = [person.id for person in upload.people]
    return ids[0] if len(ids) == 1 else named if named in ids else None
