"""``/`` where there is no playground: what this is, and where its parts are."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from app.web.pages import Pages


def landing_routes(pages: Pages) -> APIRouter:
    """The page; it takes nothing and tells nothing of any chart."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def landing(request: Request) -> HTMLResponse:
        return pages.page(request, "landing.html")

    return routes
