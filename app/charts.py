"""Charts for the hooks: what was prefetched, completed from the EHR's FHIR server where that may be called.

Whatever the server does, a chart comes of it by the deadline: what could not be had is told as not retrieved.
Nothing of a patient is kept between calls; what a server offers is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from app import named_medications
from app.aside import aside, weight
from app.clients.profile import ClientProfile
from app.fetch_plan import WORDS, NoWay, Way, absent_types, lacking, queries_for, way_to
from app.fetched import as_prefetched, joined, whose
from app.narrow_searches import taken_for_parts
from app.prefetch_table import RESOURCE_TYPES
from app.prefetched_chart import PATIENT_KEY, Chart, read_chart
from app.settings import Settings
from cds_hooks.errors import WrongPatientError
from cds_hooks.hooks import OrderSignContext
from cds_hooks.prefetch import Prefetched, reconcile
from cds_hooks.requests import HookRequest
from fhir_mappings.bundles import read_document
from fhir_mappings.client import (
    Capabilities,
    Fetched,
    FetchLimits,
    FhirClient,
    Heard,
    Network,
    Offer,
    Query,
    kept_for_reading,
)

Counts = dict[str, int | str]

_PATIENCE = 0.25
"""The share of the deadline that is spent on learning what a server offers."""


class Completed(NamedTuple):
    """What is at hand of a chart once a server was asked.

    Attributes:
        received: for each key.
        medications: beside them.
        not_offered: types that count as not offered.
        counts: for the log.
        answers: of the server, by key; those about Medications by names of their own.
    """

    received: Mapping[str, Prefetched]
    medications: Sequence[msgspec.Raw]
    not_offered: Collection[str]
    counts: Counts
    answers: Mapping[str, Fetched] = MappingProxyType({})


class Charts:
    """Gathers charts; one for each process, to be closed when that ends.

    Attributes:
        network: the connections.

    ``unneeded``: resource types that no protocol at hand asks for, and that are not fetched therefore.

    Raises:
        OSError, ssl.SSLError: the file of trusted authorities cannot be used.
    """

    def __init__(self, settings: Settings, unneeded: Collection[str] = ()) -> None:
        ca_file = settings.fetch_ca_file
        self._unneeded = frozenset(unneeded)
        self._deadline_seconds = settings.fetch_deadline_seconds
        self._limits = FetchLimits(
            pages=settings.fetch_max_pages,
            resources=settings.fetch_max_resources,
            answer_bytes=settings.fetch_max_answer_bytes,
            call_bytes=settings.fetch_max_bytes,
            concurrency=settings.fetch_concurrency,
        )
        self.network = Network(
            str(ca_file) if ca_file is not None else None,
            most_of_a_server=settings.fetch_server_concurrency,
        )
        self._capabilities = Capabilities(self.network, settings.fetch_capability_seconds)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._capabilities.aclose()
        await self.network.aclose()

    async def chart(self, request: HookRequest, client: ClientProfile, counts: Counts) -> Chart:
        """The chart of the patient in context.

        ``counts`` takes in what came and what was fetched, for the log: also where no chart comes of it.

        Raises:
            InsufficientDataError: no Patient could be had.
            WrongPatientError: what was prefetched is of another patient than the one in context.
        """
        not_offered = frozenset(client.not_offered or ())
        came = reconcile(request.prefetch, RESOURCE_TYPES, client.prefetch_keys)
        prefetched = taken_for_parts(
            came, by_category=client.observations_by_category, narrower=client.narrower_keys
        )
        counts.update(_prefetched_counts(prefetched))
        way = way_to(request, client)
        if isinstance(way, str):
            if lacking(prefetched, not_offered | self._unneeded):
                counts["fetch"] = way
            return await self._read(request, prefetched, Completed(prefetched, (), not_offered, {}), way)
        completed = await self.complete(
            request.context.patient_id, prefetched, not_offered, way, drafts=_drafts_of(request)
        )
        counts.update(completed.counts)
        try:
            return await self._read(request, prefetched, completed, None)
        except WrongPatientError:
            # Of another patient is what was prefetched, which is refused, or what the server sent for some
            # of the keys, which is left out; told apart by trying each alone.
            size = _weight(completed.received)
            left = await aside(
                size, partial(_without_strangers, request.context.patient_id, prefetched, completed)
            )
            chart = await self._read(request, prefetched, left, None)
            counts["fetch"] = "wrong-patient"
            return chart

    async def _read(
        self,
        request: HookRequest,
        prefetched: Mapping[str, Prefetched],
        completed: Completed,
        no_way: NoWay | None,
    ) -> Chart:
        reading = partial(
            read_chart,
            request.context.patient_id,
            completed.received,
            completed.not_offered,
            beside=completed.medications,
            no_way=WORDS[no_way] if no_way is not None else None,
        )
        chart = await aside(_weight(completed.received), reading)
        return chart._replace(received=prefetched)

    async def absent(self, way: Way, not_offered: Collection[str]) -> frozenset[str]:
        """The resource types that a server does not have at all, by its own word."""
        offer = await self._capabilities.offer(
            way.base, self._deadline_seconds * _PATIENCE, private_allowed=way.private_allowed
        )
        return absent_types(offer, not_offered)

    async def complete(
        self,
        patient_id: str,
        prefetched: Mapping[str, Prefetched],
        not_offered: Collection[str],
        way: Way,
        heard: Heard | None = None,
        *,
        deadline: float | None = None,
        drafts: Sequence[msgspec.Raw] = (),
    ) -> Completed:
        """What is at hand, once what lacks was asked for.

        Args:
            patient_id: a FHIR id.
            prefetched: what there is for each key.
            not_offered: resource types that are not asked for.
            way: the server.
            heard: told of each page.
            deadline: instant of the running loop's clock by which what is at hand should have been read as
                well; by default, as the settings say.
            drafts: resources beside the chart, whose Medications are asked for too.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        seconds = self._deadline_seconds if deadline is None else deadline - began
        until = began + seconds
        keys = lacking(prefetched, {*not_offered, *self._unneeded})
        unknown = named_medications.wanted([*_all_resources(prefetched), *drafts], way.base)
        if not keys and not unknown:
            return Completed(prefetched, (), not_offered, {})
        offer = await self._capabilities.offer(
            way.base, self._deadline_seconds * _PATIENCE, private_allowed=way.private_allowed
        )
        # Who was refused knows better than the statement that the type is there.
        refused = {RESOURCE_TYPES[key] for key, found in prefetched.items() if found.state == "failed"}
        absent = absent_types(offer, not_offered) - refused
        queries = queries_for(
            lacking(prefetched, {*not_offered, *absent, *self._unneeded}),
            prefetched,
            patient_id,
            offer,
            by_category=way.by_category,
        )
        kept = kept_for_reading(_size(prefetched), seconds)
        fetched = await self._client(way, self._limits).fetch(queries, until - kept, heard)
        size = weight(len(memoryview(raw)) for found in fetched.values() for raw in found.resources)
        answers, received = await aside(size, partial(_put_together, patient_id, prefetched, fetched))
        kept = kept_for_reading(_size(received), seconds)
        named = [*_all_resources(received), *drafts]
        medications, asked = await self._medications(named, way, offer, until - kept)
        counts = _counts([*answers.values(), *asked.values()])
        counts["fetch_ms"] = round((loop.time() - began) * 1000)
        return Completed(received, medications, {*not_offered, *absent}, counts, {**answers, **asked})

    async def _medications(
        self, resources: Sequence[msgspec.Raw], way: Way, offer: Offer, deadline: float
    ) -> tuple[Sequence[msgspec.Raw], Mapping[str, Fetched]]:
        """The Medications that are named and not at hand, and what came of asking for them.

        Those that are ingredients of what came are asked for in their turn, once.
        """
        found: dict[str, msgspec.Raw] = {}
        asked: dict[str, Fetched] = {}
        client = self._client(way, named_medications.LIMITS)

        async def ask(queries: Mapping[str, Query], ids: Sequence[str]) -> Mapping[str, Fetched]:
            answers = await client.fetch(queries, deadline)
            asked.update({f"{key}-again" if key in asked else key: answer for key, answer in answers.items()})
            for answer in answers.values():
                found.update(named_medications.chosen(as_prefetched(answer).resources, ids))
            return answers

        known: set[str] = set()
        for _ in range(2):
            ids = named_medications.wanted([*resources, *found.values()], way.base)
            ids = tuple(name for name in ids if name not in known)
            if not ids:
                break
            known.update(ids)
            answers = await ask(named_medications.searches(ids, offer), ids)
            if not answers or any(answer.state == "failed" for answer in answers.values()):
                await ask(named_medications.reads([name for name in ids if name not in found]), ids)
        return tuple(found.values()), asked

    def _client(self, way: Way, limits: FetchLimits) -> FhirClient:
        return FhirClient(
            way.base,
            self.network,
            way.credentials,
            limits,
            share=way.share,
            private_allowed=way.private_allowed,
        )


