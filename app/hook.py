"""The hooks: from a request's body to cards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial

import msgspec

from app.answers.book import About, AnswerBook
from app.answers.given import standing_responses
from app.aside import MANY, aside, weight
from app.cards.compose import compose_cards
from app.cards.pending_orders import ORDER_TYPE, ordered_tests
from app.cards.quirks import for_client
from app.cards.trial import TrialCard, with_evidence
from app.cards.wording import wording
from app.charts import Charts, Counts
from app.clients.profile import ClientProfile
from app.evidence.desk import EvidenceDesk
from app.evidence.opened import OpenedChart
from app.language import Language
from app.listing.candidates import no_candidate_for
from app.listing.desk import ListDesk
from app.listing.identity import identified
from app.order_hooks import ORDER_HOOKS, drafted, order_cards
from app.prefetch_needs import queries_for
from app.prefetch_table import RESOURCE_TYPES, templates_of
from app.prefetched_chart import Chart
from app.rehearsal import rehearsal_of
from app.screening import ScreeningService
from app.settings import Settings
from app.silence import Judged, case_of, judged_trials
from app.store.memory import Memory, Recalled
from cds_hooks.cards import CardsResponse
from cds_hooks.errors import InsufficientDataError
from cds_hooks.requests import HookRequest, read_request

SERVICE_ID = "lupus-trials"
PATIENT_VIEW = "patient-view"
ENCOUNTER_START = "encounter-start"
"""It may fire more than once in an encounter, and is answered as ``patient-view`` is."""

SERVED_HOOKS = (PATIENT_VIEW, ENCOUNTER_START, *ORDER_HOOKS)

_GATE_TYPE = "Condition"
_RESOURCES_A_DRAFT = 200
"""A draft order takes about as long to judge as so many resources take to read."""
_ORDERS_KEY = next(key for key, kind in RESOURCE_TYPES.items() if kind == ORDER_TYPE)
_GATE_KEY = next(key for key, kind in RESOURCE_TYPES.items() if kind == _GATE_TYPE)
_ENCODER = msgspec.json.Encoder()


class TrialsHook:
    """Answers the hooks; holds no chart between calls.

    ``charts`` completes what was prefetched. ``today`` tells the evaluation date: nothing below reads a
    clock. ``memory`` tells which trials are to stay silent, and keeps what was judged. ``evidence`` keeps the
    charts behind cards for a while; without it cards link to the registry alone. ``rehearsing``: whose calls
    may be rehearsals. ``listing``: the screening list that patients are put on. ``answers``: what persons
    have said on the evidence page; it is read beside the chart.
    """

    def __init__(
        self,
        service: ScreeningService,
        settings: Settings,
        charts: Charts,
        today: Callable[[], date],
        memory: Memory,
        evidence: EvidenceDesk | None = None,
        rehearsing: ClientProfile | None = None,
        listing: ListDesk | None = None,
        answers: AnswerBook | None = None,
    ) -> None:
        self._service = service
        self._charts = charts
        self._settings = settings
        self._today = today
        self._memory = memory
        self._evidence = evidence
        self._rehearsing = rehearsing
        self._listing = listing
        self._answers = answers

    @property
    def conditions(self) -> tuple[str, ...]:
        """The diseases of the open trials, in the protocols' words."""
        return tuple(
            dict.fromkeys(
                bound.protocol.condition for bound in self._service.protocols.values() if bound.protocol.open
            )
        )

    def templates(self, *, by_category: bool = False) -> Mapping[str, str]:
        """Prefetch templates by key, as the protocols at hand and the client's server need them."""
        protocols = (bound.protocol for bound in self._service.protocols.values())
        return templates_of(queries_for(protocols), by_category=by_category)

    async def answer(self, body: bytes, client: ClientProfile, language: Language, counts: Counts) -> bytes:
        """Cards for the patient in context, for this client, in this language, as JSON.

        ``counts`` takes in the hook and what was counted, for the log: as far as it came where it fails.

        Raises:
            cds_hooks.errors.CdsHooksError: the request cannot be answered; each with its HTTP status.
        """
        request = read_request(body, served_to(client))
        counts["hook"] = request.hook.name
        rehearsal = rehearsal_of(request, allowed=client == self._rehearsing)
        as_of = rehearsal.as_of if rehearsal is not None else self._today()
        orders = drafted(request, as_of) if request.hook.name in ORDER_HOOKS else None
        if orders is not None and orders.unrecognised:
            counts["drafts_unrecognised"] = orders.unrecognised
        if not _triggered(request, client) or (orders is not None and not (orders.events or orders.absent)):
            return self._answer((), client, language, counts)
        chart = await self._charts.chart(request, client, counts)
        if rehearsal is None:
            chart = await self._answered(request, client, chart, as_of)
        counts["unread"] = len(chart.record.facts.unread)
        if orders is None:
            listing = self._listing if rehearsal is None else None
            judging = partial(self._trial_cards, request, client, chart, as_of, language, listing)
            cards, judged = await aside(_work_of(chart), judging)
            screenings = len(judged)
        else:
            if orders.absent:
                orders = drafted(request, as_of, at_hand=chart.resources)
                counts["drafts_unrecognised"] = orders.unrecognised
            work = partial(self._order_cards, request, chart, as_of, language)
            cards, screenings = await aside(len(orders.events) * _RESOURCES_A_DRAFT, work)
            judged = [
                Judged(one.protocol.id, one.protocol.version, one.verdict, one.closings) for one in cards
            ]
        counts["screenings"] = screenings
        if not screenings:
            _must_know_the_diagnoses(chart)
        speaking = cards if rehearsal is not None else await self._speaking(request, client, cards, judged)
        counts["silent"] = len(cards) - len(speaking)
        linked = rehearsal is None or rehearsal.keep_evidence
        # Who launches the page signs in with the EHR; no link that opens it to whoever has it is needed then.
        linked = linked and client.smart is None
        if linked and speaking and orders is None and self._evidence is not None:
            opened = opened_chart(request, client, chart, as_of, rehearsed=rehearsal is not None)
            speaking = self._linked(speaking, self._evidence, opened, language)
        return self._answer(speaking, client, language, counts)

    async def _answered(
        self, request: HookRequest, client: ClientProfile, chart: Chart, as_of: date
    ) -> Chart:
        """The chart, with what persons have answered about this patient before."""
        if self._answers is None:
            return chart
        about = About(client.id, request.fhir_server, request.context.patient_id)
        beside = standing_responses(await self._answers.at_once(about), about.patient_id)
        if not beside:
            return chart
        opened = opened_chart(request, client, chart, as_of)
        reading = partial(opened.record, beside)
        record = await aside(weight(len(memoryview(raw)) for raw in chart.resources), reading)
        return chart._replace(record=record)

    async def _speaking(
        self,
        request: HookRequest,
        client: ClientProfile,
        made: Sequence[TrialCard],
        judged: Iterable[Judged],
    ) -> Sequence[TrialCard]:
        """The cards that are not to stay silent; and what was judged and shown is kept."""
        case = case_of(request, client, made)
        recalled = await self._memory.recall(case) if made else Recalled()
        speaking = tuple(
            one
            for one in made
            if recalled.silence(case.hook, one.protocol.id, one.verdict, one.closings) is None
        )
        self._memory.remember(case, judged_trials(judged, speaking, recalled, case.hook))
        return speaking

    def _linked(
        self,
        made: Sequence[TrialCard],
        desk: EvidenceDesk,
        opened: OpenedChart,
        language: Language,
    ) -> Sequence[TrialCard]:
        """The cards, each with a link to the evidence behind it, which is kept as long as the link lasts."""
        token = desk.keep(opened)
        words = wording(language)
        return (
            made
            if token is None
            else [with_evidence(one, desk.url(token, one.protocol.id), words) for one in made]
        )

    def _trial_cards(
        self,
        request: HookRequest,
        client: ClientProfile,
        chart: Chart,
        as_of: date,
        language: Language,
        listing: ListDesk | None,
    ) -> tuple[Sequence[TrialCard], Sequence[Judged]]:
        """Which trials may fit the patient, who is put on the list for those."""
        report = self._service.screen_applicable(chart.record, as_of, language=language)
        if listing is not None:
            patient_id = request.context.patient_id
            whose = identified(patient_id, client.id, request.fhir_server, chart.resources)
            gone = no_candidate_for(self._service.protocols, chart.record, chart.retrieval, report)
            listing.note(whose, report.screenings, gone)
        made = compose_cards(
            report,
            self._service.protocols,
            show_ineligible=self._settings.show_ineligible,
            language=language,
            encounter_id=request.context.encounter_id,
            ordered=ordered_tests(chart.at_hand[_ORDERS_KEY], as_of),
        )
        return made, [Judged(each.protocol, each.version, each.verdict) for each in report.screenings]

    def _order_cards(
        self, request: HookRequest, chart: Chart, as_of: date, language: Language
    ) -> tuple[Sequence[TrialCard], int]:
        """Which open trials the draft orders would close, and how many were looked at."""
        applicable = self._service.applicable(chart.record, as_of)
        drafts = drafted(request, as_of, chart.record.facts, chart.resources).events
        made = order_cards(self._service, applicable, chart.record, drafts, as_of, language)
        return made, len(applicable)

    def _answer(
        self, made: Sequence[TrialCard], client: ClientProfile, language: Language, counts: Counts
    ) -> bytes:
        cards = for_client(made, client, wording(language))
        counts["cards"] = len(cards)
        return _ENCODER.encode(CardsResponse(cards))


