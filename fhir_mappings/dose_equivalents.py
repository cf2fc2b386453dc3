"""Which drugs a dose history sums, and at what rate: ``dose_equivalents.yaml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from fhir_mappings.phrases import Phrase, from_data

EQUIVALENTS_FILE = Path(__file__).parent / "dose_equivalents.yaml"


class DrugEquivalent(msgspec.Struct, frozen=True, gc=False):
    """``equal_mg`` of the drug act like ``reference_mg`` of the reference drug."""

    equal_mg: float
    without_route: Literal["systemic", "unclear"]


class DoseEquivalents(msgspec.Struct, frozen=True):
    """The definition of one dose history.

    Attributes:
        drugs: by concept.
        of_unknown_amount: by concept; systemic drugs, with why their amount cannot be told.
        not_convertible: by concept; the note says why a person should look (``None``: nobody needs to).
        left_out_routes: by route, with a note of the same kind.
        doubtful_routes: by route, with a note; a part of the amount may reach the body, or all of it.
    """

    label: Phrase
    unit: str
    reference_mg: float
    drugs: Mapping[str, DrugEquivalent]
    of_unknown_amount: Mapping[str, str]
    not_convertible: Mapping[str, str | None]
    left_out_routes: Mapping[str, str | None]
    doubtful_routes: Mapping[str, str]


@functools.cache
def dose_equivalents() -> Mapping[str, DoseEquivalents]:
    """All dose histories by name.

    Raises:
        msgspec.ValidationError: the data file does not have the shape of ``DoseEquivalents``.
    """
    raw: dict[str, Any] = yaml.safe_load(EQUIVALENTS_FILE.read_text(encoding="utf-8"))
    return from_data(raw, dict[str, DoseEquivalents])
