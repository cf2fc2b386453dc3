"""The terminal, or what stands in its place: signs that it cannot show never stop the output."""

from __future__ import annotations

import io
import sys

from rich.console import Console


def terminal() -> Console:
    """Standard output for tables and styled text."""
    tolerate_unknown_signs()
    return Console()


def tolerate_unknown_signs(instead: str = "replace") -> None:
    """Let standard output put something in the place of signs that its encoding lacks.

    ``instead`` is an error handler of Python's codecs: ``replace`` puts ``?``.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=instead)