def opened_chart(
    request: HookRequest, client: ClientProfile, chart: Chart, as_of: date, *, rehearsed: bool = False
) -> OpenedChart:
    """The chart as it came, without what persons have answered here: that is looked up anew each time."""
    return OpenedChart(
        patient_id=request.context.patient_id,
        client=client.id,
        as_of=as_of,
        resources=tuple(msgspec.Raw(raw) for raw in chart.resources),
        retrieval=dict(chart.retrieval),
        fhir_server=request.fhir_server,
        user=request.context.user_id,
        rehearsed=rehearsed,
    )


def served_to(client: ClientProfile) -> tuple[str, ...]:
    """The hooks that this client may fire; discovery lists them, and any other is refused."""
    fires = client.order_hooks
    return SERVED_HOOKS if fires else tuple(name for name in SERVED_HOOKS if name not in ORDER_HOOKS)


def _triggered(request: HookRequest, client: ClientProfile) -> bool:
    """Whether what set ``patient-view`` off, where the client tells it, is to be answered with cards."""
    if not client.served_triggers or client.trigger_extension is None or request.hook.name != PATIENT_VIEW:
        return True
    trigger = request.extension.get(client.trigger_extension)
    return trigger is None or bytes(trigger).decode().strip('"') in client.served_triggers


def _work_of(chart: Chart) -> int:
    """What judging a chart weighs, in usual resources.

    Where something was not retrieved it is many: nothing that grows too old comes to change a finding soon,
    and how long the findings stand takes longest to tell.
    """
    in_part = any(state != "complete" for state in chart.retrieval.values())
    return MANY if in_part else weight(len(memoryview(raw)) for raw in chart.resources)


def _must_know_the_diagnoses(chart: Chart) -> None:
    """No card for want of data is not the same as no card for want of the disease.

    Raises:
        InsufficientDataError: diagnoses were not retrieved, or not all; then nothing can be told.
    """
    state = chart.record.retrieval_of((_GATE_TYPE,))
    if chart.record.deceased or state == "complete":
        return
    how = "came only in part" if state == "truncated" else "did not come or is no searchset"
    why = chart.reasons.get(_GATE_KEY)
    told = f"all diagnoses are needed: prefetch '{_GATE_KEY}' {how}"
    raise InsufficientDataError(told + (f" ({why})" if why else ""), f"prefetch.{_GATE_KEY}")
