"""Pages: a template, the reader's language, and headers by which a browser runs nothing but our own files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import escape

from app.language import LANGUAGES, Language, negotiated
from app.rendering.cards import SIGNS, followable, markdown
from app.rendering.page import environment
from app.rendering.protocol_account import prose_language, prose_words, told_markup
from app.rendering.telling import speaking
from app.web.errors import PageError
from app.web.packed import pack
from app.web.static_files import static_url
from app.web.words import page_words

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content-Security-Policy of pages: no inline script or style, nothing from another host."""
LANGUAGE_PARAMETER: Final = "lang"
LANGUAGE_COOKIE: Final = "lang"


@cache
def templates() -> Environment:
    """The templates of pages; those of reports may be included. Every value is plain and escaped.

    ``as_it_is`` keeps line breaks and blanks of what has no hidden signs any more.
    """
    made = environment().overlay(
        loader=ChoiceLoader([PackageLoader("app.web"), PackageLoader("app.rendering")])
    )
    made.globals.update(environment().globals)
    made.globals["static_url"] = static_url
    made.globals.update(markdown=markdown, followable=followable, signs=SIGNS)
    made.filters["as_it_is"] = escape
    for show in (prose_language, prose_words, told_markup):
        made.globals[show.__name__] = show
    return made


class Pages:
    """Renders pages in the reader's language.

    ``default``: the language where the reader names none that there is. ``links``: address of each entry of
    the site's navigation, by key of ``layout``; those that are not served are left out.
    """

    def __init__(self, default: Language, links: Mapping[str, str]) -> None:
        self.default = default
        self.links = links

    def language(self, request: Request) -> Language:
        """By the address (``?lang=``), else as chosen before (a cookie), else as the browser asks."""
        for chosen in (request.query_params.get(LANGUAGE_PARAMETER), request.cookies.get(LANGUAGE_COOKIE)):
            for known in LANGUAGES:
                if chosen == known:
                    return known
        return negotiated(request.headers.get("accept-language"), self.default)

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: object,
    ) -> HTMLResponse:
        """A page of that template: with ``say(key, **args)``, ``language``, ``person`` and the ``context``.

        ``person``: who is signed in, where the route asks (``app.web.signed_in``).
        """
        language = self.language(request)
        words = page_words(language)
        with speaking(language):
            body = (
                templates()
                .get_template(template)
                .render(
                    say=words.say,
                    language=language,
                    languages=LANGUAGES,
                    here=request.url,
                    links=self.links,
                    person=getattr(request.state, "person", None),
                    **context,
                )
            )
        answer = HTMLResponse(body, status_code=status, headers=dict(headers or {}))
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        # Without any referrer a browser names no origin with its forms either.
        answer.headers["Referrer-Policy"] = "same-origin"
        answer.headers["Content-Language"] = language
        answer.headers.add_vary_header("Accept-Language")
        if request.query_params.get(LANGUAGE_PARAMETER) == language:
            answer.set_cookie(
                LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="lax", httponly=True, path="/"
            )
        pack(request, answer)
        return answer

    def answer_errors(self, application: FastAPI) -> None:
        """Make every ``PageError`` a page."""

        @application.exception_handler(PageError)
        async def refused(request: Request, error: PageError) -> HTMLResponse:
            said = page_words(self.language(request)).say(error.key, **error.words)
            return self.page(request, "error.html", status=error.status, said=said)
