"""A bulk export as a client: asked for, waited for, downloaded, tidied up; after a break gone on with.

Source: FHIR Bulk Data Access, https://hl7.org/fhir/uv/bulkdata/export.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from pathlib import Path

import httpx

from fhir_mappings.client.bulk_asking import kick_off
from fhir_mappings.client.bulk_door import Door, Patience
from fhir_mappings.client.bulk_files import Files
from fhir_mappings.client.bulk_job import ExpiredError, Job
from fhir_mappings.client.bulk_news import News, Teller
from fhir_mappings.client.bulk_request import BulkError, BulkExport
from fhir_mappings.client.bulk_result import Exported, exported, gather_errors
from fhir_mappings.client.bulk_state import Kept, alone_in
from fhir_mappings.client.capability import Capabilities
from fhir_mappings.client.network import Network

_MOST_RESTARTS = 2
_CAPABILITY_SECONDS = 10.0


async def export_to(
    directory: Path,
    export: BulkExport,
    network: Network,
    auth: httpx.Auth | None = None,
    *,
    hosts: Collection[str] = (),
    seconds: float = 86_400.0,
    at_a_time: int = 4,
    heard: Callable[[News], None] = lambda _: None,
    patience: Patience | None = None,
) -> Exported:
    """Export into ``directory``, which then holds ``TYPE-0001.ndjson`` … and ``export.json``.

    Interrupted at whatever point, it goes on there when it is called again. If all is there already, nothing
    is asked.

    Args:
        directory: made if it is not there; only its owner can read it.
        export: what is asked for.
        network: the connections.
        auth: what is shown to the server; to no other host.
        hosts: other hosts from which files may be downloaded (:class:`Door`).
        seconds: in which all must be over.
        at_a_time: files that are downloaded at once.
        heard: told how far it is.
        patience: how long is waited between requests.

    Raises:
        BulkError: it did not come about; called again, it goes on from where it was.
        TokenError: the server gives no access token.
    """
    with alone_in(directory):
        kept = Kept(directory, export)
        door = Door(network, export.target.base, auth, hosts, patience)
        teller = Teller(heard)
        job = Job(door, kept, teller)
        run = _Run(kept, export, door, job, Files(door, kept, job, teller, at_a_time), teller)
        try:
            async with asyncio.timeout(seconds):
                known = await run.types_of(network) if not kept.state.status_url else None
                return await run.all(known)
        except TimeoutError:
            raise BulkError(
                f"it was not over within {seconds:.0f} s; run the same command again to go on, with a longer "
                "--bulk-timeout"
            ) from None
        except OSError as error:
            raise BulkError(f"{directory}: cannot be written to: {error.strerror}") from None


class _Run:
    def __init__(
        self, kept: Kept, export: BulkExport, door: Door, job: Job, files: Files, teller: Teller
    ) -> None:
        self._kept = kept
        self._export = export
        self._door = door
        self._job = job
        self._files = files
        self._teller = teller

    async def types_of(self, network: Network) -> Collection[str] | None:
        """The types that the server has, if it tells."""
        base = self._export.target.base
        offer = await Capabilities(network).offer(base, _CAPABILITY_SECONDS, private_allowed=True)
        return offer.types

    async def all(self, known: Collection[str] | None) -> Exported:
        for attempt in range(_MOST_RESTARTS + 1):
            try:
                await self._through(known)
                break
            except ExpiredError as error:
                self._kept.forget()
                if attempt == _MOST_RESTARTS:
                    raise BulkError(
                        f"the server forgot the export before it was downloaded ({error}), several times"
                    ) from None
                self._teller.note(
                    f"the server does not have the export any longer ({error}); it is asked for anew"
                )
        if not self._kept.state.tidied:
            self._kept.state.tidied = await self._job.tidy()
            self._kept.save()
        return exported(self._kept, self._export)

    async def _through(self, known: Collection[str] | None) -> None:
        state = self._kept.state
        if state.done:
            return
        if not state.status_url:
            self._teller.asking(f"Asking for {self._export.target}")
            started = await kick_off(self._door, self._export, known, self._teller.note)
            state.types, state.left_out, state.absent = started.types, started.left_out, started.absent
            state.kick_off, state.status_url = started.url, started.status_url
            self._kept.save()
            # Small ones are done then, and some servers let wait for minutes whoever asks before.
            await asyncio.sleep(self._door.patience.first_poll)
        if not state.listed:
            manifest = await self._job.done()
            state.transaction_time = manifest.transaction_time
            state.token_for_files = manifest.token_for_files
            state.not_wanted = manifest.not_wanted
            self._kept.list(manifest.files)
        await self._files.download()
        await asyncio.to_thread(gather_errors, self._kept)
        self._kept.finish()
