"""The files of an export, several at a time."""

from __future__ import annotations

import asyncio

from fhir_mappings.client.bulk_door import Door
from fhir_mappings.client.bulk_download import Download, Got, RefusedError, looked_over
from fhir_mappings.client.bulk_job import ExpiredError, Job, usable
from fhir_mappings.client.bulk_news import Teller
from fhir_mappings.client.bulk_request import BulkError
from fhir_mappings.client.bulk_state import File, Kept

_SAVED_EVERY = 1.0
"""Seconds."""


class Files:
    """Downloads what the state lists and is not there.

    Args:
        door: the way to the server.
        kept: what is there.
        job: the export, to be asked for the addresses again.
        teller: told of each piece.
        at_a_time: files that are downloaded at once.
    """

    def __init__(self, door: Door, kept: Kept, job: Job, teller: Teller, at_a_time: int) -> None:
        self._door = door
        self._kept = kept
        self._job = job
        self._teller = teller
        self._turns = asyncio.Semaphore(at_a_time)
        self._renewing = asyncio.Lock()
        self._saved = 0.0

    async def download(self) -> None:
        """All of them.

        Raises:
            ExpiredError: the server does not have them any longer.
            BulkError: one does not come.
            TokenError: there is no access token.
        """
        for folder in {self._kept.part(file).parent for file in self._kept.state.files}:
            folder.mkdir(mode=0o700, exist_ok=True)
        await asyncio.to_thread(self._recognize)
        self._teller.begin(self._kept)
        lacking = [file for file in self._kept.state.files if not file.done]
        tasks = [asyncio.ensure_future(self._file(file)) for file in lacking]
        try:
            for done in asyncio.as_completed(tasks):
                await done
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._kept.save()

    def _recognize(self) -> None:
        """What has its name is whole, though the run may have ended before that was written down."""
        for file in self._kept.state.files:
            if not file.done and self._kept.path(file).exists():
                _is_there(file, looked_over(self._kept.path(file), file.count))

    async def _file(self, file: File) -> None:
        async with self._turns:
            asked = file.url
            try:
                await self._once(file)
            except RefusedError as error:
                await self._renew(file, asked, error.status)
                try:
                    await self._once(file)
                except RefusedError as again:
                    raise _refused(file, again.status) from None

    async def _once(self, file: File) -> None:
        part = self._kept.part(file)
        download = Download(
            self._door,
            usable(file.url),
            part,
            token=self._kept.state.token_for_files,
            count=file.count,
            heard=self._teller.piece,
        )
        try:
            got = await download.run()
        except BulkError as error:
            raise BulkError(f"{file.name}: {error}") from None
        part.replace(self._kept.path(file))
        _is_there(file, got)
        now = asyncio.get_running_loop().time()
        if now - self._saved >= _SAVED_EVERY:
            # The list may be long, and files short.
            self._saved = now
            self._kept.save()
        if got.doubt is not None:
            self._teller.note(f"{file.name}: {got.doubt}, also when it was fetched anew")
        self._teller.file()

    async def _renew(self, file: File, asked: str, status: int) -> None:
        """Ask for the addresses again: signed ones are good for a while only.

        Raises:
            ExpiredError: the export is gone.
            BulkError: the server gives the same address as before.
        """
        async with self._renewing:
            if file.url != asked:
                return  # they were renewed for another file
            manifest = await self._job.listed_again()
            if manifest is None:
                raise _refused(file, status)
            files = self._kept.state.files
            if [_what(other) for other in manifest.files] != [_what(other) for other in files]:
                raise ExpiredError("its list of files is another one")
            for known, renewed in zip(files, manifest.files, strict=True):
                known.url = renewed.url
            if file.url == asked:
                raise _refused(file, status)
            self._kept.save()


def _is_there(file: File, got: Got) -> None:
    file.lines, file.bytes, file.doubt, file.done = got.lines, got.bytes, got.doubt, True


def _what(file: File) -> tuple[str, str, int | None]:
    return file.kind, file.type, file.count


def _refused(file: File, status: int) -> Exception:
    if status in (404, 410):
        return ExpiredError(f"{status} for {file.name}")
    return BulkError(
        f"{file.name}: the server does not give it ({status}); run the same command again with access, it "
        "goes on from here"
    )
