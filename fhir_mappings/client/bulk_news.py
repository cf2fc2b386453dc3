"""How far an export is, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from fhir_mappings.client.bulk_state import Kept


class News(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is.

    Attributes:
        doing: what is being done. ``note``: something that the user should know is told in ``text``.
        text: in words; while the server works, its own (``X-Progress``).
        files_done, files: that are downloaded, and that there are.
        bytes: downloaded so far.
    """

    doing: Literal["asking", "waiting", "downloading", "note"]
    text: str = ""
    files_done: int = 0
    files: int = 0
    bytes: int = 0


class Teller:
    """Counts, and tells ``heard``."""

    def __init__(self, heard: Callable[[News], None]) -> None:
        self._heard = heard
        self._files = self._done = self._bytes = 0

    def asking(self, text: str) -> None:
        """The export is asked for."""
        self._heard(News(doing="asking", text=text))

    def waiting(self, text: str) -> None:
        """The server works."""
        self._heard(News(doing="waiting", text=text))

    def note(self, text: str) -> None:
        """Something that the user should know."""
        self._heard(News(doing="note", text=text))

    def begin(self, kept: Kept) -> None:
        """What is there already."""
        files = kept.state.files
        self._files, self._done = len(files), sum(file.done for file in files)
        parts = (kept.part(file) for file in files if not file.done)
        self._bytes = sum(file.bytes for file in files if file.done)
        self._bytes += sum(part.stat().st_size for part in parts if part.exists())
        self._tell()

    def piece(self, size: int) -> None:
        """So many bytes have come; a negative number: they have to be fetched anew."""
        self._bytes += size
        self._tell()

    def file(self) -> None:
        """One file more is there."""
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        self._heard(News(doing="downloading", files_done=self._done, files=self._files, bytes=self._bytes))
