"""From settings to the answers that are kept, and who may give them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime

from app.answers.book import AnswerBook
from app.settings import Settings
from app.store.configured import database_of, pseudonyms_of
from app.store.kept import Watcher


def answer_book(
    settings: Settings,
    now: Callable[[], datetime],
    watcher: Watcher,
    closing: AsyncExitStack,
    *,
    is_open: bool,
) -> AnswerBook | None:
    """The answers, to be let go of by ``closing``; ``None`` where nobody may answer, or nothing is stored."""
    chosen = settings.answers or ("link" if is_open else "off")
    if chosen == "off" or not settings.store:
        return None
    book = AnswerBook(database_of(settings), lambda: pseudonyms_of(settings), now, watcher)
    closing.callback(book.close)
    return book