def _drafts_of(request: HookRequest) -> list[msgspec.Raw]:
    """The resources of the draft orders, if the hook has any."""
    context = request.context
    if not isinstance(context, OrderSignContext):
        return []
    return [msgspec.Raw(one.raw) for one in read_document(bytes(context.draft_orders)).sources]


def _put_together(
    patient_id: str, prefetched: Mapping[str, Prefetched], fetched: Mapping[str, Fetched]
) -> tuple[Mapping[str, Fetched], Mapping[str, Prefetched]]:
    """The answers, as far as they are of this patient; and what there is for each key with them."""
    urls = [found.full_urls for found in prefetched.values()] + [
        found.full_urls for found in fetched.values()
    ]
    names = frozenset(url for some in urls for url in some if url is not None)
    answers = {key: _only_of(patient_id, found, names) for key, found in fetched.items()}
    received = {
        key: joined(before, as_prefetched(answers[key]), RESOURCE_TYPES[key]) if key in answers else before
        for key, before in prefetched.items()
    }
    return answers, received


def _without_strangers(
    patient_id: str, prefetched: Mapping[str, Prefetched], completed: Completed
) -> Completed:
    """What is at hand, without what was fetched for keys under which something is of another patient."""
    received = dict(completed.received)
    nothing = dict.fromkeys(received, Prefetched(state="missing"))
    for key in completed.answers.keys() & received.keys() - {PATIENT_KEY}:
        try:
            read_chart(patient_id, {**nothing, PATIENT_KEY: received[PATIENT_KEY], key: received[key]}, ())
        except WrongPatientError:
            failed = as_prefetched(Fetched(state="failed", why="wrong-type"))
            received[key] = joined(prefetched[key], failed, RESOURCE_TYPES[key])
    return completed._replace(received=received)


