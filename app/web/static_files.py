"""Style and scripts, from this package alone: each under an address that changes with its content."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response

from app.errors import UnknownPathError
from app.web.packed import pack

PREFIX: Final = "/static"
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_A_YEAR: Final = "public, max-age=31536000, immutable"


@cache
def _contents() -> dict[str, bytes]:
    folder = files("app.web") / "static"
    return {
        file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in _TYPES
    }


@cache
def static_url(name: str) -> str:
    """The address of a file of ``app/web/static``.

    Raises:
        KeyError: there is no such file.
    """
    return f"{PREFIX}/{hashlib.sha256(_contents()[name]).hexdigest()[:12]}/{name}"


def static_routes() -> APIRouter:
    """``/static/{digest}/{name}``; a digest that is no longer right answers with what there is now.

    ``/favicon.ico`` is what browsers ask for where no page names an icon.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get(PREFIX + "/{digest}/{name}")
    async def static(request: Request, digest: str, name: str) -> Response:
        content = _contents().get(name)
        if content is None:
            raise UnknownPathError("there is no such file")
        current = static_url(name).split("/")[2] == digest
        answer = Response(
            content,
            media_type=_TYPES[name.rpartition(".")[2]],
            headers={"Cache-Control": _A_YEAR if current else "no-cache"},
        )
        pack(request, answer)
        return answer

    @routes.get("/favicon.ico")
    async def icon() -> Response:
        return Response(_contents()["icon.svg"], media_type=_TYPES["svg"])

    return routes
