"""What a request shows to be let in."""

from __future__ import annotations

from collections.abc import Generator

import httpx


class BearerToken(httpx.Auth):
    """A token that was handed over. It does not show in ``repr``.

    Raises:
        ValueError: it is empty, or has blanks or characters that no token has (RFC 6750, 2.1).
    """

    def __init__(self, token: str) -> None:
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("the token is empty, or has blanks or characters that a header cannot hold")
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        self.show(request)
        yield request

    def show(self, request: httpx.Request) -> None:
        """Add the header, in place of another token if there is one."""
        request.headers["authorization"] = self._header

    def __repr__(self) -> str:
        return "BearerToken(…)"
