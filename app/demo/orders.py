"""Draft orders to try the order hooks with, for whichever patient."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import yaml

from app.demo.dates import resolve

_OF_A_DRAFT = {"status": "draft", "intent": "order"}


@cache
def _orders() -> Mapping[str, dict[str, Any]]:
    found: Mapping[str, dict[str, Any]] = yaml.safe_load(
        resources.files("app.demo").joinpath("orders.yaml").read_text("utf-8")
    )
    return found


def demo_orders() -> tuple[str, ...]:
    """Names of the draft orders."""
    return tuple(_orders())


def draft_orders(name: str, patient_id: str, today: date) -> dict[str, Any]:
    """A Bundle of the draft order of that name for a patient, as it is drafted today.

    Raises:
        KeyError: there is none of that name.
    """
    template = _orders()[name]
    kind = template["resourceType"]
    whose = {"reference": f"Patient/{patient_id}"}
    if kind == "ImmunizationRecommendation":
        filled = {"patient": whose, "date": today.isoformat()}
    else:
        filled = {**_OF_A_DRAFT, "subject": whose, "authoredOn": today.isoformat()}
    resource = {"resourceType": kind, "id": f"draft-{name}", **filled, **resolve(template, today)}
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}
