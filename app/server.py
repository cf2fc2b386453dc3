"""The application: settings in, ASGI application out. All wiring is here."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime

from fastapi import FastAPI

from app import __version__
from app.answers.configured import answer_book, who_answers
from app.cards.override_reasons import reasons
from app.charts import Charts
from app.clients.authenticator import Authenticator
from app.clients.registry import Clients, read_clients
from app.clients.wiring import authenticator_of
from app.evidence.configured import evidence_desk
from app.feedback import FeedbackDesk
from app.hook import TrialsHook
from app.launch.configured import launch_desk
from app.listing.desk import ListDesk
from app.logging import make_logger, silence_access_log
from app.metrics import Metrics
from app.middleware import add_middleware
from app.outcomes import answer_errors_as_outcomes
from app.people.configured import provider_of, served_people
from app.playground.playground import Playground
from app.prefetch_needs import unneeded_types
from app.prefetch_table import TEMPLATES
from app.refusals import Refusals
from app.routes.demo import demo_routes
from app.routes.hooks import hook_routes
from app.routes.operations import metrics_routes, operation_routes
from app.routes.protocols import protocol_routes
from app.routes.questionnaires import questionnaire_routes
from app.routes.screenings import screening_routes
from app.routes.subscriptions import subscription_routes
from app.routes.terminology import terminology_routes
from app.screening import ScreeningService
from app.settings import Settings
from app.shown import ShownCards
from app.store.configured import retention_of, store_of
from app.store.observed import CountedMemory, StoreWatcher
from app.subscriptions.configured import subscription_desk
from app.web.answers import answer_routes
from app.web.evidence import EvidencePages, evidence_routes
from app.web.landing import landing_routes
from app.web.launch import launch_routes, trial_choice_routes
from app.web.playground import playground_routes
from app.web.screening_list import PATH as SCREENING_LIST
from app.web.screening_list import screening_list_routes
from app.web.sign_in import add_sign_in
from app.web.site import add_site
from app.web.trials import PATH as TRIALS
from app.web.trials import trials_routes
from app.web.what_if import what_if_routes

DESCRIPTION = (
    "Decision support for eligibility to lupus trials. Whether a patient may join a trial is for the "
    "investigator to say. Every error is a FHIR OperationOutcome."
)


def create_app(
    settings: Settings | None = None,
    *,
    service: ScreeningService | None = None,
    clients: Clients | None = None,
    authenticator: Authenticator | None = None,
    today: Callable[[], date] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: from the environment by default.
        service: with the bundled protocols by default.
        clients: those that the settings name by default.
        authenticator: what tells them; by default as the settings say.
        today: the evaluation date of hooks; by default the calendar day in the configured time zone.
        now: the instant at which cards are shown and feedback arrives, with offset.

    Raises:
        app.clients.registry.ClientsError: the file of clients cannot be used.
        eligibility.errors.ProtocolError: a bundled protocol cannot be used.
        app.subscriptions.profile.SubscriptionsError: the file of subscriptions cannot be used.
        OSError, ssl.SSLError: the file of trusted authorities cannot be used.
        pydantic.ValidationError: a setting cannot be read.
    """
    settings = settings or Settings()
    service = service or ScreeningService.bundled()
    clients = clients or read_clients(settings)
    zone = settings.zone
    clock = today or (lambda: datetime.now(zone).date())
    logger = make_logger(settings.log_level)
    metrics = Metrics(service.protocols, reasons())
    closing = AsyncExitStack()
    watcher = StoreWatcher(logger, metrics)
    store = store_of(settings, now, watcher, closing)
    who = who_answers(settings, is_open=clients.open_mode is not None)
    answers = answer_book(settings, who, now, watcher, closing)
    refusals = Refusals(None if store is None else store.keep_refusal, metrics, logger, now)
    closing.callback(refusals.close)
    retention = retention_of(settings, store, now, logger, closing)
    authenticator = authenticator or authenticator_of(clients, settings, closing)
    protocols = [bound.protocol for bound in service.protocols.values()]
    charts = Charts(settings, unneeded_types(protocols))
    closing.push_async_callback(charts.aclose)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Not before: uvicorn sets its loggers up after the application is made, and would switch it on again.
        silence_access_log()
        if store is not None:
            await store.start()
        if retention is not None:
            retention.start()
        if settings.tune_garbage_collection:
            _spare_what_is_loaded()
        if subscriptions is not None:
            await subscriptions.start()
        logger.info(
            "started", version=__version__, protocols=len(service.protocols), clients=len(clients.profiles)
        )
        if clients.warning:
            logger.warning(clients.warning)
        if trouble := await authenticator.trouble():
            logger.error(trouble)
        async with closing:
            yield

    application = FastAPI(
        title="Trialcards",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        # The interactive pages load scripts from another host; the description itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        # Each address has one spelling; a redirect would lead to whatever host the request names.
        redirect_slashes=False,
    )
    answer_errors_as_outcomes(application)
    # The playground calls the hook without a token, and takes charts from whoever reaches it.
    rehearsing = clients.open_mode if settings.demo else None
    links = {"trials": TRIALS} if rehearsing is None else {"playground": "/", "trials": TRIALS}
    if store is not None and settings.screening_list:
        links["screening-list"] = SCREENING_LIST
    pages = add_site(application, "en", links)
    provider = provider_of(settings, closing)
    people = served_people(settings, now, closing)

    def not_signed_in(code: str) -> None:
        logger.warning("sign-in failed", refused=code)

    add_sign_in(application, settings, people, pages, provider, not_signed_in)
    desk_of_evidence = evidence_desk(settings, store, now)
    memory = CountedMemory(store or ShownCards(), metrics)
    listing = ListDesk(store, now) if store is not None and settings.screening_list else None
    hook = TrialsHook(
        service, settings, charts, clock, memory, desk_of_evidence, rehearsing, listing, answers
    )
    subscriptions = subscription_desk(
        settings, clients, service, memory, listing, answers, metrics, logger, watcher, clock, now, closing
    )
    if subscriptions is not None:
        application.include_router(subscription_routes(subscriptions, settings))
    desk = FeedbackDesk(store, metrics, now, settings.language)
    application.include_router(hook_routes(hook, settings, authenticator, desk))
    application.include_router(screening_routes(service, settings, authenticator, clock, memory))
    application.include_router(protocol_routes(service))
    application.include_router(trials_routes(service, pages))
    application.include_router(questionnaire_routes(service))
    application.include_router(terminology_routes(settings.language))
    application.include_router(operation_routes(service, store))
    if settings.metrics:
        application.include_router(metrics_routes(metrics, store, now, settings.metrics_token))
    if listing is not None:
        application.include_router(screening_list_routes(service, listing, pages, now))
    if desk_of_evidence is not None:
        evidence = EvidencePages(
            service, desk_of_evidence, pages, answers, signed_in=who == "signed-in", listing=listing
        )
        application.include_router(evidence_routes(evidence))
        application.include_router(trial_choice_routes(evidence))
        application.include_router(what_if_routes(evidence))
        if answers is not None:
            application.include_router(answer_routes(evidence, desk_of_evidence, answers, zone))
    launches = launch_desk(settings, clients, service, charts, desk_of_evidence, store, memory, clock, now)
    if launches is not None:
        application.include_router(launch_routes(launches))
    if rehearsing is not None:
        application.include_router(demo_routes(TEMPLATES, clock))
        playground = Playground(application, hook, rehearsing, clock)
        application.include_router(playground_routes(playground, settings, pages, desk_of_evidence))
    else:
        application.include_router(landing_routes(pages))
    add_middleware(application, settings, logger, metrics.request, refusals)
    return application


def _spare_what_is_loaded() -> None:
    """Keep protocols and code sets out of every collection, and collect less often.

    A large body makes many objects at once; with the default threshold each few hundred of them set off a
    pass over all that was loaded at the start, which doubles the cost of the request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
