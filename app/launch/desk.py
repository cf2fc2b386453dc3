"""From an EHR's launch to the evidence page: where a browser is sent, and what is done when it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

from app.charts import Charts, Counts
from app.clients.registry import LAUNCH_PATH
from app.evidence.desk import EvidenceDesk
from app.evidence.opened import OpenedChart
from app.fetch_plan import is_id
from app.launch.apps import LaunchingEhr, launching_ehr
from app.launch.context import trial_of
from app.launch.errors import LaunchError
from app.launch.pending import Cookie, Pending, PendingLaunches
from app.launch.permissions import Permitted, asked_for, permitted
from app.server_charts import NoChartError, ServerChart, chart_from
from app.store.memory import LAUNCH, Case, Memory
from fhir_mappings.client import (
    Address,
    Granted,
    IdTokenError,
    LaunchOfferError,
    SmartConfiguration,
    TokenError,
    authorization_url,
    base_address,
    exchanged,
    launching_user,
    must_offer_launch,
    smart_configuration,
)

CALLBACK_PATH = f"{LAUNCH_PATH}/callback"
_CONFIGURATION_SECONDS = 5.0
_EXCHANGE_SECONDS = 5.0
_KEYS_SECONDS = 2.0
_BELIEVED_SECONDS = 900.0
"""How long a server's SMART configuration is believed."""
_LONGEST_LAUNCH = 4_000


class Returned(NamedTuple):
    """What the authorization server sent the browser back with; each empty where it lacks."""

    state: str
    code: str
    error: str


