"""What a browser complains of while a test runs, and what it loads."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

_OWN = ("data:", "blob:", "about:")


class Watch:
    """Collects the faults of all pages of a test, pop-ups among them.

    A fault is an error on the console (a violated Content-Security-Policy and an answer of 400 or above among
    them), an exception that no script caught, and a request to anywhere but the service under test.
    """

    def __init__(self, address: str) -> None:
        """``address``: the origin of the service, as ``http://host:port``."""
        self.address = address
        self._faults: list[str] = []
        self._expected: list[str] = []
        self._loaded: list[Request] = []

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._exception)
        context.on("request", self._request)
        context.on("requestfinished", self._finished)

    def expect(self, pattern: str) -> None:
        """Let the test meet faults whose words match this regular expression; it fails if there are none."""
        self._expected.append(pattern)

    @property
    def faults(self) -> list[str]:
        """The faults that no test expected, and the expected ones that did not come."""
        unmet = [f"expected: {p}" for p in self._expected if not any(re.search(p, f) for f in self._faults)]
        return [f for f in self._faults if not any(re.search(p, f) for p in self._expected)] + unmet

    def transferred(self) -> int:
        """Bytes that came from the network until now, heads of answers included, over all pages."""
        sizes = [request.sizes() for request in self._loaded]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)

    def _finished(self, request: Request) -> None:
        self._loaded.append(request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._faults.append(f"console: {message.text} ({message.location['url']})")

    def _exception(self, error: WebError) -> None:
        self._faults.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        url = request.url
        if url.startswith((f"{self.address}/", *_OWN)):
            return
        # A report in a file of its own may be opened, and load nothing.
        if url.startswith("file:") and request.is_navigation_request() and not request.frame.parent_frame:
            return
        self._faults.append(f"request to elsewhere: {url}")
