"""What is to be tried: whose chart, which hook, for which day, and how much of the chart is sent along."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple
from urllib.parse import urlencode

import msgspec

from app.order_hooks import ORDER_HOOKS
from app.parameters import iso_date
from app.playground.errors import PlaygroundError

Share = Literal["all", "half", "none"]
"""How much of what discovery asks for is prefetched; half: the first half of the keys, in its order."""

SHARES: Final[tuple[Share, ...]] = ("all", "half", "none")
UPLOADED: Final = "uploaded"
"""Stands for a patient where the chart is one that somebody brings."""


class Offers(NamedTuple):
    """What there is to choose from; the first of each is the default.

    Attributes:
        servers: FHIR servers that may be called without a token; there may be none.
        today: the day on which the service looks at charts.
    """

    patients: Collection[str]
    hooks: Collection[str]
    orders: Collection[str]
    servers: Collection[str]
    today: date


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen.

    Attributes:
        patient: of the demonstration, or ``UPLOADED``.
        order: name of the draft order; heeded by the order hooks alone.
        day: for which the chart is judged.
        server: base URL of the EHR's FHIR server, named in the request; ``None``: it names none.
    """

    patient: str
    hook: str
    order: str
    day: date
    prefetch: Share
    server: str | None

    @property
    def drafts(self) -> str | None:
        """The draft order, if the hook has one."""
        return self.order if self.hook in ORDER_HOOKS else None

    def query(self) -> str:
        """The same as the query of an address, which ``read_choice`` reads."""
        told = {
            "patient": self.patient,
            "hook": self.hook,
            "order": self.drafts,
            "date": self.day.isoformat(),
            "prefetch": self.prefetch,
            "server": self.server,
        }
        return urlencode({name: value for name, value in told.items() if value is not None})


def read_choice(given: Mapping[str, str], offers: Offers) -> Chosen:
    """The choice by the fields of a form or an address; what lacks or is empty is the default.

    Raises:
        PlaygroundError: a field holds what is not offered, or the date is none.
    """
    return Chosen(
        patient=_among(given, "patient", (*offers.patients, UPLOADED)),
        hook=_among(given, "hook", offers.hooks),
        order=_among(given, "order", offers.orders),
        day=_day(given.get("date"), offers.today),
        prefetch=_share(_among(given, "prefetch", SHARES)),
        server=_among(given, "server", offers.servers) if given.get("server") else None,
    )


def _among(given: Mapping[str, str], field: str, offered: Collection[str]) -> str:
    value = given.get(field) or next(iter(offered), "")
    if value not in offered:
        raise PlaygroundError("choice", field=field, offered=", ".join(offered) or "–")
    return value


def _share(name: str) -> Share:
    return next(share for share in SHARES if share == name)


def _day(text: str | None, today: date) -> date:
    if not text:
        return today
    try:
        return iso_date(text)
    except ValueError:
        raise PlaygroundError("date") from None
