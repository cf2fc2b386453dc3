"""Fetches the key sets that clients publish, from the URLs that the operator listed."""

from __future__ import annotations

from cds_hooks.published_keys import FetchError
from fhir_mappings.client import Network
from fhir_mappings.client.documents import DocumentError, document

_SECONDS = 3.0
_MOST_BYTES = 262_144


class KeyFetcher:
    """A key set by its URL.

    ``network`` is made when it is first needed: reading the certificates of this machine takes a while.
    """

    def __init__(self, network: Network | None = None, ca_file: str | None = None) -> None:
        self._network = network
        self._ca_file = ca_file

    async def __call__(self, url: str) -> bytes:
        """The body.

        Raises:
            FetchError: it did not come.
        """
        if self._network is None:
            self._network = Network(self._ca_file)
        try:
            return await document(self._network, url, seconds=_SECONDS, most_bytes=_MOST_BYTES)
        except DocumentError as error:
            raise FetchError(str(error)) from None

    async def close(self) -> None:
        """Close the connections."""
        if self._network is not None:
            await self._network.aclose()
