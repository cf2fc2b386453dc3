"""Which trial a card led to, as far as the EHR hands it on (``appContext`` of CDS Hooks)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec


def trial_of(app_context: Any, known: Collection[str]) -> str | None:
    """The id of the protocol in the ``appContext`` of our links; ``None`` where there is none that is known.

    EHRs hand it on as the text that it was, or taken apart.
    """
    told = app_context
    if isinstance(told, str):
        try:
            told = msgspec.json.decode(told)
        except (msgspec.DecodeError, RecursionError):
            return None
    named = told.get("protocol") if isinstance(told, dict) else None
    return named if isinstance(named, str) and named in known else None
