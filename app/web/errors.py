"""Why a page cannot be shown."""

from __future__ import annotations


class PageError(Exception):
    """Ends a request for a page with a page that says why.

    Args:
        status: HTTP status, 4xx.
        key: of the page words, e.g. ``layout.error.not-found``.
        args: what fills the words; nothing of a chart.
    """

    def __init__(self, status: int, key: str, **args: str) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.words = args
