"""The same call as a command that can be copied into a shell."""

from __future__ import annotations

import shlex

from app.playground.excerpts import visible
from app.playground.firing import HOOK_PATH

LONGEST = 2_000
"""Bytes of a request that is written into the command itself."""
FILE = "request.json"
"""What a request is saved as."""


def curl(base: str, request: bytes, language: str, asked: str | None) -> str:
    """The command that sends the request and prints the answer.

    Args:
        base: address of the service, without a slash at the end.
        request: as it was sent.
        language: what the answer is asked for in.
        asked: path and query at which the service makes such a request; ``None`` where it cannot, and
            the request is to be saved first.
    """
    call = (
        f"curl -s {shlex.quote(base + HOOK_PATH)} -H 'Content-Type: application/json' "
        f"-H {shlex.quote(f'Accept-Language: {language}')} --data-binary"
    )
    if len(request) <= LONGEST:
        return f"{call} {shlex.quote(visible(request.decode()))}"
    if asked is None:
        return f"{call} @{FILE}"
    return f"curl -s {shlex.quote(base + asked)} |\n  {call} @-"
