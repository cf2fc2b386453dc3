"""From protocols as people name them to the plan of a run over a population."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from app.cli_errors import ArgumentError
from app.cli_service import service_with
from app.language import Language
from app.screening import ENGINE, ScreeningService, UnknownProtocolError
from cohort.plan import Chosen, Plan
from eligibility.course import Anchors
from eligibility.loading import parse_protocol


def plan_for(
    protocols: Sequence[str] | None,
    as_of: date,
    anchors: Anchors,
    *,
    retrieved: Collection[str] | None = None,
    everyone: bool = False,
    language: Language = "en",
) -> tuple[Plan, ScreeningService]:
    """The plan, and the service whose protocols it names.

    Raises:
        ArgumentError: there is no protocol of that name.
        InvalidProtocolError, UnreadableFileError: a protocol file cannot be used, or read.
    """
    service, named = service_with(protocols)
    try:
        chosen = service.chosen(named)
    except UnknownProtocolError as error:
        raise ArgumentError(str(error)) from None
    texts = dict(_texts(protocols or ()))
    return (
        Plan(
            as_of=as_of,
            anchors=anchors,
            protocols=tuple(
                Chosen(
                    id=bound.protocol.id,
                    version=bound.protocol.version,
                    text=texts.get(bound.protocol.id),
                )
                for bound in chosen
            ),
            retrieved=tuple(sorted(retrieved)) if retrieved is not None else None,
            everyone=everyone,
            language=language,
            engine=ENGINE,
        ),
        service,
    )


def _texts(protocols: Sequence[str]) -> list[tuple[str, str]]:
    """The protocol files among the names, by the ids in them: workers anywhere get their text."""
    files = [Path(name) for name in protocols if name.lower().endswith((".yaml", ".yml"))]
    texts = [(path, path.read_text(encoding="utf-8")) for path in files]
    return [(parse_protocol(text, path)[0].id, text) for path, text in texts]
