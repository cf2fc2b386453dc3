"""Forms are taken from this service's own pages only (protection against cross-site request forgery).

By the headers that browsers set and pages cannot: ``Sec-Fetch-Site``, or ``Origin`` against ``Host`` where a
browser does not send that one (OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Fetch Metadata").
Session cookies are ``SameSite`` besides.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from app.web.errors import PageError


def must_be_same_origin(request: Request) -> None:
    """A FastAPI dependency for routes that change something.

    Raises:
        PageError: 403, where the browser says that another site sent the request, or does not say which did.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise PageError(403, "layout.error.foreign")
        return
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
        raise PageError(403, "layout.error.foreign")
