"""How far an export has come, in a file beside what was downloaded, so that another run goes on with it."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec

from fhir_mappings.client.bulk_request import BulkError, BulkExport

STATE = "export.json"
ERRORS = "errors.ndjson"
_LOCK = ".export.lock"
_QUERY = re.compile(r"\?.*", re.DOTALL)

Kind = Literal["output", "deleted", "error"]


class File(msgspec.Struct, kw_only=True, rename="camel", omit_defaults=True):
    """A file of the export.

    Attributes:
        kind: resources, what was deleted since (Bundles), or why something is not there (OperationOutcomes).
        type: resource type of its lines.
        url: where it is downloaded from.
        name: of the file, below the directory.
        count: lines that it should have, where the server tells.
        lines, bytes: that it has, once it is there.
        done: whether it is there.
        doubt: why it may not be whole, though it was downloaded to its end.
    """

    kind: Kind
    type: str
    url: str
    name: str
    count: int | None = None
    lines: int = 0
    bytes: int = 0
    done: bool = False
    doubt: str | None = None


class State(msgspec.Struct, kw_only=True, rename="camel", omit_defaults=True):
    """All that another run has to know.

    Attributes:
        asked: what makes the export this one (:attr:`BulkExport.identity`).
        types: those that were named to the server; ``None``: it was asked for all that it has.
        left_out: wanted types that the server refused to export.
        absent: wanted types that it does not have, by its own word.
        kick_off: the request.
        status_url: where the server tells how far it is; empty before it was asked.
        transaction_time: the instant of which the data are, by the server's clock.
        token_for_files: whether the files are protected as the rest is (``requiresAccessToken``).
        files: that the server lists.
        listed: whether it is done and has listed them.
        not_wanted: how many files there are of other types.
        done: all is there.
        tidied: the server was told that it may delete its copy.
    """

    asked: dict[str, Any]
    types: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    kick_off: str = ""
    status_url: str = ""
    transaction_time: str = ""
    token_for_files: bool = True
    files: list[File] = []
    listed: bool = False
    not_wanted: int = 0
    done: bool = False
    tidied: bool = False

    @property
    def wanted(self) -> frozenset[str]:
        """The resource types that are wanted."""
        return frozenset(self.asked["types"])


_states = msgspec.json.Decoder(State)


class Kept:
    """The directory of an export, with its state.

    Raises:
        BulkError: the state cannot be read, or is that of another export.
    """

    def __init__(self, directory: Path, export: BulkExport) -> None:
        self.directory = directory
        self._file = directory / STATE
        self.state = State(asked=export.identity)
        try:
            self.state = _states.decode(self._file.read_bytes())
        except FileNotFoundError:
            return
        except msgspec.DecodeError:
            raise BulkError(f"{self._file}: it tells of no export; remove it to begin anew") from None
        if self.state.asked != export.identity:
            told = ", ".join(
                f"{key} {self.state.asked.get(key)!r}"
                for key, value in export.identity.items()
                if self.state.asked.get(key) != value
            )
            raise BulkError(
                f"{directory}: it holds another export ({told}); name another directory, or remove this one"
            )

    def save(self) -> None:
        """Write the state; a crash leaves the one before or this one."""
        beside = self._file.with_suffix(".tmp")
        body = msgspec.json.format(msgspec.json.encode(self.state), indent=2) + b"\n"
        with owned(beside, "wb") as written:
            written.write(body)
            written.flush()
            os.fsync(written.fileno())
        beside.replace(self._file)

    def list(self, files: Sequence[File]) -> None:
        """These are the files. What is there under their names is of something else."""
        self.state.files, self.state.listed = [*files], True
        self._clear()
        self.save()

    def _clear(self) -> None:
        for file in self.state.files:
            self.path(file).unlink(missing_ok=True)
            self.part(file).unlink(missing_ok=True)

    def forget(self) -> None:
        """Begin anew: another export of the server is another state of its data."""
        self._clear()
        (self.directory / ERRORS).unlink(missing_ok=True)
        self.state = State(asked=self.state.asked)
        self.save()

    def finish(self) -> None:
        """All is there. Addresses of files may have been signed, and are kept without what opens them."""
        for file in self.state.files:
            file.url = _QUERY.sub("", file.url)
        self.state.done = True
        self.save()
        for file in self.state.files:
            if file.kind == "error":  # they are in one file now
                self.path(file).unlink(missing_ok=True)

    def path(self, file: File) -> Path:
        """Where the file is once it is whole."""
        return self.directory / file.name

    def part(self, file: File) -> Path:
        """Where it is as long as it is not."""
        return self.directory / f"{file.name}.part"


def owned(path: Path, mode: Literal["wb", "ab", "r+b"]) -> Any:
    """A file that nobody but its owner can read: these are data of patients."""
    return open(path, mode, buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))


@contextmanager
def alone_in(directory: Path) -> Iterator[None]:
    """The directory, made if it is not there, and no other run's meanwhile.

    Raises:
        BulkError: another run is at work there, or it cannot be written to.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = owned(directory / _LOCK, "wb")
    except OSError as error:
        raise BulkError(f"{directory}: cannot be written to: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BulkError(f"{directory}: another run is exporting into it; wait for that") from None
        yield
