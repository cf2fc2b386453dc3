"""``/evidence/{token}/{trial}/what-if``: what would come out if something were otherwise.

A form that is sent is answered at once with what would change. Nothing of it stands in an address, and
nothing is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from app.answers.form import Asked
from app.evidence.screened import Screened
from app.evidence.supposed import ROWS, SupposedForm, Supposition, choosable, read_supposition
from app.evidence.what_if import UnusableValueError, WhatIf, what_if
from app.web.evidence import EvidencePages, page_path
from app.web.forms import Form, read_form
from app.web.same_origin import must_be_same_origin
from fhir_mappings.facts import InputDescription

SentForm = Annotated[Form, Depends(read_form)]


class WhatIfView(NamedTuple):
    """What the page shows.

    Attributes:
        path: of the evidence page.
        as_of: of which the chart was judged really.
        fields: what the form holds.
        errors: of each field the key of what is wrong.
        reasons: of each row why its value cannot be used, in words.
        inputs: what a value can be supposed for.
        asked: what persons can be supposed to answer.
        result: what would come out; ``None`` before anything is supposed.
    """

    path: str
    as_of: str
    fields: Mapping[str, str]
    errors: Mapping[str, str]
    reasons: Mapping[int, str]
    inputs: list[InputDescription]
    asked: list[Asked]
    result: WhatIf | None

    @property
    def rows(self) -> range:
        """The rows for values."""
        return range(ROWS)

    def field(self, name: str) -> str:
        """What a field of the form holds."""
        return self.fields.get(name, "")


def what_if_routes(evidence: EvidencePages) -> APIRouter:
    """The form, and what comes out."""
    routes = APIRouter(include_in_schema=False)
    path = "/evidence/{token}/{trial}/what-if"

    def shown(
        request: Request,
        token: str,
        seen: Screened,
        form: SupposedForm,
        reasons: Mapping[int, str],
        result: WhatIf | None,
    ) -> HTMLResponse:
        screening = seen.report.screenings[0]
        view = WhatIfView(
            path=page_path(token, screening.protocol),
            as_of=seen.report.as_of,
            fields=form.fields,
            errors=form.errors,
            reasons=reasons,
            inputs=choosable(seen.bound, screening),
            asked=[asked for several in seen.asked.values() for asked in several],
            result=result,
        )
        status = 422 if form.errors or reasons else 200
        return evidence.pages.page(request, "what_if.html", status=status, view=view, screening=screening)

    @routes.get(path)
    async def asked(request: Request, token: str, trial: str) -> HTMLResponse:
        seen = await evidence.screened(request, token, trial)
        return shown(request, token, seen, SupposedForm({"as_of": seen.report.as_of}, {}), {}, None)

    @routes.post(path, dependencies=[Depends(must_be_same_origin)])
    async def supposed(request: Request, token: str, trial: str, form: SentForm) -> HTMLResponse:
        seen = await evidence.screened(request, token, trial)
        screening = seen.report.screenings[0]
        read = read_supposition(form.fields, seen.bound, screening, seen.opened.as_of)
        if not isinstance(read, Supposition):
            return shown(request, token, seen, read, {}, None)
        language = evidence.pages.language(request)
        kept = SupposedForm(form.fields, {})
        try:
            result = await asyncio.to_thread(what_if, evidence.service, seen, read, language)
        except UnusableValueError as error:
            return shown(request, token, seen, kept, error.reasons, None)
        return shown(request, token, seen, kept, {}, result)

    return routes