def _only_of(patient_id: str, found: Fetched, names: Collection[str]) -> Fetched:
    """An answer, or none at all if it is of another patient as well: the server did not heed the question.

    One of which it cannot be told whose a resource is, is a part: that resource will not be used.
    """
    told = {whose(raw, patient_id, names) for raw in found.resources}
    if "another" in told:
        return Fetched(state="failed", why="wrong-type", pages=found.pages)
    if "untold" in told:
        return msgspec.structs.replace(found, state="truncated", why=found.why or "incomplete")
    return found


def _weight(received: Mapping[str, Prefetched]) -> int:
    return weight(len(memoryview(raw)) for raw in _all_resources(received))


def _size(received: Mapping[str, Prefetched]) -> int:
    return sum(len(memoryview(raw)) for raw in _all_resources(received))


def _all_resources(received: Mapping[str, Prefetched]) -> list[msgspec.Raw]:
    return [raw for prefetched in received.values() for raw in prefetched.resources]


def _prefetched_counts(received: Mapping[str, Prefetched]) -> Counts:
    states = Counter(prefetched.state for prefetched in received.values())
    return {
        "resources": sum(len(prefetched.resources) for prefetched in received.values()),
        "prefetch_missing": states["missing"],
        "prefetch_failed": states["failed"],
        "prefetch_truncated": sum(prefetched.truncated for prefetched in received.values()),
    }


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
