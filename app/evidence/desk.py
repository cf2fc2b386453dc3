"""Keeps the charts behind cards as long as their links last, and hands them to whoever has the link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from app.evidence.links import Link, LinkError, Links
from app.evidence.opened import OpenedChart
from app.evidence.sealing import sealed, unsealed
from app.store.sealed import SealError


class ChartStore(Protocol):
    """Where sealed charts lie. No call raises, whatever becomes of the database."""

    def keep_chart(self, name: str, until: datetime, seal: Callable[[], bytes]) -> None:
        """Keep what ``seal`` makes, in another thread, soon."""

    async def kept_chart(self, name: str) -> bytes | None:
        """What is kept under that name, if it has not run out."""


class EvidenceDesk:
    """Charts behind links.

    ``address``: base URL at which browsers reach the pages.
    """

    def __init__(self, store: ChartStore, links: Links, address: str) -> None:
        self._store = store
        self._links = links
        self.address = address.rstrip("/")

    def keep(self, opened: OpenedChart) -> str | None:
        """Keep a chart; the token of its link, or ``None`` where no link can be made."""
        try:
            link = self._links.made()
        except OSError:
            return None
        self._store.keep_chart(link.name, link.until, lambda: sealed(opened, link.key))
        return link.token

    def url(self, token: str, trial: str) -> str:
        """The address of the evidence for one trial."""
        return f"{self.list_url(token)}/{trial}"

    def list_url(self, token: str) -> str:
        """The address at which a trial is chosen."""
        return f"{self.address}/evidence/{token}"

    def link(self, token: str) -> Link:
        """What a token stands for.

        Raises:
            LinkError: the link opens nothing, or nothing any more.
        """
        try:
            return self._links.read(token)
        except OSError:
            raise LinkError(expired=True) from None

    async def opened(self, token: str) -> OpenedChart:
        """The chart behind a link.

        Raises:
            LinkError: the link opens nothing, or nothing any more.
        """
        link = self.link(token)
        content = await self._store.kept_chart(link.name)
        if content is None:
            raise LinkError(expired=True)
        try:
            return unsealed(content, link.key)
        except SealError:
            raise LinkError(expired=True) from None
