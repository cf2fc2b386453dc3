"""Did you mean …? The name that was probably meant by one that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'upcr'?)``, or nothing where no known name is close."""
    names = {one.casefold(): one for one in known}
    close = get_close_matches(name.casefold(), list(names), n=1, cutoff=0.7)
    return f" (did you mean '{names[close[0]]}'?)" if close else ""
