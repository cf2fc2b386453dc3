"""The hook: from a request's body to cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import msgspec

from app.cards.compose import compose_cards
from app.cards.wording import wording
from app.clients.profile import ClientProfile
from app.prefetch_table import RESOURCE_TYPES
from app.prefetched_chart import Chart, read_chart
from app.screening import ScreeningService
from app.settings import Settings
from cds_hooks.cards import CardsResponse
from cds_hooks.errors import InsufficientDataError
from cds_hooks.prefetch import Prefetched
from cds_hooks.requests import read_request

SERVICE_ID = "lupus-trials"
PATIENT_VIEW = "patient-view"

_GATE_TYPE = "Condition"
_GATE_KEY = next(key for key, kind in RESOURCE_TYPES.items() if kind == _GATE_TYPE)
_ENCODER = msgspec.json.Encoder()


class HookAnswer(NamedTuple):
    """The response's body, and counts for the log."""

    body: bytes
    counts: Mapping[str, int | str]


class TrialsHook:
    """Answers the hook from prefetch alone; holds nothing of any patient between calls.

    ``today`` tells the evaluation date: nothing below reads a clock.

    Raises:
        FileNotFoundError: there is no catalogue for the language.
    """

    served_hooks = (PATIENT_VIEW,)

    def __init__(self, service: ScreeningService, settings: Settings, today: Callable[[], date]) -> None:
        self._service = service
        self._settings = settings
        self._today = today
        wording(settings.language)  # so that a language without words is found at the start

    @property
    def conditions(self) -> tuple[str, ...]:
        """The diseases of the open trials, in the protocols' words."""
        return tuple(
            dict.fromkeys(
                bound.protocol.condition for bound in self._service.protocols.values() if bound.protocol.open
            )
        )

    async def answer(self, body: bytes, client: ClientProfile) -> HookAnswer:
        """Cards for the patient in context, for this client.

        Raises:
            cds_hooks.errors.CdsHooksError: the request cannot be answered; each with its HTTP status.
        """
        request = read_request(body, self.served_hooks)
        chart = read_chart(request, client.not_offered or ())
        report = self._service.screen_applicable(chart.record, self._today())
        if not report.screenings:
            _must_know_the_diagnoses(chart)
        cards = compose_cards(
            report,
            self._service.protocols,
            show_ineligible=self._settings.show_ineligible,
            language=self._settings.language,
        )
        counts = _counts(chart.received)
        return HookAnswer(
            _ENCODER.encode(CardsResponse(cards)),
            {
                "hook": request.hook.name,
                "cards": len(cards),
                "screenings": len(report.screenings),
                "unread": len(report.unread),
                **counts,
            },
        )


def _must_know_the_diagnoses(chart: Chart) -> None:
    """No card for want of data is not the same as no card for want of the disease.

    Raises:
        InsufficientDataError: diagnoses were not retrieved, so that nothing could be told.
    """
    if chart.record.deceased:
        return
    if chart.record.retrieval_of((_GATE_TYPE,)) in ("failed", "not-asked"):
        raise InsufficientDataError(
            f"diagnoses are needed: prefetch '{_GATE_KEY}' did not come or is no searchset",
            f"prefetch.{_GATE_KEY}",
        )


def _counts(received: Mapping[str, Prefetched]) -> dict[str, int]:
    states = Counter(prefetched.state for prefetched in received.values())
    return {
        "resources": sum(len(prefetched.resources) for prefetched in received.values()),
        "prefetch_missing": states["missing"],
        "prefetch_failed": states["failed"],
        "prefetch_truncated": sum(prefetched.truncated for prefetched in received.values()),
    }
