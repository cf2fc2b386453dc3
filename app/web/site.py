"""The site: which pages this installation serves, and the navigation between them."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from app.language import Language
from app.web.pages import Pages
from app.web.static_files import static_routes


def add_site(application: FastAPI, language: Language, links: Mapping[str, str]) -> Pages:
    """Serve what all pages share; the pages themselves are added by whoever wires them.

    ``links``: address of each page that the navigation names, by key of the words of ``layout``.
    """
    pages = Pages(language, links)
    pages.answer_errors(application)
    application.include_router(static_routes())
    return pages