class LaunchDesk:
    """Takes launches.

    Args:
        ehrs: those from which launches are taken.
        charts: gathers charts.
        evidence: keeps them for the pages.
        pending: launches under way.
        types: resource types that are asked for.
        trials: ids of the protocols.
        today: the day for which charts are judged.
        memory: keeps who launched, for the audit trail.
        chart_seconds: for fetching a chart.

    Attributes:
        address: base URL at which browsers reach the pages.
        redirect_uri: to which authorization servers send the browser back.
    """

    def __init__(
        self,
        ehrs: Mapping[Address, LaunchingEhr],
        charts: Charts,
        evidence: EvidenceDesk,
        pending: PendingLaunches,
        types: Collection[str],
        trials: Collection[str],
        today: Callable[[], date],
        memory: Memory,
        chart_seconds: float,
    ) -> None:
        self._ehrs = ehrs
        self._charts = charts
        self._evidence = evidence
        self._pending = pending
        self._types = frozenset(types)
        self._trials = trials
        self._today = today
        self._memory = memory
        self._chart_seconds = chart_seconds
        self._believed: dict[Address, tuple[float, SmartConfiguration]] = {}
        self.address = evidence.address
        self.redirect_uri = f"{evidence.address}{CALLBACK_PATH}"

    @property
    def cookie_path(self) -> str:
        """Where browsers send the cookie of a launch."""
        return urlsplit(self.redirect_uri).path

    @property
    def cookie_is_secure(self) -> bool:
        """Whether it is sent through TLS alone."""
        return self.redirect_uri.startswith("https:")

    async def begin(self, issuer: str, launch: str, counts: Counts) -> tuple[str, Cookie]:
        """Where the browser is to be sent, and what it is to keep.

        Raises:
            LaunchError: no launch is taken from there. No request was made for a server that is not listed.
        """
        ehr = launching_ehr(self._ehrs, issuer)
        if ehr is None:
            raise LaunchError("not-listed")
        counts["client"] = ehr.client.id
        if not launch or len(launch) > _LONGEST_LAUNCH:
            raise LaunchError("incomplete", "launch")
        configuration = await self._configuration(ehr)
        spelling = ehr.client.smart.scopes if ehr.client.smart is not None else "as-offered"
        scope = asked_for(configuration, self._types, spelling)
        pending, cookie = self._pending.begin(ehr.base.url)
        url = authorization_url(
            configuration,
            ehr.registration,
            redirect_uri=self.redirect_uri,
            scope=scope,
            state=pending.state,
            verifier=pending.verifier,
            issuer=issuer,
            launch=launch,
        )
        return url, cookie

    async def finish(self, returned: Returned, cookies: Mapping[str, str], counts: Counts) -> str:
        """The address of the page with the patient's evidence.

        ``counts`` takes in what was fetched, for the log.

        Raises:
            LaunchError: there is no such page.
        """
        pending = self._pending.take(returned.state, cookies)
        ehr = self._ehrs.get(base_address(pending.base))
        if ehr is None:
            raise LaunchError("not-listed")
        counts["client"] = ehr.client.id
        if returned.error:
            raise LaunchError("denied" if returned.error == "access_denied" else "refused")
        if not returned.code:
            raise LaunchError("incomplete", "code")
        granted, user = await self._exchanged(ehr, pending, returned.code)
        patient = granted.patient or ""
        if not is_id(patient):
            raise LaunchError("no-patient")
        may = permitted(granted.scopes, self._types)
        if "Patient" not in may.types:
            raise LaunchError("no-scope")
        chart = await self._chart(ehr, granted, patient, may)
        whys = " ".join(sorted(set(chart.partly.values())))
        counts.update(fetch="partly" if whys else "done", fetch_resources=len(chart.resources))
        if whys:
            counts["fetch_why"] = whys
        token = self._evidence.keep(
            OpenedChart(
                patient_id=patient,
                client=ehr.client.id,
                as_of=self._today(),
                resources=chart.read_from,
                retrieval=dict(chart.retrieval),
                fhir_server=ehr.base.url,
                user=user,
            )
        )
        if token is None:
            raise LaunchError("not-kept", "link")
        self._memory.remember(Case(LAUNCH, ehr.client.id, ehr.base.url, patient, granted.encounter, user), ())
        trial = trial_of(granted.app_context, self._trials)
        return self._evidence.url(token, trial) if trial is not None else self._evidence.list_url(token)

    async def _configuration(self, ehr: LaunchingEhr) -> SmartConfiguration:
        """What the server publishes, if a launch may be taken by it; believed for a while."""
        now = asyncio.get_running_loop().time()
        known = self._believed.get(ehr.base)
        if known is not None and known[0] > now:
            return known[1]
        try:
            found = await smart_configuration(
                self._charts.network,
                ehr.base,
                seconds=_CONFIGURATION_SECONDS,
                private_allowed=ehr.private_allowed,
            )
            must_offer_launch(found, ehr.origins)
        except (TokenError, LaunchOfferError) as error:
            raise LaunchError("no-offer", str(error)) from None
        self._believed[ehr.base] = now + _BELIEVED_SECONDS, found
        return found

    async def _exchanged(self, ehr: LaunchingEhr, pending: Pending, code: str) -> tuple[Granted, str | None]:
        """What the code is good for, and who launched as far as that is told."""
        configuration = await self._configuration(ehr)
        network = self._charts.network
        try:
            granted = await exchanged(
                network,
                configuration,
                ehr.registration,
                code=code,
                redirect_uri=self.redirect_uri,
                verifier=pending.verifier,
                seconds=_EXCHANGE_SECONDS,
                private_allowed=ehr.private_allowed,
            )
            if granted.id_token is None:
                return granted, None
            user = await launching_user(
                network,
                configuration,
                granted.id_token,
                ehr.registration.client_id,
                ehr.base,
                origins=ehr.origins,
                seconds=_KEYS_SECONDS,
                private_allowed=ehr.private_allowed,
            )
        except TokenError as error:
            raise LaunchError("code", error.error) from None
        except IdTokenError as error:
            raise LaunchError("identity", str(error)) from None
        return granted, user

    async def _chart(self, ehr: LaunchingEhr, granted: Granted, patient: str, may: Permitted) -> ServerChart:
        way = ehr.way(granted.token)
        not_offered = frozenset(ehr.client.not_offered or ())
        # What the server does not have at all, nobody can be let see either.
        absent = await self._charts.absent(way, not_offered) - may.types
        try:
            return await chart_from(
                self._charts,
                way,
                patient,
                seconds=self._chart_seconds,
                not_offered=not_offered | absent,
                only=may.types,
                parts=may.parts,
            )
        except NoChartError as error:
            raise LaunchError("no-chart", error.why) from None
