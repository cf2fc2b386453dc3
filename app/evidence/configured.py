"""From settings to the desk that keeps charts behind links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from app.evidence.desk import EvidenceDesk
from app.evidence.links import Links
from app.settings import Settings
from app.store.kept import Store


def evidence_desk(
    settings: Settings, store: Store | None, now: Callable[[], datetime]
) -> EvidenceDesk | None:
    """``None`` where nothing is stored, or nobody has said where browsers reach the pages."""
    address = settings.pages_url or settings.base_url
    if store is None or address is None:
        return None
    links = Links(lambda: store.key_for("evidence links"), timedelta(minutes=settings.evidence_minutes), now)
    return EvidenceDesk(store, links, address)
