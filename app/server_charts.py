"""Whole charts from a FHIR server, where no hook asks: the same plan as for the hooks, with more time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import NamedTuple

import msgspec

from app import named_medications
from app.aside import aside, weight
from app.charts import Charts, Completed
from app.fetch_plan import Way
from app.prefetch_table import RESOURCE_TYPES
from app.prefetched_chart import PATIENT_KEY, read_chart, retrieval_states
from app.settings import Settings
from cds_hooks.errors import WrongPatientError
from cds_hooks.prefetch import Prefetched
from fhir_mappings.client import BackendServices, Heard
from fhir_mappings.facts import Retrieval
from fhir_mappings.record import PatientRecord

_WIDE: Mapping[str, int] = {
    "fetch_max_pages": 1_000,
    "fetch_max_resources": 100_000,
    "fetch_max_answer_bytes": 50_000_000,
    "fetch_max_bytes": 500_000_000,
}
"""Nobody waits half a second for an answer here; servers with pages of 20 have their say."""


class NoChartError(Exception):
    """A patient who cannot be screened, because the server did not give what is needed for it.

    ``why`` is one of the words of :data:`fhir_mappings.client.Why`.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ServerChart(NamedTuple):
    """One patient's chart.

    Attributes:
        record: the facts.
        partly: resource types that were not wholly retrieved, each with the reason in a word.
        resources: all that came, undecoded.
        read_from: the same as the record was read from it, named where that is needed.
        retrieval: how far each resource type was retrieved.
    """

    record: PatientRecord
    partly: Mapping[str, str]
    resources: tuple[msgspec.Raw, ...]
    read_from: tuple[msgspec.Raw, ...]
    retrieval: Mapping[str, Retrieval]


def settings_for(settings: Settings, deadline_seconds: float) -> Settings:
    """The settings with the limits of the command line, except those that the operator set."""
    wide = {name: value for name, value in _WIDE.items() if name not in settings.model_fields_set}
    return settings.model_copy(update={**wide, "fetch_deadline_seconds": deadline_seconds})


async def chart_from(
    charts: Charts,
    way: Way,
    patient_id: str,
    *,
    seconds: float,
    not_offered: Collection[str] = (),
    only: Collection[str] | None = None,
    parts: Collection[str] = (),
    heard: Heard | None = None,
) -> ServerChart:
    """What the server has of a patient.

    The Patient is asked for first: whom the server does not let in, it need not refuse fifteen times more.

    Args:
        charts: gathers charts.
        way: the server.
        patient_id: a FHIR id.
        seconds: in which all must be over, tokens apart.
        not_offered: resource types that count as not offered by the server.
        only: resource types that are asked for, beside Patient; all by default. Others are not retrieved.
        parts: resource types of which the server shows but a part, whatever it says.
        heard: told of each page.

    Raises:
        NoChartError: there is no chart of this patient.
        TokenError: the server gives no access token.
    """
    if isinstance(way.credentials, BackendServices):
        await way.credentials.token()
    deadline = asyncio.get_running_loop().time() + seconds
    wanted = {key for key, kind in RESOURCE_TYPES.items() if only is None or kind in only}
    first = _lacking({PATIENT_KEY})
    patient = await charts.complete(patient_id, first, not_offered, way, heard, deadline=deadline)
    answer = patient.answers[PATIENT_KEY]
    if answer.state == "failed" or not answer.resources:
        raise NoChartError(answer.why or "not-found")
    received = {**_lacking(wanted), PATIENT_KEY: patient.received[PATIENT_KEY]}
    completed = await charts.complete(patient_id, received, not_offered, way, heard, deadline=deadline)
    completed = completed._replace(received=_taken_for_parts(completed.received, parts))
    size = weight(len(memoryview(raw)) for raw in _all(completed))
    return await aside(size, partial(_read, patient_id, completed, way, asked=wanted))


def _taken_for_parts(received: Mapping[str, Prefetched], parts: Collection[str]) -> dict[str, Prefetched]:
    return {
        key: msgspec.structs.replace(found, state="present", truncated=True, why=found.why or "narrowed")
        if RESOURCE_TYPES[key] in parts and found.state in ("present", "empty")
        else found
        for key, found in received.items()
    }


def _lacking(keys: Collection[str]) -> dict[str, Prefetched]:
    """Nothing for any key; only these are to be asked for."""
    not_wanted = Prefetched(state="failed", in_vain=True)
    return {key: Prefetched(state="missing") if key in keys else not_wanted for key in RESOURCE_TYPES}


def _read(patient_id: str, completed: Completed, way: Way, asked: Collection[str]) -> ServerChart:
    try:
        chart = read_chart(
            patient_id, completed.received, completed.not_offered, beside=completed.medications
        )
    except WrongPatientError:
        raise NoChartError("wrong-type") from None
    resources = tuple(_all(completed))
    partly = _partly(completed, asked)
    if named_medications.wanted(resources, way.base):
        whys = [found.why for key, found in completed.answers.items() if key not in RESOURCE_TYPES]
        partly[named_medications.MEDICATION] = next((why for why in whys if why), "not-found")
    read_from = tuple(msgspec.Raw(raw) for raw in chart.resources)
    return ServerChart(chart.record, partly, resources, read_from, chart.retrieval)


def _all(completed: Completed) -> Iterable[msgspec.Raw]:
    for prefetched in completed.received.values():
        yield from prefetched.resources
    yield from completed.medications


def _partly(completed: Completed, asked: Collection[str]) -> dict[str, str]:
    states = retrieval_states(completed.received, completed.not_offered)
    found = {}
    for key in asked:
        kind = RESOURCE_TYPES[key]
        if states[kind] != "complete":
            answer = completed.answers.get(key)
            told = answer.why or completed.received[key].why or "incomplete" if answer is not None else None
            found[kind] = told or "unsearchable"
    return dict(sorted(found.items()))
