"""Why something cannot be tried."""

from __future__ import annotations


class PlaygroundError(Exception):
    """What was chosen or brought cannot be used.

    Args:
        key: of the page words, after ``playground.error.``.
        status: HTTP status of the page that says so.
        args: what fills the words; nothing of a chart.
    """

    def __init__(self, key: str, status: int = 400, **args: object) -> None:
        super().__init__(key)
        self.key = f"playground.error.{key}"
        self.status = status
        self.words = args
