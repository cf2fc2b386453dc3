"""The Patient resource: nobody's name, and what each dialect records of a person."""

from __future__ import annotations

import random
from datetime import date
from itertools import accumulate
from typing import Any

import msgspec

from synth.recipes import Person
from synth.terms import Style, Terms


class Demographics:
    """Writes Patient resources in one style."""

    def __init__(self, terms: Terms, style: Style, meta: dict[str, Any]) -> None:
        self._terms = terms
        self._style = style
        self._meta = meta
        self._races = [_extension(terms, "us-core-race", code, name) for code, name, _ in terms.races]
        self._race_shares = list(accumulate(share for _, _, share in terms.races))
        self._ethnicities = [
            _extension(terms, "us-core-ethnicity", code, name) for code, name, _ in terms.ethnicities
        ]
        self._ethnicity_shares = list(accumulate(share for _, _, share in terms.ethnicities))

    def line(self, patient: str, number: int, person: Person, born: date, rng: random.Random) -> str:
        """The Patient as one line of JSON."""
        resource: dict[str, Any] = {"resourceType": "Patient", "id": patient, "meta": self._meta}
        if self._style.us_core:
            resource["extension"] = self._us_core(person, rng)
        resource |= {
            "identifier": [{"system": self._terms.systems["patient"], "value": patient}],
            "active": True,
            "name": [{"use": "official", "family": "Synthetic", "given": [f"Patient {number}"]}],
        }
        if person.sex is not None:
            resource["gender"] = person.sex
        if person.born_precision != "none":
            whole = born.isoformat()
            resource["birthDate"] = whole if person.born_precision == "day" else whole[:4]
        if person.deceased:
            resource["deceasedBoolean"] = True
        return msgspec.json.encode(resource).decode()

    def _us_core(self, person: Person, rng: random.Random) -> list[dict[str, Any]]:
        drawn = [
            rng.choices(self._races, cum_weights=self._race_shares)[0],
            rng.choices(self._ethnicities, cum_weights=self._ethnicity_shares)[0],
        ]
        found = [extension for extension in drawn if extension is not None]
        if person.sex is not None:
            code = "F" if person.sex == "female" else "M"
            found.append({"url": self._terms.systems["us-core-birthsex"], "valueCode": code})
        return found


def _extension(terms: Terms, name: str, code: str, display: str) -> dict[str, Any] | None:
    """A US Core extension with one OMB category; none where nothing was recorded."""
    if not code:
        return None
    return {
        "url": terms.systems[name],
        "extension": [
            {
                "url": "ombCategory",
                "valueCoding": {"system": terms.systems["omb"], "code": code, "display": display},
            },
            {"url": "text", "valueString": display},
        ],
    }
