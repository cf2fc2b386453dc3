"""Override reasons: why a clinician puts a card aside, in our own codes, with what HL7 calls them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import yaml

from app.cards.trial import Subject
from app.cards.wording import wording
from app.language import Language
from cds_hooks.cards import Coding

SYSTEM = "https://trialcards.org/fhir/CodeSystem/override-reasons"
"""The code system of our codes; a name, not an address."""

HL7_SYSTEM = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"


class Counterpart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The code of HL7's non-adherence reasons, and whether it says the same or takes in more."""

    code: str
    relation: Literal["equivalent", "broader"]


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason: the cards on which it is offered, its counterpart, and whether it silences the trial."""

    cards: tuple[Subject, ...]
    hl7: Counterpart
    silences: bool = True


@cache
def reasons() -> Mapping[str, Reason]:
    """All reasons by code, in the order in which they are offered."""
    text = files("app.cards").joinpath("override_reasons.yaml").read_text("utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, Reason])


@cache
def override_reasons(subject: Subject, language: Language) -> tuple[Coding, ...]:
    """The reasons offered on a card.

    Raises:
        KeyError: the catalogue has no words for one of them.
    """
    words = wording(language)
    return tuple(
        Coding(system=SYSTEM, code=code, display=words.say(f"reason.{code}"))
        for code, reason in reasons().items()
        if subject in reason.cards
    )
