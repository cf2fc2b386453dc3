"""The file of an SQLite database, watched: whoever deletes or replaces it while it is open leaves the open
connections with a file that nobody will ever see again, and SQLite reports no error.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class _Identity(NamedTuple):
    device: int
    inode: int


class SqliteFile:
    """The file at a path, as it was when the database was opened.

    The connections keep the file open, so that its inode cannot be given to another meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened = _identity(path)
        self._log = _identity(_log_of(path))

    def is_in_place(self) -> bool:
        """Whether the path still leads to the file that was opened."""
        return self._opened is not None and _identity(self._path) == self._opened

    def clear_remains(self) -> None:
        """Remove the write-ahead log of the lost file: it must not be applied to the one in its place.

        Raises:
            OSError: it cannot be removed.
        """
        log = _log_of(self._path)
        if self._log is not None and _identity(log) == self._log:
            log.unlink(missing_ok=True)
            Path(f"{self._path}-shm").unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    return Path(f"{path}-wal")


def _identity(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _Identity(found.st_dev, found.st_ino)
