"""From settings to the answers that are kept, and who may give them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Literal

from app.answers.book import AnswerBook
from app.settings import Settings
from app.store.configured import database_of, pseudonyms_of
from app.store.kept import Watcher

WhoAnswers = Literal["off", "link", "signed-in"]


def who_answers(settings: Settings, *, is_open: bool) -> WhoAnswers:
    """Who may answer: as set; else whoever has the link to an open service, and investigators of another."""
    if not settings.store:
        return "off"
    return settings.answers or ("link" if is_open else "signed-in")


def answer_book(
    settings: Settings,
    who: WhoAnswers,
    now: Callable[[], datetime],
    watcher: Watcher,
    closing: AsyncExitStack,
) -> AnswerBook | None:
    """The answers, to be let go of by ``closing``; ``None`` where nobody may answer."""
    if who == "off":
        return None
    book = AnswerBook(database_of(settings), lambda: pseudonyms_of(settings), now, watcher)
    closing.callback(book.close)
    return book
