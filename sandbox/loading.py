"""Loading charts into a FHIR server: one transaction per patient, each resource under the id that it has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import httpx

from app.demo.patients import DemoPatient

_FHIR = "application/fhir+json"
_PATIENCE = httpx.Timeout(60)


class LoadingError(Exception):
    """A server refused a chart; the message says which, and what the server answered."""


def transaction(resources: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """A Bundle that puts each resource in its place; loaded twice, it changes nothing."""
    entries = [
        {
            "resource": resource,
            "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
        }
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def load(base_url: str, patients: Iterable[DemoPatient], as_of: date, token: str | None = None) -> None:
    """Load the charts as they stand on the day ``as_of``; ``token``: to be let in, where that is needed.

    Raises:
        LoadingError: the server refused a chart, or could not be reached.
    """
    headers = {"Content-Type": _FHIR, "Accept": _FHIR}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    with httpx.Client(timeout=_PATIENCE, headers=headers) as http:
        for patient in patients:
            try:
                answer = http.post(base_url, json=transaction(patient.chart(as_of)))
            except httpx.HTTPError as error:
                raise LoadingError(f"{base_url} cannot be reached: {error!r}") from None
            if answer.status_code != httpx.codes.OK:
                raise LoadingError(
                    f"{base_url} refused the chart of {patient.id}: {answer.status_code} {answer.text[:500]}"
                )
