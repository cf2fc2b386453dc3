"""An export that the server has begun: how far it is, what there is of it, and that it be deleted."""

from __future__ import annotations

import asyncio

from fhir_mappings.client.addresses import Address, AddressError, address
from fhir_mappings.client.bulk_door import Answer, Door
from fhir_mappings.client.bulk_manifest import Manifest, read_manifest
from fhir_mappings.client.bulk_news import Teller
from fhir_mappings.client.bulk_outcomes import in_words, issues, printable
from fhir_mappings.client.bulk_request import BulkError
from fhir_mappings.client.bulk_state import Kept

_MANY_ATTEMPTS = 30
_TIDYING_SECONDS = 10.0
_JSON = {"accept": "application/json"}


class ExpiredError(Exception):
    """The server does not have the export any longer; ``str``: what it said."""


class Job:
    """An export that the server has begun.

    Args:
        door: the way to the server.
        kept: where it is, and how far it has come.
        teller: told what the server tells.
    """

    def __init__(self, door: Door, kept: Kept, teller: Teller) -> None:
        self._door = door
        self._kept = kept
        self._teller = teller

    async def done(self) -> Manifest:
        """What there is, once the server is done.

        Raises:
            ExpiredError: the server does not have the export (any longer).
            BulkError: the export failed, or how far it is cannot be learnt.
            TokenError: there is no access token.
        """
        patience = self._door.patience
        pause = patience.first_poll
        while (answer := await self._status()).status == 202:
            self._teller.waiting(printable(answer.headers.get("x-progress", ""), 80))
            told = answer.after
            await asyncio.sleep(max(told, patience.least_poll) if told is not None else pause)
            pause = min(pause * 1.5, patience.longest_poll)
        return await self._manifest(answer)

    async def listed_again(self) -> Manifest | None:
        """What there is, if the server still is done with it; raises what :meth:`done` does."""
        answer = await self._status()
        return await self._manifest(answer) if answer.status == 200 else None

    async def tidy(self) -> bool:
        """Tell the server that it may delete its copy; whether it does so now, and not by itself one day."""
        try:
            async with asyncio.timeout(_TIDYING_SECONDS):
                where = usable(self._kept.state.status_url)
                answer = await self._door.ask("DELETE", where, _JSON, attempts=2)
        except (BulkError, TimeoutError):
            return False
        return answer.status < 300 or answer.status in (404, 410)

    async def _manifest(self, answer: Answer) -> Manifest:
        return await read_manifest(answer, self._kept.state.wanted, self._asked)

    async def _status(self) -> Answer:
        """An answer with status 200 or 202."""
        answer = await self._asked(usable(self._kept.state.status_url))
        if answer.status in (200, 202):
            return answer
        told = in_words(answer.status, issues(answer.body))
        if answer.status in (404, 410):
            raise ExpiredError(told)
        if answer.status in (401, 403):
            raise BulkError(
                f"the server does not let these credentials ask how far it is ({told}); run the same command "
                "again with access, it goes on from here"
            )
        # Whatever else it is: this one will not be finished.
        self._kept.forget()
        raise BulkError(f"the server's export failed ({told}); run the same command again to ask anew")

    async def _asked(self, where: Address) -> Answer:
        """An answer; a fault of the server is tried again, unless it says that it will not pass."""
        failures = 0
        while True:
            answer = await self._door.ask("GET", where, _JSON, attempts=_MANY_ATTEMPTS)
            said = issues(answer.body)
            lasting = said is not None and all(issue.code != "transient" for issue in said)
            if answer.status < 500 or lasting or failures >= self._door.patience.attempts:
                return answer
            failures += 1
            await asyncio.sleep(self._door.wait(answer.after, failures))


def usable(text: str) -> Address:
    """An address that the server named.

    Raises:
        BulkError: it is none.
    """
    try:
        return address(text)
    except AddressError as error:
        raise BulkError(f"the server named an address that cannot be used: {error}") from None
