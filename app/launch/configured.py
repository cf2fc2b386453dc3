"""From settings and clients to the desk that takes launches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from app.charts import Charts
from app.clients.registry import Clients
from app.evidence.desk import EvidenceDesk
from app.launch.apps import launching_ehrs
from app.launch.desk import LaunchDesk
from app.launch.pending import PendingLaunches
from app.named_medications import MEDICATION
from app.prefetch_needs import needed_types
from app.screening import ScreeningService
from app.settings import Settings
from app.store.kept import Store
from app.store.memory import Memory


def launch_desk(
    settings: Settings,
    clients: Clients,
    service: ScreeningService,
    charts: Charts,
    evidence: EvidenceDesk | None,
    store: Store | None,
    memory: Memory,
    today: Callable[[], date],
    now: Callable[[], datetime],
) -> LaunchDesk | None:
    """``None`` where no client is registered for launches, or the chart could not be kept for a page."""
    ehrs = launching_ehrs(clients)
    if not ehrs or evidence is None or store is None:
        return None
    protocols = [bound.protocol for bound in service.protocols.values()]
    needed = needed_types([each for each in protocols if each.open] or protocols)
    return LaunchDesk(
        ehrs,
        charts,
        evidence,
        PendingLaunches(lambda: store.key_for("launches"), now),
        {*needed, MEDICATION},
        service.protocols.keys(),
        today,
        memory,
        settings.launch_seconds,
    )
