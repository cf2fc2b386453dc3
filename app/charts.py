"""Charts for the hooks: what was prefetched, completed from the EHR's FHIR server where that may be called.

Whatever the server does, a chart comes of it by the deadline: what could not be had is told as not retrieved.
Nothing of a patient is kept between calls; what a server offers is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from app import named_medications
from app.clients.profile import ClientProfile
from app.fetch_plan import WORDS, NoWay, Way, absent_types, lacking, queries_for, way_to
from app.fetched import as_prefetched, is_of_another, joined
from app.prefetch_table import RESOURCE_TYPES
from app.prefetched_chart import Chart, read_chart
from app.settings import Settings
from cds_hooks.errors import WrongPatientError
from cds_hooks.prefetch import Prefetched, reconcile
from cds_hooks.requests import HookRequest
from fhir_mappings.client import Capabilities, Fetched, FetchLimits, FhirClient, Network, Offer, Query

Counts = dict[str, int | str]

_PATIENCE = 0.25
"""The share of the deadline that is spent on learning what a server offers."""


class _Completed(NamedTuple):
    """What is at hand for each key and beside it, the types that count as not offered, and counts."""

    received: Mapping[str, Prefetched]
    medications: Sequence[msgspec.Raw]
    not_offered: Collection[str]
    counts: Counts


class Charts:
    """Gathers charts; one for each process, to be closed when that ends.

    Raises:
        OSError, ssl.SSLError: the file of trusted authorities cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        ca_file = settings.fetch_ca_file
        self._deadline_seconds = settings.fetch_deadline_seconds
        self._limits = FetchLimits(
            pages=settings.fetch_max_pages,
            resources=settings.fetch_max_resources,
            answer_bytes=settings.fetch_max_answer_bytes,
            call_bytes=settings.fetch_max_bytes,
            concurrency=settings.fetch_concurrency,
        )
        self._network = Network(str(ca_file) if ca_file is not None else None)
        self._capabilities = Capabilities(self._network, settings.fetch_capability_seconds)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._capabilities.aclose()
        await self._network.aclose()

    async def chart(self, request: HookRequest, client: ClientProfile) -> Chart:
        """The chart of the patient in context.

        Raises:
            InsufficientDataError: no Patient could be had.
            WrongPatientError: what was prefetched is of another patient than the one in context.
        """
        not_offered = frozenset(client.not_offered or ())
        prefetched = reconcile(request.prefetch, RESOURCE_TYPES, client.prefetch_keys)
        way = way_to(request, client)
        if isinstance(way, str):
            told: Counts = {"fetch": way} if lacking(prefetched, not_offered) else {}
            return self._read(request, prefetched, _Completed(prefetched, (), not_offered, told), way)
        completed = await self._complete(request, prefetched, not_offered, way)
        try:
            return self._read(request, prefetched, completed, None)
        except WrongPatientError:
            # Of another patient is what was prefetched, which is refused, or what the server sent, which is
            # left out; told apart by trying without.
            alone = _Completed(prefetched, (), not_offered, {**completed.counts, "fetch": "wrong-patient"})
            return self._read(request, prefetched, alone, None)

    def _read(
        self,
        request: HookRequest,
        prefetched: Mapping[str, Prefetched],
        completed: _Completed,
        no_way: NoWay | None,
    ) -> Chart:
        chart = read_chart(
            request.context.patient_id,
            completed.received,
            completed.not_offered,
            beside=completed.medications,
            no_way=WORDS[no_way] if no_way is not None else None,
        )
        return chart._replace(received=prefetched, counts=completed.counts)

    async def _complete(
        self,
        request: HookRequest,
        prefetched: Mapping[str, Prefetched],
        not_offered: Collection[str],
        way: Way,
    ) -> _Completed:
        loop = asyncio.get_running_loop()
        began = loop.time()
        deadline = began + self._deadline_seconds
        keys = lacking(prefetched, not_offered)
        unknown = named_medications.wanted(_all_resources(prefetched), way.base)
        if not keys and not unknown:
            return _Completed(prefetched, (), not_offered, {})
        offer = await self._capabilities.offer(
            way.base, self._deadline_seconds * _PATIENCE, private_allowed=way.private_allowed
        )
        absent = absent_types(offer, not_offered)
        patient_id = request.context.patient_id
        queries = queries_for(lacking(prefetched, {*not_offered, *absent}), prefetched, patient_id, offer)
        fetched = await self._client(way, self._limits).fetch(queries, deadline)
        answers = {key: _only_of(patient_id, found) for key, found in fetched.items()}
        received = {
            key: joined(before, as_prefetched(answers[key]), RESOURCE_TYPES[key])
            if key in answers
            else before
            for key, before in prefetched.items()
        }
        medications, asked = await self._medications(received, way, offer, deadline)
        counts = _counts([*answers.values(), *asked])
        counts["fetch_ms"] = round((loop.time() - began) * 1000)
        return _Completed(received, medications, {*not_offered, *absent}, counts)

    async def _medications(
        self, received: Mapping[str, Prefetched], way: Way, offer: Offer, deadline: float
    ) -> tuple[Sequence[msgspec.Raw], Sequence[Fetched]]:
        """The Medications that are named and not at hand, and what came of asking for them."""
        ids = named_medications.wanted(_all_resources(received), way.base)
        found: dict[str, msgspec.Raw] = {}
        asked: list[Fetched] = []
        client = self._client(way, named_medications.LIMITS)

        async def ask(queries: Mapping[str, Query]) -> None:
            answers = (await client.fetch(queries, deadline)).values()
            asked.extend(answers)
            for answer in answers:
                found.update(named_medications.chosen(as_prefetched(answer).resources, ids))

        if ids:
            await ask(named_medications.searches(ids, offer))
            if not asked or any(answer.state == "failed" for answer in asked):
                await ask(named_medications.reads([name for name in ids if name not in found]))
        return tuple(found.values()), asked

    def _client(self, way: Way, limits: FetchLimits) -> FhirClient:
        return FhirClient(
            way.base,
            self._network,
            way.token,
            limits,
            trusted=way.listed,
            private_allowed=way.private_allowed,
        )


def _only_of(patient_id: str, found: Fetched) -> Fetched:
    """An answer, or none at all if it is of another patient as well: the server did not heed the question."""
    if any(is_of_another(raw, patient_id) for raw in found.resources):
        return Fetched(state="failed", why="wrong-type", pages=found.pages)
    return found


def _all_resources(received: Mapping[str, Prefetched]) -> list[msgspec.Raw]:
    return [raw for prefetched in received.values() for raw in prefetched.resources]


def _counts(answers: Sequence[Fetched]) -> Counts:
    states = Counter(answer.state for answer in answers)
    reasons = sorted({answer.why for answer in answers if answer.why is not None})
    return {
        "fetch": "partly" if reasons else "done",
        "fetch_complete": states["complete"],
        "fetch_truncated": states["truncated"],
        "fetch_failed": states["failed"],
        "fetch_resources": sum(len(answer.resources) for answer in answers),
        "fetch_pages": sum(answer.pages for answer in answers),
        **({"fetch_why": " ".join(reasons)} if reasons else {}),
    }
