"""The demonstration patients, as FHIR R4 resources seen from a given day.

Each is a file in ``app/demo/patients``: who it is, what the chart is there to show, and the resources,
with dates as ``app.demo.dates`` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import msgspec
import yaml

from app.demo.dates import resolve

Resource = dict[str, Any]
"""A FHIR resource as JSON-like data."""

BASE = "https://demo.trialcards.example/fhir"
"""Where these resources would live, for ``fullUrl``; an address reserved for examples."""


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is to say of a demonstration patient, in one language; see ``DemoPatient``."""

    name: str
    setting: str
    shows: str


class DemoPatient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One demonstration patient.

    Attributes:
        id: id of the Patient resource.
        name, setting: who it is, and where and in which dialect the chart is kept.
        shows: what the chart is there to show, in one sentence.
        translations: the same in other languages, by language.
        withheld: resource types that this patient's EHR refuses to hand over.
        resources: the chart, the Patient first, with date expressions in place of dates.
        shared: what many of the resources have in common; the file refers to it by YAML anchors.
    """

    id: str
    name: str
    setting: str
    shows: str
    resources: tuple[Resource, ...]
    translations: Mapping[str, Told] = {}
    withheld: tuple[str, ...] = ()
    shared: Resource = {}

    def told(self, language: str) -> Told:
        """What there is to say, in that language or else in English."""
        english = Told(name=self.name, setting=self.setting, shows=self.shows)
        return self.translations.get(language, english)

    def chart(self, as_of: date) -> list[Resource]:
        """All resources, as they stand on the day ``as_of``."""
        chart: list[Resource] = resolve(list(self.resources), as_of)
        return chart

    def bundle(self, as_of: date) -> Resource:
        """The chart as a FHIR Bundle of type ``collection``."""
        entries = [
            {"fullUrl": f"{BASE}/{resource['resourceType']}/{resource['id']}", "resource": resource}
            for resource in self.chart(as_of)
        ]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}


@cache
def demo_patients() -> Mapping[str, DemoPatient]:
    """All demonstration patients by id, in the order of their files' names."""
    folder = resources.files("app.demo").joinpath("patients")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )
    patients = [msgspec.convert(yaml.safe_load(file.read_text("utf-8")), DemoPatient) for file in files]
    return {patient.id: patient for patient in patients}
