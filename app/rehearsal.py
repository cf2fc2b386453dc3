"""Calls that are tried out: for a day of their own, and as if they had never been made.

A rehearsal names itself in the request, so that the same request is always answered alike, whoever sends it::

    "extension": {"org.trialcards.rehearsal": {"asOf": "2026-06-15", "keepEvidence": false}}
"""

from __future__ import annotations

from datetime import date

import msgspec

from app.parameters import iso_date
from cds_hooks.errors import InvalidRequestError
from cds_hooks.json_objects import decoded
from cds_hooks.requests import HookRequest

EXTENSION = "org.trialcards.rehearsal"
"""Name of the request's extension."""

_PLACE = f"extension.{EXTENSION}"


class _Told(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    as_of: str
    keep_evidence: bool = False


class Rehearsal(msgspec.Struct, frozen=True):
    """A call of which nothing is remembered, and to which nothing that was remembered is silent.

    Attributes:
        as_of: the day for which the chart is judged.
        keep_evidence: whether the chart is kept, encrypted, for the links of cards to their evidence.
    """

    as_of: date
    keep_evidence: bool = False


def rehearsal_of(request: HookRequest, *, allowed: bool) -> Rehearsal | None:
    """What the request says of itself; ``None`` for a call that counts.

    Raises:
        InvalidRequestError: it cannot be read, or is not ``allowed``: an answer for today must not pass for
            one of another day.
    """
    raw = request.extension.get(EXTENSION)
    if raw is None:
        return None
    if not allowed:
        raise InvalidRequestError(
            f"'{_PLACE}' is answered only without a token and where the playground is served; leave it out",
            _PLACE,
        )
    told = decoded(raw, _Told, _PLACE)
    try:
        return Rehearsal(iso_date(told.as_of), told.keep_evidence)
    except ValueError as error:
        raise InvalidRequestError(f"'{_PLACE}.asOf': {error}", f"{_PLACE}.asOf") from None
