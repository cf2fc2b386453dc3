"""``POST /screenings``: a Bundle in, a screening report out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from app.aside import aside, weight
from app.clients.authenticator import Authenticator
from app.errors import ParameterError, UnreadableBodyError
from app.language import answered_in
from app.limits import JSON_BODY, must_be_json, must_be_shallow
from app.logging import note
from app.other_patients import of_other_patients
from app.parameters import IsoDate
from app.resource_types import known_resource_types
from app.screening import ScreeningService, UnknownProtocolError
from app.settings import Settings
from app.store.memory import SCREENINGS, Case, Memory
from app.store.records import JudgedTrial
from app.surrogates import without_lone_surrogates
from cds_hooks.json_objects import members, text_of
from eligibility.course import Anchors
from eligibility.findings import Screening, ScreeningReport
from fhir_mappings.errors import InputError
from fhir_mappings.patient import read_patients
from fhir_mappings.record import PatientRecord

_ENCODER = msgspec.json.Encoder()
_NAMED = 5


class ScreeningQuery(BaseModel):
    """The query parameters. One that is not known is refused: a misspelt date must not pass for today."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    as_of: IsoDate | None = Field(
        default=None, description="Judge the chart as of this day. Today by default."
    )
    screening_date: IsoDate | None = Field(default=None, description="Screening visit. As of by default.")
    baseline_date: IsoDate | None = Field(default=None, description="Baseline. As of by default.")
    enrolment_date: IsoDate | None = Field(default=None, description="Enrolment. As of by default.")
    day0: IsoDate | None = Field(default=None, description="First dose. As of by default.")
    protocol: list[str] = Field(
        default=[], description="Only this trial, open or not; repeatable. Every open trial by default."
    )
    retrieved: list[str] = Field(
        default=[],
        description="Resource types that the body holds wholly (comma-separated). All by default.",
    )

    @property
    def anchors(self) -> Anchors:
        """The anchor dates as given."""
        return Anchors(self.screening_date, self.baseline_date, self.enrolment_date, self.day0)


def screening_routes(
    service: ScreeningService,
    settings: Settings,
    authenticator: Authenticator,
    today: Callable[[], date],
    memory: Memory,
) -> APIRouter:
    """The route, with the protocols to screen against, whom it answers, and the clock of the edge.

    ``memory`` keeps who asked and what was judged.
    """
    routes = APIRouter(tags=["Screenings"])

    @routes.post("/screenings", summary="Screen one patient", openapi_extra=JSON_BODY)
    async def screenings(request: Request, query: Annotated[ScreeningQuery, Query()]) -> Response:
        """Body: a FHIR R4 Bundle of any type, or a single resource, of one patient. It is taken as the whole
        record unless `retrieved` says otherwise. Answer: the screening report, with reasons in the
        language that `Accept-Language` asks for."""
        client = await authenticator.authenticate(request)
        must_be_json(request)
        body = await request.body()
        must_be_shallow(body, settings.max_nesting)
        _must_be_single(request)
        language, headers = answered_in(request, settings.language, client.language)
        types, as_of = _resource_types(query.retrieved), query.as_of or today()

        def screened() -> ScreeningReport:
            record = _read(without_lone_surrogates(body), types)
            return service.screen_record(record, as_of, query.anchors, query.protocol, language)

        try:
            report = await aside(weight([len(body)]), screened)
        except UnknownProtocolError as error:
            raise ParameterError(f"parameter 'protocol': {error}", "protocol") from None
        asked = Case(SCREENINGS, client.id, None, report.patient.removeprefix("Patient/"))
        memory.remember(asked, [_judged(screening) for screening in report.screenings])
        note(request.scope, screenings=len(report.screenings), unread=len(report.unread))
        return Response(_ENCODER.encode(report), media_type="application/json", headers=dict(headers))

    return routes


def _judged(screening: Screening) -> JudgedTrial:
    return JudgedTrial(trial=screening.protocol, version=screening.version, verdict=screening.verdict)


def _must_be_single(request: Request) -> None:
    for name in ("asOf", "screeningDate", "baselineDate", "enrolmentDate", "day0"):
        if len(request.query_params.getlist(name)) > 1:
            raise ParameterError(f"parameter '{name}' is given twice", name)


def _read(body: bytes, retrieved: frozenset[str] | None) -> PatientRecord:
    text = text_of(body)
    members(text)
    try:
        patients = read_patients(text, retrieved=retrieved)
    except InputError as error:
        raise UnreadableBodyError(str(error)) from None
    if len(patients) != 1:
        found = f"{len(patients)} patients" if patients else "no patient"
        raise UnreadableBodyError(
            f"the body holds {found}; one Patient with that patient's resources is needed"
        )
    # Whatever is another patient's was not used, and so is told among what was not.
    others = of_other_patients(text) if patients[0].unread else []
    if others:
        named = ", ".join(others[:_NAMED]) + (" …" if len(others) > _NAMED else "")
        raise UnreadableBodyError(f"the body holds resources of another patient: {named}")
    return PatientRecord(patients[0])


def _resource_types(retrieved: list[str]) -> frozenset[str] | None:
    try:
        return known_resource_types(retrieved)
    except ValueError as error:
        raise ParameterError(f"parameter 'retrieved': {error}", "retrieved") from None
